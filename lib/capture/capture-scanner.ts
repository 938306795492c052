import { type ByteSource, byteSource, ByteTemplate, ByteText, endOfText } from './byte-template';
import { parseInferenceTime } from './capture-time';
import { ScannedCells } from './scanned-cells';

const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_N = 0x6e;
const ZERO = 0x30;
const HOUR_LENGTH = '2001-02-05T10:'.length;

export interface ScannerOptions {
  /** For each column of the request whether it is read as numbers. */
  readonly numericColumns: readonly boolean[];
  readonly numericPrediction: boolean;
  /** A text among numbers at the beginning of a request may be a header, which is not read here. */
  readonly names: ReadonlySet<string>;
}

/**
 * Reads lines of data capture from the bytes, without JSON.parse: four to six times as fast. It understands one shape, the usual one: keys
 * as SageMaker orders them, both sides CSV, as many columns as the contract has, printable ASCII, no escape but that of a line end.
 * Anything else on a line, whatever it is, makes `scan` return false, and the caller reads that line by JSON.parse; what is accepted here
 * means exactly the same there, which test/pure/capture-scanner.test.ts tries with lines of every kind.
 */
export class CaptureScanner {
  /** Rows that were kept, cell by cell, and their predictions, of which there are fewer when a response did not have one for each row. */
  public readonly inputs = new ScannedCells();
  public readonly outputs = new ScannedCells();
  public rows = 0;
  public predictions = 0;
  /** Of the line that was read last. */
  public idFrom = 0;
  public idTo = 0;
  public time = 0;
  /** Where the line after it begins. */
  public next = 0;
  private lineRows = 0;
  private linePredictions = 0;
  private readonly input = new ByteTemplate('{"captureData":{"endpointInput":{"observedContentType":"', '","mode":"INPUT","data":"');
  private readonly output = new ByteTemplate('","encoding":"CSV"},"endpointOutput":{"observedContentType":"', '","mode":"OUTPUT","data":"');
  private source: ByteSource = byteSource(Buffer.alloc(0));
  private hour: ByteText | undefined;
  private hourTime = NaN;

  public constructor(private readonly options: ScannerOptions) {}

  /** Whether the line at `bytes[from]` was understood. A line feed must follow in `bytes`. */
  public scan(bytes: Buffer, from: number): boolean {
    if (bytes !== this.source.bytes) this.source = byteSource(bytes);
    const { source } = this;
    let p = this.input.match(source, from);
    if (p < 0) return false;
    p = this.readRows(bytes, p);
    if (p < 0) return false;
    p = this.output.match(source, p);
    if (p < 0) return false;
    p = this.readPredictions(bytes, p);
    return p >= 0 && this.readMetadata(source, p);
  }

  /** Adds the rows of the line that was read last to those that are kept. @returns false when the response has another number of rows */
  public keep(): boolean {
    this.rows += this.lineRows;
    const paired = this.linePredictions === this.lineRows;
    if (paired) this.predictions += this.linePredictions;
    return paired;
  }

  /** Forgets the rows. */
  public clear(): void {
    this.rows = 0;
    this.predictions = 0;
  }

  /** Position of the quote behind the data, or -1. */
  private readRows(bytes: Buffer, from: number): number {
    const { numericColumns, names } = this.options;
    const columns = numericColumns.length;
    if (columns === 0) return -1;
    const first = this.rows * columns;
    let cell = first;
    let p = from;
    for (;;) {
      p = lineEnds(bytes, p);
      if (p < 0) return -1;
      if (bytes[p] === QUOTE) break;
      for (let column = 0; ; column++) {
        if (column === columns) return -1;
        p = this.inputs.read(bytes, p, cell, numericColumns[column]!);
        if (p < 0) return -1;
        cell += 1;
        if (bytes[p] !== COMMA) {
          if (column !== columns - 1) return -1;
          break;
        }
        p += 1;
      }
    }
    // NaN: the cell is a text.
    if (cell > first && Number.isNaN(this.inputs.values[first]) && names.has(this.inputs.texts[first]!)) return -1;
    this.lineRows = (cell - first) / columns;
    return p;
  }

  /** The same for a response: a number on each line, or all on one. */
  private readPredictions(bytes: Buffer, from: number): number {
    let cell = this.predictions;
    let p = from;
    for (;;) {
      p = lineEnds(bytes, p);
      if (p < 0) return -1;
      if (bytes[p] === QUOTE) break;
      for (;;) {
        p = this.outputs.read(bytes, p, cell, this.options.numericPrediction);
        if (p < 0) return -1;
        cell += 1;
        if (bytes[p] !== COMMA) break;
        p += 1;
      }
    }
    this.linePredictions = cell - this.predictions;
    return p;
  }

  private readMetadata(source: ByteSource, from: number): boolean {
    const { view } = source;
    if (!METADATA.isAt(view, from)) return false;
    this.idFrom = from + METADATA.length;
    this.idTo = endOfText(source, this.idFrom);
    if (this.idTo < 0) return false;
    let p = this.idTo;
    if (INFERENCE_ID.isAt(view, p)) {
      p = endOfText(source, p + INFERENCE_ID.length);
      if (p < 0) return false;
    }
    if (!INFERENCE_TIME.isAt(view, p)) return false;
    p = this.readTime(source, p + INFERENCE_TIME.length);
    if (p < 0 || !LINE_END.isAt(view, p)) return false;
    this.next = p + LINE_END.length;
    return true;
  }

  /** `2001-02-05T10:25:49Z`. Position behind it, or -1. The hour is remembered: lines lie side by side in time. */
  private readTime(source: ByteSource, from: number): number {
    const { bytes } = source;
    const p = from + HOUR_LENGTH;
    if (!this.hour?.isAt(source.view, from) && !this.readHour(bytes, from)) return -1;
    const minute = twoDigits(bytes, p);
    const second = twoDigits(bytes, p + 3);
    if (minute < 0 || minute > 59 || second < 0 || second > 59 || bytes[p + 2] !== COLON || bytes[p + 5] !== UPPER_Z) return -1;
    this.time = this.hourTime + (minute * 60 + second) * 1000;
    return p + 6;
  }

  private readHour(bytes: Buffer, from: number): boolean {
    const text = bytes.toString('latin1', from, from + HOUR_LENGTH);
    if (!/^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):$/.test(text)) return false;
    try {
      this.hourTime = parseInferenceTime(`${text}00:00Z`);
    } catch {
      return false;
    }
    this.hour = new ByteText(bytes.subarray(from, from + HOUR_LENGTH));
    return true;
  }
}

const METADATA = new ByteText(Buffer.from('","encoding":"CSV"}},"eventMetadata":{"eventId":"'));
const INFERENCE_ID = new ByteText(Buffer.from('","inferenceId":"'));
const INFERENCE_TIME = new ByteText(Buffer.from('","inferenceTime":"'));
const LINE_END = new ByteText(Buffer.from('"},"eventVersion":"0"}\n'));
const COLON = 0x3a;
const UPPER_Z = 0x5a;

/** Position behind any number of escaped line ends: empty lines of CSV are no rows. -1 for another escape. */
function lineEnds(bytes: Uint8Array, from: number): number {
  let p = from;
  while (bytes[p] === BACKSLASH) {
    if (bytes[p + 1] !== LOWER_N) return -1;
    p += 2;
  }
  return p;
}

function twoDigits(bytes: Uint8Array, p: number): number {
  const ten = bytes[p]! - ZERO;
  const one = bytes[p + 1]! - ZERO;
  return ten >= 0 && ten <= 9 && one >= 0 && one <= 9 ? ten * 10 + one : -1;
}
