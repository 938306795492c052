import Papa from 'papaparse';

/** Rows of a CSV text; quoted fields and both line endings are understood, empty lines are skipped. */
export function parseCsv(text: string): string[][] {
  return Papa.parse<string[]>(text, { skipEmptyLines: true, delimiter: ',' }).data;
}

/** One CSV line without line ending; quotes where it must. */
export function formatCsvRow(values: readonly string[]): string {
  // Nearly all rows need no quotes; for these the library's careful writer would take most of the time of preparing data.
  return values.some((value) => NEEDS_QUOTES.test(value)) ? Papa.unparse([values as string[]], { newline: '\n' }) : values.join(',');
}

/** Delimiter, quote, line break, a space at either end, or the byte order mark, which the writer quotes as well. */
const NEEDS_QUOTES = /[",\r\n\uFEFF]|^\s|\s$/;
