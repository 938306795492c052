import { FORMAT_VERSION } from './baseline-format';
import { type BinnedColumn, type Bins, parseNumber } from './column-bins';
import { type ColumnProfile, ColumnProfileBuilder } from './profile/profile';
import { categoricalBins, numericBins } from './samples/sample-bins';
import { weightedValues } from './statistics/weighted-values';

/** Name of the score column, always the last one. */
export const PREDICTION_COLUMN = 'prediction';

/** Rows kept for exact deciles: 20 numeric columns take 32 MB. With more rows the baseline is a pseudo-random sample of them. */
export const SAMPLE_ROWS_MAXIMUM = 200_000;

export interface ColumnBaseline extends BinnedColumn {
  /** Fixed here once; everything that is compared with the baseline is counted in these bins. */
  readonly bins: Bins;
  readonly reference: ColumnProfile;
  /** What the model was trained on, in the same bins; absent in baselines made before it was profiled, and for the prediction. */
  readonly training?: ColumnProfile;
}

/** The reference sample of one model version, as plain JSON. */
export interface Baseline {
  /** 1: numeric columns have no grid, and moments no exact sums. */
  readonly formatVersion: 1 | 2;
  /** Rows added. */
  readonly rows: number;
  /** Rows that the columns' reference profiles count: all, or a sample of them. */
  readonly sampledRows: number;
  readonly columns: readonly ColumnBaseline[];
}

/**
 * Makes the baseline from rows in one pass. The same rows in the same order give the same bytes: above the maximum the sample is drawn
 * by a hash of the row's number, which halves whenever it is full.
 */
export class BaselineBuilder {
  private rows = 0;
  private readonly kept: ColumnSample[];
  private keptRows: number[] = [];
  /** A row is kept when its hash has no bit of the mask. */
  private mask = 0;

  public constructor(private readonly columns: readonly BinnedColumn[]) {
    this.kept = columns.map((column) => new ColumnSample(column));
  }

  /** One row in the order of the columns; `''` = missing. */
  public add(values: readonly string[]): void {
    if (values.length !== this.columns.length) throw new Error(`row ${this.rows + 1} has ${values.length} values, expected ${this.columns.length}`);
    if ((rowHash(this.rows) & this.mask) === 0) {
      this.keptRows.push(this.rows);
      for (let index = 0; index < values.length; index++) this.kept[index]!.push(values[index]!);
      if (this.keptRows.length > SAMPLE_ROWS_MAXIMUM) this.halve();
    }
    this.rows += 1;
  }

  public build(): Baseline {
    return { formatVersion: FORMAT_VERSION, rows: this.rows, sampledRows: this.keptRows.length, columns: this.kept.map((column) => column.build()) };
  }

  private halve(): void {
    this.mask = this.mask * 2 + 1;
    const stays = this.keptRows.map((row) => (rowHash(row) & this.mask) === 0);
    this.keptRows = this.keptRows.filter((_, index) => stays[index]);
    for (const column of this.kept) column.filter(stays);
  }
}

/** The kept values of one column, each distinct text once. */
class ColumnSample {
  private codes: number[] = [];
  private readonly texts: string[] = [];
  private readonly codeOf = new Map<string, number>();

  public constructor(private readonly column: BinnedColumn) {}

  public push(text: string): void {
    let code = this.codeOf.get(text);
    if (code === undefined) {
      code = this.texts.length;
      this.texts.push(text);
      this.codeOf.set(text, code);
    }
    this.codes.push(code);
  }

  public filter(stays: readonly boolean[]): void {
    this.codes = this.codes.filter((_, index) => stays[index]);
  }

  public build(): ColumnBaseline {
    const bins = this.column.type === 'numeric' ? this.numericBins() : this.categoricalBins();
    const reference = new ColumnProfileBuilder(bins);
    for (const code of this.codes) reference.add(this.texts[code]!);
    return { name: this.column.name, type: this.column.type, bins, reference: reference.build() };
  }

  private numericBins(): Bins {
    const numberOf = this.texts.map((text) => (text.trim() === '' ? undefined : parseNumber(text)));
    const values = new Float64Array(this.codes.length);
    let length = 0;
    for (const code of this.codes) {
      const value = numberOf[code];
      if (value !== undefined) values[length++] = value + 0;
    }
    return numericBins(weightedValues(values.subarray(0, length)));
  }

  private categoricalBins(): Bins {
    const counts = new Map<string, number>();
    for (const code of this.codes) {
      const text = this.texts[code]!;
      if (text.trim() !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return categoricalBins(counts);
  }
}

/** Mixes the bits of a row's number (finalizer of MurmurHash3), so that a periodic order of the rows does not bias the sample. */
function rowHash(row: number): number {
  let hash = row | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
