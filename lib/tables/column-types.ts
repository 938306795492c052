import { parseTimestamp } from '../data/column-value';
import { type ContractColumn, columnLayout, type ContractDocument, hasRole, isNumeric } from '../data/data-contract.contract';
import { type ColumnKind, PREDICTION_COLUMN } from '../drift';
import { type Cells, type TableColumn } from './table';

/** Share of a column's values that have to be numbers before it is read as numbers; the same for times. */
export const TYPE_SHARE = 0.9;

/** How to read a column, or why it is not read. */
export type ColumnReading = ColumnKind | { readonly skip: string };

export interface ColumnChoice {
  readonly contract?: ContractDocument;
  /** Only these; every column without it. */
  readonly columns?: readonly string[];
  readonly numeric?: readonly string[];
  readonly categorical?: readonly string[];
  /** What the other side of a comparison knows. */
  readonly known?: ReadonlyMap<string, ColumnKind>;
}

/** What is known of a column before its values are looked at; undefined when they have to say it. */
export function readingOf({ name, type }: TableColumn, choice: ColumnChoice): ColumnReading | undefined {
  if (choice.columns && !choice.columns.includes(name)) return { skip: '' };
  if (choice.numeric?.includes(name)) return 'numeric';
  if (choice.categorical?.includes(name)) return 'categorical';
  const contracted = choice.contract?.columns.find((column) => column.name === name);
  if (contracted) return contractReading(contracted);
  const known = choice.known?.get(name);
  if (known) return known;
  if (choice.contract && name !== PREDICTION_COLUMN) return { skip: `column ${name} is not in the contract and is not read` };
  return type === 'timestamp' ? { skip: timestamps(name) } : type;
}

function contractReading(column: ContractColumn): ColumnReading {
  // Every row has another one: they drift by nature.
  if (hasRole(column, 'id') || hasRole(column, 'time')) return { skip: '' };
  if (column.type === 'timestamp') return { skip: timestamps(column.name) };
  return isNumeric(column) ? 'numeric' : 'categorical';
}

/** What the first values are; undefined when none is there. */
export function inferReading(name: string, cells: Cells): ColumnReading | undefined {
  if (cells instanceof Float64Array) return cells.some((value) => !Number.isNaN(value)) ? 'numeric' : undefined;
  let values = 0;
  let numbers = 0;
  let times = 0;
  for (const cell of cells) {
    if (cell === null || (typeof cell === 'string' ? isMissing(cell) : Number.isNaN(cell))) continue;
    values += 1;
    if (typeof cell === 'number' || Number.isFinite(Number(cell))) numbers += 1;
    else if (parseTimestamp(cell) !== undefined) times += 1;
  }
  if (values === 0) return undefined;
  if (numbers >= TYPE_SHARE * values) return 'numeric';
  return times >= TYPE_SHARE * values ? { skip: timestamps(name) } : 'categorical';
}

function timestamps(name: string): string {
  return `column ${name} holds times, which are new in every file, and is not read; --categorical ${name} reads it`;
}

/** Blank, or what data frames write for a missing number; in a column of categories only blanks are missing. */
export function isMissing(text: string): boolean {
  return text.trim() === '' || MISSING_NUMBER.test(text);
}

const MISSING_NUMBER = /^\s*(?:nan|na|n\/a|<na>|null|none)\s*$/i;

/** The layouts in which a file without header may have the contract's columns: as it states them, a request, curated files, scored rows. */
export function headerlessNames(contract: ContractDocument): string[][] {
  const { label, features, passthrough } = columnLayout(contract);
  const names = (columns: readonly ContractColumn[]): string[] => columns.map(({ name }) => name);
  const test = [...names(passthrough), label.name, ...names(features)];
  return [names(contract.columns), names(features), [...names(features), PREDICTION_COLUMN], [label.name, ...names(features)], test, [...test, PREDICTION_COLUMN]];
}
