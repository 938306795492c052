/** Distinct values counted exactly, and the most that any answer holds. */
export const FREQUENT_VALUES_MAXIMUM = 100;
/** Longer texts are told apart by their beginning only: a hostile file could otherwise fill a profile with a few values. */
export const FREQUENT_VALUE_LENGTH = 64;

/**
 * The most frequent of values that nobody listed. Up to as many distinct ones as it holds (100 unless told otherwise): all of them, exactly. With
 * more: each count is too low by at most `error`, and a value that is not listed was seen at most `error` times; of 100, `error` is at most a
 * 101st of all.
 */
export interface FrequentValues {
  /** Falling counts, then by value. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
  readonly error: number;
}

export const NO_FREQUENT_VALUES: FrequentValues = { values: [], error: 0 };

/**
 * Summary of Misra and Gries 1982 with the merging of Agarwal et al. 2012 ("Mergeable summaries"): the bound on the error holds for any order
 * and grouping of merges. While no value had to be dropped the result is byte-equal too; beyond, which of the rare ones stay depends
 * on the order. Nothing is judged by this list; the number of unseen values is exact.
 */
export class FrequentValuesBuilder {
  private readonly counts = new Map<string, number>();
  private error = 0;

  public constructor(
    private readonly maximum = FREQUENT_VALUES_MAXIMUM,
    private readonly length = FREQUENT_VALUE_LENGTH,
  ) {}

  public add(value: string): void {
    const key = value.length > this.length ? value.slice(0, this.length) : value;
    const count = this.counts.get(key);
    if (count !== undefined) this.counts.set(key, count + 1);
    else {
      this.counts.set(key, 1);
      // Twice as many between two reductions, so that a value costs constant time on average.
      if (this.counts.size > 2 * this.maximum) this.reduce();
    }
  }

  public merge(other: FrequentValues): void {
    this.error += other.error;
    for (const { value, count } of other.values) this.counts.set(value, (this.counts.get(value) ?? 0) + count);
    this.reduce();
  }

  public build(): FrequentValues {
    this.reduce();
    return { values: [...this.counts].map(([value, count]) => ({ value, count })).sort(byCount), error: this.error };
  }

  private reduce(): void {
    if (this.counts.size <= this.maximum) return;
    const ranked = [...this.counts].map(([value, count]) => ({ value, count })).sort(byCount);
    const decrease = ranked[this.maximum]!.count;
    this.error += decrease;
    this.counts.clear();
    for (const { value, count } of ranked) if (count > decrease) this.counts.set(value, count - decrease);
  }
}

export function mergeFrequentValues(a: FrequentValues, b: FrequentValues, maximum = FREQUENT_VALUES_MAXIMUM): FrequentValues {
  const builder = new FrequentValuesBuilder(maximum);
  builder.merge(a);
  builder.merge(b);
  return builder.build();
}

function byCount(a: { readonly value: string; readonly count: number }, b: { readonly value: string; readonly count: number }): number {
  return b.count - a.count || (a.value < b.value ? -1 : 1);
}
