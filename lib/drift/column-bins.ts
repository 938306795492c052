import { GridIndex } from './profile/grid-index';

export type ColumnKind = 'numeric' | 'categorical';

export interface BinnedColumn {
  readonly name: string;
  readonly type: ColumnKind;
}

/** Bins of a numeric column: right-open, from -infinity to infinity. */
export interface NumericBins {
  readonly type: 'numeric';
  /** Of the bins that the population stability index compares: the reference's deciles. */
  readonly edges: readonly number[];
  /** Of the finer bins that profiles count in, `edges` among them. Absent in baselines of format version 1: those count in the bins of `edges`. */
  readonly grid?: readonly number[];
  /** Every value of the reference is an edge of the grid. */
  readonly discrete?: boolean;
}

/** Bins of a categorical column: one per frequent category, then one for the known others. */
export interface CategoricalBins {
  readonly type: 'categorical';
  readonly categories: readonly string[];
  /** Known categories without a bin of their own. */
  readonly others: readonly string[];
  /** False when the reference had more categories than are listed: what is not listed then counts as other, never as unseen. */
  readonly complete: boolean;
}

export type Bins = NumericBins | CategoricalBins;

/** Edges of the bins that a profile counts in. */
export function gridOf(bins: NumericBins): readonly number[] {
  return bins.grid ?? bins.edges;
}

/** Length of a profile's counts. */
export function binCount(bins: Bins): number {
  return bins.type === 'numeric' ? gridOf(bins).length + 1 : bins.categories.length + 1;
}

/** A profile's counts, summed up to the bins of the population stability index. */
export function coarseCounts(bins: Bins, counts: readonly number[]): number[] {
  if (bins.type === 'categorical' || !bins.grid) return [...counts];
  const coarse = new Array<number>(bins.edges.length + 1).fill(0);
  let bin = 0;
  counts.forEach((count, fine) => {
    if (fine > 0 && bin < bins.edges.length && bins.grid![fine - 1]! >= bins.edges[bin]!) bin += 1;
    coarse[bin]! += count;
  });
  return coarse;
}

/** Where a value belongs: the index of a bin, or why it has none. */
export type Place = number | 'missing' | 'unseen';

/** Numbers as SageMaker's containers write them; text that is no finite number is `undefined`. */
export function parseNumber(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Prepared look-up; `''` and blanks are missing, a text in a numeric column and an unknown category are unseen. */
export function placer(bins: Bins): (text: string) => Place {
  if (bins.type === 'numeric') {
    const grid = new GridIndex(gridOf(bins));
    return (text) => {
      if (text.trim() === '') return 'missing';
      const value = parseNumber(text);
      return value === undefined ? 'unseen' : grid.binOf(value);
    };
  }
  const index = categoryIndex(bins);
  return (text) => {
    if (text.trim() === '') return 'missing';
    return index.get(text) ?? (bins.complete ? 'unseen' : bins.categories.length);
  };
}

/** Bin of each known category. */
export function categoryIndex(bins: CategoricalBins): Map<string, number> {
  const index = new Map<string, number>();
  for (const other of bins.others) index.set(other, bins.categories.length);
  bins.categories.forEach((category, position) => index.set(category, position));
  return index;
}
