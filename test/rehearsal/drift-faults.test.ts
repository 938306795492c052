import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_INPUTS, badInputTable } from './bad-inputs';
import type { Fault } from '../../lib/rehearsal/kernel/faults';
import { type Row, synthesize } from './drift-model';
import { DriftWorld, HOUR, type Hour, lines, MONITORING, ROWS, text } from './drift-world';

let folder: string;
let assembly: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drift-faults-'));
  assembly = synthesize(join(folder, 'assembly'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const usual = (world: DriftWorld) => (start: number): Hour => ({ files: { 'a.jsonl': text(lines(start, world.rows())) }, invocations: ROWS });

async function inWorld(act: (world: DriftWorld) => Promise<void>): Promise<void> {
  const world = await DriftWorld.create(assembly);
  try {
    await act(world);
    expect(world.simulation.defects).toEqual([]);
    expect(world.simulation.counters).toMatchObject({ denied: 0, schemaErrors: 0 });
  } finally {
    await world.close();
  }
}

/** The monitor emits no metric any more: its alarm for blindness has no data, which is a message too. */
const SILENT = 'INSUFFICIENT_DATA: "Drift/Pipeline/Monitoring/Alarms/blind-monitor" in us-east-1';

describe('bad input', () => {
  let world: DriftWorld;
  beforeAll(async () => (world = await DriftWorld.create(assembly)));
  afterAll(() => world.close());

  it('is listed with what comes of it', () => {
    expect(readFileSync(join(__dirname, '..', '..', 'docs', 'rehearsal', 'bad-input.md'), 'utf8')).toContain(badInputTable());
  });

  it.each(BAD_INPUTS)('$name: $outcome, alarms $alarms', async (input) => {
    // What lies in between is judged as ever.
    const calm = usual(world);
    for (const id of await world.pass(calm, calm, calm)) expect([id, world.report(id).outcome]).toEqual([id, 'STABLE']);
    expect(world.alarms()).toEqual([]);
    const ids = await world.pass(...Array.from({ length: input.hours }, () => (start: number) => input.hour(world, start)));
    const report = world.report(ids[ids.length - 1]!);
    const champion = report.versions[0]!;
    expect({ reasons: report.reasons, outcomes: ids.map((id) => world.report(id).outcome) }).toMatchObject({ outcomes: ids.map(() => input.outcome) });
    expect(champion).toMatchObject(input.report);
    if (input.says) expect(JSON.stringify(report)).toMatch(input.says);
    expect(world.alarms()).toEqual(input.alarms);
    // Neither does a profile grow with what it counts, nor does the page run what it shows.
    for (const { key, body } of world.objects(ids[0]!)) {
      if (/\/profiles\/.*\.json$/.test(key)) expect([key, body.length < 100_000]).toEqual([key, true]);
      if (key.endsWith('.html')) expect(body.toString()).not.toContain('<script>alert');
    }
  });
});

describe('what goes wrong around the monitor', () => {
  const rowsCounted = (world: DriftWorld, ids: readonly string[]): number[] => ids.map((id) => world.report(id).versions[0]!.windowRows);
  const some = (world: DriftWorld, rows: number) => (start: number): Hour => ({ files: { 'a.jsonl': text(lines(start, world.rows(rows))) }, invocations: rows });

  it('widens the windows of a model that few ask, day and night, and pages nobody', () =>
    inWorld(async (world) => {
      const ids = await world.pass(...Array.from({ length: 40 }, () => some(world, 60)));
      const outcomes = ids.map((id) => world.report(id).outcome);
      // 60, 120, 180, 240 rows: every fourth window has a verdict.
      expect(outcomes.map((outcome) => outcome[0]).join('')).toBe('IIIS'.repeat(10));
      expect(world.report(ids[39]!).versions[0]).toMatchObject({ windowRows: 60, evaluatedFrom: world.report(ids[36]!).window.start, verdict: { rows: 240 } });
      expect(world.subjects()).toEqual([]);
      expect(world.alarms()).toEqual([]);
    }));

  it('finds drift from the first window on; one window is none, and two of three are one message', () =>
    inWorld(async (world) => {
      const drifted = (start: number): Hour => ({
        files: { 'a.jsonl': text(lines(start, world.rows(ROWS, (one) => ({ ...one, amount: Number(one.amount) + 250, age: Number(one.age) / 2, score: one.score / 2 })))) },
        invocations: ROWS,
      });
      await world.pass(drifted);
      expect(world.alarms()).toEqual([]);
      await world.pass(usual(world));
      expect(world.alarms()).toEqual([]);
      await world.pass(drifted);
      expect(world.alarms()).toEqual(['data-drift', 'prediction-drift']);
      await world.pass(drifted, usual(world), drifted);
      expect(world.alarms()).toEqual(['data-drift', 'prediction-drift']);
      expect(world.subjects().filter((subject) => subject.startsWith('ALARM'))).toEqual(['ALARM: "Drift/Pipeline/Governance/ticket" in us-east-1']);
    }));

  it('makes a window again when its files come late, and counts them', () =>
    inWorld(async (world) => {
      const start = world.hour;
      const late = text(lines(start, world.rows(200)));
      const [id] = await world.pass(some(world, 100));
      expect(world.report(id!)).toMatchObject({ outcome: 'INSUFFICIENT_DATA', revision: 1 });
      world.leave(start, { files: { 'late.jsonl': late }, invocations: 200 });
      await world.pass(usual(world));
      expect(world.report(id!)).toMatchObject({ outcome: 'STABLE', revision: 2, captureRatio: 1, versions: [{ windowRows: 300, duplicates: 0 }] });
      expect(world.alarms()).toEqual([]);
    }));

  it('needs a few seconds more when S3 throttles for a moment', () =>
    inWorld(async (world) => {
      const throttled: Fault = { id: 'a moment', type: 'request', service: 's3', code: 'SlowDown', statusCode: 503, from: world.hour + HOUR, times: 6 };
      world.rehearsal.faults.add(throttled);
      const ids = await world.pass(usual(world), usual(world));
      expect(world.struck('a moment')).toBe(true);
      expect(rowsCounted(world, ids)).toEqual([ROWS, ROWS]);
      expect(world.failures()).toEqual([]);
      expect(world.alarms()).toEqual([]);
    }));

  it('pages when S3 throttles for hours, and makes up for every window after that', () =>
    inWorld(async (world) => {
      await world.pass(usual(world), usual(world));
      const from = world.hour + HOUR;
      world.rehearsal.faults.add({ id: 'hours', type: 'request', service: 's3', code: 'SlowDown', statusCode: 503, from, until: from + 4 * HOUR });
      const ids = await world.pass(...Array.from({ length: 4 }, () => usual(world)));
      expect(world.alarms()).toContain('monitoring-failures');
      ids.push(...(await world.pass(usual(world), usual(world), usual(world))));
      expect(world.subjects()).toContain(SILENT);
      expect(world.alarms()).toEqual([]);
      expect(rowsCounted(world, ids)).toEqual(ids.map(() => ROWS));
    }));

  it('pages when the monitor is silent because nothing starts it, and makes up for every window after that', () =>
    inWorld(async (world) => {
      await world.pass(usual(world), usual(world));
      const from = world.hour + HOUR;
      world.rehearsal.faults.add({ id: 'silence', type: 'request', service: 'sfn', operation: 'StartExecution', code: 'InternalServerError', statusCode: 500, from, until: from + 5 * HOUR });
      const ids = await world.pass(...Array.from({ length: 5 }, () => usual(world)));
      expect(world.subjects()).toContain(SILENT);
      ids.push(...(await world.pass(usual(world), usual(world), usual(world))));
      expect(world.alarms()).toEqual([]);
      expect(rowsCounted(world, ids)).toEqual(ids.map(() => ROWS));
    }));

  it('judges each window once when the schedule fires twice', () =>
    inWorld(async (world) => {
      const ids = await world.pass(usual(world));
      const report = world.text(`reports/churn/monitoring/${ids[0]}/report.json`);
      const before = world.ledger().length;
      const scheduledTime = new Date(world.hour + 15 * 60_000).toISOString();
      const twice = [await world.rehearsal.start(MONITORING, { scheduledTime }), await world.rehearsal.start(MONITORING, { scheduledTime })];
      for (const execution of twice) expect((await world.rehearsal.ended(execution, 30)).status).toBe('SUCCEEDED');
      expect(world.text(`reports/churn/monitoring/${ids[0]}/report.json`)).toBe(report);
      expect(world.ledger().slice(before)).toMatchObject([{ workflow: 'monitoring', outcome: 'SKIPPED' }, { workflow: 'monitoring', outcome: 'SKIPPED' }]);
    }));
});

describe('a monitor that dies', () => {
  const STATES = ['PlanWindow', 'ProfileFiles', 'FindDuplicates', 'ProfileAgain', 'EvaluateDrift', 'TellController', 'RecordOutcome', 'SettleWindow', 'ReleaseLock'];
  /** Several files with an event in common, so that every step has work. */
  const hour = (world: DriftWorld) => (start: number): Hour => {
    const all = lines(start, world.rows());
    return { files: { 'a.jsonl': text(all.slice(0, 200)), 'b.jsonl': text(all.slice(190)) }, invocations: ROWS };
  };
  async function life(crash: boolean): Promise<{ reports: string[]; entries: string[]; alarms: string[]; messages: string[] }> {
    const world = await DriftWorld.create(assembly);
    try {
      const ids: string[] = [];
      for (const state of STATES) {
        if (crash) world.rehearsal.faults.add({ id: state, type: 'crash', stateMachine: 'PipelineMonitoringWorkflow', state, times: 1, from: world.rehearsal.now });
        ids.push(...(await world.pass(hour(world), hour(world), hour(world))));
        expect([state, world.struck(state)]).toEqual([state, crash]);
      }
      const own = world.ledger().filter(({ workflow }) => workflow !== 'deployment' && workflow !== 'model-quality');
      return {
        reports: ids.map((id) => world.text(`reports/churn/monitoring/${id}/report.json`)),
        // A window that is made up for comes after the one that its hour began with.
        entries: own.map(({ workflow, outcome, reasons }) => JSON.stringify([workflow, outcome, reasons])).sort(),
        alarms: world.alarms(),
        messages: world.subjects(),
      };
    } finally {
      await world.close();
    }
  }

  it('between any two steps and runs again leaves what one clean run leaves, byte for byte', async () => {
    const clean = await life(false);
    const died = await life(true);
    expect(died.reports).toEqual(clean.reports);
    expect(died.entries).toEqual(clean.entries);
    expect(died.alarms).toEqual([]);
    expect(died.messages).toEqual([]);
    expect(clean.messages).toEqual([]);
  });
});

describe('labels', () => {
  /** Six hours of predictions, and later their labels and others. */
  async function asked(world: DriftWorld, truth: (row: Row) => number, delayHours: number, others: (all: readonly Row[]) => [id: string, truth: number][] = () => []): Promise<void> {
    const all: Row[] = [];
    const hour = (start: number): Hour => {
      const rows = world.rows();
      all.push(...rows);
      return { files: { 'a.jsonl': text(lines(start, rows)) }, invocations: ROWS };
    };
    await world.pass(hour, hour, hour, hour, hour, hour);
    await world.rehearsal.advance(60 * delayHours);
    world.label([...all.map((row): [string, number] => [`request-${row.number}`, truth(row)]), ...others(all)]);
  }

  it('that come late, for unknown ids, twice and contradicting page nobody; those that say that the model has got worse do', () =>
    inWorld(async (world) => {
      await world.pass(usual(world), usual(world), usual(world), usual(world));
      await asked(world, ({ truth }) => truth, 3);
      await asked(world, ({ truth }) => truth, 9, (all) => [['request-of-nobody', 1], ...all.slice(0, 40).map(({ number, truth }): [string, number] => [`request-${number}`, number % 2 === 0 ? truth : 1 - truth])]);
      await world.rehearsal.advance(12 * 60);
      const counts = world.quality().flatMap(({ versions }) => versions.map((version) => version.counts));
      const sum = (name: string): number => counts.reduce((total, one) => total + (one[name] ?? 0), 0);
      expect({ repeated: sum('repeatedLabels'), contradicting: sum('contradictingLabels') }).toEqual({ repeated: 40, contradicting: 20 });
      expect(world.quality().some(({ files }) => files.unmatchedLabels === 1)).toBe(true);
      expect(world.quality().flatMap(({ versions }) => versions.map(({ outcome }) => outcome))).not.toContain('DEGRADED');
      expect(world.subjects()).toEqual([]);
      await asked(world, ({ number }) => number % 2, 1);
      await asked(world, ({ number }) => number % 2, 1);
      await world.rehearsal.advance(12 * 60);
      expect(world.alarms()).toEqual(['concept-drift']);
    }));
});
