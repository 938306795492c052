import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { runIdOf } from '../../lib/governance/run-id';
import { decide } from '../../lib/retraining/decide-retraining.lambda';
import { type ControllerState, type DeliveredEvent, type DriftEvent, type RetrainingEvent, type RetrainingPolicy } from '../../lib/retraining/retraining.contract';
import { monthOf } from '../../lib/retraining/training-budget';
import { trainingNames } from '../../lib/training/training-workflow.contract';
import { BUCKET, MODEL, MonitoringWorld } from './monitoring-world';

const HOUR = 3_600_000;
// The month changes in the middle of a long sequence.
const START = Date.parse('2001-02-20T00:00:00Z');
const at = (hour: number): string => new Date(START + hour * HOUR).toISOString();
const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:Training';
const BUDGET = 20 * 3600;
const LONGEST = 6;
const POLICY: RetrainingPolicy = {
  drift: { windows: 2, of: 3, conceptWindows: 2, conceptOf: 3, cooldownSeconds: 6 * 3600, maximumPerWeek: 3, maximumUncured: 9 },
  newData: { marker: '_SUCCESS' },
  budget: { secondsPerMonth: BUDGET },
};

interface Run {
  readonly arn: string;
  readonly from: number;
  readonly until: number;
  readonly trigger: string;
}

/** Events with their deliveries: late, in another order, several times, and functions that die anywhere in between. */
class Life extends MonitoringWorld {
  public readonly runs: Run[] = [];
  public readonly requested: { readonly id: string; readonly hour: number }[] = [];
  private readonly due: { readonly hour: number; readonly event: RetrainingEvent | DeliveredEvent }[] = [];

  public constructor(
    private readonly durations: readonly number[],
    private readonly policy: RetrainingPolicy,
  ) {
    super();
    this.put(lakeKeys.championPointer(MODEL), { version: 1, since: at(-1) });
  }

  public deliver(hour: number, event: RetrainingEvent | DeliveredEvent): void {
    this.due.push({ hour, event });
  }

  public freeze(frozen: boolean, hour: number): void {
    this.put(lakeKeys.freeze(MODEL), { frozen, reason: 'why', by: 'ops', since: at(hour) });
    if (!frozen) this.deliver(hour + 0.01, { 'detail-type': 'Model Pipeline Outcome', time: at(hour), detail: { outcome: 'UNFROZEN', sequence: hour } });
  }

  public get pending(): ControllerState['pending'] {
    return this.state?.pending ?? null;
  }

  public get state(): ControllerState | undefined {
    const key = lakeKeys.controllerState(MODEL);
    return this.objects.has(key) ? this.json<ControllerState>(key) : undefined;
  }

  /** Lets the hour pass: executions end and say so, then what is due is delivered. */
  public async pass(hour: number, deaths: readonly number[]): Promise<void> {
    for (const run of this.runs.filter(({ arn, until }) => until <= hour && this.running.has(arn))) this.end(run);
    const now = this.due.filter((delivery) => delivery.hour <= hour);
    this.due.splice(0, this.due.length, ...this.due.filter((delivery) => delivery.hour > hour));
    for (const [index, { event }] of now.entries()) {
      this.die(deaths[index] ?? Infinity);
      // Lambda and Step Functions repeat what failed.
      await this.tell(event, hour).catch(() => this.tell(event, hour));
    }
  }

  private end(run: Run): void {
    this.running.delete(run.arn);
    const name = trainingNames.trainingJob(MODEL, runIdOf(run.arn));
    this.trainingJobs.set(name, { TrainingJobStatus: 'Completed', ResourceConfig: { InstanceCount: 1 }, BillableTimeInSeconds: (run.until - run.from) * 3600 });
    const detail = { executionArn: run.arn, status: 'SUCCEEDED', startDate: START + run.from * HOUR, stopDate: START + run.until * HOUR, output: null };
    for (const delay of [0, 0, 2]) this.deliver(run.until + delay, { 'detail-type': 'Step Functions Execution Status Change', time: at(run.until), detail });
  }

  private async tell(event: RetrainingEvent | DeliveredEvent, hour: number): Promise<void> {
    const environment = { LAKE_BUCKET: BUCKET, MODEL_NAME: MODEL, TRAINING_STATE_MACHINE_ARN: MACHINE, OUTCOME_FUNCTION: 'outcome', POLICY: JSON.stringify(this.policy) };
    try {
      await decide(event, { s3: this.client, sfn: this.client, lambda: this.client, sagemaker: this.client }, environment);
    } finally {
      for (const { name, input } of this.started.slice(this.runs.length)) {
        const arn = `${MACHINE.replace('stateMachine', 'execution')}:${name}`;
        expect([...this.running]).toEqual([]);
        this.runs.push({ arn, from: hour, until: hour + this.durations[this.runs.length % this.durations.length]!, trigger: (JSON.parse(input) as Run).trigger });
        this.running.add(arn);
      }
    }
  }
}

const outcome = fc.constantFrom<DriftEvent['outcome']>('DRIFTED', 'DRIFTED', 'STABLE', 'INSUFFICIENT_DATA', 'DATA_QUALITY');
const step = fc.record({
  event: fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant('drift' as const), kind: fc.constantFrom('data' as const, 'concept' as const), outcome, revision: fc.integer({ min: 0, max: 2 }) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('new-data' as const, 'schedule' as const, 'manual' as const, 'freeze' as const, 'unfreeze' as const) }) },
  ),
  hours: fc.integer({ min: 1, max: 20 }),
  delays: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 }),
  deaths: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
});

async function live(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[], durations: readonly number[], policy = POLICY): Promise<Life> {
  const life = new Life(durations, policy);
  let hour = 0;
  let frozen = false;
  const pass = async (until: number, deaths: readonly number[]): Promise<void> => {
    for (; hour < until; hour++) await life.pass(hour, deaths);
  };
  for (const [index, { event, hours, delays, deaths }] of steps.entries()) {
    const id = `${index}`;
    const time = at(hour);
    const all = (made: RetrainingEvent): void => delays.forEach((delay) => life.deliver(hour + delay, made));
    if (event.type === 'drift') {
      const window = { id: `w${id}`, start: at(hour - 1), end: time };
      for (let revision = 0; revision <= event.revision; revision++) {
        const eventId = revision === 0 ? window.id : `${window.id}#${revision}`;
        all({ trigger: 'drift', kind: event.kind, eventId, time, window, outcome: revision % 2 === 0 ? event.outcome : 'STABLE', version: 1, reasons: [], executionArn: 'arn:monitoring' });
      }
    } else if (event.type === 'freeze' || event.type === 'unfreeze') {
      if (frozen !== (event.type === 'freeze')) life.freeze((frozen = !frozen), hour);
    } else if (event.type === 'manual') all({ trigger: 'manual', eventId: id, time, reason: 'why' });
    else if (event.type === 'schedule') all({ trigger: 'schedule', eventId: id, time });
    else {
      life.requested.push({ id: `raw/${id}_SUCCESS`, hour });
      all({ trigger: 'new-data', eventId: id, time, key: `raw/${id}_SUCCESS` });
    }
    await pass(hour + hours, deaths);
  }
  if (frozen) life.freeze(false, hour);
  await pass(hour + 60, []);
  return life;
}

describe('whatever events come, in whatever order, however often, and whenever the function dies', () => {
  it('never two run at once, more than allowed in a week, or over the budget by more than one run; what is queued is not lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: LONGEST }), { minLength: 1, maxLength: 5 }), async (steps, durations) => {
        const life = await live(steps, durations);
        const { runs } = life;
        // A run is started by the time of its event, which may be earlier than its delivery.
        const starts = life.state?.starts ?? [];
        for (const [index, run] of runs.entries()) if (index > 0) expect(run.from).toBeGreaterThanOrEqual(runs[index - 1]!.until);
        const drifts = starts.filter(({ trigger }) => trigger === 'drift').map(({ time }) => Date.parse(time));
        for (const time of drifts) expect(drifts.filter((other) => other > time - 7 * 24 * HOUR && other <= time).length).toBeLessThanOrEqual(3);
        for (const month of ['2001-02', '2001-03']) {
          const own = runs.filter((_, index) => starts[index] && monthOf(starts[index].time) === month);
          const spent = own.filter(({ trigger }) => trigger !== 'manual').reduce((sum, run) => sum + (run.until - run.from) * 3600, 0);
          expect(spent).toBeLessThan(BUDGET + LONGEST * 3600);
        }
        expect(life.pending).toBeNull();
        const said = life.outcomes.flatMap(({ outcome: decision, reasons }) => (decision === 'STARTED' || decision === 'DECLINED' ? (reasons as string[]) : []));
        for (const { id } of life.requested) {
          const queuedInto = life.outcomes.some(({ outcome: decision, reasons }) => decision === 'QUEUED' && (reasons as string[]).some((reason) => reason.includes(id) && reason.includes('together with')));
          expect([id, queuedInto || said.some((reason) => reason.includes(id))]).toEqual([id, true]);
        }
        // Every start has its own event; deliveries add none.
        expect(new Set(starts.map(({ executionName }) => executionName)).size).toBe(starts.length);
        expect(runs.length).toBe(starts.length);
        for (const { outcome: decision, reasons } of life.outcomes) if (reasons[0]?.startsWith('The captured data is broken')) expect(decision).toBe('DECLINED');
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('has the loop guard hold after two retrainings, until the drift is gone or a person retrains', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const drifting = steps.map((one) => ({
          ...one,
          event: one.event.type === 'drift' ? { ...one.event, outcome: 'DRIFTED' as const, revision: 0 } : one.event.type === 'manual' ? { type: 'schedule' as const } : one.event,
        }));
        const life = await live(drifting, [1], { ...POLICY, drift: { ...POLICY.drift!, maximumUncured: 2 } });
        expect(life.runs.filter(({ trigger }) => trigger === 'drift').length).toBeLessThanOrEqual(2);
        const paged = new Set(life.outcomes.filter(({ outcome: decision }) => decision === 'LOOP_GUARD').map(({ eventId }) => eventId as string));
        expect(paged.size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});
