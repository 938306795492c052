import type { MetricValue } from './verdict.contract';

/** 97.5 % point of the standard normal distribution: two-sided 95 % intervals. */
export const Z95 = 1.959963984540054;

/**
 * Wilson score interval of a share (E. B. Wilson, 1927): unlike the plain one it behaves near 0 and 1. Undefined for no trials.
 *
 * @param z half-width in standard errors; absent: 95 %
 */
export function shareValue(successes: number, trials: number, z = Z95): MetricValue | undefined {
  if (trials === 0) return undefined;
  const p = successes / trials;
  const denominator = 1 + z ** 2 / trials;
  const centre = (p + z ** 2 / (2 * trials)) / denominator;
  const half = (z * Math.sqrt((p * (1 - p)) / trials + z ** 2 / (4 * trials ** 2))) / denominator;
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Normal interval around an estimate of known variance, cut at the metric's limits. */
export function normalValue(value: number, variance: number, lowest: number, greatest: number, z = Z95): MetricValue {
  const half = z * Math.sqrt(variance);
  return { value, low: Math.max(lowest, value - half), high: Math.min(greatest, value + half) };
}
