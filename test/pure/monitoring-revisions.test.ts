import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DriftReport } from '../../lib/monitoring/drift-report';
import { type WindowPlan, windowKeys } from '../../lib/monitoring/monitoring.contract';
import type { WindowIndex } from '../../lib/monitoring/window-index';
import { at, capture, MODEL, Model } from './monitoring-world';

const far = (i: number): number => 400 + (i % 100);
const idAt = (hour: number): string => `${at(hour).slice(0, 19).replace(/[-:]/g, '')}Z`;
const reportAt = (model: Model, hour: number): DriftReport => model.json(windowKeys.report(MODEL, idAt(hour)));
const hours = (results: readonly { window: { start: string }; revision: number }[]): [number, number][] =>
  results.map(({ window, revision }) => [(Date.parse(window.start) - Date.parse(at(0))) / 3_600_000, revision]);

describe('which window is done', () => {
  it('is first those that were missed, then the one that is complete', async () => {
    const model = new Model(1);
    for (const hour of [10, 11, 12, 13]) model.serve(1, hour, 300, hour === 12 ? far : undefined);
    await model.monitor(10);
    const results = await model.execute(13);
    expect(hours(results)).toEqual([[11, 1], [12, 1], [13, 1]]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['STABLE', 'DRIFTED', 'STABLE']);
    expect(await model.execute(13)).toEqual([]);
  });

  it('is none from before monitoring or the champion began, and none beyond the lookback', async () => {
    const model = new Model(1);
    for (let hour = 5; hour < 50; hour++) model.serve(1, hour, 300);
    expect(hours(await model.execute(10))).toEqual([[10, 1]]);
    model.deploy(2, at(20.5));
    expect(hours(await model.execute(22))).toEqual([[20, 1], [21, 1], [22, 1]]);
    expect(hours(await model.execute(49))[0]).toEqual([25, 1]);
  });

  it('is again one whose files came late: only they are profiled, and its verdict gets the next number', async () => {
    const model = new Model(1);
    model.invocations = [300];
    model.serve(1, 10, 150, far, 'a');
    expect((await model.monitor(10)).outcome).toBe('INSUFFICIENT_DATA');
    model.serve(1, 11, 300);
    await model.monitor(11);
    model.serve(1, 10, 150, far, 'b');
    const plan = await model.plan(12);
    expect(plan).toMatchObject({ window: { id: idAt(10) }, revision: 2, files: 2, filesToProfile: 1, searchDuplicates: true });
    const results = await model.execute(12);
    expect(hours(results)).toEqual([[10, 2], [12, 1]]);
    expect(results[0]).toMatchObject({ outcome: 'DRIFTED', rows: 300 });
    expect(model.metrics.filter(({ MetricData: [{ Timestamp }] }) => Timestamp.toISOString() === '2001-02-05T11:00:00.000Z')).toHaveLength(2);
    expect(await model.execute(12)).toEqual([]);
  });

  it('is again one that had been widened by a window that has changed since, but not one that stood by itself', async () => {
    const model = new Model(1);
    for (const hour of [10, 11]) model.serve(1, hour, 120);
    model.serve(1, 12, 300);
    for (const hour of [10, 11, 12]) await model.monitor(hour);
    expect(reportAt(model, 11)).toMatchObject({ outcome: 'STABLE', preceding: { [idAt(10)]: 1 } });
    model.serve(1, 10, 120, undefined, 'late');
    expect(hours(await model.execute(13))).toEqual([[10, 2], [11, 2], [13, 1]]);
    expect(reportAt(model, 10)).toMatchObject({ outcome: 'STABLE' });
    expect(reportAt(model, 11)).toMatchObject({ outcome: 'INSUFFICIENT_DATA', versions: [{ windowRows: 120 }] });
  });

  it('keeps the champion that was judged when another one follows', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    await model.monitor(10);
    model.deploy(2, at(11));
    model.serve(1, 10, 300, far, 'late');
    const [again] = await model.execute(11);
    expect(again).toMatchObject({ window: { id: idAt(10) }, revision: 2, version: 1, rows: 600 });
  });

  it('is done no second time while nothing is deployed, whatever a canary captures', async () => {
    const model = new Model();
    await model.monitor(10);
    model.serve(1, 10, 300);
    expect(hours(await model.execute(11))).toEqual([[11, 1]]);
    model.deploy(1, at(11.5));
    expect(hours(await model.execute(12))).toEqual([[12, 1]]);
  });

  it('begins anew when the length of windows changes', async () => {
    const model = new Model(1);
    await model.monitor(10);
    const index = model.json<WindowIndex>(windowKeys.index(MODEL));
    model.put(windowKeys.index(MODEL), { ...index, intervalSeconds: 7200 });
    expect(hours(await model.execute(15))).toEqual([[15, 1]]);
  });
});

describe('files that come after the lookback', () => {
  it('are counted once, by the next window, and said in its reasons', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    for (const hour of [10, 20, 35]) await model.execute(hour);
    for (const file of ['b', 'c']) model.serve(1, 10, 300, undefined, file);
    await model.execute(36);
    expect(reportAt(model, 36)).toMatchObject({ late: 2, reasons: expect.arrayContaining(['2 captured files came too late for any window.']) });
    expect(reportAt(model, 10)).toMatchObject({ revision: 1, versions: [{ records: 300 }] });
    await model.execute(37);
    expect(reportAt(model, 37).late).toBe(0);
    model.serve(1, 10, 300, undefined, 'd');
    await model.execute(38);
    expect(reportAt(model, 38).late).toBe(1);
  });

  it('are also those of windows that nobody has ever judged', async () => {
    const model = new Model(1);
    await model.execute(10);
    model.serve(1, 12, 300);
    await model.execute(40);
    expect(reportAt(model, 40).late).toBe(1);
  });

  it('are counted by the same window when its run dies and comes again', async () => {
    const model = new Model(1);
    await model.execute(10);
    model.serve(1, 12, 300);
    await model.execute(39);
    model.serve(1, 12, 300, undefined, 'b');
    await model.judge(await model.plan(40));
    await model.execute(40);
    expect(reportAt(model, 40)).toMatchObject({ late: 1, revision: 1 });
  });
});

describe('an event that is in several files', () => {
  const line = (eventId: string, distance: number, time = '2001-02-05T10:30:00Z'): string => JSON.stringify(capture({ eventId, time, input: `${distance},a`, output: '0.5' }));
  const file = (model: Model, name: string, lines: readonly string[], folder = '2001/02/05/10'): void =>
    model.put(`captured/${MODEL}/v1/${MODEL}/AllTraffic/${folder}/${name}.jsonl`, lines.join('\n'));
  const events = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => line(`e${from + i}`, from + i));

  it('is counted in the first of them; only the others are profiled again', async () => {
    const model = new Model(1);
    file(model, 'a', events(0, 200));
    file(model, 'b', events(150, 300));
    file(model, 'c', events(300, 400));
    const plan = await model.plan(10);
    await model.profile(plan.window.id, plan.batchesKey);
    expect(await model.deduplicate(plan)).toBe(1);
    await model.evaluate(plan);
    expect(reportAt(model, 10).versions[0]).toMatchObject({ records: 400, windowRows: 400, duplicates: 50 });
  });

  it('is found in ranges of hashes too, with the same result', async () => {
    const whole = new Model(1);
    const parts = new Model(1);
    for (const model of [whole, parts]) for (const name of ['a', 'b', 'c']) file(model, name, events(0, 300));
    for (const [model, bytes] of [[whole, undefined], [parts, 1000]] as const) {
      const plan = await model.plan(10);
      await model.profile(plan.window.id, plan.batchesKey);
      expect(await model.deduplicate(plan, bytes)).toBe(2);
      await model.evaluate(plan);
    }
    expect([...parts.objects.keys()].filter((key) => key.includes('range-00007')).length).toBeGreaterThan(0);
    expect(reportAt(parts, 10)).toEqual(reportAt(whole, 10));
    expect(reportAt(whole, 10).versions[0]).toMatchObject({ records: 300, duplicates: 600 });
  });

  it('costs nothing when there is one file', async () => {
    const model = new Model(1);
    file(model, 'a', events(0, 300));
    expect((await model.plan(10)).searchDuplicates).toBe(false);
  });

  it('never counts in two windows, whichever folders hold it: the time of the inference decides', async () => {
    const model = new Model(1);
    const both = events(0, 300);
    file(model, 'a', both);
    file(model, 'a', both, '2001/02/05/11');
    await model.execute(10);
    await model.execute(11);
    expect(reportAt(model, 10).versions[0]).toMatchObject({ records: 300, outsideWindow: 0 });
    expect(reportAt(model, 11).versions[0]).toMatchObject({ records: 0, outsideWindow: 300 });
    expect(reportAt(model, 11)).toMatchObject({ outcome: 'DATA_QUALITY', reasons: expect.arrayContaining([expect.stringContaining('made at another time')]) });
  });
});

describe('thousands of files', () => {
  it('are merged in groups before they are judged, with the same result', async () => {
    const [whole, groups] = [new Model(1), new Model(1)];
    for (const model of [whole, groups]) {
      model.restartEvents();
      for (let i = 0; i < 25; i++) model.serve(1, 10, 20, i % 2 === 0 ? far : undefined, `file-${i}`);
      for (let i = 0; i < 5; i++) model.serve(2, 10, 20, undefined, `file-${i}`);
    }
    await whole.execute(10);
    const plan = await groups.plan(10, [], null, 20);
    expect(plan).toMatchObject({ files: 30, groups: 16 });
    await groups.judge(plan);
    expect(reportAt(groups, 10)).toEqual(reportAt(whole, 10));
    await groups.plan(11, [plan.window.id], plan.window.id);
    expect(reportAt(groups, 10).versions[0]).toMatchObject({ windowRows: 500, outcome: 'DRIFTED' });
  });
});

describe('freshness', () => {
  it('is the age of the newest record, over empty windows too while there are invocations', async () => {
    const model = new Model(1);
    model.invocations = [300];
    model.serve(1, 10, 300);
    await model.execute(10);
    expect(model.emitted).toMatchObject({ Freshness: 3540 });
    await model.execute(11);
    expect(reportAt(model, 11)).toMatchObject({ freshnessSeconds: 7140, blind: true });
    model.invocations = [];
    await model.execute(12);
    expect(reportAt(model, 12).freshnessSeconds).toBeNull();
    expect(model.emitted).not.toHaveProperty('Freshness');
    model.invocations = [10];
    await model.execute(13);
    expect(reportAt(model, 13).freshnessSeconds).toBe(14_340);
  });
});

/** A file of the property. */
interface Piece {
  readonly hour: number;
  readonly rows: number;
  readonly drifted: boolean;
}

describe('whatever comes late, twice or dies', () => {
  const piece = fc.record({ hour: fc.integer({ min: 10, max: 13 }), rows: fc.integer({ min: 0, max: 260 }), drifted: fc.boolean() });
  const put = (model: Model, { hour, rows, drifted }: Piece, index: number): void => {
    const time = new Date(Date.parse(at(hour)) + 60_000).toISOString();
    // Files of an hour overlap: each event is in two of them, or more.
    const lines = Array.from({ length: rows }, (_, i) =>
      JSON.stringify(capture({ eventId: `h${hour}-${i + 100 * (index % 3)}`, time, input: `${drifted ? far(i) : (i * 41) % 500},${'ab'[i % 2]!}`, output: String((i % 100) / 100) })),
    );
    model.put(`captured/${MODEL}/v1/${MODEL}/AllTraffic/2001/02/05/${hour}/${String(index).padStart(2, '0')}.jsonl`, lines.join('\n'));
  };
  /** What a report says, without the number of its revision and of those before it. */
  const said = (model: Model): unknown[] => [10, 11, 12, 13, 14].map((hour) => ({ ...reportAt(model, hour), revision: 0, preceding: {} }));

  it('ends in the reports of one clean run', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.array(fc.record({ arrives: fc.integer({ min: 10, max: 14 }), dies: fc.integer({ min: 3, max: 90 }), lives: fc.boolean() }), { minLength: 6, maxLength: 6 }),
        async (pieces, fate) => {
          const clean = new Model(1);
          pieces.forEach((one, index) => put(clean, one, index));
          for (const hour of [10, 11, 12, 13, 14]) await clean.execute(hour);

          const rough = new Model(1);
          // Monitoring begins when its index is there: a run that dies before has never been.
          await rough.plan(10);
          for (const hour of [10, 11, 12, 13, 14]) {
            // A file is late, or early: it may even lie there before its hour is over.
            pieces.forEach((one, index) => {
              if (fate[index]!.arrives === hour) put(rough, one, index);
            });
            const { dies, lives } = fate[hour - 10]!;
            if (!lives) {
              rough.die(dies);
              await rough.execute(hour).catch((error: Error) => expect(error.message).toBe('the function died'));
              rough.die(Infinity);
              // The scheduler may repeat the event, or the next hour finds what was left.
              if (dies % 2 === 0) continue;
            }
            await rough.execute(hour);
          }
          await rough.execute(14);
          await rough.execute(14);
          expect(said(rough)).toEqual(said(clean));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the same bytes when a run dies at any request and comes again', async () => {
    const pieces: Piece[] = [{ hour: 10, rows: 200, drifted: true }, { hour: 10, rows: 200, drifted: false }, { hour: 11, rows: 100, drifted: false }];
    const clean = new Model(1);
    pieces.forEach((one, index) => put(clean, one, index));
    for (const hour of [10, 11]) await clean.execute(hour);
    let deaths = 0;
    for (let request = 1; ; request++) {
      const model = new Model(1);
      pieces.forEach((one, index) => put(model, one, index));
      model.die(request);
      const died = await model.execute(10).then(() => false, () => true);
      model.die(Infinity);
      await model.execute(10);
      await model.execute(11);
      // What was listed and is not profiled yet depends on when it died; everything that is judged does not.
      const lasting = (of: Model): unknown => Object.fromEntries(Object.entries(of.reports()).filter(([key]) => !key.endsWith('batches.json')));
      expect(lasting(model)).toEqual(lasting(clean));
      if (!died) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(25);
    expect(clean.json<WindowPlan>(windowKeys.plan(MODEL, idAt(10))).revision).toBe(1);
  });
});
