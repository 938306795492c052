/** Numbers of a sample. */
export interface WeightedValues {
  /** Ascending, finite. */
  readonly values: Float64Array;
  /** How often each value occurs; absent = once. */
  readonly counts?: Float64Array;
  /** How many numbers these are. */
  readonly total: number;
}

/** Of finite numbers in any order; the array given is sorted in place. */
export function weightedValues(values: Float64Array): WeightedValues {
  return { values: values.sort(), total: values.length };
}

export function distinctCount({ values }: WeightedValues): number {
  let distinct = 0;
  for (let i = 0; i < values.length; i++) if (i === 0 || values[i] !== values[i - 1]) distinct += 1;
  return distinct;
}

/** Population standard deviation (two passes). */
export function spread({ values, counts, total }: WeightedValues): number {
  if (total === 0) return 0;
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += (values[i]! / total) * (counts ? counts[i]! : 1);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2 * (counts ? counts[i]! : 1);
  return Math.sqrt(squares / total);
}

/** Numbers per bin of ascending edges: right-open, the last bin closed, as numpy.histogram; what lies outside is not counted. */
export function histogram({ values, counts }: WeightedValues, edges: readonly number[]): number[] {
  const bins = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < edges[0]! || value > edges[edges.length - 1]!) continue;
    while (bin < bins.length - 1 && value >= edges[bin + 1]!) bin += 1;
    bins[bin]! += counts ? counts[i]! : 1;
  }
  return bins;
}
