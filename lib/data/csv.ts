import Papa from 'papaparse';

/** Rows of a CSV text; quoted fields and both line endings are understood, empty lines are skipped. */
export function parseCsv(text: string): string[][] {
  return Papa.parse<string[]>(text, { skipEmptyLines: true, delimiter: ',' }).data;
}

/** One CSV line without line ending; quotes where it must. */
export function formatCsvRow(values: readonly unknown[]): string {
  return Papa.unparse([values as unknown[]], { newline: '\n' });
}
