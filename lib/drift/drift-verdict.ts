import { type Baseline, PREDICTION_COLUMN } from './baseline';
import { benjaminiHochbergLevel } from './statistics/benjamini-hochberg';
import { standardDeviation } from './profile/moments';
import { populationStabilityIndex, type StabilityIndex } from './statistics/population-stability-index';
import { type ColumnProfile, type Profile } from './profile/profile';
import { stabilityCriticalValue, stabilityPValue } from './statistics/stability-significance';

/** When a difference is called drift. Defaults and their sources: Monitoring. */
export interface DriftPolicy {
  /** Fewer rows give no verdict. */
  readonly minimumSampleSize: number;
  /** Population stability index from which on a difference is large enough to matter. */
  readonly psiThreshold: number;
  /** The same for a warning in the report. */
  readonly psiWarning: number;
  /** Share of false discoveries among the columns called drifted. */
  readonly falseDiscoveryRate: number;
  /** Weighted share of drifted features from which on the data has drifted. */
  readonly driftedShare: number;
  /** Weight of a feature in the share, 1 when not named; 0 = reported, never counted. */
  readonly weights: Readonly<Record<string, number>>;
  /** Features whose drift alone is data drift. */
  readonly criticalFeatures: readonly string[];
}

/** The defaults of Monitoring, for comparisons outside of a pipeline. */
export const DEFAULT_DRIFT_POLICY: DriftPolicy = {
  minimumSampleSize: 200,
  psiThreshold: 0.2,
  psiWarning: 0.1,
  falseDiscoveryRate: 0.01,
  driftedShare: 0.3,
  weights: {},
  criticalFeatures: [],
};

export type ColumnStatus = 'DRIFTED' | 'WARNING' | 'STABLE' | 'INSUFFICIENT_DATA';

export interface ColumnVerdict {
  readonly name: string;
  readonly status: ColumnStatus;
  readonly weight: number;
  readonly rows: number;
  readonly psi: number;
  /** What unchanged data would exceed at the level that remained after the correction for many tests. */
  readonly critical: number | null;
  readonly pValue: number;
  readonly missingShare: number;
  readonly unseenShare: number;
  /** Numeric columns: difference of the means in standard deviations of the baseline, for the reader; not part of the verdict. */
  readonly meanShift: number | null;
}

export interface DriftVerdict {
  readonly status: 'DRIFTED' | 'STABLE' | 'INSUFFICIENT_DATA';
  readonly rows: number;
  readonly dataDrift: boolean;
  readonly predictionDrift: boolean;
  readonly driftedShare: number;
  readonly maximumPsi: number;
  readonly predictionPsi: number | null;
  /** Features, then the prediction. */
  readonly columns: readonly ColumnVerdict[];
  /** Sentences for a person. */
  readonly reasons: readonly string[];
}

/**
 * Drift of a column = enough rows AND an effect that matters AND an effect that chance does not explain. The significance is corrected
 * over all columns of the window together; an effect without significance or a significance without effect never pages anybody.
 */
export function driftVerdict(baseline: Baseline, profile: Profile, policy: DriftPolicy): DriftVerdict {
  const indexes = baseline.columns.map((column, position) => populationStabilityIndex(column.bins, column.reference, profile.columns[position]!));
  const tested = indexes.filter((index) => index.currentRows >= policy.minimumSampleSize);
  const level = benjaminiHochbergLevel(tested.map(stabilityPValue), policy.falseDiscoveryRate);
  const columns = baseline.columns.map((column, position) =>
    columnVerdict(column.name, column.reference, profile.columns[position]!, indexes[position]!, level, policy),
  );
  const features = columns.filter((column) => column.name !== PREDICTION_COLUMN);
  const prediction = columns.find((column) => column.name === PREDICTION_COLUMN);
  const share = weightedShare(features);
  const critical = features.filter((column) => column.status === 'DRIFTED' && policy.criticalFeatures.includes(column.name));
  const dataDrift = (share > 0 && share >= policy.driftedShare) || critical.length > 0;
  const predictionDrift = prediction?.status === 'DRIFTED';
  const sufficient = profile.rows >= policy.minimumSampleSize && tested.length > 0;
  return {
    status: !sufficient ? 'INSUFFICIENT_DATA' : dataDrift || predictionDrift ? 'DRIFTED' : 'STABLE',
    rows: profile.rows,
    dataDrift: sufficient && dataDrift,
    predictionDrift: sufficient && predictionDrift,
    driftedShare: share,
    // What has no weight does not count here either.
    maximumPsi: features.reduce((greatest, column) => (column.weight > 0 ? Math.max(greatest, column.psi) : greatest), 0),
    predictionPsi: prediction ? prediction.psi : null,
    columns,
    reasons: reasons(columns, share, policy, sufficient, profile.rows),
  };
}

function columnVerdict(name: string, reference: ColumnProfile, current: ColumnProfile, index: StabilityIndex, level: number, policy: DriftPolicy): ColumnVerdict {
  const pValue = stabilityPValue(index);
  const critical = stabilityCriticalValue(index, level);
  const significant = pValue <= level;
  const status: ColumnStatus =
    index.currentRows < policy.minimumSampleSize
      ? 'INSUFFICIENT_DATA'
      : significant && index.value >= policy.psiThreshold
        ? 'DRIFTED'
        : significant && index.value >= policy.psiWarning
          ? 'WARNING'
          : 'STABLE';
  return {
    name,
    status,
    weight: name === PREDICTION_COLUMN ? 0 : (policy.weights[name] ?? 1),
    rows: index.currentRows,
    psi: index.value,
    critical: Number.isFinite(critical) ? critical : null,
    pValue,
    missingShare: share(current.missing, current.count),
    unseenShare: share(current.unseen, current.count),
    meanShift: meanShift(reference, current),
  };
}

function weightedShare(features: readonly ColumnVerdict[]): number {
  const total = features.reduce((sum, column) => sum + column.weight, 0);
  const drifted = features.reduce((sum, column) => sum + (column.status === 'DRIFTED' ? column.weight : 0), 0);
  return share(drifted, total);
}

function meanShift(reference: ColumnProfile, current: ColumnProfile): number | null {
  if (!reference.moments || !current.moments || current.moments.count === 0) return null;
  const deviation = standardDeviation(reference.moments);
  return deviation > 0 ? (current.moments.mean - reference.moments.mean) / deviation : null;
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function reasons(columns: readonly ColumnVerdict[], driftedShare: number, policy: DriftPolicy, sufficient: boolean, rows: number): string[] {
  if (!sufficient) return [`${rows} rows are fewer than the minimum of ${policy.minimumSampleSize}.`];
  const drifted = columns.filter((column) => column.status === 'DRIFTED').sort((a, b) => b.psi - a.psi || (a.name < b.name ? -1 : 1));
  const sentences = drifted.map((column) => `${column.name} drifted: ${describe(column)}, threshold ${policy.psiThreshold}.`);
  const summary = `Weighted share of drifted features is ${driftedShare.toFixed(3)} of ${rows} rows, threshold ${policy.driftedShare}.`;
  return [summary, ...sentences];
}

function describe(column: ColumnVerdict): string {
  return `population stability index ${column.psi.toFixed(3)}, chance explains up to ${column.critical?.toFixed(3) ?? 'any'}`;
}
