import { type WeightedValues } from './weighted-values';

/** Evidently treats a numeric reference with at most this many distinct values as categories. */
export const CATEGORICAL_DISTINCT_MAXIMUM = 20;

/** Edges of equal bins as numpy.histogram_bin_edges(bins='sturges') makes them of `size` values between `minimum` and `maximum`. */
export function sturgesEdges(minimum: number, maximum: number, size: number): number[] {
  const range = maximum - minimum;
  const width = range / (Math.log2(size) + 1);
  if (!(width > 0)) return [minimum - 0.5, maximum + 0.5];
  const bins = Math.ceil(range / width);
  const step = range / bins;
  return [...Array.from({ length: bins }, (_, bin) => bin * step + minimum), maximum];
}

/** Of both samples together, so a window's score depends on the other sample: Evidently's `get_binned_data`, whose `n_bins` has no effect. */
export function combinedSturgesEdges(reference: WeightedValues, current: WeightedValues): number[] {
  const [a, b] = [reference.values, current.values];
  const minimum = Math.min(a[0]!, b[0]!);
  const maximum = Math.max(a[a.length - 1]!, b[b.length - 1]!);
  return sturgesEdges(minimum, maximum, reference.total + current.total);
}

/**
 * Evidently's population stability index of counts in the same bins: shares without renormalizing, an empty bin replaced, per side, by 0.0001,
 * or by a millionth of the smallest share when that is at most 0.0001.
 */
export function evidentlyStabilityIndex(reference: readonly number[], current: readonly number[]): number {
  const r = filled(reference);
  const c = filled(current);
  return r.reduce((sum, share, bin) => sum + (share - c[bin]!) * Math.log(share / c[bin]!), 0);
}

function filled(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const smallest = Math.min(...counts.filter((count) => count > 0)) / total;
  const zero = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  return counts.map((count) => (count === 0 ? zero : count / total));
}
