import type { MetricValue } from './verdict.contract';

/** 97.5 % point of the standard normal distribution: two-sided 95 % intervals. */
const Z = 1.959963984540054;

/** Wilson score interval of a share (E. B. Wilson, 1927): unlike the plain one it behaves near 0 and 1. Undefined for no trials. */
export function shareValue(successes: number, trials: number): MetricValue | undefined {
  if (trials === 0) return undefined;
  const p = successes / trials;
  const denominator = 1 + Z ** 2 / trials;
  const centre = (p + Z ** 2 / (2 * trials)) / denominator;
  const half = (Z * Math.sqrt((p * (1 - p)) / trials + Z ** 2 / (4 * trials ** 2))) / denominator;
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Normal interval around an estimate of known variance, cut at the metric's limits. */
export function normalValue(value: number, variance: number, lowest: number, greatest: number): MetricValue {
  const half = Z * Math.sqrt(variance);
  return { value, low: Math.max(lowest, value - half), high: Math.min(greatest, value + half) };
}
