import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CatalogueMetric, METRICS } from '../../lib/monitoring/metric-catalogue.contract';

const lib = resolve(__dirname, '../../lib');
const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('rehearsal/'))
  .map((name) => ({ name, text: readFileSync(join(lib, name), 'utf8') }));

/** Handlers and the code that only they use. */
const emitters = sources.filter(({ name, text }) => name.endsWith('.lambda.ts') || name.endsWith('.lambda-shared.ts') || !text.includes("from 'aws-cdk-lib"));

/** Constructs: where alarms and widgets are made. */
const constructs = sources.filter(({ text }) => text.includes("from 'aws-cdk-lib"));
const metrics: [key: string, metric: CatalogueMetric][] = Object.entries(METRICS);

const named = (files: typeof sources, key: string): string[] =>
  files.filter(({ name, text }) => !name.endsWith('metric-catalogue.contract.ts') && new RegExp(`METRICS\\.${key}\\b`).test(text)).map(({ name }) => name);

describe('metric catalogue', () => {
  it.each(metrics)('has an emitter for %s', (key) => {
    expect(named(emitters, key)).not.toEqual([]);
  });

  it.each(metrics)('has an alarm or a widget for %s', (key) => {
    expect(named(constructs, key)).not.toEqual([]);
  });

  it('is the only place where the names are written', () => {
    for (const [, { name: metricName }] of metrics) {
      const written = sources.filter(({ name, text }) => !name.endsWith('metric-catalogue.contract.ts') && new RegExp(`[mM]etricName: '${metricName}'`).test(text)).map(({ name }) => name);
      expect(written).toEqual([]);
    }
  });

  it('has unique names and at most twelve metrics that every model has by default', () => {
    const names = metrics.map(([, metric]) => metric.name);
    expect(new Set(names).size).toBe(names.length);
    expect(metrics.filter(([, metric]) => metric.dimensions.length === 1 && metric.sparse === undefined).length).toBeLessThanOrEqual(12);
  });
});
