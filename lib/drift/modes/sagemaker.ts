import { type CategoricalSample, type NumericSample } from '../samples/column-sample';
import { type SamplePair } from '../samples/profile-samples';
import { cumulativeDistance } from '../statistics/cumulative-distance';
import { lInfinity, robustLInfinity } from '../statistics/l-infinity';
import { type FeatureDecision, figure } from './evidently';
import { alignCategories, NO_STATISTICS } from './sample-statistics';
import { type FeatureStatistics } from '../comparison';

/** `comparison_threshold` and `categorical_comparison_threshold` of the constraints that Model Monitor suggests (SageMaker guide, "Schema for constraints"). */
export const SAGEMAKER_THRESHOLD = 0.1;

/**
 * As Model Monitor's `baseline_drift_check`: L-infinity distance of the cumulative distribution functions, or of the shares of the categories
 * (its default `LInfinity`), `Simple` or `Robust`, as deequ computes them. Model Monitor reads the functions from a sketch; this does
 * not, unless it is given one. Other statistics are those of the mode `calibrated`.
 */
export function sagemakerDecision({ reference, current }: SamplePair, robust: boolean, others: FeatureStatistics): FeatureDecision {
  const [n, m] = [sizeOf(reference), sizeOf(current)];
  if (n === 0 || m === 0) return { statistics: NO_STATISTICS, verdict: 'inconclusive', reason: `no values in the ${n === 0 ? 'reference' : 'current sample'}` };
  const simple = simpleDistance(reference, current);
  const distance = robust ? robustLInfinity(simple, n, m) : simple;
  return {
    statistics: { ...others, lInfinity: distance },
    verdict: distance > SAGEMAKER_THRESHOLD ? 'drifted' : 'stable',
    reason: `${robust ? 'robust' : 'simple'} L-infinity distance ${figure(distance)}, threshold ${SAGEMAKER_THRESHOLD}`,
  };
}

function simpleDistance(reference: SamplePair['reference'], current: SamplePair['current']): number {
  if (reference.type === 'numeric') return cumulativeDistance(reference.numbers, (current as NumericSample).numbers).greatest;
  const aligned = alignCategories(reference, current as CategoricalSample);
  return lInfinity(aligned.reference, aligned.current);
}

function sizeOf(sample: SamplePair['reference']): number {
  if (sample.type === 'numeric') return sample.numbers.total;
  return [...sample.counts.values()].reduce((sum, count) => sum + count, sample.others + sample.unseen);
}
