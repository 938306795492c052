/** Kill switch of one model: state/<model>/freeze.json. Absent means that nobody ever froze it. Imports nothing. */
export interface FreezeState {
  readonly frozen: boolean;
  /** Why, as the person wrote it. */
  readonly reason: string;
  /** Who: ARN of the caller. */
  readonly by: string;
  /** ISO time. */
  readonly since: string;
  /** Ids of the last events that changed it, newest first: a repetition that comes late must not undo what was done since. */
  readonly events?: readonly string[];
}

/** OUTCOME_FUNCTION keeps ledger, page, metric and event. */
export const FREEZE_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'OUTCOME_FUNCTION'] as const;

/** What a person asks of the freeze function. */
export interface FreezeEvent {
  readonly action: 'freeze' | 'unfreeze';
  readonly reason: string;
  /** ARN of the person or role, as STS GetCallerIdentity says it. CloudTrail has who really invoked the function. */
  readonly caller: string;
  /** ISO time. */
  readonly time: string;
  /** Unique and repeatable: an event that comes twice changes and records once. */
  readonly id: string;
}

export interface FreezeResult {
  /** False when the model was in that state before, or the event had come before. */
  readonly changed: boolean;
  /** What holds now; undefined when nobody ever froze the model. */
  readonly state?: FreezeState;
}

/** One sentence for outcomes of what did not happen. */
export function frozenReason({ reason, by, since }: FreezeState): string {
  return `automatic deployment and retraining are frozen since ${since} by ${by}: ${reason}`;
}
