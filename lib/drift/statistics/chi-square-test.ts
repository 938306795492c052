import { chiSquareSurvival } from './chi-square';
import { requireSameLength } from './probabilities';

export interface ChiSquareTest {
  /** Infinite when the current sample holds what the reference does not, in the test of fit. */
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
}

/**
 * Goodness of fit as Evidently's `chisquare`: the reference's shares are taken as the truth, without an error of their own; expected
 * counts are scaled to the current size. Bins: all categories of both samples; a category that the reference lacks makes p = 0. No smoothing,
 * no minimum count: scipy's `chisquare`. It errs for small references; `chiSquareContingency` does not.
 */
export function chiSquareFit(reference: readonly number[], current: readonly number[]): ChiSquareTest {
  requireSameLength(reference, current);
  const n = sum(reference);
  const m = sum(current);
  let statistic = 0;
  let bins = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    if (reference[bin] === 0 && current[bin] === 0) continue;
    bins += 1;
    const expected = (reference[bin]! * m) / n;
    statistic += (current[bin]! - expected) ** 2 / expected;
  }
  return result(statistic, bins - 1);
}

/**
 * Homogeneity of both samples, 2×k table: both have sampling error. Bins that are empty in both are left out. No continuity correction.
 * The approximation wants expected counts of five or so. NannyML: `chi2_contingency(correction=False)`.
 */
export function chiSquareContingency(reference: readonly number[], current: readonly number[]): ChiSquareTest {
  requireSameLength(reference, current);
  const n = sum(reference);
  const m = sum(current);
  if (n === 0 || m === 0) return { statistic: 0, degrees: 0, pValue: 1 };
  let statistic = 0;
  let bins = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const both = reference[bin]! + current[bin]!;
    if (both === 0) continue;
    bins += 1;
    // (r m - c n)² / ((r + c) n m): both rows' terms in one.
    statistic += ((reference[bin]! * m - current[bin]! * n) / n) * ((reference[bin]! * m - current[bin]! * n) / m / both);
  }
  return result(statistic, bins - 1);
}

const COCHRAN_MINIMUM = 10;
const YATES_MINIMUM = 5;
const YATES_SHARE = 0.2;

/**
 * deequ's test of fit, `ChiSquared` of SageMaker Model Monitor: expected counts are the baseline's, scaled to the current rows in categories
 * that the baseline knows; categories it does not know are left out. Too small categories are merged into the second smallest: with two, all must
 * expect ten (Cochran 1952); with more, a fifth may expect less than five (Yates, Moore, McCabe 1999). Undefined when fewer than two are left.
 */
export function chiSquareRegrouped(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): ChiSquareTest | undefined {
  const known = [...reference.keys()];
  const expectedTotal = sum([...reference.values()]);
  const currentTotal = sum(known.map((key) => current.get(key) ?? 0));
  const groups = known.map((key) => ({ expected: (reference.get(key)! / expectedTotal) * currentTotal, observed: current.get(key) ?? 0 }));
  while (groups.length >= 2) {
    const minimum = groups.length > 2 ? YATES_MINIMUM : COCHRAN_MINIMUM;
    const tolerated = groups.length > 2 ? Math.trunc(YATES_SHARE * groups.length) : 0;
    if (groups.filter(({ expected }) => expected < minimum).length <= tolerated) break;
    const [least] = groups.splice(smallest(groups), 1);
    const next = groups[smallest(groups)]!;
    next.expected += least!.expected;
    next.observed += least!.observed;
  }
  if (groups.length < 2) return undefined;
  return result(sum(groups.map(({ observed, expected }) => (observed - expected) ** 2 / expected)), groups.length - 1);
}

function smallest(groups: readonly { readonly expected: number }[]): number {
  return groups.reduce((least, { expected }, index) => (expected < groups[least]!.expected ? index : least), 0);
}

function result(statistic: number, degrees: number): ChiSquareTest {
  if (degrees < 1) return { statistic: 0, degrees: 0, pValue: 1 };
  return { statistic, degrees, pValue: chiSquareSurvival(statistic, degrees) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
