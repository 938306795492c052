import { type Baseline, PREDICTION_COLUMN } from '../baseline';
import { coarseCounts } from '../column-bins';
import { type ComparisonVerdict, type FeatureStatistics } from '../comparison';
import { type ColumnStatus, type ColumnVerdict, type DriftPolicy } from '../drift-verdict';
import { type ColumnProfile } from '../profile/profile';
import { type SamplePair } from '../samples/profile-samples';
import { chiSquareContingency } from '../statistics/chi-square-test';
import { hellingerDistance } from '../statistics/hellinger';
import { jensenShannonDistance } from '../statistics/jensen-shannon';
import { lInfinity } from '../statistics/l-infinity';
import { populationStabilityIndex } from '../statistics/population-stability-index';
import { type FeatureDecision, figure } from './evidently';
import { alignCategories, distanceOf, finite, finiteTest, kolmogorovSmirnovTest, wassersteinNormed } from './sample-statistics';

/** Above, the exact p-value of Kolmogorov and Smirnov takes more than some milliseconds, and the finite-n asymptotic agrees with it to a percent. */
const EXACT_LIMITS = { greater: 10_000, product: 1_000_000 };

/**
 * Statistics over the bins of the population stability index: the reference's deciles or categories, with missing and unseen values as bins of their own.
 * No smoothing but in the index itself. Kolmogorov-Smirnov, Wasserstein and L-infinity of numbers need no bins.
 */
export function calibratedStatistics(column: Baseline['columns'][number], profile: ColumnProfile, { reference, current }: SamplePair): FeatureStatistics {
  const all = (counted: ColumnProfile): number[] => [...coarseCounts(column.bins, counted.counts), counted.missing, counted.unseen];
  const [r, c] = [all(column.reference), all(profile)];
  const shared = {
    psi: populationStabilityIndex(column.bins, column.reference, profile).value,
    jensenShannon: jensenShannonDistance(r, c),
    hellinger: finite(hellingerDistance(r, c)),
  };
  if (reference.type === 'numeric' && current.type === 'numeric') {
    const distance = distanceOf(reference, current);
    return {
      ...shared,
      wassersteinNormed: wassersteinNormed(distance, reference),
      kolmogorovSmirnov: kolmogorovSmirnovTest(distance, reference.numbers.total, current.numbers.total, EXACT_LIMITS),
      chiSquare: null,
      lInfinity: finite(distance.greatest),
    };
  }
  const { statistic, pValue } = chiSquareContingency(r, c);
  const aligned = reference.type === 'categorical' && current.type === 'categorical' ? alignCategories(reference, current) : { reference: r, current: c };
  return {
    ...shared,
    wassersteinNormed: null,
    kolmogorovSmirnov: null,
    chiSquare: finiteTest(statistic, pValue),
    lInfinity: lInfinity(aligned.reference, aligned.current),
  };
}

const VERDICTS: Readonly<Record<ColumnStatus, ComparisonVerdict>> = {
  DRIFTED: 'drifted',
  WARNING: 'warning',
  STABLE: 'stable',
  INSUFFICIENT_DATA: 'inconclusive',
};

export function calibratedDecision(column: ColumnVerdict, policy: DriftPolicy, statistics: FeatureStatistics): FeatureDecision {
  const verdict = VERDICTS[column.status];
  if (verdict === 'inconclusive') return { statistics, verdict, reason: `${column.rows} rows are fewer than the minimum of ${policy.minimumSampleSize}` };
  const chance = column.critical === null ? 'chance explains any' : `chance explains up to ${figure(column.critical)}`;
  const counted = column.weight === 0 && column.name !== PREDICTION_COLUMN ? ', not counted' : '';
  return { statistics, verdict, reason: `population stability index ${figure(column.psi)}, threshold ${policy.psiThreshold}, ${chance}${counted}` };
}
