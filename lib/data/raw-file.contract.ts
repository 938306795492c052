import type { ContractDocument } from './data-contract.contract';

/** What the handlers of the data stage pass to each other. Imports nothing but contracts. */
export const DATA_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME'] as const;

/** How rows become train, validation and test. Exactly one of `testWindowSeconds` and `testShare` is set. */
export interface SplitRule {
  /** The rows of the last seconds, by the time column, are the test set. */
  readonly testWindowSeconds?: number;
  /** Share of the rows, chosen by a hash of the row. */
  readonly testShare?: number;
  /** Share of the rows that are not test, chosen by a hash of the row. */
  readonly validationShare: number;
}

/** One raw file of a run; `index` is its place in the list, which is sorted by key. */
export interface RawFile {
  readonly index: number;
  readonly key: string;
  readonly size: number;
}

export interface ListFilesEvent {
  readonly runId: string;
  readonly contract: ContractDocument;
  /** Raw files below this key prefix. */
  readonly prefix: string;
}

export interface ListFilesResult {
  readonly count: number;
  /** Key of the list. */
  readonly listKey: string;
}

export interface ValidateFileEvent {
  readonly runId: string;
  readonly file: RawFile;
}

/** One kind of mistake in one file: how often, and the first examples. */
export interface Violation {
  readonly rule: 'missing-column' | 'unknown-column' | 'duplicate-column' | 'row-length' | 'type' | 'null-share' | 'range' | 'category' | 'duplicate-id' | 'empty-file';
  readonly column?: string;
  readonly count: number;
  readonly examples: readonly { readonly line: number; readonly value: string }[];
  /** The sentence for a person. */
  readonly message: string;
}

/** Written by validating one file. */
export interface FileReport {
  readonly key: string;
  /** Undefined in a bucket without versioning. */
  readonly versionId?: string;
  readonly sha256: string;
  readonly size: number;
  readonly rows: number;
  /** Milliseconds since 1970 of the first and last row by the time column. */
  readonly earliest?: number;
  readonly latest?: number;
  readonly violations: readonly Violation[];
}

export interface SummarizeEvent {
  readonly runId: string;
  readonly split: SplitRule;
}

export interface SummarizeResult {
  readonly valid: boolean;
  readonly reasons: readonly string[];
  readonly files: number;
  readonly rows: number;
  readonly reportUri: string;
}

export interface SnapshotEvent {
  readonly runId: string;
  readonly split: SplitRule;
  /** ISO time, from the state's context. */
  readonly time: string;
}

/** The exact version of one raw file that belongs to a snapshot. */
export interface SnapshotFile {
  readonly index: number;
  readonly key: string;
  readonly versionId?: string;
  readonly sha256: string;
  readonly rows: number;
}

export interface SnapshotManifest {
  readonly snapshotId: string;
  readonly createdAt: string;
  readonly contract: ContractDocument;
  readonly split: SplitRule;
  /** Rows later than this, in milliseconds since 1970, are the test set. */
  readonly cutoff?: number;
  readonly rows: number;
  readonly files: readonly SnapshotFile[];
}

export interface SnapshotResult {
  readonly snapshotId: string;
  readonly files: number;
  readonly rows: number;
  readonly filesKey: string;
  /** True when the curated parts of this snapshot exist already. */
  readonly prepared: boolean;
}

export interface PrepareFileEvent {
  readonly snapshotId: string;
  readonly file: SnapshotFile;
}

export const CHANNELS = ['train', 'validation', 'test'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Content of `lakeKeys.curatedDone`. */
export type PreparedCounts = Record<Channel, number>;
