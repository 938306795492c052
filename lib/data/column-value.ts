import type { ContractColumn } from './data-contract.contract';

/**
 * ISO 8601 date, or date and time with `T` or a space; seconds, fraction and offset are optional, no offset means UTC.
 * `Date.parse` alone would read a time without offset in the machine's zone, and much that is no ISO text.
 */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970, or undefined when the text is no timestamp. */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const [, date, time, seconds, zone] = match;
  const midnight = midnightOf(date!);
  if (midnight === undefined) return undefined;
  if (time === undefined) return midnight;
  const hour = Number(time.slice(0, 2));
  const minute = Number(time.slice(3));
  const second = seconds === undefined ? 0 : Number(seconds.slice(1));
  if (hour > 23 || minute > 59 || second >= 60) return undefined;
  const offset = zone === undefined || zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  return midnight + ((hour * 60 + minute - offset) * 60) * 1000 + Math.round(second * 1000);
}

/** The date of the last call: rows of one file mostly share theirs, and checking a date is what takes time. */
let last: { readonly date: string; readonly midnight: number | undefined } | undefined;

function midnightOf(date: string): number | undefined {
  if (last?.date !== date) {
    const value = Date.parse(`${date}T00:00:00Z`);
    // 2001-02-30 is read as March 2nd by some engines: the date has to survive the way back.
    const midnight = !Number.isNaN(value) && new Date(value).toISOString().slice(0, 10) === date ? value : undefined;
    last = { date, midnight };
  }
  return last.midnight;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;

/** Finite number in plain decimal or scientific notation, or undefined. `0x10`, `1_000`, `Infinity` and `NaN` are no numbers in data. */
export function parseDecimal(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === '1') return true;
  return lower === 'false' || lower === '0' ? false : undefined;
}

/** True when the non-empty text is of the column's type; range and categories apart. */
export function hasType(column: ContractColumn, text: string): boolean {
  switch (column.type) {
    case 'integer':
      // Whole numbers that went through a data frame with missing values come back as `12.0`.
      return INTEGER.test(text) || (/^[+-]?\d+\.0+$/.test(text) && Number.isSafeInteger(Number(text)));
    case 'number':
      return parseDecimal(text) !== undefined;
    case 'boolean':
      return parseBoolean(text) !== undefined;
    case 'timestamp':
      return parseTimestamp(text) !== undefined;
    case 'string':
      return true;
  }
}

/** How a value is written in curated files and in requests: booleans as 1 and 0, everything else as it came. */
export function curatedValue(column: ContractColumn, text: string): string {
  if (text === '' || column.type !== 'boolean') return text;
  return parseBoolean(text) ? '1' : '0';
}

/** How the label is written: the index of a category, 1 or 0 for a boolean, else the number. */
export function curatedLabel(label: ContractColumn, text: string): string {
  return label.type === 'string' ? String((label.categories ?? []).indexOf(text)) : curatedValue(label, text);
}
