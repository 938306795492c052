import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../lib/monitoring/metric-catalogue.contract';

const lib = resolve(__dirname, '../../lib');
const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('rehearsal/'))
  .map((name) => ({ name, text: readFileSync(join(lib, name), 'utf8') }));

/** Handlers and the code that only they use. */
const emitters = sources.filter(({ name, text }) => name.endsWith('.lambda.ts') || name.endsWith('.lambda-shared.ts') || !text.includes("from 'aws-cdk-lib"));

describe('metric catalogue', () => {
  it.each(Object.keys(METRICS))('has an emitter for %s', (key) => {
    expect(emitters.filter(({ name, text }) => !name.endsWith('metric-catalogue.contract.ts') && text.includes(`METRICS.${key}`)).map(({ name }) => name)).not.toEqual([]);
  });

  it('is the only place where the names are written', () => {
    for (const metric of Object.values(METRICS)) {
      const written = sources.filter(({ name, text }) => !name.endsWith('metric-catalogue.contract.ts') && text.includes(`metricName: '${metric.name}'`) || text.includes(`MetricName: '${metric.name}'`)).map(({ name }) => name);
      expect(written).toEqual([]);
    }
  });

  it('has unique names and at most twelve metrics per model window', () => {
    const names = Object.values(METRICS).map((metric) => metric.name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.values(METRICS).filter((metric) => metric.dimensions.length === 1).length).toBeLessThanOrEqual(12);
  });
});
