import { type ColumnKind, parseNumber } from '../column-bins';
import { type ColumnSample, type SampleTable } from '../samples/column-sample';
import { type FrequentValues, FrequentValuesBuilder, mergeFrequentValues } from './frequent-values';
import { mergeMoments, type Moments, MomentsBuilder } from './moments';
import { mergeSketches, type NumberSketch, NumberSketchBuilder, rankError, sketchValues } from './number-sketch';

export const FILE_PROFILE_KIND = 'file-profile';
/** Categories that are counted exactly; with more, the rare ones are lost within the stated error. */
export const FILE_CATEGORIES_MAXIMUM = 4096;
/** Longer categories are told apart by their beginning only. */
const CATEGORY_LENGTH_MAXIMUM = 512;

export type FileColumn = NumericFileColumn | CategoricalFileColumn;

export interface NumericFileColumn {
  readonly name: string;
  readonly type: 'numeric';
  /** Rows in which the column was observed. */
  readonly count: number;
  readonly missing: number;
  /** Texts, NaN and infinities. */
  readonly unseen: number;
  readonly moments: Moments;
  readonly numbers: NumberSketch;
  /** How far a rank read from `numbers` can be off, as a share of the rows; 0 = exact. */
  readonly rankError: number;
}

export interface CategoricalFileColumn {
  readonly name: string;
  readonly type: 'categorical';
  readonly count: number;
  readonly missing: number;
  readonly values: FrequentValues;
}

/** What files hold, made without knowing a baseline; plain JSON. */
export interface FileProfile {
  readonly kind: typeof FILE_PROFILE_KIND;
  readonly formatVersion: 1;
  readonly rows: number;
  readonly columns: readonly FileColumn[];
}

/** Profiles files in one pass and bounded memory: half a megabyte per column. */
export class FileProfileBuilder {
  private rows = 0;
  /** In the order given. A reader that has parsed values already adds them here and calls `addRow` once per row. */
  public readonly columns: readonly FileColumnBuilder[];

  public constructor(columns: readonly { readonly name: string; readonly type: ColumnKind }[]) {
    this.columns = columns.map(({ name, type }) => (type === 'numeric' ? new NumericColumnBuilder(name) : new CategoricalColumnBuilder(name)));
  }

  /** One row; `''` = missing, `undefined` = the column was not observed in this row. */
  public add(values: readonly (string | undefined)[]): void {
    this.rows += 1;
    for (let index = 0; index < this.columns.length; index++) {
      const value = values[index];
      if (value !== undefined) this.columns[index]!.add(value);
    }
  }

  /** A row whose values were added to the columns. */
  public addRow(): void {
    this.rows += 1;
  }

  public build(): FileProfile {
    return { kind: FILE_PROFILE_KIND, formatVersion: 1, rows: this.rows, columns: this.columns.map((column) => column.build()) };
  }
}

export interface FileColumnBuilder {
  /** A cell as text; blank = missing. */
  add(text: string): void;
  addMissing(): void;
  addNumber(value: number): void;
  addText(text: string): void;
  build(): FileColumn;
}

class NumericColumnBuilder implements FileColumnBuilder {
  private missing = 0;
  private unseen = 0;
  private count = 0;
  private readonly moments = new MomentsBuilder();
  private readonly numbers = new NumberSketchBuilder();

  public constructor(private readonly name: string) {}

  public add(text: string): void {
    if (text.trim() === '') this.addMissing();
    else this.addNumber(parseNumber(text) ?? NaN);
  }

  public addMissing(): void {
    this.count += 1;
    this.missing += 1;
  }

  public addNumber(value: number): void {
    this.count += 1;
    if (!Number.isFinite(value)) {
      this.unseen += 1;
      return;
    }
    this.moments.add(value);
    this.numbers.add(value);
  }

  public addText(_text: string): void {
    this.count += 1;
    this.unseen += 1;
  }

  public build(): NumericFileColumn {
    const numbers = this.numbers.build();
    const { name, count, missing, unseen } = this;
    return { name, type: 'numeric', count, missing, unseen, moments: this.moments.build(), numbers, rankError: rankError(numbers) };
  }
}

class CategoricalColumnBuilder implements FileColumnBuilder {
  private missing = 0;
  private count = 0;
  private readonly values = new FrequentValuesBuilder(FILE_CATEGORIES_MAXIMUM, CATEGORY_LENGTH_MAXIMUM);

  public constructor(private readonly name: string) {}

  public add(text: string): void {
    if (text.trim() === '') this.addMissing();
    else this.addText(text);
  }

  public addMissing(): void {
    this.count += 1;
    this.missing += 1;
  }

  public addNumber(value: number): void {
    this.addText(String(value));
  }

  public addText(text: string): void {
    this.count += 1;
    this.values.add(text);
  }

  public build(): CategoricalFileColumn {
    return { name: this.name, type: 'categorical', count: this.count, missing: this.missing, values: this.values.build() };
  }
}

/** @throws when the profiles have other columns */
export function mergeFileProfiles(a: FileProfile, b: FileProfile): FileProfile {
  const named = (profile: FileProfile): string => profile.columns.map(({ name, type }) => `${name} (${type})`).join(', ');
  if (named(a) !== named(b)) throw new Error(`profiles of other columns cannot be merged: ${named(a)} and ${named(b)}`);
  return { ...a, rows: a.rows + b.rows, columns: a.columns.map((column, index) => mergeFileColumns(column, b.columns[index]!)) };
}

function mergeFileColumns(a: FileColumn, b: FileColumn): FileColumn {
  const common = { count: a.count + b.count, missing: a.missing + b.missing };
  if (a.type === 'numeric' && b.type === 'numeric') {
    const numbers = mergeSketches(a.numbers, b.numbers);
    return { name: a.name, type: 'numeric', ...common, unseen: a.unseen + b.unseen, moments: mergeMoments(a.moments, b.moments), numbers, rankError: rankError(numbers) };
  }
  if (a.type !== 'categorical' || b.type !== 'categorical') throw new Error(`column ${a.name} is numeric in one profile only`);
  return { ...a, ...common, values: mergeFrequentValues(a.values, b.values, FILE_CATEGORIES_MAXIMUM) };
}

/** A profile as a sample; `precision` = the other profile of the comparison, whose buckets may be wider. */
export function fileSamples(profile: FileProfile, precision?: FileProfile): SampleTable {
  const other = new Map(precision?.columns.map((column) => [column.name, column]));
  const columns = profile.columns.map((column): ColumnSample => {
    if (column.type === 'categorical') {
      const counts = new Map(column.values.values.map(({ value, count }) => [value, count]));
      const listed = column.values.values.reduce((sum, { count }) => sum + count, 0);
      return { type: 'categorical', name: column.name, counts, missing: column.missing, others: column.count - column.missing - listed, unseen: 0 };
    }
    const twin = other.get(column.name);
    const bits = Math.max(column.numbers.droppedBits, twin?.type === 'numeric' ? twin.numbers.droppedBits : 0);
    const { name, moments, missing, unseen } = column;
    return { type: 'numeric', name, numbers: sketchValues(column.numbers, bits), moments, missing, unseen };
  });
  return { rows: profile.rows, columns };
}
