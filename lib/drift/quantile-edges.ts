/** Columns with at most this many distinct values get one bin per value: deciles would hide a change among rare values. */
export const FEW_DISTINCT_VALUES = 10;

/**
 * Inner edges of the bins: the deciles of the reference (linear interpolation, as numpy.percentile), each once.
 * Bins are right-open and reach from -infinity to infinity: edges `[a, b]` make `(-∞, a) [a, b) [b, ∞)`.
 * With few distinct values the edges are these values and the next greater number, so that every value has its own bin and what lies
 * above the greatest one is seen. No values: no edges, one bin.
 */
export function quantileEdges(sorted: Float64Array): number[] {
  if (sorted.length === 0) return [];
  const few = fewDistinct(sorted);
  if (few) return [...few, nextUp(few[few.length - 1]!)];
  const edges: number[] = [];
  for (let decile = 1; decile <= 9; decile++) {
    const edge = quantile(sorted, decile / 10);
    if (edges.length === 0 || edge > edges[edges.length - 1]!) edges.push(edge);
  }
  return edges;
}

/** Quantile of ascending values by linear interpolation (type 7 of Hyndman and Fan 1996, numpy's default). */
export function quantile(sorted: Float64Array, probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** Bin of a value: the number of edges that are less than or equal to it. */
export function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function fewDistinct(sorted: Float64Array): number[] | undefined {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (distinct.length > 0 && distinct[distinct.length - 1] === value) continue;
    if (distinct.length === FEW_DISTINCT_VALUES) return undefined;
    distinct.push(value);
  }
  return distinct;
}

/** The least double above a finite one. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
