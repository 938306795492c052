import { type WeightedValues } from '../statistics/weighted-values';

/** Columns with at most this many distinct values get one bin per value: deciles would hide a change among rare values. */
export const FEW_DISTINCT_VALUES = 10;

/** Bins of the grid at most, beside those of the edges: a KS statistic at them misses less than half a percent. */
export const GRID_BINS = 200;

/**
 * Inner edges of the bins: the deciles of the reference (linear interpolation, as numpy.percentile), each once.
 * Bins are right-open and reach from -infinity to infinity: edges `[a, b]` make `(-∞, a) [a, b) [b, ∞)`.
 * With few distinct values the edges are these values and the next greater number, so that every value has its own bin and what lies
 * above the greatest one is seen. No values: no edges, one bin.
 */
export function quantileEdges(sample: WeightedValues): number[] {
  if (sample.total === 0) return [];
  const few = fewDistinct(sample.values, FEW_DISTINCT_VALUES);
  if (few) return [...few, nextUp(few[few.length - 1]!)].filter(Number.isFinite);
  const edges: number[] = [];
  const at = quantiles(sample);
  for (let decile = 1; decile <= 9; decile++) {
    const edge = at(decile / 10);
    if (edges.length === 0 || edge > edges[edges.length - 1]!) edges.push(edge);
  }
  return edges;
}

/** Edges of the fine bins that profiles count in. */
export interface Grid {
  readonly edges: readonly number[];
  /** Every value of the reference is an edge. */
  readonly discrete: boolean;
}

/**
 * Least value, greatest value's successor, and every value when there are at most 200 distinct ones, else the quantiles in steps of a
 * 200th. The coarse `edges` are among them, so that fine counts add up to coarse ones.
 */
export function gridEdges(sample: WeightedValues, edges: readonly number[]): Grid {
  const { values, total } = sample;
  if (total === 0) return { edges: [...edges], discrete: true };
  const distinct = fewDistinct(values, GRID_BINS);
  const at = quantiles(sample);
  const fine = distinct ?? Array.from({ length: GRID_BINS - 1 }, (_, i) => at((i + 1) / GRID_BINS));
  const all = Float64Array.from([values[0]!, ...fine, ...edges, nextUp(values[values.length - 1]!)]).sort();
  return { edges: [...all.filter((edge, index) => Number.isFinite(edge) && (index === 0 || edge > all[index - 1]!))], discrete: distinct !== undefined };
}

/** Quantiles by linear interpolation (type 7 of Hyndman and Fan 1996, numpy's default). */
export function quantiles({ values, counts, total }: WeightedValues): (probability: number) => number {
  const until = counts && cumulated(counts);
  const valueAt = (rank: number): number => values[until ? firstAbove(until, rank) : rank]!;
  return (probability) => {
    const position = (total - 1) * probability;
    const below = Math.floor(position);
    const low = valueAt(below);
    const high = valueAt(Math.min(below + 1, total - 1));
    const share = position - below;
    // The difference of two huge numbers may be infinite.
    return high - low === Infinity ? low * (1 - share) + high * share : low + (high - low) * share;
  };
}

function cumulated(counts: Float64Array): Float64Array {
  let sum = 0;
  return counts.map((count) => (sum += count));
}

function firstAbove(cumulative: Float64Array, rank: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle]! > rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The distinct values, unless they are more than `maximum`. */
function fewDistinct(sorted: Float64Array, maximum: number): number[] | undefined {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (distinct.length > 0 && distinct[distinct.length - 1] === value) continue;
    if (distinct.length === maximum) return undefined;
    distinct.push(value);
  }
  return distinct;
}

/** The least double above a finite one; infinity above the greatest. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
