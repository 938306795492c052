import { type MonitoringOutcome, type MonitoringWindow } from '../monitoring/monitoring.contract';
import { type TrainingTrigger } from '../training/training-workflow.contract';

/** What the retraining controller is told, what it remembers (lakeKeys.controllerState) and what it answers. Imports contracts only. */
export const RETRAINING_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'TRAINING_STATE_MACHINE_ARN', 'OUTCOME_FUNCTION', 'POLICY'] as const;

/** The choices of Retraining as plain data; a trigger that is absent never starts anything. */
export interface RetrainingPolicy {
  readonly drift?: DriftTriggerPolicy;
  readonly newData?: NewDataTriggerPolicy;
  /** Absent: no limit. */
  readonly budget?: BudgetPolicy;
}

/** `concept`: the labels say that the predictions have got worse. Absent in events and records: `data`. */
export type DriftKind = 'data' | 'concept';

export interface DriftTriggerPolicy {
  /** Retrains when `windows` of the last `of` judged windows of the champion drifted. */
  readonly windows: number;
  readonly of: number;
  /** The same for windows of concept drift, which are counted by themselves. */
  readonly conceptWindows: number;
  readonly conceptOf: number;
  readonly cooldownSeconds: number;
  readonly maximumPerWeek: number;
  /** Retrainings in a row that did not cure the drift before a person is asked. */
  readonly maximumUncured: number;
}

export interface NewDataTriggerPolicy {
  readonly marker: string;
}

export interface BudgetPolicy {
  /** Billable training time, seconds times instances, in one calendar month (UTC). */
  readonly secondsPerMonth: number;
}

interface TriggerEvent {
  /** Unique and repeatable: an event that comes twice decides once. */
  readonly eventId: string;
  /** ISO time of the event. */
  readonly time: string;
}

/** From the monitoring workflow, once per window; of a window that was judged again, `eventId` ends in `#` and its revision. */
export interface DriftEvent extends TriggerEvent {
  readonly trigger: 'drift';
  readonly kind?: DriftKind;
  readonly window: MonitoringWindow;
  readonly outcome: MonitoringOutcome;
  readonly version: number | null;
  readonly reasons: readonly string[];
  /** The monitoring execution. */
  readonly executionArn: string;
}

export interface ScheduleEvent extends TriggerEvent {
  readonly trigger: 'schedule';
}

export interface NewDataEvent extends TriggerEvent {
  readonly trigger: 'new-data';
  /** Key of the marker object. */
  readonly key: string;
}

/** By a person: `aws lambda invoke`. */
export interface ManualEvent extends TriggerEvent {
  readonly trigger: 'manual';
  readonly reason: string;
}

/** What held a queued retraining back is over: a training execution, or a freeze. */
export interface ResumeEvent extends TriggerEvent {
  readonly trigger: 'resume';
  /** A sentence without its full stop. */
  readonly cause: string;
  /** The training execution that is over. */
  readonly run?: FinishedRun;
}

export interface FinishedRun {
  readonly executionArn: string;
  /** ISO time. */
  readonly started: string;
  /** It trained nothing: another run held the lock, or the model was frozen. */
  readonly skipped: boolean;
}

export type RetrainingEvent = DriftEvent | ScheduleEvent | NewDataEvent | ManualEvent | ResumeEvent;

/** What waits when it cannot start at once. Drift needs no queue: it is a level, and the next window shows it again. */
export type QueuedEvent = ScheduleEvent | NewDataEvent;

/** "Object Created" of Amazon S3 as EventBridge delivers it (S3 guide, "EventBridge event message structure"); the parts that are used. */
export interface ObjectCreatedEvent {
  readonly 'detail-type': 'Object Created';
  readonly time: string;
  readonly detail: { readonly object: { readonly key: string; readonly etag?: string; readonly 'version-id'?: string } };
}

/** Step Functions guide, "Automating Step Functions event delivery with EventBridge"; the parts that are used. Dates are milliseconds. */
export interface ExecutionEndedEvent {
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly time: string;
  readonly detail: {
    readonly executionArn: string;
    readonly status: string;
    readonly startDate: number;
    readonly stopDate: number | null;
    /** Absent when it is too long for an event. */
    readonly output?: string | null;
  };
}

/** `UNFROZEN` of this model, as the outcome function announces it. */
export interface OutcomeAnnouncement {
  readonly 'detail-type': 'Model Pipeline Outcome';
  readonly time: string;
  readonly detail: { readonly outcome: string; readonly sequence: number };
}

export type DeliveredEvent = ObjectCreatedEvent | ExecutionEndedEvent | OutcomeAnnouncement;

export interface WindowRecord {
  readonly id: string;
  readonly end: string;
  readonly version: number;
  /** Null: a later revision found that the window says nothing. Windows that never had a verdict are not kept. */
  readonly drifted: boolean | null;
  readonly kind?: DriftKind;
  /** Absent: 0, the first. */
  readonly revision?: number;
}

export interface RetrainingStart {
  readonly trigger: TrainingTrigger;
  readonly time: string;
  readonly executionName: string;
  /** What it was started for, to be queued again should the execution find that another one runs. */
  readonly request?: QueuedEvent;
}

/** Training time of one execution, whoever started it. */
export interface TrainingRun {
  readonly executionArn: string;
  /** ISO time of its start; a run counts for the month in which it began. */
  readonly time: string;
  /** Billable seconds times instances. */
  readonly seconds: number;
  /** False: the job is not over yet, this is its time so far. */
  readonly settled: boolean;
}

export type RetrainingOutcome = 'STARTED' | 'DECLINED' | 'QUEUED' | 'LOOP_GUARD' | 'NOT_NEEDED';

export interface RetrainingDecision {
  readonly eventId: string;
  readonly time: string;
  /** `NOT_NEEDED`: nothing asked for a retraining; kept in the ledger, announced to nobody. */
  readonly outcome: RetrainingOutcome;
  readonly reasons: readonly string[];
  readonly start?: RetrainingStart;
}

export interface ControllerState {
  /** Judged windows, oldest first. */
  readonly windows: readonly WindowRecord[];
  /** Oldest first. */
  readonly starts: readonly RetrainingStart[];
  /** The last decisions, oldest first; a repeated event finds its own here. */
  readonly decisions: readonly RetrainingDecision[];
  /** Drift retrainings since the champion was last seen stable. */
  readonly uncured: number;
  /** The kinds of drift that started them: each has to be gone. */
  readonly uncuredKinds?: readonly DriftKind[];
  /** The loop guard has paged and holds until the drift is cured or a person retrains. */
  readonly guarded: boolean;
  /** The one retraining that waits: for the end of a run, or of a freeze. */
  readonly pending: QueuedEvent | null;
  /** Of this month and the one before; only with a budget. */
  readonly runs?: readonly TrainingRun[];
}

export const EMPTY_STATE: ControllerState = { windows: [], starts: [], decisions: [], uncured: 0, guarded: false, pending: null };
