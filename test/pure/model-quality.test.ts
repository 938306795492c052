import { describe, expect, it } from 'vitest';
import { computeMetrics } from '../../lib/evaluation/metrics';
import { qualityKeys } from '../../lib/model-quality/model-quality.contract';
import { MODEL } from './monitoring-world';
import { QualityWorld, scored, sequence, type Served } from './quality-world';

function traffic(count: number, hour: number, { skill = 1, seed = 7, version = 1, prefix = `h${hour}-` } = {}): Served[] {
  const random = sequence(seed + hour);
  return Array.from({ length: count }, (_, row) => ({ id: `${prefix}${row}`, ...scored(random, skill), origin: 'ab'[row % 2]!, hour: hour + (row % 20), version }));
}

describe('predictions and their labels', () => {
  it('are judged as well as all pairs at once would be', async () => {
    const world = new QualityWorld();
    const rows = traffic(600, 0);
    world.serve(rows);
    world.label(rows, 23);
    const result = await world.judge(24);
    expect(result).toMatchObject({ outcome: 'STABLE', version: 1, labelCoverage: 1, told: [{ outcome: 'STABLE', first: true }] });
    const [report] = world.report(0).versions;
    const direct = computeMetrics('binary-classification', Float64Array.from(rows, ({ truth }) => truth), Float64Array.from(rows, ({ score }) => score));
    for (const [name, { value }] of Object.entries(direct)) {
      if (name === 'auc' || name === 'prAuc') expect(Math.abs(report!.metrics[name]!.value - value)).toBeLessThanOrEqual(report!.binningError![name] + 1e-12);
      else expect(report!.metrics[name]!.value).toBeCloseTo(value, 9);
    }
    expect(report).toMatchObject({ predictions: 600, labels: 600, coverage: 1, counts: { requests: 600 }, slicesLeftOut: { carrier: 'it is no feature, so captured requests do not hold it' } });
    expect(report!.sagemaker['binary_classification_metrics']).toMatchObject({ auc: { value: report!.metrics['auc']!.value }, f0_5: {}, true_positive_rate: {} });
    expect(world.emitted).toMatchObject({ ConceptDrift: 0, LabelCoverage: 1, ModelQuality: report!.metrics['auc']!.value });
  });

  it('are found degraded when the scores say less than on the test set', async () => {
    const world = new QualityWorld();
    const rows = traffic(600, 0, { skill: 0.3 });
    world.serve(rows);
    world.label(rows, 23);
    const result = await world.judge(24);
    expect(result).toMatchObject({ outcome: 'DEGRADED', told: [{ outcome: 'DRIFTED', window: { start: '2001-02-05T00:00:00Z' } }] });
    expect(result!.reasons[0]).toMatch(/^Window 2001-02-05T00:00:00Z: Version 1: auc is 0\.\d+, on its own test set 0\.8\d+: worse by /);
    expect(world.emitted['ConceptDrift']).toBe(1);
    const [report] = world.report(0).versions;
    expect(report!.calibration!.outcome).toBe('MISCALIBRATED');
    expect(report!.slices.filter(({ column }) => column === 'origin').map(({ outcome }) => outcome)).toEqual(['DEGRADED', 'DEGRADED']);
  });

  it('have no verdict below the minimum, and are judged again as labels come, until their time is over', async () => {
    const world = new QualityWorld();
    const rows = traffic(1000, 0);
    world.serve(rows);
    world.label(rows.slice(0, 150), 23, 'a');
    expect(await world.judge(24)).toMatchObject({ outcome: 'INSUFFICIENT_DATA', told: [], labelCoverage: 0.15 });
    expect(world.emitted).toEqual({ LabelCoverage: 0.15 });
    world.label(rows.slice(150, 300), 30, 'b');
    expect(await world.judge(48)).toMatchObject({ outcome: 'STABLE' });
    world.label(rows.slice(300, 500), 50, 'c');
    // Not twice as many: figures follow, the verdict waits.
    expect(await world.judge(60)).toMatchObject({ told: [], labelCoverage: 0.5 });
    expect(world.report(0)).toMatchObject({ revision: 3, final: false, versions: [{ labels: 500, looks: [{ labels: 300, kind: 'INTERIM' }] }] });
    expect(await world.judge(72)).toBeUndefined();
    // Collected after the window is closed.
    world.label(rows.slice(500, 700), 100, 'd');
    expect(await world.judge(101)).toMatchObject({ told: [{ outcome: 'STABLE', first: false }] });
    expect(world.report(0)).toMatchObject({ revision: 4, final: true, versions: [{ labels: 500, counts: { lateLabels: 200 }, looks: [{ kind: 'INTERIM' }, { kind: 'FINAL', labels: 500 }] }] });
    expect(world.json(qualityKeys.closed(MODEL, '20010205T000000Z'))).toBeDefined();
    expect(await world.judge(125)).toBeUndefined();
  });

  it('count once, whatever comes twice, and the first label of an id counts', async () => {
    const world = new QualityWorld();
    const rows = traffic(400, 0);
    world.serve(rows);
    world.serve(rows.slice(0, 100), '59-59-999-again');
    world.label(rows, 20, 'all');
    world.label(rows.slice(0, 50), 21, 'same');
    world.label(rows.slice(50, 80).map(({ id, truth }) => ({ id, truth: 1 - truth })), 22, 'other');
    world.label([{ id: 'nobody', truth: 1 }], 22, 'unknown');
    await world.judge(24);
    const report = world.report(0);
    expect(report).toMatchObject({ files: { unmatchedLabels: 1 }, versions: [{ predictions: 400, labels: 400, counts: { requests: 400, repeatedLabels: 80, contradictingLabels: 30 } }] });
    const clean = new QualityWorld();
    clean.serve(rows);
    clean.label(rows, 20, 'all');
    await clean.judge(24);
    expect(report.versions[0]!.metrics).toEqual(clean.report(0).versions[0]!.metrics);
  });

  it('wait for a prediction that is captured later than its label', async () => {
    const world = new QualityWorld();
    const rows = traffic(400, 0);
    world.serve(rows.slice(0, 200));
    world.label(rows, 20);
    await world.judge(24);
    expect(world.report(0)).toMatchObject({ files: { unmatchedLabels: 200 }, versions: [{ labels: 200 }] });
    world.serve(rows.slice(200), '30-00-000-late');
    await world.judge(48);
    expect(world.report(0)).toMatchObject({ files: { unmatchedLabels: 0 }, versions: [{ labels: 400 }] });
  });

  it('of bad lines are counted with their reasons', async () => {
    const world = new QualityWorld();
    world.serve(traffic(300, 0));
    world.put(`labels/${MODEL}/2001/02/05/20/bad.jsonl`, ['{', '{"eventMetadata":{"eventId":"a"}}', '', '{"groundTruthData":{"data":"1","encoding":"JSON"},"eventMetadata":{"eventId":"a"}}'].join('\n'));
    world.label([{ id: 'h0-0', truth: 'perhaps' }, { id: 'h0-1', truth: '1\n0' }, { id: 'h0-2', truth: 'true' }], 20);
    await world.judge(24);
    const { files, versions } = world.report(0);
    expect(files).toMatchObject({ badLabelLines: 3, labels: 3 });
    expect(files.examples[0]).toBe(`labels/${MODEL}/2001/02/05/20/bad.jsonl:1: the line is not JSON`);
    expect(versions[0]).toMatchObject({ labels: 1, counts: { unusableLabels: 2 } });
  });

  it('of an id that several requests share are joined with none of them', async () => {
    const world = new QualityWorld();
    const rows = traffic(300, 0);
    world.serve(rows);
    const folder = `captured/${MODEL}/v1/${MODEL}/AllTraffic/2001/02/05/03/`;
    const line = JSON.parse(world.objects.get(`captured/${MODEL}/v1/${MODEL}/AllTraffic/2001/02/05/00/00-00-000-a.jsonl`)!.body.split('\n')[0]!);
    world.put(`${folder}x.jsonl`, JSON.stringify({ ...line, eventMetadata: { ...line.eventMetadata, eventId: 'another' } }));
    world.label(rows, 20);
    await world.judge(24);
    expect(world.report(0).versions[0]).toMatchObject({ predictions: 301, labels: 299, counts: { ambiguousIds: 2 } });
  });

  it('of two versions are never mixed', async () => {
    const world = new QualityWorld([1, 2]);
    const first = traffic(300, 0);
    const second = traffic(300, 0, { version: 2, prefix: 'second-', skill: 0.2 });
    world.serve(first);
    world.serve(second);
    world.label([...first, ...second], 20);
    expect(await world.judge(24)).toMatchObject({ outcome: 'STABLE', version: 1 });
    expect(world.report(0).versions.map(({ version, labels, outcome }) => ({ version, labels, outcome }))).toEqual([
      { version: 1, labels: 300, outcome: 'STABLE' },
      { version: 2, labels: 300, outcome: 'DEGRADED' },
    ]);
  });

  it('are read once: a run reads new files only, and one without any ends at once', async () => {
    const world = new QualityWorld();
    const rows = traffic(400, 0);
    world.serve(rows);
    world.label(rows.slice(0, 200), 10, 'a');
    await world.judge(24);
    expect(await world.judge(25)).toBeUndefined();
    world.label(rows.slice(200), 26, 'b');
    const plan = await world.plan(27, 'r-next');
    expect(plan).toMatchObject({ status: 'PLANNED', batches: 1 });
    expect(world.json<{ keys: string[] }[]>(plan.batchesKey)).toMatchObject([{ source: 'labels', keys: [`labels/${MODEL}/2001/02/06/02/b.jsonl`] }]);
  });

  it('of a run that died are judged by the next, with the same result', async () => {
    const rows = traffic(400, 0, { skill: 0.3 });
    const world = (): QualityWorld => {
      const made = new QualityWorld();
      made.serve(rows);
      made.label(rows, 20);
      return made;
    };
    const clean = world();
    await clean.judge(24);
    const requests = 60;
    let died = 0;
    for (let after = 1; after < requests; after += 3) {
      const broken = world();
      broken.die(after);
      try {
        await broken.judge(24);
      } catch {
        died += 1;
      }
      broken.die(Infinity);
      await broken.judge(24);
      expect(broken.report(0)).toEqual(clean.report(0));
    }
    expect(died).toBeGreaterThan(5);
  });
});
