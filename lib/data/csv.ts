/**
 * CSV (RFC 4180): quoted fields, doubled quotes in them, every line ending and several in one file, a byte order mark; empty lines are skipped.
 *
 * Our own, measured against the libraries (docs/adr/0010): papaparse and udsv take one line ending for a whole file, so that a file put
 * together from two systems becomes one long row without an error; udsv reads no file of one line; csv-parse, told every line ending, is right
 * but a seventh as fast and 32 kB of each handler. Data capture has one text per request, and there papaparse takes three times as long.
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const scanner = new CsvScanner((row) => rows.push(row));
  scanner.write(text);
  scanner.end();
  return rows;
}

/** One CSV line without line ending; quotes where it must. */
export function formatCsvRow(values: readonly string[]): string {
  return values.map((value) => (NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',');
}

/** Calls back for each record of a text that comes in pieces, cut anywhere. */
export class CsvScanner {
  private text = '';
  private started = false;
  /** Of the record that is being read; 1 is the first. */
  private line = 1;
  /** Length of the text from which on it is worth looking again for the end of a long record: keeps the work linear. */
  private enough = 0;

  public constructor(
    private readonly onRecord: (values: string[], line: number) => void,
    private readonly delimiter = ',',
    private readonly options: {
      /** Characters of a record; what is longer is told and its first line passed over. @default - no limit */
      readonly maximumLength?: number;
      /** A record whose quote is never closed is told and its first line passed over. @default - it goes on to the end */
      readonly onUnreadable?: (line: number, reason: string) => void;
    } = {},
  ) {}

  public write(text: string): void {
    this.text += text;
    if (!this.started && this.text !== '') {
      this.started = true;
      if (this.text.startsWith(BYTE_ORDER_MARK)) this.text = this.text.slice(1);
    }
    if (this.text.length < this.enough) return;
    const { maximumLength = Infinity } = this.options;
    this.consume(false);
    while (this.text.length > maximumLength) {
      this.passOver(`a record is longer than ${maximumLength} characters: is a quote never closed?`);
      this.consume(false);
    }
    this.enough = Math.min(2 * this.text.length, maximumLength + 1);
  }

  public end(): void {
    this.consume(true);
    while (this.text !== '') {
      this.passOver('a quote is never closed');
      this.consume(true);
    }
  }

  private passOver(reason: string): void {
    this.options.onUnreadable?.(this.line, reason);
    const end = LINE_END.exec(this.text);
    this.text = end === null ? '' : this.text.slice(end.index + end[0].length);
    this.line += 1;
  }

  /** Reads complete records and keeps the rest. */
  private consume(last: boolean): void {
    this.text = this.text.slice(this.text.includes('"') ? this.consumeQuoted(this.text, last) : this.consumePlain(this.text, last));
  }

  /** Most files have no quotes, and then splitting is several times as fast. */
  private consumePlain(text: string, last: boolean): number {
    // A carriage return at the end may be the first half of a line ending.
    const end = last ? text.length : Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2)) + 1;
    if (end === 0) return 0;
    const lines = text.slice(0, end).split(LINE_END);
    // What follows the last line ending is no line.
    if (lines[lines.length - 1] === '') lines.pop();
    for (const line of lines) {
      if (line !== '') this.onRecord(line.split(this.delimiter), this.line);
      this.line += 1;
    }
    return end;
  }

  /** @returns where the first unfinished record begins */
  private consumeQuoted(text: string, last: boolean): number {
    const { length } = text;
    const delimiters = new Search(text, this.delimiter);
    const lineFeeds = new Search(text, '\n');
    const carriageReturns = new Search(text, '\r');
    let record = 0;
    let at = 0;
    let row: string[] = [];
    let breaks = 0;
    while (at < length || row.length > 0) {
      let quoted = '';
      if (text.charCodeAt(at) === QUOTE) {
        let close = closingQuote(text, at + 1, last);
        if (close === undefined) {
          if (!last || this.options.onUnreadable) break;
          close = length;
        }
        quoted = text.slice(at + 1, close);
        at = Math.min(close + 1, length);
        breaks += lineBreaks(quoted);
        if (quoted.includes('"')) quoted = quoted.replaceAll('""', '"');
      }
      // A quote that is not at the beginning of a field is a character as any other.
      const end = Math.min(delimiters.from(at), lineFeeds.from(at), carriageReturns.from(at));
      const code = text.charCodeAt(end);
      // What ends the field, or the second half of a line ending, may be in the next piece.
      if (!last && (end === length || (code === CARRIAGE_RETURN && end === length - 1))) break;
      const rest = text.slice(at, end);
      row.push(quoted === '' ? rest : quoted + rest);
      at = end + 1;
      if (end === delimiters.from(end) && end < length) continue;
      if (code === CARRIAGE_RETURN && text.charCodeAt(at) === LINE_FEED) at += 1;
      if (row.length > 1 || row[0] !== '') this.onRecord(row, this.line);
      this.line += 1 + breaks;
      row = [];
      breaks = 0;
      record = at;
    }
    return record;
  }
}

/** The next place of a character, looked for once until it is passed. */
class Search {
  private place = -1;

  public constructor(
    private readonly text: string,
    private readonly character: string,
  ) {}

  /** @returns the text's length when there is none */
  public from(at: number): number {
    if (this.place < at) {
      const found = this.text.indexOf(this.character, at);
      this.place = found < 0 ? this.text.length : found;
    }
    return this.place;
  }
}

/** @returns undefined when the text ends before it is clear where the quote is closed */
function closingQuote(text: string, from: number, last: boolean): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (at === text.length - 1) return last ? at : undefined;
    if (text.charCodeAt(at + 1) !== QUOTE) return at;
  }
  return undefined;
}

function lineBreaks(text: string): number {
  return text.includes('\n') || text.includes('\r') ? text.split(LINE_END).length - 1 : 0;
}

const BYTE_ORDER_MARK = '\uFEFF';
const LINE_END = /\r\n|\n|\r/;
const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Delimiter, quote, line break, a space at either end, or the byte order mark, which other readers take away. */
const NEEDS_QUOTES = /[",\r\n\uFEFF]|^\s|\s$/;
