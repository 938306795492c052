import { requireSameLength, shares } from './probabilities';

/**
 * Divergence of Jensen and Shannon, natural logarithm: mean divergence of both from their mean. 0 for equal shares, at most ln 2. No smoothing:
 * an empty bin contributes nothing. The bins are the caller's; too few rows make it large, so it has no meaning below some hundred rows.
 * Sums counts up to shares first. Divided by ln 2 it is TensorFlow Data Validation's `jensen_shannon_divergence` (base 2).
 */
export function jensenShannonDivergence(reference: readonly number[], current: readonly number[]): number {
  requireSameLength(reference, current);
  const p = shares(reference);
  const q = shares(current);
  let sum = 0;
  for (let bin = 0; bin < p.length; bin++) {
    const mean = (p[bin]! + q[bin]!) / 2;
    if (p[bin]! > 0) sum += p[bin]! * Math.log(p[bin]! / mean);
    if (q[bin]! > 0) sum += q[bin]! * Math.log(q[bin]! / mean);
  }
  return Math.max(0, sum / 2);
}

/**
 * Its square root, a distance: at most sqrt(ln 2) = 0.8326. scipy: `distance.jensenshannon(p, q)`, which Evidently uses; divided by
 * sqrt(ln 2) it is NannyML's (base 2, at most 1).
 */
export function jensenShannonDistance(reference: readonly number[], current: readonly number[]): number {
  return Math.sqrt(jensenShannonDivergence(reference, current));
}
