import { createHash } from 'node:crypto';
import { frozenReason, type FreezeState } from '../governance/freeze.contract';
import {
  type ControllerState,
  type DriftEvent,
  type DriftTriggerPolicy,
  type NewDataEvent,
  type RetrainingDecision,
  type RetrainingEvent,
  type RetrainingPolicy,
  type WindowRecord,
} from './retraining.contract';

const WEEK = 7 * 24 * 3_600_000;
/** What the state keeps; more than any policy looks at. */
const WINDOWS_KEPT = 64;
const STARTS_KEPT = 64;
const DECISIONS_KEPT = 256;

/** What is true at the moment of the decision, besides the controller's own memory. */
export interface RetrainingFacts {
  readonly modelName: string;
  readonly champion?: { readonly version: number; readonly since: string };
  /** A training execution runs. */
  readonly running: boolean;
  /** The freeze that holds: nothing starts by itself. */
  readonly freeze?: FreezeState;
}

export interface Decided {
  readonly decision: RetrainingDecision;
  readonly state: ControllerState;
  /** The event had been decided before. */
  readonly repeated: boolean;
}

/** Whether an event starts a retraining, with reasons; pure, so that the whole loop can be tested without a clock. */
export function decideRetraining(event: RetrainingEvent, state: ControllerState, facts: RetrainingFacts, policy: RetrainingPolicy): Decided {
  const earlier = state.decisions.find(({ eventId }) => eventId === decisionId(event));
  if (earlier) return { decision: earlier, state, repeated: true };
  const observed = event.trigger === 'drift' ? observe(event, state, facts, policy.drift) : state;
  const decided = judge(event, observed, facts, policy);
  return {
    decision: decided.decision,
    state: { ...decided.state, decisions: [...decided.state.decisions, decided.decision].slice(-DECISIONS_KEPT) },
    repeated: false,
  };
}

type Judged = Pick<Decided, 'decision' | 'state'>;

function judge(event: RetrainingEvent, state: ControllerState, facts: RetrainingFacts, policy: RetrainingPolicy): Judged {
  if (facts.running) {
    const running = 'A training execution is running; one at a time.';
    if (event.trigger === 'new-data') return decline(event, { ...state, pending: event }, [running, `${event.key} is trained on when it is over.`]);
    return event.trigger === 'drift' && event.outcome !== 'DRIFTED' ? nothing(event, state) : decline(event, state, [running]);
  }
  if (facts.freeze && event.trigger !== 'manual') {
    const frozen = `Nothing starts by itself: ${frozenReason(facts.freeze)}`;
    if (event.trigger === 'new-data') return decline(event, { ...state, pending: event }, [frozen, `${event.key} is trained on after that.`]);
    return event.trigger === 'drift' && event.outcome !== 'DRIFTED' ? nothing(event, state) : decline(event, state, [frozen]);
  }
  switch (event.trigger) {
    case 'manual':
      // A person who retrains has seen the loop guard.
      return start(event, { ...state, uncured: 0, guarded: false }, facts, [event.reason]);
    case 'schedule':
      return start(event, state, facts, ['The retraining schedule is due.']);
    case 'new-data':
      return newData(event, state, facts, policy);
    case 'drift':
      if (state.pending) return newData({ ...state.pending, eventId: event.eventId, time: event.time }, state, facts, policy, event);
      return drift(event, state, facts, policy.drift);
  }
}

function newData(event: NewDataEvent, state: ControllerState, facts: RetrainingFacts, policy: RetrainingPolicy, carrier?: DriftEvent): Judged {
  const { newData: rule } = policy;
  if (!rule || !event.key.endsWith(rule.marker)) return decline(event, state, [`${event.key} does not start a retraining by the configuration.`]);
  const judged = start(event, state, facts, [`New data is complete: ${event.key}.`]);
  return carrier ? { ...judged, decision: { ...judged.decision, eventId: decisionId(carrier) } } : judged;
}

function drift(event: DriftEvent, state: ControllerState, facts: RetrainingFacts, policy: DriftTriggerPolicy | undefined): Judged {
  if (event.outcome === 'DATA_QUALITY') {
    return decline(event, state, ['The captured data is broken. That is repaired at its source; a model that learns from it gets worse.', ...event.reasons]);
  }
  if (event.outcome !== 'DRIFTED') return nothing(event, state);
  if (!policy) return decline(event, state, ['Drift does not start a retraining by the configuration.']);
  const judged = countedWindows(state, facts).slice(-policy.of);
  const drifted = judged.filter((window) => window.drifted).length;
  const level = `${drifted} of the last ${judged.length} judged windows of version ${event.version ?? '?'} drifted; ${policy.windows} of ${policy.of} are needed.`;
  if (drifted < policy.windows) return decline(event, state, [level]);
  const last = state.starts[state.starts.length - 1];
  const cooled = last ? Date.parse(last.time) + policy.cooldownSeconds * 1000 : -Infinity;
  if (Date.parse(event.time) < cooled) {
    return decline(event, state, [`The cooldown after the retraining of ${last!.time} ends ${new Date(cooled).toISOString()}.`, level]);
  }
  if (state.uncured >= policy.maximumUncured) {
    const guard = `${state.uncured} retrainings in a row did not cure the drift.`;
    if (state.guarded) return decline(event, state, [`${guard} The loop guard holds until the drift is gone or a person retrains.`, level]);
    const reasons = [`${guard} Retraining stops until a person has looked.`, level, ...event.reasons];
    return { decision: { eventId: decisionId(event), time: event.time, outcome: 'LOOP_GUARD', reasons }, state: { ...state, guarded: true } };
  }
  const thisWeek = state.starts.filter((entry) => entry.trigger === 'drift' && Date.parse(entry.time) > Date.parse(event.time) - WEEK).length;
  if (thisWeek >= policy.maximumPerWeek) {
    return decline(event, state, [`${thisWeek} drift retrainings started within seven days; ${policy.maximumPerWeek} are allowed.`, level]);
  }
  return start(event, { ...state, uncured: state.uncured + 1 }, facts, [level, ...event.reasons]);
}

/** Remembers a judged window; a champion that stayed stable for a whole run of windows has been cured. */
function observe(event: DriftEvent, state: ControllerState, facts: RetrainingFacts, policy: DriftTriggerPolicy | undefined): ControllerState {
  if (event.version === null || (event.outcome !== 'DRIFTED' && event.outcome !== 'STABLE')) return state;
  const record: WindowRecord = { id: event.window.id, end: event.window.end, version: event.version, drifted: event.outcome === 'DRIFTED' };
  const windows = [...state.windows.filter(({ id }) => id !== record.id), record].sort((a, b) => (a.end < b.end ? -1 : 1)).slice(-WINDOWS_KEPT);
  const observed = { ...state, windows };
  if (!policy) return observed;
  const lastStart = [...state.starts].reverse().find(({ trigger }) => trigger === 'drift');
  const after = countedWindows(observed, facts).filter(({ end }) => !lastStart || Date.parse(end) > Date.parse(lastStart.time)).slice(-policy.of);
  const cured = after.length === policy.of && after.every(({ drifted }) => !drifted);
  return cured ? { ...observed, uncured: 0, guarded: false } : observed;
}

/** Windows that say something about the champion: of its version, ended after it became champion. */
function countedWindows(state: ControllerState, { champion }: RetrainingFacts): readonly WindowRecord[] {
  if (!champion) return [];
  return state.windows.filter(({ version, end }) => version === champion.version && Date.parse(end) > Date.parse(champion.since));
}

function start(event: RetrainingEvent, state: ControllerState, facts: RetrainingFacts, reasons: string[]): Judged {
  const entry = { trigger: event.trigger, time: event.time, executionName: executionName(facts.modelName, event) };
  return {
    decision: { eventId: decisionId(event), time: event.time, outcome: 'STARTED', reasons, start: entry },
    // Every training reads all data that is there.
    state: { ...state, starts: [...state.starts, entry].slice(-STARTS_KEPT), pending: null },
  };
}

function decline(event: RetrainingEvent, state: ControllerState, reasons: string[]): Judged {
  return { decision: { eventId: decisionId(event), time: event.time, outcome: 'DECLINED', reasons }, state };
}

function nothing(event: RetrainingEvent, state: ControllerState): Judged {
  return { decision: { eventId: decisionId(event), time: event.time, outcome: 'NOTHING', reasons: [] }, state };
}

function decisionId(event: RetrainingEvent): string {
  return `${event.trigger}#${event.eventId}`;
}

/** The same for every repetition of the event: Step Functions starts one execution per name. */
function executionName(modelName: string, event: RetrainingEvent): string {
  const digest = createHash('sha256').update(`${modelName}\n${decisionId(event)}`).digest('hex').slice(0, 24);
  return `${event.trigger}-${digest}`;
}
