import { binOf } from './quantile-edges';

export type ColumnKind = 'numeric' | 'categorical';

export interface BinnedColumn {
  readonly name: string;
  readonly type: ColumnKind;
}

/** Bins of a numeric column: `edges.length + 1` of them, right-open. */
export interface NumericBins {
  readonly type: 'numeric';
  readonly edges: readonly number[];
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

export function binCount(bins: Bins): number {
  return bins.type === 'numeric' ? bins.edges.length + 1 : bins.categories.length + 1;
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
    return (text) => {
      if (text.trim() === '') return 'missing';
      const value = parseNumber(text);
      return value === undefined ? 'unseen' : binOf(bins.edges, value);
    };
  }
  const index = new Map<string, number>();
  for (const other of bins.others) index.set(other, bins.categories.length);
  bins.categories.forEach((category, position) => index.set(category, position));
  return (text) => {
    if (text.trim() === '') return 'missing';
    return index.get(text) ?? (bins.complete ? 'unseen' : bins.categories.length);
  };
}
