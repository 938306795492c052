/**
 * Rows of a CSV text (RFC 4180): quoted fields, doubled quotes in them, every line ending, a byte order mark; empty lines are skipped.
 * Our own because handlers are bundled: a general reader with streams and workers is most of the size of each that reads CSV.
 */
export function parseCsv(text: string): string[][] {
  const plain = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  // Nearly all files have no quotes, and then splitting is several times as fast.
  if (!plain.includes('"')) return plain.split(LINE_END).filter((line) => line !== '').map((line) => line.split(','));
  const rows: string[][] = [];
  let row: string[] = [];
  // Each match is one field and what ends it; a quote that is not at the beginning of a field is a character as any other.
  for (const [match, quoted, rest, end] of plain.matchAll(FIELD)) {
    if (match === '' && row.length === 0) break;
    row.push(quoted === undefined ? rest! : quoted.replaceAll('""', '"') + rest!);
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (end === '') break;
  }
  return rows;
}

/** One CSV line without line ending; quotes where it must. */
export function formatCsvRow(values: readonly string[]): string {
  return values.map((value) => (NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',');
}

const BYTE_ORDER_MARK = '\uFEFF';
const LINE_END = /\r\n|\n|\r/;
/** A quoted field that is never closed goes on to the end of the text. */
const FIELD = /(?:"([^"]*(?:""[^"]*)*)(?:"|$))?([^,\r\n]*)(,|\r\n|\n|\r|$)/g;
/** Delimiter, quote, line break, a space at either end, or the byte order mark, which other readers take away. */
const NEEDS_QUOTES = /[",\r\n\uFEFF]|^\s|\s$/;
