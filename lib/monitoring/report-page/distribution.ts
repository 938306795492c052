import { type CategoricalBins, type ColumnBaseline, type ColumnProfile, gridOf, type NumericBins } from '../../drift';
import { short } from '../../html/numbers';

/** A part of a column's values, as shares of all rows of the baseline and of the window. */
export interface Part {
  readonly label: string;
  readonly baseline: number;
  readonly window: number;
}

/** What a chart of a column draws. */
export interface Distribution {
  /** `histogram`: ascending bins between `from` and `to`; `parts`: values by themselves. */
  readonly shape: 'histogram' | 'parts';
  readonly parts: readonly Part[];
  readonly from?: number;
  readonly to?: number;
  /** Outside of the histogram. */
  readonly below?: Part;
  readonly above?: Part;
  readonly missing: Part;
  readonly unseen: Part;
}

/** Bins of a histogram: enough to see two humps, wide enough to see on a phone. */
export const HISTOGRAM_BINS = 24;
/** Categories drawn by themselves; the others are summed up. */
export const PARTS_MAXIMUM = 12;
/** Share of the baseline at either end that the axis of a histogram leaves out, so that one outlier does not press everything into one bin. */
const TAIL_SHARE = 0.01;

export function distribution(column: ColumnBaseline, window: ColumnProfile): Distribution {
  const { reference, bins } = column;
  const part = (label: string, baseline: number, current: number): Part => ({ label, baseline: share(baseline, reference.count), window: share(current, window.count) });
  const rest = { missing: part('missing', reference.missing, window.missing), unseen: part('unseen', reference.unseen, window.unseen) };
  if (bins.type === 'categorical') return { shape: 'parts', parts: categories(bins, reference.counts, window.counts, part), ...rest };
  const values = singleValues(bins);
  return values ? { shape: 'parts', parts: valueParts(values, bins, reference.counts, window.counts, part), ...rest } : { ...histogram(bins, reference.counts, window.counts, part), ...rest };
}

type MakePart = (label: string, baseline: number, window: number) => Part;

function categories({ categories: names, others, complete }: CategoricalBins, baseline: readonly number[], window: readonly number[], part: MakePart): Part[] {
  const parts = names.map((name, bin) => part(name, baseline[bin]!, window[bin]!));
  const shown = parts.slice(0, parts.length > PARTS_MAXIMUM ? PARTS_MAXIMUM - 1 : PARTS_MAXIMUM);
  const summed = parts.slice(shown.length);
  const rarer = part('', baseline[names.length]!, window[names.length]!);
  const remaining = [...summed, rarer].reduce((sum, { baseline: a, window: b }) => ({ baseline: sum.baseline + a, window: sum.window + b }), { baseline: 0, window: 0 });
  const count = summed.length + others.length;
  if (count === 0 && complete) return shown.length > 0 ? shown : [{ label: 'known values', ...remaining }];
  return [...shown, { label: complete ? `${short(count)} more` : 'all others', ...remaining }];
}

/** A column with few distinct values has a bin for each, and one for what lies above the last: edges are the values and the next greater number. */
function singleValues({ edges }: NumericBins): readonly number[] | undefined {
  if (edges.length < 2) return undefined;
  const [last, next] = [edges[edges.length - 2]!, edges[edges.length - 1]!];
  return next - last <= Math.abs(last) * 2 * Number.EPSILON + Number.MIN_VALUE ? edges.slice(0, -1) : undefined;
}

function valueParts(values: readonly number[], bins: NumericBins, baseline: readonly number[], window: readonly number[], part: MakePart): Part[] {
  const grid = gridOf(bins);
  const sum = (counts: readonly number[], from: number, to: number): number => counts.reduce((total, count, bin) => (inside(grid, bin, from, to) ? total + count : total), 0);
  const last = values[values.length - 1]!;
  const parts = values.map((value, index) => {
    const to = values[index + 1] ?? bins.edges[bins.edges.length - 1]!;
    return part(short(value), sum(baseline, value, to), sum(window, value, to));
  });
  const least = part(`below ${short(values[0]!)}`, sum(baseline, -Infinity, values[0]!), sum(window, -Infinity, values[0]!));
  const greatest = part(`above ${short(last)}`, sum(baseline, bins.edges[bins.edges.length - 1]!, Infinity), sum(window, bins.edges[bins.edges.length - 1]!, Infinity));
  return [least, ...parts, greatest].filter((one, index, all) => (index > 0 && index < all.length - 1) || one.baseline > 0 || one.window > 0);
}

/** Whether the bin lies between two edges. */
function inside(grid: readonly number[], bin: number, from: number, to: number): boolean {
  return (grid[bin - 1] ?? -Infinity) >= from && (grid[bin] ?? Infinity) <= to;
}

/** Counts of the baseline's bins, spread evenly over bins of equal width. */
function histogram(bins: NumericBins, baseline: readonly number[], window: readonly number[], part: MakePart): Omit<Distribution, 'missing' | 'unseen'> {
  const grid = gridOf(bins);
  const total = baseline.reduce((sum, count) => sum + count, 0);
  // As few edges are the values themselves: a bar for each that there is.
  if (bins.grid && grid.length > 1 && grid.length <= HISTOGRAM_BINS + 1) {
    const bars = grid.slice(0, -1).map((value, index) => part(short(value), baseline[index + 1]!, window[index + 1]!));
    const [from, to] = [grid[0]!, grid[grid.length - 2]!];
    const side = (label: string, bin: number): Part => part(label, baseline[bin]!, window[bin]!);
    const parts = bars.filter((bar) => bar.baseline > 0 || bar.window > 0);
    return { shape: 'histogram', parts, from, to, below: side(`below ${short(from)}`, 0), above: side(`above ${short(to)}`, grid.length) };
  }
  let [first, last] = [0, grid.length - 1];
  for (let sum = baseline[0]! + (baseline[1] ?? 0); first < last - 1 && sum <= TAIL_SHARE * total; sum += baseline[first + 1]!) first += 1;
  for (let sum = baseline[grid.length]! + (baseline[grid.length - 1] ?? 0); last > first + 1 && sum <= TAIL_SHARE * total; sum += baseline[last]!) last -= 1;
  const [from, to] = [grid[first], grid[last]];
  const width = from === undefined || to === undefined ? 0 : (to - from) / HISTOGRAM_BINS;
  // Too narrow or too wide for numbers to tell the bins apart.
  if (from === undefined || to === undefined || !(from + width > from && to - width < to) || !Number.isFinite(width)) {
    return { shape: 'parts', parts: [part('numbers', total, window.reduce((sum, count) => sum + count, 0))] };
  }
  const spread = (counts: readonly number[]): number[] => {
    const shares = new Array<number>(HISTOGRAM_BINS).fill(0);
    for (let bin = first + 1; bin <= last; bin++) {
      const [low, high] = [grid[bin - 1]!, grid[bin]!];
      const begin = Math.min(HISTOGRAM_BINS - 1, Math.max(0, Math.floor((low - from) / width)));
      const end = Math.min(HISTOGRAM_BINS - 1, Math.floor((high - from) / width));
      const overlaps: number[] = [];
      for (let target = begin; target <= end; target++) overlaps.push(Math.max(0, Math.min(high, from + width * (target + 1)) - Math.max(low, from + width * target)));
      const covered = overlaps.reduce((sum, overlap) => sum + overlap, 0);
      // A bin that is narrower than the rounding of its neighbours' borders overlaps with nothing: it goes where it begins.
      if (covered > 0) overlaps.forEach((overlap, index) => (shares[begin + index]! += counts[bin]! * (overlap / covered)));
      else shares[begin]! += counts[bin]!;
    }
    return shares;
  };
  const outside = (counts: readonly number[], begin: number, end: number): number => counts.slice(begin, end).reduce((sum, count) => sum + count, 0);
  const [expected, current] = [spread(baseline), spread(window)];
  return {
    shape: 'histogram',
    parts: expected.map((count, bin) => part(`${short(from + width * bin)} to ${short(from + width * (bin + 1))}`, count, current[bin]!)),
    from,
    to,
    below: part(`below ${short(from)}`, outside(baseline, 0, first + 1), outside(window, 0, first + 1)),
    above: part(`${short(to)} and above`, outside(baseline, last + 1, Infinity), outside(window, last + 1, Infinity)),
  };
}

function share(count: number, rows: number): number {
  return rows > 0 ? count / rows : 0;
}
