import { requireSameLength, shares } from './probabilities';

/** deequ's c(alpha) for alpha = 0.003 (Knuth, volume 2, §3.3.1). */
export const ROBUST_FACTOR = 1.8;

/**
 * Greatest difference of the shares of one category: SageMaker Model Monitor's `Simple` for categories (deequ, Distance.scala). Bins are all
 * categories of both samples; no smoothing, no minimum sample. For numbers it is `cumulativeDistance().greatest`.
 */
export function lInfinity(reference: readonly number[], current: readonly number[]): number {
  requireSameLength(reference, current);
  const p = shares(reference);
  const q = shares(current);
  return p.reduce((greatest, share, bin) => Math.max(greatest, Math.abs(share - q[bin]!)), 0);
}

/** Model Monitor's `Robust`: less what chance explains for samples of n and m, never negative. Empty samples explain anything: 0. */
export function robustLInfinity(simple: number, n: number, m: number, factor = ROBUST_FACTOR): number {
  if (n === 0 || m === 0) return 0;
  return Math.max(0, simple - factor * Math.sqrt((n + m) / (n * m)));
}

/** c(alpha) of the test of Kolmogorov and Smirnov, for another alpha than deequ's default. */
export function robustFactor(alpha: number): number {
  // The logarithm of the reciprocal: V8's of small numbers is off by a last digit, deequ's vectors are not.
  return Math.sqrt(Math.log(2 / alpha) / 2);
}
