import { normalSurvival } from '../deployment/analysis/normal';
import { Z95 } from '../evaluation/interval';
import { EVALUATION_METRICS } from '../evaluation/metric-table.contract';
import { type MetricValue } from '../evaluation/verdict.contract';
import { type QualityPolicy } from './model-quality.contract';

export interface QualityDifference {
  /** By how much the predictions are worse than the test set, in the metric's worse direction; negative: better. */
  readonly worse: number;
  readonly low: number;
  readonly high: number;
}

/** In units of the metric: how much worse it may be. */
export function allowedMargin(policy: QualityPolicy, reference: MetricValue): number {
  if (policy.margin !== undefined) return policy.margin;
  return EVALUATION_METRICS[policy.metric]!.range === 'unit' ? policy.unitMargin : policy.marginShare * Math.abs(reference.value);
}

/**
 * Interval of a difference from the intervals of both, each side by its own half-width (square-and-add: Newcombe 1998, Zou and Donner 2008),
 * so that the skew of each is kept. A side without interval is taken as exact. Undefined when the current value has none.
 */
export function qualityDifference(metric: string, current: MetricValue, reference: MetricValue): QualityDifference | undefined {
  if (current.low === undefined || current.high === undefined) return undefined;
  const higher = EVALUATION_METRICS[metric]!.better === 'higher';
  const [a, b] = higher ? [reference, current] : [current, reference];
  const worse = a.value - b.value;
  return {
    worse,
    low: worse - Math.hypot(a.value - (a.low ?? a.value), (b.high ?? b.value) - b.value),
    high: worse + Math.hypot((a.high ?? a.value) - a.value, b.value - (b.low ?? b.value)),
  };
}

/** How probable a difference this great is when the truth is just within the margin; of a 95 % difference. */
export function marginPValue({ worse, low }: QualityDifference, margin: number): number {
  const error = (worse - low) / Z95;
  if (error === 0) return worse > margin ? 0 : 1;
  return normalSurvival((worse - margin) / error);
}
