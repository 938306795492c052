/**
 * Contract of the outcome function: every path of every workflow ends in exactly one recorded outcome. Imports nothing.
 * The function appends to the hash-chained ledger (once per eventId), publishes to the owner's topic when `page` is set,
 * emits the metric `WorkflowOutcome`, and puts one event on the account's default bus.
 */
export const OUTCOME_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'TOPIC_ARN', 'RUNBOOK_URL'] as const;

/** `operations`: what a person did with the command line. */
export type WorkflowName = 'training' | 'deployment' | 'monitoring' | 'model-quality' | 'retraining' | 'operations';

export const OUTCOMES = {
  training: ['REGISTERED', 'REJECTED', 'DATA_INVALID', 'SKIPPED', 'FAILED'],
  deployment: ['DEPLOYED', 'ROLLED_BACK', 'REJECTED', 'REFUSED', 'SKIPPED', 'FAILED'],
  monitoring: ['STABLE', 'DRIFTED', 'INSUFFICIENT_DATA', 'DATA_QUALITY', 'NOT_DEPLOYED', 'SKIPPED', 'FAILED'],
  'model-quality': ['STABLE', 'DEGRADED', 'INSUFFICIENT_DATA', 'NOT_DEPLOYED', 'SKIPPED', 'FAILED'],
  retraining: ['STARTED', 'DECLINED', 'QUEUED', 'LOOP_GUARD', 'NOT_NEEDED'],
  operations: ['FROZEN', 'UNFROZEN'],
} as const;

export interface OutcomeEvent {
  /** Unique and repeatable: the execution ARN, or `<execution ARN>#<step>` for an intermediate record. */
  readonly eventId: string;
  readonly workflow: WorkflowName;
  readonly outcome: string;
  readonly executionArn: string;
  /** ISO time, from the state's context. */
  readonly time: string;
  /** Full sentences for a person, the first is the most important. */
  readonly reasons: readonly string[];
  /** Anything machine-readable: versions, names, metrics. */
  readonly detail?: Record<string, unknown>;
  /** True when a person is needed: published to the owner's topic. */
  readonly page: boolean;
  /** Kept in the ledger and told to nobody, neither as metric nor as event: that nothing had to be done. */
  readonly silent?: boolean;
}

export interface OutcomeResult {
  /** Sequence number of the ledger entry. The same for every repetition of the event. */
  readonly sequence: number;
}

/** Every outcome is an event on the default bus of EventBridge, for rules of other teams. */
export const OUTCOME_EVENT_SOURCE = 'cdk-ml-pipeline';
export const OUTCOME_EVENT_DETAIL_TYPE = 'Model Pipeline Outcome';

/**
 * `detail` of that event. Delivered at least once, like every event of EventBridge; `modelName` and `sequence` together name the outcome,
 * so a consumer that must not act twice remembers them.
 */
export interface OutcomeEventDetail {
  readonly modelName: string;
  readonly workflow: WorkflowName;
  readonly outcome: string;
  readonly reasons: readonly string[];
  /** Of the ledger entry. */
  readonly sequence: number;
  readonly executionArn: string;
  /** ISO time. */
  readonly time: string;
  readonly page: boolean;
}

/** What the ledger keeps: one object per entry, chained by SHA-256 over the canonical JSON of the entry without `hash`. */
export interface LedgerEntry extends OutcomeEvent {
  readonly sequence: number;
  readonly modelName: string;
  readonly previousHash: string;
  readonly hash: string;
}
