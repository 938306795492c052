import { type CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { businessDrop } from '../../lib/monitoring/business-drop';
import { type DriftReport } from '../../lib/monitoring/drift-report';
import { endpointUsage } from '../../lib/monitoring/endpoint-usage.lambda-shared';
import { type FeatureMetricsSettings } from '../../lib/monitoring/monitoring-choices.contract';
import { metricPoints, metricRequests } from '../../lib/monitoring/monitoring-metrics';

const WINDOW = { id: '20010220T100000Z', start: '2001-02-20T10:00:00.000Z', end: '2001-02-20T11:00:00.000Z' };
const START = Date.parse(WINDOW.start);
const HOUR = 3_600_000;
const WEEK = 7 * 24;

function column(name: string, psi: number, weight = 1, status = 'STABLE'): object {
  return { name, psi, weight, status, rows: 300 };
}

function report(columns: readonly object[], rest: object = {}): DriftReport {
  const verdict = { status: 'STABLE', dataDrift: false, predictionDrift: false, driftedShare: 0, predictionPsi: 0.01, columns };
  return { window: WINDOW, champion: { version: 1, since: WINDOW.start }, versions: [{ version: 1, windowRows: 300, violations: 0, breaches: [], verdict }], blind: false, captureRatio: 1, freshnessSeconds: null, ...rest } as unknown as DriftReport;
}

const named = (choice: FeatureMetricsSettings | undefined, columns: readonly object[]): string[] =>
  metricPoints(report(columns), { featureMetrics: choice }).flatMap(({ dimensions, value }) => (dimensions?.['FeatureName'] === undefined ? [] : [`${dimensions['FeatureName']} ${value}`]));

describe('metrics of features', () => {
  const columns = [column('a', 0.1), column('b', 0.3), column('hour', 9, 0), column('c', 0.3), column('rare', 5, 1, 'INSUFFICIENT_DATA'), column('prediction', 0.9)];

  it('are those that were chosen', () => {
    expect(named(undefined, columns)).toEqual([]);
    expect(named({ type: 'ALL' }, columns)).toEqual(['a 0.1', 'b 0.3', 'hour 9', 'c 0.3']);
    expect(named({ type: 'OF', features: ['hour', 'rare'] }, columns)).toEqual(['hour 9']);
  });

  it('are, of the greatest, those that count; by name when they are equal', () => {
    expect(named({ type: 'TOP', count: 2 }, columns)).toEqual(['b 0.3', 'c 0.3']);
    expect(named({ type: 'TOP', count: 10 }, columns)).toEqual(['b 0.3', 'c 0.3', 'a 0.1']);
  });

  it('come in requests that CloudWatch takes, each point once', () => {
    const many = Array.from({ length: 2500 }, (_, i) => column(`feature ${i}`.padEnd(255, 'x'), i));
    const requests = metricRequests(report(many), 'churn', { featureMetrics: { type: 'ALL' } });
    expect(Math.max(...requests.map(({ MetricData }) => MetricData.length))).toBeLessThanOrEqual(1000);
    expect(Math.max(...requests.map((request) => JSON.stringify(request).length))).toBeLessThan(1_000_000);
    const features = requests.flatMap(({ MetricData }) => MetricData.map(({ Dimensions }) => Dimensions.find(({ Name }) => Name === 'FeatureName')?.Value)).filter((name) => name !== undefined);
    expect(new Set(features).size).toBe(2500);
    expect(features.length).toBe(2500);
  });
});

describe('other metrics of a window', () => {
  const emitted = (rest: object): Record<string, number> => Object.fromEntries(metricPoints(report([], rest), {}).map(({ metric, value }) => [metric.name, value]));

  it('say operational drift and skew only when there is some, and freshness when it is known', () => {
    expect(emitted({})).not.toHaveProperty('OperationalDrift');
    expect(emitted({ operational: { status: 'STABLE' } })).not.toHaveProperty('OperationalDrift');
    expect(emitted({ operational: { status: 'DRIFTED' } })).toMatchObject({ OperationalDrift: 1 });
    const skewed = (judged: boolean): DriftReport => ({ ...report([]), versions: [{ ...report([]).versions[0]!, skew: { judged, skewed: true, features: [], reasons: [] } }] });
    const names = (of: DriftReport): string[] => metricPoints(of, {}).map(({ metric }) => metric.name);
    expect(names(skewed(true))).toContain('TrainingServingSkew');
    expect(names(skewed(false))).not.toContain('TrainingServingSkew');
    expect(emitted({ freshnessSeconds: null })).not.toHaveProperty('Freshness');
    expect(emitted({ freshnessSeconds: 0 })).toMatchObject({ Freshness: 0 });
  });

  it('have the drop of a business metric by its name, and none without a value to compare with', () => {
    const points = metricPoints(report([], { business: [{ name: 'conversion', drop: 25 }, { name: 'silent', drop: null }] }), {}).filter(({ metric }) => metric.name === 'BusinessMetricDrop');
    expect(points).toMatchObject([{ value: 25, dimensions: { BusinessMetricName: 'conversion' } }]);
  });
});

describe('a drop of a business metric', () => {
  const settings = { name: 'conversion', namespace: 'Shop', metricName: 'Converted', dimensions: {}, statistic: 'Average', percent: 20, againstSeconds: WEEK * 3600 };

  it.each([
    [80, 100, 20],
    [81, 100, 19],
    [120, 100, 0],
    [null, 100, null],
    [80, null, null],
    [-5, 0, null],
    [-10, -5, null],
  ])('from %s, once %s, is %s per cent', (value, before, drop) => {
    const verdict = businessDrop(settings, value, before);
    expect(verdict.drop === null ? null : Math.round(verdict.drop)).toBe(drop);
    expect(verdict.reasons.length).toBe(drop !== null && drop >= 20 ? 1 : 0);
  });

  it('is said in words', () => {
    expect(businessDrop(settings, 75, 100).reasons).toEqual(['The business metric conversion was 75, 25 % less than 7 days before.']);
  });
});

describe('what CloudWatch knows about the endpoint', () => {
  /** Hourly points before and in the window. */
  function ask(since: string, slow: number): ReturnType<typeof endpointUsage> {
    const points = (id: string): [Date, number][] => {
      const value = { invocations: 1000, errors: 1, p50: 20_000, p99: 80_000, business0: 100 }[id] ?? 0;
      return Array.from({ length: 9 * 24 }, (_, i) => [new Date(START - i * HOUR), (i === 0 && id.startsWith('p') ? slow : 1) * value * (i === 0 && id === 'business0' ? 0.5 : 1)]);
    };
    const cloudwatch = {
      send: ({ input }: any) => {
        expect(input.StartTime.getTime()).toBeLessThanOrEqual(START - 8 * 24 * HOUR);
        return { MetricDataResults: input.MetricDataQueries.map(({ Id }: any) => ({ Id, Timestamps: points(Id).map(([time]) => time), Values: points(Id).map(([, value]) => value) })) };
      },
    };
    const business = [{ name: 'conversion', namespace: 'Shop', metricName: 'Converted', dimensions: {}, statistic: 'Average', percent: 20, againstSeconds: WEEK * 3600 }];
    const operational = { factor: 1.5, minimumRequests: 200, minimumWindows: 24 };
    return endpointUsage(
      { endpointName: 'churn', window: WINDOW, intervalSeconds: 3600, since, policy: { business, operational } },
      { cloudwatch: cloudwatch as unknown as CloudWatchClient, sagemaker: { send: () => ({}) } as unknown as SageMakerClient },
    );
  }

  it('is asked once, for the window and its past together', async () => {
    expect(await ask('2001-01-01T00:00:00Z', 1)).toMatchObject({ invocations: 1000, samplingPercentage: 100, operational: { status: 'STABLE' }, business: [{ name: 'conversion', value: 50, before: 100, drop: 50 }] });
    expect((await ask('2001-01-01T00:00:00Z', 3)).operational!.reasons).toEqual([
      'The latency p50 of the endpoint was 60.0 ms, usually 20.0 ms.',
      'The latency p99 of the endpoint was 240.0 ms, usually 80.0 ms.',
    ]);
  });

  it('is no past when another version served then', async () => {
    expect((await ask(new Date(START - 36 * HOUR).toISOString(), 3)).operational).toMatchObject({ status: 'INSUFFICIENT_DATA' });
  });
});
