/** What the training workflow's small functions are asked and answer. Imports nothing. */
export const TRAINING_STEP_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME'] as const;
export const CONCLUDE_ENVIRONMENT = ['MODEL_NAME'] as const;

/** The model that serves now, ready to be scored; without members when there is none. */
export interface FindChampionResult {
  readonly exists: boolean;
  readonly version?: number;
  readonly image?: string;
  readonly modelDataUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What Step Functions says of a step that failed. */
export interface StepFailure {
  /** The step in words: `train the model`. */
  readonly step: string;
  readonly error: string;
  readonly cause: string;
}

export interface ConcludeEvent {
  readonly runId: string;
  /** Undefined or null when nothing failed. */
  readonly failure?: StepFailure | null;
}

export interface ConcludeResult {
  /** Why the run failed, in words; empty when it did not. */
  readonly reasons: readonly string[];
}
