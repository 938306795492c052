import { type WeightedValues } from './weighted-values';

export interface CumulativeDistance {
  /** Greatest difference of the cumulative distribution functions: the statistic of Kolmogorov and Smirnov, and SageMaker's L-infinity. */
  readonly greatest: number;
  /** Area between them: the Wasserstein-1 (earth mover's) distance, in the unit of the values. */
  readonly area: number;
}

/**
 * Both distances of two empirical cumulative distribution functions in one merge of sorted values; no bins, no smoothing. About 10 ns per
 * value. NaN and infinities are not values: leave them out before. An empty sample has no distribution, so both distances are NaN.
 */
export function cumulativeDistance(a: WeightedValues, b: WeightedValues): CumulativeDistance {
  if (a.total === 0 || b.total === 0) return { greatest: NaN, area: NaN };
  const { values: x, counts: xs } = a;
  const { values: y, counts: ys } = b;
  let i = 0;
  let j = 0;
  let below = 0;
  let belowOther = 0;
  let greatest = 0;
  let area = 0;
  let previous = Math.min(x[0]!, y[0]!);
  while (i < x.length || j < y.length) {
    const value = j >= y.length || (i < x.length && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    // Times both sizes: whole numbers, so equal distributions differ by exactly 0.
    const difference = Math.abs(below * b.total - belowOther * a.total);
    if (difference > greatest) greatest = difference;
    area += difference * (value - previous);
    while (i < x.length && x[i] === value) below += xs ? xs[i++]! : (i++, 1);
    while (j < y.length && y[j] === value) belowOther += ys ? ys[j++]! : (j++, 1);
    previous = value;
  }
  const scale = a.total * b.total;
  return { greatest: greatest / scale, area: area / scale };
}
