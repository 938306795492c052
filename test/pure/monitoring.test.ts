import { describe, expect, it } from 'vitest';
import { capturedVersion } from '../../lib/deployment/deployment.contract';
import { METRICS } from '../../lib/monitoring/metric-catalogue.contract';
import type { CapturedFile } from '../../lib/monitoring/monitoring.contract';
import { at, MODEL, Model, packageArn } from './monitoring-world';

const far = (i: number): number => 400 + (i % 100);

describe('monitoring a window', () => {
  it('records that nothing is deployed and still gives a sign of life', async () => {
    const model = new Model();
    expect(await model.monitor(10)).toMatchObject({ outcome: 'NOT_DEPLOYED', version: null });
    expect(model.emitted).toEqual({ MonitorBlind: 0, RowsEvaluated: 0 });
  });

  it('calls unchanged traffic stable', async () => {
    const model = new Model(1);
    model.invocations = [300];
    model.serve(1, 10, 300);
    const result = await model.monitor(10);
    expect(result).toMatchObject({ outcome: 'STABLE', version: 1, rows: 300, driftedShare: 0 });
    expect(model.emitted).toMatchObject({ DataDrift: 0, PredictionDrift: 0, RowsEvaluated: 300, CaptureRatio: 1, MonitorBlind: 0 });
    for (const sparse of ['InsufficientData', 'SchemaViolations']) expect(model.emitted).not.toHaveProperty(sparse);
    expect(model.metrics[0]!['MetricData'][0].Timestamp.toISOString()).toBe('2001-02-05T11:00:00.000Z');
  });

  it('calls drifted traffic drifted, and emits what it judged', async () => {
    const model = new Model(1);
    model.invocations = [600];
    model.serve(1, 10, 300, far);
    const result = await model.monitor(10);
    expect(result).toMatchObject({ outcome: 'DRIFTED', driftedShare: 0.5 });
    expect(result.reasons.join(' ')).toContain('distance drifted');
    expect(model.emitted).toMatchObject({ DataDrift: 1, PredictionDrift: 0, CaptureRatio: 0.5 });
    const { driftedShare, predictionPsi, drift, predictionDrift, rowsEvaluated, captureRatio, dataQualityBreach, monitorBlind } = METRICS;
    const expected = [driftedShare, predictionPsi, drift, predictionDrift, rowsEvaluated, captureRatio, dataQualityBreach, monitorBlind].map(({ name }) => name);
    expect(Object.keys(model.emitted)).toEqual(expect.arrayContaining(expected));
  });

  it('reads no answers of a shadow or a challenger, and nothing of an asynchronous endpoint', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    const [own] = [...model.objects.keys()].filter((key) => key.startsWith('captured/'));
    const others = ['Shadow-v2', 'Challenger-v2'].map((variant) => own!.replace('/AllTraffic/', `/${variant}/`));
    const asynchronous = [`captured/${MODEL}/requests/2001/02/05/10/a.jsonl`, `captured/${MODEL}/v1/responses/AllTraffic/2001/02/05/10/a.jsonl`, `captured/${MODEL}/v1/failures/a.jsonl`];
    for (const key of [...others, ...asynchronous]) model.put(key, model.objects.get(own!)!.body.replaceAll('"data":"', '"data":"9'));
    const plan = await model.plan(10);
    expect(model.json<CapturedFile[][]>(plan.batchesKey).flat().map(({ key, version }) => [key, version])).toEqual([[own, 1]]);
    expect(others.map(capturedVersion)).toEqual([2, 2]);
  });

  it.each<[string, object, string, string]>([
    ['a real-time endpoint', {}, 'Invocations', 'Sum'],
    ['an asynchronous endpoint', { AsyncInferenceConfig: {} }, 'Invocation5XXErrors', 'SampleCount'],
    ['a serverless endpoint', { ProductionVariants: [{ CurrentServerlessConfig: {} }] }, 'Invocations', 'Sum'],
  ])('counts the requests of %s by what it publishes', async (_title, endpoint, metricName, statistic) => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    model.endpoint = endpoint;
    model.invocations = [600];
    await model.monitor(10);
    expect(model.queries.filter(({ Id }) => Id === 'invocations').map(({ MetricStat }) => [MetricStat.Metric.MetricName, MetricStat.Stat])).toEqual([[metricName, statistic]]);
  });

  it('reads every file of the window and version, over pages, and no other', async () => {
    const model = new Model(1);
    model.pageSize = 2;
    for (let i = 0; i < 5; i++) model.serve(1, 10, 50, undefined, `file-${i}`);
    model.serve(1, 9, 70);
    model.serve(1, 11, 70);
    model.put(`captured/${MODEL}-other/v1/x/AllTraffic/2001/02/05/10/a.jsonl`, '');
    expect((await model.plan(10)).files).toBe(5);
    expect((await model.monitor(10)).rows).toBe(250);
  });

  it('never mixes versions: each is compared with its own baseline, and the champion decides', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    model.serve(2, 10, 300, (i) => 10_000 + ((i * 41) % 500));
    const result = await model.monitor(10);
    expect(result).toMatchObject({ outcome: 'STABLE', version: 1, rows: 300 });
    expect(model.report(result).versions.map(({ version, outcome }) => [version, outcome])).toEqual([
      [1, 'STABLE'],
      [2, 'STABLE'],
    ]);
  });

  it('looks past a version without baseline, unless it is the champion', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    model.serve(2, 10, 300);
    model.packages.set(packageArn(2), {});
    expect((await model.monitor(10)).outcome).toBe('STABLE');
    model.deploy(2, at(0));
    await expect(model.plan(11)).rejects.toThrow('the model package of version 2 names no baseline');
  });

  it('says broken data before it says drift', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300, () => 'far');
    const result = await model.monitor(10);
    expect(result.outcome).toBe('DATA_QUALITY');
    expect(model.emitted).toMatchObject({ DataQualityBreach: 1, SchemaViolations: 300 });
  });

  it('plans a finished window no second time', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    await model.monitor(10);
    expect(await model.plan(10)).toMatchObject({ status: 'DONE' });
  });

  it('gives the same objects and metrics when every step runs twice', async () => {
    const once = new Model(1);
    const twice = new Model(1);
    for (const model of [once, twice]) {
      model.restartEvents();
      for (const file of ['a', 'b']) model.serve(1, 10, 300, far, file);
    }
    await once.monitor(10);
    await twice.plan(10);
    const plan = await twice.plan(10);
    for (let i = 0; i < 2; i++) await twice.profile(plan.window.id, plan.batchesKey);
    for (let i = 0; i < 2; i++) await twice.deduplicate(plan);
    for (let i = 0; i < 2; i++) await twice.evaluate(plan);
    for (let i = 0; i < 2; i++) await twice.plan(10, [plan.window.id], plan.window.id);
    expect(twice.metrics[1]).toEqual(twice.metrics[0]);
    expect(twice.metrics[0]).toEqual(once.metrics[0]);
    expect(twice.reports()).toEqual(once.reports());
  });

  it('fails when a profile of the plan is missing, instead of judging a part of the window', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    const plan = await model.plan(10);
    await expect(model.evaluate(plan)).rejects.toThrow(/profiles\/v1\/[0-9a-f]{24}\.json does not exist/);
  });
});

describe('a window with too few rows', () => {
  it('is widened by the windows before that had too few as well', async () => {
    const model = new Model(1);
    for (const hour of [7, 8, 9, 10]) model.serve(1, hour, 60, far);
    for (const hour of [7, 8, 9]) expect((await model.monitor(hour)).outcome).toBe('INSUFFICIENT_DATA');
    expect(model.emitted).not.toHaveProperty('DataDrift');
    const result = await model.monitor(10);
    expect(result).toMatchObject({ outcome: 'DRIFTED', rows: 240 });
    expect(model.report(result).versions[0]).toMatchObject({ evaluatedFrom: '2001-02-05T07:00:00Z', windowRows: 60 });
  });

  it('never judges a row twice', async () => {
    const model = new Model(1);
    for (const hour of [7, 8, 9, 10]) model.serve(1, hour, 120, far);
    const outcomes: string[] = [];
    for (const hour of [7, 8, 9, 10]) outcomes.push((await model.monitor(hour)).outcome);
    expect(outcomes).toEqual(['INSUFFICIENT_DATA', 'DRIFTED', 'INSUFFICIENT_DATA', 'DRIFTED']);
  });

  it('reaches over a window that was never monitored, but not further than a day', async () => {
    const model = new Model(1);
    model.serve(1, 0, 150);
    await model.monitor(0);
    model.serve(1, 24, 60);
    expect(await model.monitor(24)).toMatchObject({ outcome: 'STABLE', rows: 210 });
    const other = new Model(1);
    other.serve(1, 0, 150);
    await other.monitor(0);
    other.serve(1, 25, 60);
    expect(await other.monitor(25)).toMatchObject({ outcome: 'INSUFFICIENT_DATA', rows: 60 });
  });

  it('is blind when there was enough traffic, or too little for a whole day; not when there was none', async () => {
    const blind = async (invocations: number[], hours: number, rows = 0): Promise<number[]> => {
      const model = new Model(1);
      model.invocations = invocations;
      const seen: number[] = [];
      for (let hour = 0; hour < hours; hour++) {
        if (rows > 0) model.serve(1, hour, rows);
        await model.monitor(hour);
        seen.push(model.emitted['MonitorBlind']!);
      }
      return seen;
    };
    expect(await blind([500], 1)).toEqual([1]);
    expect(await blind([500], 1, 500)).toEqual([0]);
    expect((await blind([5], 25, 5)).slice(21)).toEqual([0, 0, 1, 1]);
    expect(await blind([], 25)).not.toContain(1);
  });

  it('is not blind while it collects the rows of the next verdict, however old the model is', async () => {
    const model = new Model(1);
    model.invocations = [50];
    for (let hour = 0; hour < 32; hour++) {
      model.serve(1, hour, 50);
      const { outcome } = await model.monitor(hour);
      expect([hour, outcome, model.emitted['MonitorBlind']]).toEqual([hour, hour % 4 === 3 ? 'STABLE' : 'INSUFFICIENT_DATA', 0]);
    }
  });

  it('says nothing of drift when the data is broken', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300, (i) => (i % 4 === 0 ? 'far' : 400 + (i % 100)));
    expect(await model.monitor(10)).toMatchObject({ outcome: 'DATA_QUALITY', driftedShare: 0.5 });
    expect(model.emitted).toMatchObject({ DataQualityBreach: 1, DriftedShare: 0.5 });
    for (const verdict of ['DataDrift', 'PredictionDrift']) expect(model.emitted).not.toHaveProperty(verdict);
  });
});
