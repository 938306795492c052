import { CsvScanner } from '../data/csv';
import { ProblemLog } from './problem-log';
import { BATCH_ROWS, type Table, type TableBatch, type TableColumn, TableError } from './table';
import { RECORD_MAXIMUM, textOf } from './text-source';

export interface CsvOptions {
  /** @default - the first row is a header unless one of its cells is a number */
  readonly header?: boolean;
  /** One character. @default - a comma, unless the first row has none and has semicolons, tabs or bars */
  readonly delimiter?: string;
  /** Lists of names for a file without header, of which the first of the right length is taken. @default - `column1`, `column2`, … */
  readonly names?: readonly (readonly string[])[];
}

/** Rows of a CSV file. A row with another number of values than the first is counted and described, and not read. */
export class CsvTable implements Table {
  public readonly format = 'csv';
  public readonly problems = new ProblemLog();
  public readonly columns: TableColumn[] = [];
  private started = false;
  private cells: string[][] = [];
  private rows = 0;

  public constructor(
    public readonly path: string,
    private readonly gzip: boolean,
    private readonly options: CsvOptions,
  ) {}

  public async *batches(): AsyncGenerator<TableBatch> {
    let scanner: CsvScanner | undefined;
    let head = '';
    for await (const text of textOf(this.path, this.gzip, this.problems)) {
      if (scanner) scanner.write(text);
      else {
        // The delimiter is told by the first line.
        head += text;
        if (!LINE.test(head.trimStart()) && head.length < RECORD_MAXIMUM) continue;
        scanner = this.scanner(head);
        scanner.write(head);
      }
      if (this.rows >= BATCH_ROWS) yield this.flush();
    }
    scanner ??= this.scanner(head);
    if (!this.started) scanner.write(head);
    scanner.end();
    if (this.rows > 0) yield this.flush();
  }

  private scanner(head: string): CsvScanner {
    const delimiter = this.options.delimiter ?? detectDelimiter(head);
    return new CsvScanner((row, line) => this.add(row, line), delimiter, {
      maximumLength: RECORD_MAXIMUM,
      onUnreadable: (line, reason) => this.problems.add(`line ${line}`, reason),
    });
  }

  private add(row: string[], line: number): void {
    if (!this.started) {
      this.started = true;
      if (this.start(row)) return;
    }
    if (row.length !== this.columns.length) {
      this.problems.add(`line ${line}`, `it has ${row.length === 1 ? '1 value' : `${row.length} values`}, expected ${this.columns.length}`);
      return;
    }
    for (let index = 0; index < row.length; index++) this.cells[index]!.push(row[index]!);
    this.rows += 1;
  }

  /** @returns whether the first row was the header */
  private start(row: readonly string[]): boolean {
    const data = row.find(isNumber);
    const header = this.options.header ?? data === undefined;
    const names = header ? row.map((name) => name.trim()) : this.options.names?.find(({ length }) => length === row.length);
    if (!header && this.options.names !== undefined && names === undefined) {
      const expected = this.options.names.map(({ length }) => length).join(' or ');
      throw new TableError(`${this.path} has no header and ${row.length} columns, but the contract names ${expected}: give the file a header, or correct the contract`);
    }
    if (!header && this.options.header === undefined) this.problems.remark(`the first row looks like data (${data}), so the file is read without a header; --header takes it as one`);
    this.columns.push(...uniqueNames(names ?? row.map(() => ''), this.problems).map((name) => ({ name })));
    this.cells = this.columns.map(() => []);
    return header;
  }

  private flush(): TableBatch {
    const { cells, rows } = this;
    this.cells = this.columns.map(() => []);
    this.rows = 0;
    return { rows, column: (index) => cells[index] };
  }
}

/** A line with its ending. */
const LINE = /[\r\n]/;

/** Outside of quotes, which may hold anything. */
function detectDelimiter(head: string): string {
  const first = head.replace(/^[\uFEFF\r\n]+/, '').split(LINE)[0]!.replace(/"[^"]*"/g, '');
  const count = (character: string): number => first.split(character).length;
  return count(',') > 1 ? ',' : ([';', '\t', '|'].filter((character) => count(character) > 1).sort((a, b) => count(b) - count(a))[0] ?? ',');
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

/** Every column has a name of its own: a nameless one its place, a doubled one a number. */
function uniqueNames(names: readonly string[], problems: ProblemLog): string[] {
  const taken = new Set<string>();
  return names.map((given, index) => {
    const wanted = given === '' ? `column${index + 1}` : given;
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}.${number}`;
    if (name !== wanted) problems.remark(`the header has ${wanted} more than once; the later ones are read as ${wanted}.2 and so on`);
    taken.add(name);
    return name;
  });
}
