import { describe, expect, it } from 'vitest';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { runIdOf } from '../../lib/governance/run-id';
import { decide } from '../../lib/retraining/decide-retraining.lambda';
import { decideRetraining, type RetrainingFacts } from '../../lib/retraining/decision';
import {
  type ControllerState,
  type DeliveredEvent,
  type DriftEvent,
  EMPTY_STATE,
  type ExecutionEndedEvent,
  type RetrainingDecision,
  type RetrainingEvent,
  type RetrainingPolicy,
  type TrainingRun,
} from '../../lib/retraining/retraining.contract';
import { trainingNames } from '../../lib/training/training-workflow.contract';
import { BUCKET, MODEL, MonitoringWorld } from './monitoring-world';

const START = Date.parse('2001-02-05T00:00:00Z');
const at = (hour: number): string => new Date(START + hour * 3_600_000).toISOString();
const POLICY: RetrainingPolicy = {
  drift: { windows: 3, of: 4, conceptWindows: 2, conceptOf: 3, cooldownSeconds: 86_400, maximumPerWeek: 3, maximumUncured: 2 },
  newData: { marker: '_SUCCESS' },
};
const CHAMPION = { version: 1, since: at(0) };
const FREEZE = { frozen: true, reason: 'an incident', by: 'ops', since: at(0) };

function drift(hour: number, outcome: DriftEvent['outcome'] = 'DRIFTED', more: Partial<DriftEvent> = {}): DriftEvent {
  const window = { id: `w${hour}`, start: at(hour - 1), end: at(hour) };
  return { trigger: 'drift', eventId: window.id, time: at(hour + 0.25), window, outcome, version: 1, reasons: ['because'], executionArn: 'arn:monitoring', ...more };
}
const concept = (hour: number, outcome?: DriftEvent['outcome']): DriftEvent => drift(hour, outcome, { kind: 'concept' });
const newData = (id: string, hour: number): RetrainingEvent => ({ trigger: 'new-data', eventId: id, time: at(hour), key: `raw/${MODEL}/${id}/_SUCCESS` });
const schedule = (hour: number): RetrainingEvent => ({ trigger: 'schedule', eventId: at(hour), time: at(hour) });
const released = (hour: number): RetrainingEvent => ({ trigger: 'resume', eventId: `outcome#${hour}`, time: at(hour), cause: 'The model has been released' });
const ended = (hour: number, skipped = false, executionArn = 'arn:run'): RetrainingEvent => ({
  trigger: 'resume',
  eventId: `${executionArn}#${hour}`,
  time: at(hour),
  cause: 'Training execution run has ended as SUCCEEDED',
  run: { executionArn, started: at(hour - 1), skipped },
});

type FactsOf = (event: RetrainingEvent) => Partial<RetrainingFacts>;

function run(events: readonly RetrainingEvent[], facts: FactsOf = () => ({}), policy = POLICY, from = EMPTY_STATE): { outcomes: string[]; decisions: RetrainingDecision[]; state: ControllerState } {
  let state: ControllerState = from;
  const decisions = events.map((event) => {
    const decided = decideRetraining(event, state, { modelName: MODEL, champion: CHAMPION, running: false, ...facts(event) }, policy);
    state = decided.state;
    return decided.decision;
  });
  return { outcomes: decisions.map(({ outcome }) => outcome), decisions, state };
}
const runningUntil = (hour: number): FactsOf => ({ time }) => ({ running: time < at(hour) });

describe('the queue', () => {
  it('holds one retraining during a run, takes a second into it, and gives it out when the run is over', () => {
    const { outcomes, decisions, state } = run([newData('a', 1), schedule(2), ended(3)], runningUntil(3));
    expect(outcomes).toEqual(['QUEUED', 'QUEUED', 'STARTED']);
    expect(decisions[1]!.reasons[1]).toBe(`The retraining schedule was due ${at(2)}; it is trained on together with what is queued already: New data is complete: raw/${MODEL}/a/_SUCCESS.`);
    expect(decisions[2]!.reasons[0]).toBe(`New data is complete: raw/${MODEL}/a/_SUCCESS and was queued.`);
    expect(state).toMatchObject({ pending: null, starts: [{ trigger: 'new-data', time: at(3) }] });
  });

  it('has new data wait for the end of a freeze, and a schedule not: its next date comes', () => {
    const frozen: FactsOf = ({ time }) => (time < at(5) ? { freeze: FREEZE } : {});
    expect(run([newData('a', 1), schedule(2), released(5)], frozen).outcomes).toEqual(['QUEUED', 'DECLINED', 'STARTED']);
  });

  it('waits on when the run is over and the model frozen meanwhile', () => {
    const facts: FactsOf = ({ time }) => ({ running: time < at(3), ...(time >= at(2) && time < at(6) ? { freeze: FREEZE } : {}) });
    const { outcomes, state } = run([newData('a', 1), ended(3), drift(4), released(6)], facts);
    expect(outcomes).toEqual(['QUEUED', 'NOT_NEEDED', 'DECLINED', 'STARTED']);
    expect(state.pending).toBeNull();
  });

  it('is emptied by whatever retraining comes first, which says so', () => {
    const { decisions, state } = run([newData('a', 1), { trigger: 'manual', eventId: 'm', time: at(3), reason: 'why' }, ended(4)], runningUntil(2));
    expect(decisions[1]!.reasons).toEqual(['why', `What was queued is part of it: New data is complete: raw/${MODEL}/a/_SUCCESS.`]);
    expect(decisions[2]).toMatchObject({ outcome: 'NOT_NEEDED', reasons: [expect.stringContaining('has ended'), 'Nothing is queued.'] });
    expect(state.pending).toBeNull();
  });

  it('gets back what was started while another run held the lock', () => {
    const first = run([newData('a', 1)]);
    const { executionName } = first.state.starts[0]!;
    const { outcomes, state } = run([ended(2, true, `arn:${executionName}`), ended(5)], runningUntil(4), POLICY, first.state);
    expect(outcomes).toEqual(['NOT_NEEDED', 'STARTED']);
    expect(state.starts).toHaveLength(1);
    expect(state.starts[0]!.executionName).not.toBe(executionName);
  });

  it('does not count a skipped execution as a retraining that cured nothing', () => {
    const first = run([drift(1), drift(2), drift(3)]);
    const { outcomes, state } = run([ended(4, true, `arn:${first.state.starts[0]!.executionName}`), drift(5)], undefined, POLICY, first.state);
    expect(outcomes).toEqual(['NOT_NEEDED', 'STARTED']);
    expect(state).toMatchObject({ uncured: 1, starts: [{ trigger: 'drift' }] });
  });
});

describe('concept drift', () => {
  it('is counted by itself', () => {
    expect(run([drift(1), drift(2), concept(3)]).outcomes).toEqual(['DECLINED', 'DECLINED', 'DECLINED']);
    const { outcomes, decisions } = run([concept(1), concept(2, 'STABLE'), concept(3)]);
    expect(outcomes).toEqual(['DECLINED', 'NOT_NEEDED', 'STARTED']);
    expect(decisions[2]!.reasons[0]).toBe('2 of the last 3 windows judged by labels of version 1 drifted; 2 of 3 are needed.');
  });

  it('is not cured by inputs that never drifted: the loop guard holds', () => {
    const events = Array.from({ length: 24 * 5 }, (_, i) => [drift(i + 1, 'STABLE'), concept(i + 1)]).flat();
    const { outcomes } = run(events);
    expect(outcomes.filter((outcome) => outcome === 'STARTED')).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === 'LOOP_GUARD')).toHaveLength(1);
    const cured = [101, 102, 103].map((hour) => concept(hour + 100, 'STABLE'));
    expect(run([...events, ...cured]).state).toMatchObject({ uncured: 0, guarded: false });
  });

  it('may name its events as data drift does', () => {
    expect(run([drift(1), concept(1)]).state.windows).toHaveLength(2);
  });
});

describe('the loop guard', () => {
  const starts = (outcomes: string[]): number => outcomes.filter((outcome) => outcome === 'STARTED').length;
  const week = Array.from({ length: 24 * 6 }, (_, i) => drift(i + 1));

  it('holds when the gate rejects every challenger, or each is rolled back: the champion stays', () => {
    const { outcomes } = run(week);
    expect([starts(outcomes), outcomes.filter((outcome) => outcome === 'LOOP_GUARD').length]).toEqual([2, 1]);
  });

  it('holds when every challenger becomes champion and drifts as the one before', () => {
    const champion = ({ time }: RetrainingEvent): Partial<RetrainingFacts> => ({ champion: { version: Math.ceil(Date.parse(time) / 86_400_000) - 11_358, since: `${time.slice(0, 10)}T00:00:00Z` } });
    const events = week.map((event) => ({ ...event, version: champion(event).champion!.version }));
    const { outcomes } = run(events, champion);
    expect([starts(outcomes), outcomes.filter((outcome) => outcome === 'LOOP_GUARD').length]).toEqual([2, 1]);
  });
});

describe('a window that is judged again', () => {
  const again = (hour: number, outcome: DriftEvent['outcome'], revision: number): DriftEvent => drift(hour, outcome, { eventId: `w${hour}#${revision}` });

  it('takes the place of its earlier verdict', () => {
    expect(run([drift(1), drift(2, 'STABLE'), drift(3), again(2, 'DRIFTED', 1)]).outcomes.pop()).toBe('STARTED');
    expect(run([drift(1), drift(2), again(2, 'STABLE', 1), drift(3)]).outcomes.pop()).toBe('DECLINED');
    expect(run([drift(1), drift(2), again(2, 'DATA_QUALITY', 1), drift(3)]).outcomes.pop()).toBe('DECLINED');
  });

  it('is not overruled by a verdict that comes late', () => {
    for (const outcome of ['STABLE', 'DATA_QUALITY'] as const) {
      const { decisions, state } = run([drift(1), again(2, outcome, 1), drift(2), drift(3)]);
      expect(decisions[2]).toMatchObject({ outcome: 'NOT_NEEDED', reasons: ['The window has been judged again since.', expect.any(String)] });
      expect(decisions[3]!.outcome).toBe('DECLINED');
      expect(state.windows.filter(({ drifted }) => drifted)).toHaveLength(2);
    }
  });
});

describe('the budget', () => {
  const policy: RetrainingPolicy = { ...POLICY, budget: { secondsPerMonth: 7200 } };
  const used = (seconds: number, time = at(1)): TrainingRun => ({ executionArn: `arn:${time}`, time, seconds, settled: true });

  it('stops what starts by itself, and no person', () => {
    const facts: FactsOf = () => ({ runs: [used(7200)] });
    const { outcomes, decisions } = run([newData('a', 3), schedule(4), drift(5), drift(6), drift(7), { trigger: 'manual', eventId: 'm', time: at(8), reason: 'why' }], facts, policy);
    expect(outcomes).toEqual(['DECLINED', 'DECLINED', 'DECLINED', 'DECLINED', 'DECLINED', 'STARTED']);
    expect(decisions[0]!.reasons[1]).toBe('2 of 2 hours of training time are used in 2001-02 (UTC); a person can still retrain.');
    expect(decisions[4]!.reasons[0]).toContain('2 of 2 hours');
  });

  it('lets the last run exceed it, and begins anew with the month', () => {
    expect(run([newData('a', 3)], () => ({ runs: [used(7199)] }), policy).outcomes).toEqual(['STARTED']);
    expect(run([newData('a', 24 * 24)], () => ({ runs: [used(9000)] }), policy).outcomes).toEqual(['STARTED']);
  });

  it('counts a run once, with the last that is known of it', () => {
    const run1 = used(5000);
    const { state } = run([newData('a', 3), newData('b', 4)], ({ eventId }) => ({ runs: [{ ...run1, seconds: eventId === 'a' ? 100 : 5000 }] }), policy);
    expect(state.runs).toEqual([run1]);
  });

  it('gives up what is queued when it is used up by then, and says so', () => {
    const facts: FactsOf = ({ time }) => ({ running: time < at(3), runs: time < at(3) ? [] : [used(8000)] });
    const { outcomes, decisions, state } = run([newData('a', 1), ended(3)], facts, policy);
    expect(outcomes).toEqual(['QUEUED', 'DECLINED']);
    expect(decisions[1]!.reasons[0]).toContain('was queued, but the budget is used up');
    expect(state.pending).toBeNull();
  });
});

const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:Training';
const BUDGETED = JSON.stringify({ ...POLICY, budget: { secondsPerMonth: 7200 } });

describe('the controller function', () => {
  const tell = (world: MonitoringWorld, event: RetrainingEvent | DeliveredEvent, policy = JSON.stringify(POLICY)) =>
    decide(
      event,
      { s3: world.client, sfn: world.client, lambda: world.client, sagemaker: world.client },
      { LAKE_BUCKET: BUCKET, MODEL_NAME: MODEL, TRAINING_STATE_MACHINE_ARN: MACHINE, OUTCOME_FUNCTION: 'outcome', POLICY: policy },
    );
  const world = (): MonitoringWorld => {
    const made = new MonitoringWorld();
    made.put(lakeKeys.championPointer(MODEL), CHAMPION);
    return made;
  };
  const arnOf = (name: string): string => `${MACHINE.replace('stateMachine', 'execution')}:${name}`;
  const end = (executionArn: string, hour: number, output: object | null = { outcome: 'REGISTERED' }): ExecutionEndedEvent => ({
    'detail-type': 'Step Functions Execution Status Change',
    time: at(hour),
    detail: { executionArn, status: 'SUCCEEDED', startDate: Date.parse(at(hour - 1)), stopDate: Date.parse(at(hour)), output: output && JSON.stringify(output) },
  });

  it('starts what is queued when EventBridge says that the execution is over, once', async () => {
    const lake = world();
    await tell(lake, newData('a', 1));
    lake.running.add(arnOf(lake.started[0]!.name));
    expect((await tell(lake, newData('b', 2))).outcome).toBe('QUEUED');
    lake.running.clear();
    for (let delivery = 0; delivery < 3; delivery++) expect((await tell(lake, end(arnOf(lake.started[0]!.name), 3))).outcome).toBe('STARTED');
    expect(lake.started).toHaveLength(2);
  });

  it('starts what is queued when the outcome function says that the model is released', async () => {
    const lake = world();
    lake.put(lakeKeys.freeze(MODEL), FREEZE);
    await tell(lake, newData('a', 1));
    lake.put(lakeKeys.freeze(MODEL), { ...FREEZE, frozen: false });
    expect((await tell(lake, { 'detail-type': 'Model Pipeline Outcome', time: at(2), detail: { outcome: 'UNFROZEN', sequence: 7 } })).outcome).toBe('STARTED');
  });

  it('queues again what an execution was started for that found the lock taken', async () => {
    const lake = world();
    await tell(lake, newData('a', 1));
    lake.running.add('arn:by-hand');
    lake.put(lakeKeys.lock(MODEL, 'training'), { holder: 'arn:by-hand' });
    expect((await tell(lake, end(arnOf(lake.started[0]!.name), 1.1, { outcome: 'SKIPPED' }))).outcome).toBe('NOT_NEEDED');
    lake.running.clear();
    expect((await tell(lake, end('arn:by-hand', 3))).outcome).toBe('STARTED');
    expect(lake.started).toHaveLength(2);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('starts at the next event, whatever it is, what it decided and died before starting: at request %i', async (request) => {
    const lake = world();
    lake.die(request);
    await expect(tell(lake, newData('a', 1))).rejects.toThrow('died');
    const decided = lake.objects.has(lakeKeys.controllerState(MODEL));
    await tell(lake, drift(2, 'STABLE'));
    expect(lake.started).toHaveLength(decided ? 1 : 0);
    await tell(lake, newData('a', 1));
    expect(lake.started).toHaveLength(1);
  });

  it('counts the billable time of all instances, also of runs that a person started', async () => {
    const lake = world();
    const job = (arn: string, more: object): void => void lake.trainingJobs.set(trainingNames.trainingJob(MODEL, runIdOf(arn)), { TrainingJobStatus: 'Completed', ResourceConfig: { InstanceCount: 2 }, ...more });
    job('arn:by-hand', { BillableTimeInSeconds: 1800 });
    await tell(lake, end('arn:by-hand', 2), BUDGETED);
    expect(lake.outcomes[0]).toMatchObject({ outcome: 'NOT_NEEDED', detail: { trainingSeconds: { month: '2001-02', used: 3600, allowed: 7200 } } });
    await tell(lake, newData('a', 3), BUDGETED);
    const started = arnOf(lake.started[0]!.name);
    job(started, { TrainingJobStatus: 'Stopping', TrainingStartTime: new Date(at(3)) });
    // Nobody tells of its end: the next event finds out, twice, as the job is still being stopped the first time.
    expect((await tell(lake, newData('b', 4), BUDGETED)).reasons.join()).toContain('3 of 2 hours');
    job(started, { TrainingJobStatus: 'Stopped', BillableTimeInSeconds: 600 });
    expect((await tell(lake, newData('c', 4.5), BUDGETED)).outcome).toBe('STARTED');
    expect(lake.json<ControllerState>(lakeKeys.controllerState(MODEL)).runs!.map(({ seconds, settled }) => [seconds, settled])).toEqual([[3600, true], [1200, true]]);
  });
});
