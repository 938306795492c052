/** Input of the training state machine and the names derived from its run. Imports nothing. */
export type TrainingTrigger = 'manual' | 'schedule' | 'new-data' | 'drift';

export interface TrainingInput {
  readonly trigger: TrainingTrigger;
  /** A sentence for the ledger. */
  readonly reason: string;
  /** Overrides single hyperparameters of this run. */
  readonly hyperparameters?: Record<string, string>;
}

/** Longest modelName: leaves room for `-` + run id (13) + `-challenger` (11) in SageMaker's 63 characters, and for scoping by prefix. */
export const MODEL_NAME_MAXIMUM = 32;
export const MODEL_NAME_PATTERN = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export const trainingNames = {
  trainingJob: (model: string, runId: string): string => `${model}-${runId}`,
  /** SageMaker Model used by the batch transform that scores the frozen test set. */
  scoringModel: (model: string, runId: string, role: 'challenger' | 'champion'): string => `${model}-${runId}-${role}`,
  transformJob: (model: string, runId: string, role: 'challenger' | 'champion'): string => `${model}-${runId}-${role}`,
} as const;
