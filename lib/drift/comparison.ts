import { type ColumnKind } from './column-bins';

/**
 * How two samples are compared. `calibrated` is this library's own rule: effect size and significance, corrected for many columns.
 * The others repeat, definition by definition, what another tool would say, for those who have to compare or to move.
 */
export const COMPARISON_MODES = ['calibrated', 'evidently', 'sagemaker-simple', 'sagemaker-robust'] as const;
export type ComparisonMode = (typeof COMPARISON_MODES)[number];

/** `warning` exists in the mode `calibrated` only; `inconclusive` = too few rows, which never means "no drift". */
export type ComparisonVerdict = 'drifted' | 'warning' | 'stable' | 'inconclusive';

export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
}

/** Each in the definition of the mode; null where a statistic does not apply to the column. */
export interface FeatureStatistics {
  readonly psi: number | null;
  readonly jensenShannon: number | null;
  readonly wassersteinNormed: number | null;
  readonly kolmogorovSmirnov: TestResult | null;
  readonly chiSquare: TestResult | null;
  readonly lInfinity: number | null;
  readonly hellinger: number | null;
}

export interface FeatureComparison {
  readonly name: string;
  readonly type: ColumnKind;
  readonly statistics: FeatureStatistics;
  readonly verdict: ComparisonVerdict;
  /** A sentence for a person. */
  readonly reason: string;
}

export interface DatasetComparison {
  readonly mode: ComparisonMode;
  readonly verdict: ComparisonVerdict;
  readonly reason: string;
  readonly referenceRows: number;
  readonly currentRows: number;
  readonly features: number;
  readonly driftedFeatures: number;
  /** Weighted in the mode `calibrated`. */
  readonly driftedShare: number;
}

/** What `cdk-ml-pipeline drift --json` prints. */
export interface Comparison {
  readonly features: readonly FeatureComparison[];
  readonly dataset: DatasetComparison;
}
