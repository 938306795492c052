import { createHash } from 'node:crypto';
import { frozenReason, type FreezeState } from '../governance/freeze.contract';
import {
  type ControllerState,
  type DriftEvent,
  type QueuedEvent,
  type ResumeEvent,
  type RetrainingDecision,
  type RetrainingEvent,
  type RetrainingOutcome,
  type RetrainingPolicy,
  type RetrainingStart,
  type TrainingRun,
} from './retraining.contract';
import { exhausted, rememberRuns } from './training-budget';
import { type Champion, driftLevel, isCured, isOutdated, kindOf, remember } from './verdict-history';

const WEEK = 7 * 24 * 3_600_000;
const STARTS_KEPT = 64;
const DECISIONS_KEPT = 256;

/** What is true at the moment of the decision, besides the controller's own memory. */
export interface RetrainingFacts {
  readonly modelName: string;
  readonly champion?: Champion;
  /** A training execution runs. */
  readonly running: boolean;
  /** The freeze that holds: nothing starts by itself. */
  readonly freeze?: FreezeState;
  /** Training time of executions that is new to the controller; only with a budget. */
  readonly runs?: readonly TrainingRun[];
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
  const observed = observe(event, rememberRuns(state, facts.runs ?? [], event.time), facts, policy);
  const judged = judge(event, observed, facts, policy);
  const decided = judged.decision.outcome === 'STARTED' || judged.decision.outcome === 'LOOP_GUARD' ? judged : takeFromQueue(event, judged, facts, policy);
  return {
    decision: decided.decision,
    state: { ...decided.state, decisions: [...decided.state.decisions, decided.decision].slice(-DECISIONS_KEPT) },
    repeated: false,
  };
}

type Judged = Pick<Decided, 'decision' | 'state'>;

function judge(event: RetrainingEvent, state: ControllerState, facts: RetrainingFacts, policy: RetrainingPolicy): Judged {
  switch (event.trigger) {
    case 'manual':
      if (facts.running) return decided(event, state, 'DECLINED', [RUNNING]);
      // A person who retrains has seen the loop guard, and what is left of the budget.
      return start(event, uncured(state), facts, [event.reason]);
    case 'resume':
      return decided(event, state, 'NOT_NEEDED', [`${event.cause}.`, state.pending ? `${described(state.pending)} is queued.` : 'Nothing is queued.']);
    case 'schedule':
    case 'new-data':
      return request(event, state, facts, policy);
    case 'drift':
      return drift(event, state, facts, policy);
  }
}

const RUNNING = 'A training execution is running; one at a time.';

/** New data comes once and waits; a schedule comes again and waits for a run only, not for the end of a freeze. */
function request(event: QueuedEvent, state: ControllerState, facts: RetrainingFacts, policy: RetrainingPolicy): Judged {
  if (event.trigger === 'new-data' && !(policy.newData && event.key.endsWith(policy.newData.marker))) {
    return decided(event, state, 'DECLINED', [`${event.key} does not start a retraining by the configuration.`]);
  }
  if (facts.running) return queue(event, state, [RUNNING]);
  if (facts.freeze) {
    const frozen = frozenSentence(facts.freeze);
    return event.trigger === 'new-data' ? queue(event, state, [frozen]) : decided(event, state, 'DECLINED', [frozen]);
  }
  const spent = exhausted(policy.budget, state, event.time);
  return spent === undefined ? start(event, state, facts, [`${described(event)}.`]) : decided(event, state, 'DECLINED', [`${described(event)}, but the budget is used up.`, spent]);
}

/** At most one waits: a training reads all data that is there when it starts, so a second one would learn nothing more. */
function queue(event: QueuedEvent, state: ControllerState, reasons: string[]): Judged {
  if (state.pending) return decided(event, state, 'QUEUED', [...reasons, `${described(event)}; it is trained on together with what is queued already: ${described(state.pending)}.`]);
  return decided(event, { ...state, pending: event }, 'QUEUED', [...reasons, `${described(event)}; it is trained on after that.`]);
}

/** Whatever the event is, it finds what waits when nothing holds it back any more. */
function takeFromQueue(event: RetrainingEvent, judged: Judged, facts: RetrainingFacts, policy: RetrainingPolicy): Judged {
  const { pending } = judged.state;
  if (!pending || facts.running || facts.freeze) return judged;
  const said = event.trigger === 'resume' ? [`${event.cause}.`] : judged.decision.reasons;
  const spent = exhausted(policy.budget, judged.state, event.time);
  if (spent !== undefined) {
    return decided(event, { ...judged.state, pending: null }, 'DECLINED', [`${described(pending)} and was queued, but the budget is used up.`, spent, ...said]);
  }
  return start(event, judged.state, facts, [`${described(pending)} and was queued.`, ...said], pending);
}

function drift(event: DriftEvent, state: ControllerState, facts: RetrainingFacts, { drift: policy, budget }: RetrainingPolicy): Judged {
  const decline = (...reasons: string[]): Judged => decided(event, state, 'DECLINED', reasons);
  if (event.outcome === 'DATA_QUALITY') {
    return decline('The captured data is broken. That is repaired at its source; a model that learns from it gets worse.', ...event.reasons);
  }
  const kind = kindOf(event);
  const { drifted, judged, needed, of } = policy ? driftLevel(kind, state, facts.champion, policy) : { drifted: 0, judged: 0, needed: 0, of: 0 };
  const what = kind === 'data' ? 'judged windows' : 'windows judged by labels';
  const level = `${drifted} of the last ${judged} ${what} of version ${facts.champion?.version ?? '?'} drifted; ${needed} of ${of} are needed.`;
  if (isOutdated(event, state)) return decided(event, state, 'NOT_NEEDED', ['The window has been judged again since.', ...(policy ? [level] : [])]);
  if (event.outcome !== 'DRIFTED') return decided(event, state, 'NOT_NEEDED', [QUIET[event.outcome], ...(policy ? [level] : [])]);
  if (facts.running) return decline(RUNNING);
  if (facts.freeze) return decline(frozenSentence(facts.freeze));
  if (!policy) return decline('Drift does not start a retraining by the configuration.');
  if (drifted < needed) return decline(level);
  const last = state.starts[state.starts.length - 1];
  const cooled = last ? Date.parse(last.time) + policy.cooldownSeconds * 1000 : -Infinity;
  if (Date.parse(event.time) < cooled) return decline(`The cooldown after the retraining of ${last!.time} ends ${new Date(cooled).toISOString()}.`, level);
  if (state.uncured >= policy.maximumUncured) {
    const guard = `${state.uncured} retrainings in a row did not cure the drift.`;
    if (state.guarded) return decline(`${guard} The loop guard holds until the drift is gone or a person retrains.`, level);
    return decided(event, { ...state, guarded: true }, 'LOOP_GUARD', [`${guard} Retraining stops until a person has looked.`, level, ...event.reasons]);
  }
  const thisWeek = state.starts.filter((entry) => entry.trigger === 'drift' && Date.parse(entry.time) > Date.parse(event.time) - WEEK).length;
  if (thisWeek >= policy.maximumPerWeek) return decline(`${thisWeek} drift retrainings started within seven days; ${policy.maximumPerWeek} are allowed.`, level);
  const spent = exhausted(budget, state, event.time);
  if (spent !== undefined) return decline(spent, level);
  const kinds = state.uncured === 0 ? [kind] : [...new Set([...(state.uncuredKinds ?? ['data']), kind])];
  return start(event, { ...state, uncured: state.uncured + 1, uncuredKinds: kinds }, facts, [level, ...event.reasons]);
}

const QUIET: Readonly<Record<Exclude<DriftEvent['outcome'], 'DRIFTED' | 'DATA_QUALITY'>, string>> = {
  STABLE: 'The window is stable.',
  INSUFFICIENT_DATA: 'The window has too little data for a verdict, which is no evidence either way.',
  NOT_DEPLOYED: 'No version is deployed.',
};

/** Takes in what the event says before anything is decided. */
function observe(event: RetrainingEvent, state: ControllerState, facts: RetrainingFacts, { drift: policy }: RetrainingPolicy): ControllerState {
  if (event.trigger === 'resume') return takeBack(event, state);
  if (event.trigger !== 'drift') return state;
  const observed = remember(event, state);
  return policy && (observed.uncured > 0 || observed.guarded) && isCured(observed, facts.champion, policy) ? uncured(observed) : observed;
}

/**
 * The execution found the lock taken, or a freeze that came after the decision. It was no retraining, neither for cooldown, weekly limit and
 * loop guard nor for what it was started for.
 */
function takeBack({ run }: ResumeEvent, state: ControllerState): ControllerState {
  if (run?.skipped !== true) return state;
  const skipped = state.starts.find(({ executionName }) => run.executionArn.endsWith(`:${executionName}`));
  if (!skipped) return state;
  return {
    ...state,
    starts: state.starts.filter((entry) => entry !== skipped),
    uncured: Math.max(0, state.uncured - (skipped.trigger === 'drift' ? 1 : 0)),
    pending: state.pending ?? skipped.request ?? null,
  };
}

function uncured(state: ControllerState): ControllerState {
  return { ...state, uncured: 0, uncuredKinds: [], guarded: false };
}

/** @param queued what is taken from the queue by this event */
function start(event: RetrainingEvent, state: ControllerState, facts: RetrainingFacts, reasons: readonly string[], queued?: QueuedEvent): Judged {
  const request = queued ?? (event.trigger === 'schedule' || event.trigger === 'new-data' ? event : (state.pending ?? undefined));
  const entry: RetrainingStart = {
    trigger: (queued ?? (event as Exclude<RetrainingEvent, ResumeEvent>)).trigger,
    time: event.time,
    executionName: executionName(facts.modelName, event),
    ...(request ? { request } : {}),
  };
  const joined = state.pending && !queued ? [`What was queued is part of it: ${described(state.pending)}.`] : [];
  return {
    decision: { eventId: decisionId(event), time: event.time, outcome: 'STARTED', reasons: [...reasons, ...joined], start: entry },
    // Every training reads all data that is there.
    state: { ...state, starts: [...state.starts, entry].slice(-STARTS_KEPT), pending: null },
  };
}

function decided(event: RetrainingEvent, state: ControllerState, outcome: RetrainingOutcome, reasons: readonly string[]): Judged {
  return { decision: { eventId: decisionId(event), time: event.time, outcome, reasons }, state };
}

function described(event: QueuedEvent): string {
  return event.trigger === 'schedule' ? `The retraining schedule was due ${event.time}` : `New data is complete: ${event.key}`;
}

function frozenSentence(freeze: FreezeState): string {
  return `Nothing starts by itself: ${frozenReason(freeze)}`;
}

/** Both kinds of drift may name their events by the window. */
function decisionId(event: RetrainingEvent): string {
  return `${event.trigger === 'drift' && event.kind === 'concept' ? 'concept-drift' : event.trigger}#${event.eventId}`;
}

/** The same for every repetition of the event: Step Functions starts one execution per name. */
function executionName(modelName: string, event: RetrainingEvent): string {
  const digest = createHash('sha256').update(`${modelName}\n${decisionId(event)}`).digest('hex').slice(0, 24);
  return `${event.trigger}-${digest}`;
}
