import { ProblemLog } from './problem-log';
import { ColumnPlaces, RowBatch } from './row-batch';
import { BATCH_ROWS, type Cell, type Table, type TableBatch, type TableColumn } from './table';
import { linesOf, textOf } from './text-source';

/** A file that names a new column on every line would fill the memory. */
const COLUMNS_MAXIMUM = 10_000;

/** One JSON object, or list of values, on each line. A line that is neither is counted and described. */
export class JsonLinesTable implements Table {
  public readonly format = 'json-lines';
  public readonly problems = new ProblemLog();
  public readonly columns: TableColumn[] = [];

  public constructor(
    public readonly path: string,
    private readonly gzip: boolean,
  ) {}

  public async *batches(): AsyncGenerator<TableBatch> {
    const places = new ColumnPlaces(this.columns, COLUMNS_MAXIMUM);
    let batch = new RowBatch();
    for await (const lines of linesOf(textOf(this.path, this.gzip, this.problems), this.problems)) {
      for (const { text, number } of lines) {
        const row = this.read(text, number);
        if (row === undefined) continue;
        const cells: [number, Cell][] = [];
        for (const [name, value] of row) {
          const place = places.of(name);
          if (place === undefined) this.problems.remark(`there are more than ${COLUMNS_MAXIMUM} columns; the others are not read`);
          else cells.push([place, cellOf(value)]);
        }
        batch.add(cells);
      }
      if (batch.rows >= BATCH_ROWS) {
        yield batch.build();
        batch = new RowBatch();
      }
    }
    if (batch.rows > 0) yield batch.build();
  }

  private read(text: string, number: number): Iterable<[string, unknown]> | undefined {
    let value: unknown;
    try {
      value = JSON.parse(number === 1 ? text.replace(/^\uFEFF/, '') : text);
    } catch {
      this.problems.add(`line ${number}`, 'it is not JSON');
      return undefined;
    }
    if (typeof value !== 'object' || value === null) {
      this.problems.add(`line ${number}`, 'it is neither an object nor a list');
      return undefined;
    }
    return Array.isArray(value) ? value.map((element, index): [string, unknown] => [`column${index + 1}`, element]) : Object.entries(value);
  }
}

/** What is nested is compared as text. */
export function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
