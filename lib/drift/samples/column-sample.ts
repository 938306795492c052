import { type ColumnKind, parseNumber } from '../column-bins';
import { type Moments, MomentsBuilder } from '../profile/moments';
import { type WeightedValues, weightedValues } from '../statistics/weighted-values';

/** One column of a sample, in the form that every comparison reads: exact values, or what stands for them. */
export type ColumnSample = NumericSample | CategoricalSample;

export interface NumericSample {
  readonly type: 'numeric';
  readonly name: string;
  /** The finite numbers. */
  readonly numbers: WeightedValues;
  readonly moments: Moments;
  readonly missing: number;
  /** Texts, NaN and infinities. */
  readonly unseen: number;
}

export interface CategoricalSample {
  readonly type: 'categorical';
  readonly name: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly missing: number;
  /** Rows of categories that are known but not told apart. */
  readonly others: number;
  /** Rows of categories that the reference does not know, when they are not told apart either. */
  readonly unseen: number;
}

/** A sample in memory. */
export interface SampleTable {
  readonly rows: number;
  readonly columns: readonly ColumnSample[];
}

/** Rows of the column, whatever their value. */
export function rowsOf(sample: ColumnSample): number {
  if (sample.type === 'numeric') return sample.numbers.total + sample.missing + sample.unseen;
  let rows = sample.missing + sample.others + sample.unseen;
  for (const count of sample.counts.values()) rows += count;
  return rows;
}

export function numericSample(name: string, values: Iterable<number>): NumericSample {
  const builder = new NumericSampleBuilder(name);
  for (const value of values) builder.addNumber(value);
  return builder.build();
}

export function categoricalSample(name: string, values: Iterable<string>): CategoricalSample {
  const builder = new CategoricalSampleBuilder(name);
  for (const value of values) builder.add(value);
  return builder.build();
}

/** Keeps every value: 8 bytes per number. For files that fit into memory; for others FileProfileBuilder. */
export class SampleTableBuilder {
  private rows = 0;
  private readonly columns: readonly (NumericSampleBuilder | CategoricalSampleBuilder)[];

  public constructor(columns: readonly { readonly name: string; readonly type: ColumnKind }[]) {
    this.columns = columns.map(({ name, type }) => (type === 'numeric' ? new NumericSampleBuilder(name) : new CategoricalSampleBuilder(name)));
  }

  /** One row in the order of the columns; `''` = missing, `undefined` = the column was not observed in this row. */
  public add(values: readonly (string | undefined)[]): void {
    this.rows += 1;
    this.columns.forEach((column, index) => {
      const value = values[index];
      if (value !== undefined) column.add(value);
    });
  }

  public build(): SampleTable {
    return { rows: this.rows, columns: this.columns.map((column) => column.build()) };
  }
}

class NumericSampleBuilder {
  private values = new Float64Array(1024);
  private length = 0;
  private missing = 0;
  private unseen = 0;
  private readonly moments = new MomentsBuilder();

  public constructor(private readonly name: string) {}

  public add(text: string): void {
    if (text.trim() === '') this.missing += 1;
    else this.addNumber(parseNumber(text) ?? NaN);
  }

  public addNumber(value: number): void {
    if (!Number.isFinite(value)) {
      this.unseen += 1;
      return;
    }
    if (this.length === this.values.length) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this.values);
      this.values = longer;
    }
    // Without the sign of zero, which no distribution knows.
    this.values[this.length++] = value + 0;
    this.moments.add(value);
  }

  public build(): NumericSample {
    const numbers = weightedValues(this.values.slice(0, this.length));
    return { type: 'numeric', name: this.name, numbers, moments: this.moments.build(), missing: this.missing, unseen: this.unseen };
  }
}

class CategoricalSampleBuilder {
  private readonly counts = new Map<string, number>();
  private missing = 0;

  public constructor(private readonly name: string) {}

  public add(text: string): void {
    if (text.trim() === '') this.missing += 1;
    else this.counts.set(text, (this.counts.get(text) ?? 0) + 1);
  }

  public build(): CategoricalSample {
    return { type: 'categorical', name: this.name, counts: this.counts, missing: this.missing, others: 0, unseen: 0 };
  }
}
