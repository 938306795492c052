import { chiSquareQuantile, chiSquareSurvival } from './chi-square';
import { type StabilityIndex } from './population-stability-index';

/**
 * How often unchanged data gives an index this great. Without change the index of n and m rows in B bins is (1/n + 1/m) times a
 * chi-square variable with B - 1 degrees of freedom, because it is the symmetric form of the G statistic
 * (https://stats.stackexchange.com/questions/342740).
 */
export function stabilityPValue(index: StabilityIndex): number {
  if (index.bins < 2 || index.referenceRows === 0 || index.currentRows === 0) return 1;
  return chiSquareSurvival(index.value / samplingScale(index), index.bins - 1);
}

/** The index that unchanged data exceeds with probability `tail`. */
export function stabilityCriticalValue(index: StabilityIndex, tail: number): number {
  if (index.bins < 2 || index.referenceRows === 0 || index.currentRows === 0) return Infinity;
  return samplingScale(index) * chiSquareQuantile(tail, index.bins - 1);
}

function samplingScale(index: StabilityIndex): number {
  return 1 / index.currentRows + 1 / index.referenceRows;
}
