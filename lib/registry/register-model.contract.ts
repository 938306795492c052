/** Contract of the function that registers a trained model. Imports nothing. */
export const REGISTER_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME'] as const;

export interface RegisterModelEvent {
  readonly runId: string;
  readonly executionArn: string;
  /** ISO time, from the state's context. */
  readonly time: string;
  readonly trigger: string;
  readonly reason: string;
  readonly snapshotId: string;
  readonly codeVersion: string;
  readonly image: string;
  readonly modelDataUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly trainingJobName: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** True: a version that passed is approved at once. */
  readonly automaticApproval: boolean;
  readonly baselineUri: string;
  readonly modelQualityUri: string;
}

export interface RegisterModelResult {
  readonly modelPackageArn: string;
  readonly version: number;
  readonly status: 'Approved' | 'PendingManualApproval' | 'Rejected';
}

/** Where a model version comes from; stored at lakeKeys.lineage. */
export interface Lineage {
  readonly modelPackageArn: string;
  readonly version: number;
  readonly registeredAt: string;
  readonly runId: string;
  readonly executionArn: string;
  readonly trigger: string;
  readonly reason: string;
  readonly snapshotId: string;
  readonly codeVersion: string;
  readonly image: string;
  readonly imageDigest?: string;
  readonly modelDataUrl: string;
  readonly trainingJobName: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly passed: boolean;
  readonly reasons: readonly string[];
  readonly verdictUri: string;
  readonly baselineUri: string;
}
