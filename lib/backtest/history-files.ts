import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readCaptureLine } from '../capture/capture-reader';
import { columnLayout, type ContractDocument } from '../data/data-contract.contract';
import { PREDICTION_COLUMN } from '../drift';
import { openTable } from '../tables/open-table';
import { ProblemLog } from '../tables/problem-log';
import { BATCH_ROWS, type Cell, type Cells, type Table, TableError } from '../tables/table';
import { linesOf, textOf } from '../tables/text-source';
import { type HistoryRecord } from './history-windows';

export interface HistoryBatch {
  readonly records: readonly HistoryRecord[];
  readonly badLines: readonly { readonly line: number; readonly reason: string }[];
}

/** Files of a folder and the folders below, in the order of their names, which is that of time below `captured/…/yyyy/mm/dd/hh/`. */
export function historyFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.startsWith('_'))
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));
  return files.sort((a, b) => (a < b ? -1 : 1)).map((name) => join(path, name));
}

/**
 * Reads file after file. One that cannot be read at all is named in a sentence and passed over, as long as another can be read.
 *
 * @throws TableError when none can
 */
export async function* readHistory(path: string, contract: ContractDocument, remarks: string[] = []): AsyncGenerator<HistoryBatch & { readonly file: HistoryFile }> {
  let unreadable: TableError | undefined;
  let read = 0;
  for (const name of historyFiles(path)) {
    const file = new HistoryFile(name, contract);
    try {
      for await (const batch of file.batches()) yield { ...batch, file };
      read += 1;
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      unreadable ??= error;
      remarks.push(error.message);
    }
    const [problem] = file.problems.examples;
    if (problem) remarks.push(`${name}: ${file.problems.rows} ${file.problems.rows === 1 ? 'row was' : 'rows were'} not read, the first at ${problem.place}: ${problem.reason}`);
  }
  if (read === 0 && unreadable) throw unreadable;
}

/**
 * Rows of a file of past requests: data capture as SageMaker writes it, or a table with the contract's time column, its features by name, and
 * the column `prediction` when the scores were kept.
 */
export class HistoryFile {
  public readonly problems = new ProblemLog();

  public constructor(
    private readonly path: string,
    private readonly contract: ContractDocument,
  ) {}

  /** @throws TableError */
  public async *batches(): AsyncGenerator<HistoryBatch> {
    const features = columnLayout(this.contract).features.map(({ name }) => name);
    const names = this.contract.columns.map(({ name }) => name);
    const table = await openTable(this.path, { features, csv: { names: [names, [...names, PREDICTION_COLUMN]] } });
    if (table.format === 'data-capture') yield* this.captured(features);
    else yield* this.tabular(table, features);
  }

  private async *captured(features: readonly string[]): AsyncGenerator<HistoryBatch> {
    let records: HistoryRecord[] = [];
    let badLines: { line: number; reason: string }[] = [];
    for await (const lines of linesOf(textOf(this.path, this.path.endsWith('.gz'), this.problems), this.problems)) {
      for (const { text, number } of lines) {
        try {
          const { eventId, inferenceTime, input, output } = readCaptureLine(text, features);
          records.push({ eventId, time: inferenceTime, input, output });
        } catch (error) {
          badLines.push({ line: number, reason: (error as Error).message });
        }
      }
      if (records.length < BATCH_ROWS) continue;
      yield { records, badLines };
      records = [];
      badLines = [];
    }
    yield { records, badLines };
  }

  private async *tabular(table: Table, features: readonly string[]): AsyncGenerator<HistoryBatch> {
    const { time } = columnLayout(this.contract);
    if (!time) throw new TableError(`${this.path} is a table, and the contract has no column with role time: give the column that says when a row was predicted role: time`);
    let places: { readonly time: number; readonly features: readonly number[]; readonly prediction: number } | undefined;
    for await (const batch of table.batches()) {
      places ??= this.places(table, time.name, features);
      const times = await batch.column(places.time);
      const columns: (Cells | undefined)[] = [];
      for (const place of places.features) columns.push(await batch.column(place));
      const predictions = places.prediction < 0 ? undefined : await batch.column(places.prediction);
      const records: HistoryRecord[] = [];
      for (let row = 0; row < batch.rows; row++) {
        const at = timeOf(times?.[row] ?? null);
        if (at === undefined) this.problems.add(`row ${row + 1} of a batch`, `${time.name} is not a time: ${JSON.stringify(times?.[row] ?? null)}`);
        else records.push({ time: at, input: [columns.map((column) => textOfCell(column?.[row]))], output: predictions ? [textOfCell(predictions[row])] : undefined });
      }
      yield { records, badLines: [] };
    }
    if (table.problems.rows > 0) this.problems.add('the table', `${table.problems.rows} rows could not be read, the first at ${table.problems.examples[0]?.place}: ${table.problems.examples[0]?.reason}`, table.problems.rows);
  }

  private places(table: Table, time: string, features: readonly string[]): { time: number; features: number[]; prediction: number } {
    const names = table.columns.map(({ name }) => name);
    const missing = [time, ...features].filter((name) => !names.includes(name));
    if (missing.length > 0) throw new TableError(`${this.path} lacks ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')} of the contract; it has ${names.join(', ')}`);
    return { time: names.indexOf(time), features: features.map((name) => names.indexOf(name)), prediction: names.indexOf(PREDICTION_COLUMN) };
  }
}

/** ISO 8601, in UTC when it names no zone, or seconds or milliseconds since 1970. */
export function timeOf(cell: Cell): number | undefined {
  if (cell === null) return undefined;
  const number = typeof cell === 'number' ? cell : /^\d{9,14}(\.\d+)?$/.test(cell.trim()) ? Number(cell) : undefined;
  if (number !== undefined) return Number.isFinite(number) ? (Math.abs(number) >= 1e11 ? number : number * 1000) : undefined;
  const text = String(cell).trim();
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text) || !/\d[T ]\d/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
  const time = Date.parse(zoned);
  return Number.isNaN(time) ? undefined : time;
}

function textOfCell(cell: Cell | undefined): string {
  return cell === null || cell === undefined || Number.isNaN(cell) ? '' : String(cell);
}
