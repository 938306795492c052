import { halfWidthOneSided } from './confidence-sequence';
import { halfWidthOneSidedMixture } from './mixture-likelihood-ratio';

export type SequentialTest = 'CONFIDENCE_SEQUENCE' | 'MSPRT';

/** Mean and the variance of that mean, with the number of observations behind it. */
export interface Estimate {
  readonly mean: number;
  readonly varianceOfMean: number;
  readonly n: number;
}

export interface DifferenceRules {
  readonly test: SequentialTest;
  readonly alpha: number;
  /** Confidence sequence: observations of both samples at which the bound is to be tightest. */
  readonly expected: number;
  /** mSPRT: standard deviation of the differences that are looked for. */
  readonly effect: number;
}

/** Lower bound of `b - a` that holds at all looks together with probability 1 - alpha. */
export function lowerBoundOfDifference(a: Estimate, b: Estimate, rules: DifferenceRules): number {
  const n = a.n + b.n;
  const variance = a.varianceOfMean + b.varianceOfMean;
  const width =
    rules.test === 'MSPRT'
      ? halfWidthOneSidedMixture(variance, rules.effect ** 2, rules.alpha)
      : halfWidthOneSided(variance * n, n, rules.alpha, rules.expected);
  return b.mean - a.mean - width;
}
