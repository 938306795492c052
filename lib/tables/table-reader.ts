import { curatedValue } from '../data/column-value';
import { type ColumnKind } from '../drift';
import { type ColumnChoice, type ColumnReading, inferReading, isMissing, readingOf, TYPE_SHARE } from './column-types';
import { type Cells, type Table } from './table';

/** Where the values of a column go: a profile or a sample of the kernel. */
export interface ColumnSink {
  addMissing(): void;
  addNumber(value: number): void;
  addText(text: string): void;
}

export interface ReadColumn<S> {
  readonly name: string;
  readonly type: ColumnKind;
  readonly sink: S;
}

interface Place<S> extends ReadColumn<S> {
  /** Booleans of the contract: `true`, `TRUE` and `1` are one category. */
  readonly normalize?: (text: string) => string;
  values: number;
  texts: number;
}

/** Reads files of the same columns, one after the other, into one sink per column. Columns are found by name, whatever their order. */
export class TableReader<S extends ColumnSink> {
  private readonly places = new Map<string, Place<S> | { readonly skip: string }>();
  private readonly order: Place<S>[] = [];
  /** Rows before a column's type was known: all of them missing. */
  private readonly waiting = new Map<string, number>();
  private readonly remarks = new Set<string>();
  public rows = 0;

  public constructor(
    private readonly choice: ColumnChoice,
    private readonly sink: (name: string, type: ColumnKind) => S,
  ) {}

  /** @returns the rows of the file */
  public async read(table: Table): Promise<number> {
    let rows = 0;
    for await (const batch of table.batches()) {
      rows += batch.rows;
      for (const [index, column] of table.columns.entries()) {
        const place = this.places.get(column.name);
        if (place && 'skip' in place) continue;
        const reading = place ? undefined : readingOf(column, this.choice);
        if (typeof reading === 'object') {
          this.skip(column.name, reading);
          continue;
        }
        const cells = await batch.column(index);
        if (cells) this.add(column.name, reading, cells);
      }
    }
    this.rows += rows;
    for (const { name, type } of this.columns) if (!table.columns.some((column) => column.name === name)) this.remarks.add(`column ${name} (${type}) is not in ${table.path}`);
    return rows;
  }

  /** Complete when all files were read: those of which nothing but missing values was seen are categorical. */
  public get columns(): readonly ReadColumn<S>[] {
    for (const name of [...this.waiting.keys()]) this.open(name, 'categorical');
    return this.order;
  }

  public get findings(): readonly string[] {
    const late = this.order
      .filter(({ type, values, texts }) => type === 'numeric' && texts > (1 - TYPE_SHARE) * values)
      .map(({ name, values, texts }) => `column ${name} was taken for numbers, but ${texts} of its ${values} values are none; --categorical ${name} reads them`);
    return [...this.remarks, ...late];
  }

  private add(name: string, known: ColumnKind | undefined, cells: Cells): void {
    let place = this.places.get(name);
    if (!place) {
      const reading = known ?? inferReading(name, cells);
      if (reading === undefined) {
        this.waiting.set(name, (this.waiting.get(name) ?? 0) + cells.length);
        return;
      }
      if (typeof reading === 'object') {
        this.skip(name, reading);
        return;
      }
      place = this.open(name, reading);
    }
    if (!('skip' in place)) fill(place, cells);
  }

  private open(name: string, type: ColumnKind): Place<S> {
    const sink = this.sink(name, type);
    const contracted = this.choice.contract?.columns.find((column) => column.name === name);
    const place: Place<S> = { name, type, sink, values: 0, texts: 0, ...(contracted?.type === 'boolean' ? { normalize: (text: string) => curatedValue(contracted, text) } : {}) };
    this.places.set(name, place);
    this.order.push(place);
    for (let row = this.waiting.get(name) ?? 0; row > 0; row--) sink.addMissing();
    this.waiting.delete(name);
    return place;
  }

  private skip(name: string, reading: Exclude<ColumnReading, ColumnKind>): void {
    this.places.set(name, reading);
    this.waiting.delete(name);
    if (reading.skip !== '') this.remarks.add(reading.skip);
  }
}

function fill(place: Place<ColumnSink>, cells: Cells): void {
  const { sink } = place;
  if (place.type === 'numeric') {
    if (cells instanceof Float64Array) for (let row = 0; row < cells.length; row++) addNumber(sink, cells[row]!);
    else for (const cell of cells) addNumeric(place, cell);
    place.values += cells.length;
    return;
  }
  const { normalize = (text: string): string => text } = place;
  for (const cell of cells) {
    if (typeof cell === 'string' ? cell.trim() === '' : cell === null || Number.isNaN(cell)) sink.addMissing();
    else sink.addText(normalize(String(cell)));
  }
}

/** NaN is what data frames write for a missing number. */
function addNumber(sink: ColumnSink, value: number): void {
  if (value === value) sink.addNumber(value);
  else sink.addMissing();
}

function addNumeric(place: Place<ColumnSink>, cell: string | number | null): void {
  if (typeof cell === 'number') {
    addNumber(place.sink, cell);
    return;
  }
  // An empty text is 0 to Number.
  const value = cell === null ? NaN : Number(cell);
  if (Number.isFinite(value) && (value !== 0 || cell!.trim() !== '')) place.sink.addNumber(value);
  else if (cell === null || isMissing(cell)) place.sink.addMissing();
  else {
    place.texts += 1;
    place.sink.addText(cell);
  }
}
