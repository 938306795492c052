import { type WeightedValues } from '../drift';

/**
 * The distribution that a KLL sketch stands for: an item of level i stands for 2^i values (deequ, QuantileNonSample and KLLSketch, whose
 * default of 2,048 items per level leaves an error of the ranks of about half a percent). Read exactly: nothing is lost beyond what the
 * sketch itself left out. What is no finite number is left out.
 */
export function sketchValues(levels: readonly (readonly number[])[]): WeightedValues {
  const items = levels.flatMap((level, index) => level.filter(Number.isFinite).map((value) => ({ value, count: 2 ** index })));
  items.sort((a, b) => a.value - b.value);
  return { values: Float64Array.from(items, ({ value }) => value), counts: Float64Array.from(items, ({ count }) => count), total: items.reduce((sum, { count }) => sum + count, 0) };
}

/** Values that equal steps of the ranks reach, at most `maximum` of them: what quantiles are taken from. */
export function evenlyRanked({ values, counts, total }: WeightedValues, maximum: number): Float64Array {
  const length = Math.min(total, maximum);
  const ranked = new Float64Array(length);
  let item = 0;
  let below = counts ? counts[0]! : 1;
  for (let index = 0; index < length; index++) {
    const rank = ((index + 0.5) / length) * total;
    while (below < rank && item < values.length - 1) below += counts ? counts[++item]! : (item++, 1);
    ranked[index] = values[item]!;
  }
  return ranked;
}
