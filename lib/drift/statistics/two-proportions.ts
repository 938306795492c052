import { chiSquareSurvival } from './chi-square';

export interface ProportionTest {
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Two-sided z test of two proportions with pooled variance, as Evidently's `z`. No continuity correction, so it wants some ten successes and
 * failures in each sample. When both samples hold nothing but successes, or nothing but failures, they are equal: z = 0, p = 1.
 */
export function twoProportionTest(successes: number, n: number, otherSuccesses: number, m: number): ProportionTest {
  if (n === 0 || m === 0) return { statistic: 0, pValue: 1 };
  const pooled = (successes + otherSuccesses) / (n + m);
  if (pooled === 0 || pooled === 1) return { statistic: 0, pValue: 1 };
  const statistic = (otherSuccesses / m - successes / n) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return { statistic, pValue: chiSquareSurvival(statistic * statistic, 1) };
}
