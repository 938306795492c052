import type { ContractDocument } from '../data/data-contract.contract';
import type { SnapshotFile } from '../data/raw-file.contract';

/** A gate as plain data: what the construct writes into the workflow and the evaluation handler decides on. Imports nothing but contracts. */
export type GateSpecification =
  | { readonly kind: 'at-least' | 'at-most'; readonly metric: string; readonly threshold: number }
  | { readonly kind: 'better-than-champion'; readonly metric: string; readonly margin: number }
  | { readonly kind: 'no-worse-than-champion'; readonly metric: string; readonly tolerance: number }
  | { readonly kind: 'slice-at-least' | 'slice-at-most'; readonly metric: string; readonly threshold: number; readonly column?: string; readonly minimumRows: number }
  | { readonly kind: 'no-slice-regression'; readonly metric: string; readonly tolerance: number; readonly column?: string; readonly minimumRows: number };

export const EVALUATE_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME'] as const;

export interface EvaluateEvent {
  readonly runId: string;
  readonly contract: ContractDocument;
  readonly gates: readonly GateSpecification[];
  /** Null at bootstrap: then there is no champion to compare with. */
  readonly championVersion: number | null;
}

export interface EvaluateResult {
  readonly passed: boolean;
  /** One sentence per gate, failed ones first. */
  readonly reasons: readonly string[];
  /** The challenger's metrics, rounded for people. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly verdictUri: string;
  readonly baselineUri: string;
  readonly modelQualityUri: string;
}

/** One child of the distributed map over the snapshot's files. */
export interface ProfileTrainingEvent {
  readonly runId: string;
  readonly snapshotId: string;
  readonly file: SnapshotFile;
}

export interface CompleteBaselineEvent {
  readonly runId: string;
  readonly snapshotId: string;
}
