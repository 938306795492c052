import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { decide } from '../../lib/retraining/decide-retraining.lambda';
import { decideRetraining, type RetrainingFacts } from '../../lib/retraining/decision';
import {
  type ControllerState,
  type DriftEvent,
  EMPTY_STATE,
  type DeliveredEvent,
  type ObjectCreatedEvent,
  type RetrainingEvent,
  type RetrainingPolicy,
} from '../../lib/retraining/retraining.contract';
import { BUCKET, MODEL, MonitoringWorld } from './monitoring-world';

const HOUR = 3_600_000;
const START = Date.parse('2001-02-05T00:00:00Z');
const at = (hour: number): string => new Date(START + hour * HOUR).toISOString();
const POLICY: RetrainingPolicy = {
  drift: { windows: 3, of: 4, conceptWindows: 2, conceptOf: 3, cooldownSeconds: 86_400, maximumPerWeek: 3, maximumUncured: 2 },
  newData: { marker: '_SUCCESS' },
};
const CHAMPION = { version: 1, since: at(0) };

function drift(hour: number, outcome: DriftEvent['outcome'] = 'DRIFTED', version: number | null = 1): DriftEvent {
  const window = { id: `w${hour}`, start: at(hour - 1), end: at(hour) };
  return { trigger: 'drift', eventId: window.id, time: at(hour + 0.25), window, outcome, version, reasons: ['because'], executionArn: 'arn:monitoring' };
}

/** Feeds events one after the other; nothing runs and nothing is deployed unless `facts` says so. */
function run(events: RetrainingEvent[], facts: (event: RetrainingEvent) => Partial<RetrainingFacts> = () => ({}), policy = POLICY): { outcomes: string[]; state: ControllerState } {
  let state = EMPTY_STATE;
  const outcomes = events.map((event) => {
    const decided = decideRetraining(event, state, { modelName: MODEL, champion: CHAMPION, running: false, ...facts(event) }, policy);
    state = decided.state;
    return decided.decision.outcome;
  });
  return { outcomes, state };
}

const D = 'DRIFTED' as const;
const S = 'STABLE' as const;
const I = 'INSUFFICIENT_DATA' as const;
const Q = 'DATA_QUALITY' as const;

describe('retraining on drift', () => {
  it.each([
    ['three drifted windows start it', [D, D, D], 'STARTED'],
    ['two of four do not', [D, S, D, S], 'NOT_NEEDED'],
    ['two do not', [D, D], 'DECLINED'],
    ['three of four do, with a stable one between', [D, S, D, D], 'STARTED'],
    ['three of five do not', [D, D, S, S, D], 'DECLINED'],
    ['windows without verdict are no evidence either way', [D, I, D, I, D], 'STARTED'],
    ['broken data is no evidence and never retrains', [D, D, Q], 'DECLINED'],
    ['a stable window starts nothing, even at the level', [D, D, D, S].slice(1), 'NOT_NEEDED'],
  ] as const)('%s', (_, windows, expected) => {
    const { outcomes } = run(windows.map((outcome, i) => drift(i + 1, outcome)));
    expect(outcomes[outcomes.length - 1]).toBe(expected);
  });

  it('does not count windows from before the champion, nor those of another version', () => {
    const { outcomes } = run([drift(1), drift(2), drift(3), drift(4), drift(5)], ({ time }) => ({ champion: { version: 1, since: at(2) }, running: time < at(2) }));
    expect(outcomes).toEqual(['DECLINED', 'DECLINED', 'DECLINED', 'DECLINED', 'STARTED']);
    expect(run([drift(1, D, 2), drift(2, D, 2), drift(3)]).outcomes).toEqual(['DECLINED', 'DECLINED', 'DECLINED']);
  });

  it('starts no second one while the first runs, or within the cooldown', () => {
    const events = Array.from({ length: 40 }, (_, i) => drift(i + 1));
    const { outcomes } = run(events, ({ time }) => ({ running: time > at(3.25) && time < at(5) }));
    expect(outcomes.map((outcome, i) => (outcome === 'STARTED' ? i + 1 : 0)).filter(Boolean)).toEqual([3, 27]);
  });

  it('stops and pages once when two retrainings did not cure the drift', () => {
    const { outcomes, state } = run(Array.from({ length: 24 * 14 }, (_, i) => drift(i + 1)));
    expect(outcomes.filter((outcome) => outcome === 'STARTED')).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === 'LOOP_GUARD')).toHaveLength(1);
    expect(state.guarded).toBe(true);
  });

  it('opens the loop guard when the drift is cured, or a person retrains', () => {
    const stuck = Array.from({ length: 60 }, (_, i) => drift(i + 1));
    const cured = run([...stuck, ...[61, 62, 63, 64].map((hour) => drift(hour, S))]).state;
    expect(cured).toMatchObject({ uncured: 0, guarded: false });
    const manual: RetrainingEvent = { trigger: 'manual', eventId: 'm', time: at(61), reason: 'looked' };
    expect(run([...stuck, manual]).state).toMatchObject({ uncured: 0, guarded: false });
    expect(run([...stuck, manual]).outcomes.pop()).toBe('STARTED');
  });

  it('starts at most so many in seven days', () => {
    const cures = (hour: number): DriftEvent[] => [1, 2, 3, 4].map((i) => drift(hour + i, S));
    const episode = (hour: number): DriftEvent[] => [...[1, 2, 3].map((i) => drift(hour + i)), ...cures(hour + 3)];
    const { outcomes } = run([0, 26, 52, 78, 104].flatMap(episode));
    expect(outcomes.filter((outcome) => outcome === 'STARTED')).toHaveLength(3);
  });

  it('declines when drift is no trigger', () => {
    expect(run([drift(1), drift(2), drift(3)], undefined, {}).outcomes).toEqual(['DECLINED', 'DECLINED', 'DECLINED']);
  });

  it('decides once per window, whatever happened since', () => {
    const events = [drift(1), drift(2), drift(3)];
    const { state } = run(events);
    const again = decideRetraining(drift(3), state, { modelName: MODEL, champion: CHAMPION, running: true }, POLICY);
    expect(again).toMatchObject({ repeated: true, decision: { outcome: 'STARTED' }, state });
  });
});

describe('other triggers', () => {
  const newData = (id: string, hour: number): RetrainingEvent => ({ trigger: 'new-data', eventId: id, time: at(hour), key: `raw/${MODEL}/2001-02/_SUCCESS` });

  it('start at once, without cooldown: repaired data need not wait', () => {
    expect(run([newData('a', 1), newData('b', 2), { trigger: 'schedule', eventId: 's', time: at(3) }]).outcomes).toEqual(['STARTED', 'STARTED', 'STARTED']);
  });

  it('keep data that came during a run until it is over', () => {
    const { outcomes, state } = run([newData('a', 1), drift(2, S), drift(3, S)], ({ time }) => ({ running: time < at(3) }));
    expect(outcomes).toEqual(['QUEUED', 'NOT_NEEDED', 'STARTED']);
    expect(state.pending).toBeNull();
    expect(state.starts).toMatchObject([{ trigger: 'new-data' }]);
  });

  it('ignore other objects than the marker', () => {
    expect(run([{ trigger: 'new-data', eventId: 'a', time: at(1), key: `raw/${MODEL}/part-0.csv` }]).outcomes).toEqual(['DECLINED']);
    expect(run([newData('a', 1)], undefined, {}).outcomes).toEqual(['DECLINED']);
  });

  it('wait for a run that a person did not see', () => {
    expect(run([{ trigger: 'manual', eventId: 'm', time: at(1), reason: 'why' }], () => ({ running: true })).outcomes).toEqual(['DECLINED']);
  });
});

describe('whatever happens', () => {
  const outcome = fc.constantFrom<DriftEvent['outcome']>(D, D, D, S, I, Q);
  const steps = fc.array(fc.record({ outcome, running: fc.boolean(), repeat: fc.boolean(), deploy: fc.boolean() }), { minLength: 1, maxLength: 250 });

  it('drift never starts twice within the cooldown, more than allowed in a week, during a run, or on broken data', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let state = EMPTY_STATE;
        let since = at(0);
        const starts: number[] = [];
        all.forEach((step, i) => {
          const hour = i + 1;
          if (step.deploy) since = at(hour - 1);
          const facts = { modelName: MODEL, champion: { version: 1, since }, running: step.running };
          const event = drift(hour, step.outcome);
          const first = decideRetraining(event, state, facts, POLICY);
          state = first.state;
          if (step.repeat) {
            const second = decideRetraining(event, state, { ...facts, running: !step.running }, POLICY);
            expect(second.decision).toEqual(first.decision);
            expect(second.state).toBe(state);
          }
          if (first.decision.outcome === 'STARTED') {
            expect(step.running).toBe(false);
            expect(step.outcome).toBe(D);
            expect(starts.filter((start) => start > hour - 24)).toEqual([]);
            expect(starts.filter((start) => start > hour - 24 * 7).length).toBeLessThan(3);
            starts.push(hour);
          }
        });
        expect(new Set(state.starts.map(({ executionName }) => executionName)).size).toBe(state.starts.length);
      }),
    );
  });
});

const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:Training';
const ENVIRONMENT = { LAKE_BUCKET: BUCKET, MODEL_NAME: MODEL, TRAINING_STATE_MACHINE_ARN: MACHINE, OUTCOME_FUNCTION: 'outcome', POLICY: JSON.stringify(POLICY) };

describe('a frozen model', () => {
  const freeze = { frozen: true, reason: 'an incident', by: 'arn:aws:iam::111122223333:user/ops', since: at(0) };
  const frozen = () => ({ freeze });

  it('is not retrained by drift, schedule or data, and says who froze it', () => {
    const schedule: RetrainingEvent = { trigger: 'schedule', eventId: 's', time: at(5) };
    const data: RetrainingEvent = { trigger: 'new-data', eventId: 'd', time: at(6), key: 'raw/_SUCCESS' };
    const { outcomes, state } = run([drift(1), drift(2), drift(3), schedule, data], frozen);
    expect(outcomes).toEqual(['DECLINED', 'DECLINED', 'DECLINED', 'DECLINED', 'QUEUED']);
    expect(state.decisions[2]!.reasons[0]).toContain('user/ops: an incident');
    expect(state.starts).toEqual([]);
  });

  it('is retrained by a person all the same', () => {
    expect(run([{ trigger: 'manual', eventId: 'm', time: at(1), reason: 'I know' }], frozen).outcomes).toEqual(['STARTED']);
  });

  it('has no decision to make in quiet windows', () => {
    expect(run([drift(1, 'STABLE')], frozen).outcomes).toEqual(['NOT_NEEDED']);
  });

  it('learns from new data that came meanwhile when it is released', () => {
    const data: RetrainingEvent = { trigger: 'new-data', eventId: 'd', time: at(1), key: 'raw/_SUCCESS' };
    expect(run([data, drift(2, 'STABLE')], (event) => (event.trigger === 'new-data' ? { freeze } : {})).outcomes).toEqual(['QUEUED', 'STARTED']);
  });
});

describe('the controller function', () => {
  const tell = (world: MonitoringWorld, event: RetrainingEvent | DeliveredEvent) => decide(event, { s3: world.client, sfn: world.client, lambda: world.client, sagemaker: world.client }, ENVIRONMENT);
  const drifting = (): MonitoringWorld => {
    const world = new MonitoringWorld();
    world.put(lakeKeys.championPointer(MODEL), CHAMPION);
    return world;
  };
  const created = (version: string): ObjectCreatedEvent => ({
    'detail-type': 'Object Created',
    time: at(1),
    detail: { object: { key: `raw/${MODEL}/2001-01/_SUCCESS`, etag: 'd41d8', 'version-id': version } },
  });

  it('starts the training execution, once, and records every decision', async () => {
    const world = drifting();
    for (const hour of [1, 2, 3, 3, 4]) await tell(world, drift(hour));
    expect(world.started).toHaveLength(1);
    expect(JSON.parse(world.started[0]!.input)).toMatchObject({ trigger: 'drift', reason: expect.stringContaining('3 of the last 3 judged windows of version 1 drifted') });
    expect(world.started[0]!.name).toMatch(/^drift-[0-9a-f]{24}$/);
    expect(world.outcomes.map(({ outcome, page }) => [outcome, page])).toEqual([
      ['DECLINED', false],
      ['DECLINED', false],
      ['STARTED', false],
      ['STARTED', false],
      ['DECLINED', false],
    ]);
    expect(new Set(world.outcomes.map(({ eventId }) => eventId)).size).toBe(4);
  });

  it('records a quiet window with its reason, and tells nobody', async () => {
    const world = drifting();
    await tell(world, drift(1, S));
    await tell(world, drift(1, S));
    const record = { eventId: 'retraining#drift#w1', outcome: 'NOT_NEEDED', silent: true, page: false, reasons: ['The window is stable.', expect.stringMatching(/^0 of the last 1 judged windows/)] };
    expect(world.outcomes).toMatchObject([record, record]);
  });

  it('pages a person for the loop guard', async () => {
    const world = drifting();
    for (let hour = 1; hour < 60; hour++) await tell(world, drift(hour));
    expect(world.outcomes.filter(({ page }) => page).map(({ outcome }) => outcome)).toEqual(['LOOP_GUARD']);
  });

  it.each([1, 2, 3, 4, 5, 6])('starts exactly one execution when it dies at request %i and is repeated', async (request) => {
    const world = drifting();
    for (const hour of [1, 2]) await tell(world, drift(hour));
    world.die(request);
    await tell(world, drift(3)).catch(() => undefined);
    await tell(world, drift(3));
    await tell(world, drift(4));
    expect(world.started).toHaveLength(1);
    expect(world.outcomes.filter(({ outcome }) => outcome === 'STARTED').every(({ eventId }) => eventId === 'retraining#drift#w3')).toBe(true);
  });

  it('lets one of two events that meet start, and the other see it', async () => {
    const world = drifting();
    for (const hour of [1, 2]) await tell(world, drift(hour));
    let met: Promise<unknown> | undefined;
    world.beforeConditionalWrite = () => {
      world.beforeConditionalWrite = () => undefined;
      // The other event's write comes first.
      const key = lakeKeys.controllerState(MODEL);
      const other = decideRetraining(drift(4), world.json(key), { modelName: MODEL, champion: CHAMPION, running: false }, POLICY);
      world.put(key, other.state);
      met = tell(world, drift(4));
    };
    await tell(world, drift(3));
    await met;
    expect(world.started).toHaveLength(1);
    expect(world.outcomes.filter(({ outcome }) => outcome === 'STARTED')).toHaveLength(1);
  });

  it('asks whether the last execution, or the holder of the training lock, still runs', async () => {
    const world = drifting();
    await tell(world, created('v1'));
    world.running.add(`${MACHINE.replace('stateMachine', 'execution')}:${world.started[0]!.name}`);
    expect((await tell(world, created('v2'))).outcome).toBe('QUEUED');
    world.running.clear();
    world.put(lakeKeys.lock(MODEL, 'training'), { holder: 'arn:by-hand' });
    world.running.add('arn:by-hand');
    expect((await tell(world, { trigger: 'manual', eventId: 'm', time: at(2), reason: 'why' })).outcome).toBe('DECLINED');
  });

  it('takes a marker that is put again as new data, and an event that comes again as the same', async () => {
    const world = drifting();
    await tell(world, created('v1'));
    await tell(world, created('v1'));
    await tell(world, created('v2'));
    expect(world.started.map(({ input }) => JSON.parse(input) as object)).toEqual([
      { trigger: 'new-data', reason: `New data is complete: raw/${MODEL}/2001-01/_SUCCESS.` },
      { trigger: 'new-data', reason: `New data is complete: raw/${MODEL}/2001-01/_SUCCESS.` },
    ]);
  });

  it('fails on an event that it does not understand', async () => {
    await expect(tell(drifting(), { trigger: 'manual', reason: 'why' } as RetrainingEvent)).rejects.toThrow(/needs trigger .* eventId and time/);
  });
});
