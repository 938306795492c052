import { ProblemLog } from './problem-log';

export type TableFormat = 'csv' | 'parquet' | 'json-lines' | 'data-capture';

/** Empty and blank texts, `null` and NaN are missing. Booleans come as `true` and `false`, times in ISO 8601. */
export type Cell = string | number | null;
export type Cells = Float64Array | readonly Cell[];

export interface TableColumn {
  readonly name: string;
  /** What the file itself says about its type; text formats say nothing. */
  readonly type?: 'numeric' | 'categorical' | 'timestamp';
}

/** Some rows of a file, column by column. */
export interface TableBatch {
  readonly rows: number;
  /**
   * Cells of a column. Parquet is read when a column is asked for, so who goes through a batch column by column holds one at a time. Shorter
   * than `rows` when the file is damaged, which is then among the problems; `undefined` when the column is not in these rows.
   */
  column(index: number): Cells | undefined | Promise<Cells | undefined>;
}

/** One file of rows, whatever its format. Memory is bounded by a batch, or a row group's column in Parquet, not by the file. */
export interface Table {
  readonly format: TableFormat;
  readonly path: string;
  /** Grows while JSON lines are read, which may name a new column on any line. */
  readonly columns: readonly TableColumn[];
  /** What could not be read; complete when all batches were. */
  readonly problems: ProblemLog;
  /** Values in the file, where it says so itself. */
  readonly values?: number;
  /** For who does not read it after all. */
  close?(): Promise<void>;
  /** From the beginning of the file; once. */
  batches(): AsyncIterable<TableBatch>;
}

/** A file that cannot be read at all, in a sentence that names it. */
export class TableError extends Error {}

/** Rows per batch of formats that are not in columns. */
export const BATCH_ROWS = 8192;
