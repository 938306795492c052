import { chiSquareQuantile, chiSquareSurvival } from '../../drift';

/** Upper tail of the standard normal distribution: its square is chi-square with one degree of freedom, relative error at most 1e-11. */
export function normalSurvival(z: number): number {
  const half = chiSquareSurvival(z * z, 1) / 2;
  return z >= 0 ? half : 1 - half;
}

/** The z with `normalSurvival(z) = tail`. */
export function normalQuantile(tail: number): number {
  return tail <= 0.5 ? Math.sqrt(chiSquareQuantile(2 * tail, 1)) : -Math.sqrt(chiSquareQuantile(2 * (1 - tail), 1));
}
