import { type MonitoringOutcome, type MonitoringWindow } from '../monitoring/monitoring.contract';
import { type TrainingTrigger } from '../training/training-workflow.contract';

/** What the retraining controller is told, what it remembers (lakeKeys.controllerState) and what it answers. Imports contracts only. */
export const RETRAINING_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'TRAINING_STATE_MACHINE_ARN', 'OUTCOME_FUNCTION', 'POLICY'] as const;

/** The choices of Retraining as plain data; a trigger that is absent never starts anything. */
export interface RetrainingPolicy {
  readonly drift?: DriftTriggerPolicy;
  readonly newData?: NewDataTriggerPolicy;
}

export interface DriftTriggerPolicy {
  /** Retrains when `windows` of the last `of` judged windows of the champion drifted. */
  readonly windows: number;
  readonly of: number;
  readonly cooldownSeconds: number;
  readonly maximumPerWeek: number;
  /** Retrainings in a row that did not cure the drift before a person is asked. */
  readonly maximumUncured: number;
}

export interface NewDataTriggerPolicy {
  readonly marker: string;
}

interface TriggerEvent {
  /** Unique and repeatable: an event that comes twice decides once. */
  readonly eventId: string;
  /** ISO time of the event. */
  readonly time: string;
}

/** From the monitoring workflow, once per window. */
export interface DriftEvent extends TriggerEvent {
  readonly trigger: 'drift';
  /** `concept`: the labels say that the predictions have got worse; such windows are counted by themselves. Absent: `data`. */
  readonly kind?: 'data' | 'concept';
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

export type RetrainingEvent = DriftEvent | ScheduleEvent | NewDataEvent | ManualEvent;

/** "Object Created" of Amazon S3 as EventBridge delivers it (S3 guide, "EventBridge event message structure"); the parts that are used. */
export interface ObjectCreatedEvent {
  readonly 'detail-type': string;
  readonly time: string;
  readonly detail: { readonly object: { readonly key: string; readonly etag?: string; readonly 'version-id'?: string } };
}

export interface WindowRecord {
  readonly id: string;
  readonly end: string;
  readonly version: number;
  /** Windows without a verdict are not kept. */
  readonly drifted: boolean;
}

export interface RetrainingStart {
  readonly trigger: TrainingTrigger;
  readonly time: string;
  readonly executionName: string;
}

export type RetrainingOutcome = 'STARTED' | 'DECLINED' | 'LOOP_GUARD';

export interface RetrainingDecision {
  readonly eventId: string;
  readonly time: string;
  /** `NOTHING`: a quiet window asks for no decision and none is recorded. */
  readonly outcome: RetrainingOutcome | 'NOTHING';
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
  /** The loop guard has paged and holds until the drift is cured or a person retrains. */
  readonly guarded: boolean;
  /** New data that arrived during a run; it is trained on when the run is over. */
  readonly pending: NewDataEvent | null;
}

export const EMPTY_STATE: ControllerState = { windows: [], starts: [], decisions: [], uncured: 0, guarded: false, pending: null };
