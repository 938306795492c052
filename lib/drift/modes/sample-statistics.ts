import { type FeatureStatistics, type TestResult } from '../comparison';
import { standardDeviation } from '../profile/moments';
import { type CategoricalSample, type NumericSample } from '../samples/column-sample';
import { type CumulativeDistance, cumulativeDistance } from '../statistics/cumulative-distance';
import { kolmogorovSmirnovAsymptotic, kolmogorovSmirnovExact } from '../statistics/kolmogorov-smirnov';
import { spread } from '../statistics/weighted-values';

/** Least divisor of a normed Wasserstein distance, for columns that hardly vary; Evidently's. */
const DEVIATION_MINIMUM = 0.001;

export const NO_STATISTICS: FeatureStatistics = {
  psi: null,
  jensenShannon: null,
  wassersteinNormed: null,
  kolmogorovSmirnov: null,
  chiSquare: null,
  lInfinity: null,
  hellinger: null,
};

/** JSON has no infinity. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

export function finiteTest(statistic: number, pValue: number): TestResult | null {
  // An infinite statistic has the p-value 0; the greatest number says so in JSON.
  if (Number.isNaN(statistic) || Number.isNaN(pValue)) return null;
  return { statistic: Math.min(statistic, Number.MAX_VALUE), pValue };
}

/** Wasserstein-1 over the reference's population standard deviation, at least 0.001: Evidently's `wasserstein`. */
export function wassersteinNormed(distance: CumulativeDistance, reference: NumericSample): number | null {
  // Exact moments where they were kept, else from the values.
  const deviation = reference.moments.count === reference.numbers.total ? standardDeviation(reference.moments) : spread(reference.numbers);
  return finite(distance.area / Math.max(deviation, DEVIATION_MINIMUM));
}

/** Exact for samples whose product or greater size is at most this. */
export interface ExactLimits {
  readonly greater: number;
  readonly product: number;
}

export function kolmogorovSmirnovTest(distance: CumulativeDistance, n: number, m: number, exact: ExactLimits): TestResult | null {
  if (n === 0 || m === 0) return null;
  const pValue =
    Math.max(n, m) <= exact.greater && n * m <= exact.product ? kolmogorovSmirnovExact(distance.greatest, n, m) : kolmogorovSmirnovAsymptotic(distance.greatest, n, m);
  return finiteTest(distance.greatest, pValue);
}

export function distanceOf(reference: NumericSample, current: NumericSample): CumulativeDistance {
  return cumulativeDistance(reference.numbers, current.numbers);
}

export interface AlignedCounts {
  readonly reference: number[];
  readonly current: number[];
}

/**
 * Counts of the categories of both samples, what is not told apart as one category each. A category that a side does not list may be among those
 * that this side does not tell apart: it then counts as such on both sides, so that not knowing makes no drift.
 */
export function alignCategories(reference: CategoricalSample, current: CategoricalSample): AlignedCounts {
  const keys = new Set([...reference.counts.keys(), ...current.counts.keys()]);
  const aligned: AlignedCounts = { reference: [], current: [] };
  const push = (r: number, c: number): void => {
    if (r === 0 && c === 0) return;
    aligned.reference.push(r);
    aligned.current.push(c);
  };
  const listed = (sample: CategoricalSample, key: string): boolean => sample.others === 0 || sample.counts.has(key);
  const others = [reference.others, current.others] as [number, number];
  for (const key of keys) {
    const [r, c] = [reference.counts.get(key) ?? 0, current.counts.get(key) ?? 0];
    if (listed(reference, key) && listed(current, key)) push(r, c);
    else {
      others[0] += r;
      others[1] += c;
    }
  }
  push(...others);
  push(reference.unseen, current.unseen);
  return aligned;
}

/** The numbers of two samples as categories. */
export function alignNumbers(reference: NumericSample, current: NumericSample): AlignedCounts {
  const counts = ({ numbers: { values, counts: weights } }: NumericSample): Map<number, number> => {
    const map = new Map<number, number>();
    values.forEach((value, index) => map.set(value, (map.get(value) ?? 0) + (weights ? weights[index]! : 1)));
    return map;
  };
  const [r, c] = [counts(reference), counts(current)];
  const keys = [...new Set([...r.keys(), ...c.keys()])].sort((a, b) => a - b);
  return { reference: keys.map((key) => r.get(key) ?? 0), current: keys.map((key) => c.get(key) ?? 0) };
}
