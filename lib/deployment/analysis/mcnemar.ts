import { logGamma } from '../../drift';

/**
 * Exact McNemar test, one-sided (McNemar 1947; the exact form is a sign test): how probable are at least `onlyFirst` of the pairs in
 * which exactly one was right, when neither is better? Small: the second is worse.
 */
export function mcnemarPValue(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  let tail = 0;
  // From the least term up.
  for (let k = n; k >= onlyFirst; k--) tail += Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2);
  return Math.min(1, tail);
}
