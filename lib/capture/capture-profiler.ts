import { type Baseline } from '../drift';
import { type MonitoredFeature } from './capture.contract';
import { type CaptureRecord, readCaptureLine } from './capture-reader';
import { CaptureScanner } from './capture-scanner';
import { type CaptureSummary } from './capture-summary';
import { EventIds } from './event-ids';
import { LineCutter, type LineSink } from './line-cutter';
import { SummaryBuilder } from './summary-builder';

export interface CaptureProfilerOptions {
  readonly version: number;
  readonly baseline: Baseline;
  readonly features: readonly MonitoredFeature[];
  /** ISO times, start included, end not; absent = no limit. */
  readonly start?: string;
  readonly end?: string;
  /** Events that another file of the window holds as well and that count there. */
  readonly exclude?: EventIds;
  /** ISO time of the hour that the file's folder names; records of other hours are counted. */
  readonly folderHour?: string;
  /** Longer lines are counted as bad. Default: LINE_BYTES_MAXIMUM. */
  readonly maximumLineBytes?: number;
  /** False: every line is read by JSON.parse, to compare with. */
  readonly scan?: boolean;
}

export interface ProfiledCapture {
  readonly summary: CaptureSummary;
  /** Every event of the window that was counted. */
  readonly eventIds: EventIds;
}

/** A real-time request may have 25 MB, and the response lies beside it (service quotas of SageMaker, "Maximum payload size for endpoint invocation"). */
export const LINE_BYTES_MAXIMUM = 32 * 1024 * 1024;
/** Cells that are read before they are counted: they stay in the processor's cache. */
const BATCH_CELLS = 4096;
/** A folder holds the requests of its hour; clocks may be this far apart. */
const CLOCK_TOLERANCE = 15 * 60_000;
const HOUR = 3_600_000;
const LINE_FEED = 0x0a;

/**
 * Profiles one captured file while it is read, chunk by chunk, in memory that does not depend on its size, but for 10 to 15 bytes per event.
 * The same bytes give the same summary, however they are cut. What cannot be read is counted and described, never fatal.
 */
export class CaptureProfiler implements LineSink {
  private readonly eventIds = new EventIds();
  private readonly summary: SummaryBuilder;
  private readonly scanner: CaptureScanner;
  private readonly cutter: LineCutter;
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private readonly names: readonly string[];
  private readonly start: number;
  private readonly finish: number;
  private readonly folderStart: number;
  private readonly maximumLineBytes: number;
  private readonly batchRows: number;
  private line = 0;
  private compressed = false;

  public constructor(private readonly options: CaptureProfilerOptions) {
    const { version, baseline, features, start, end, folderHour } = options;
    this.summary = new SummaryBuilder(version, baseline, features);
    this.scanner = this.summary.scanner();
    this.names = features.map(({ name }) => name);
    this.start = start === undefined ? -Infinity : Date.parse(start);
    this.finish = end === undefined ? Infinity : Date.parse(end);
    this.folderStart = folderHour === undefined ? NaN : Date.parse(folderHour);
    this.maximumLineBytes = options.maximumLineBytes ?? LINE_BYTES_MAXIMUM;
    this.cutter = new LineCutter(this.maximumLineBytes, this);
    this.batchRows = Math.ceil(BATCH_CELLS / Math.max(1, features.length));
  }

  public write(chunk: Uint8Array): void {
    this.cutter.write(chunk);
  }

  public end(): ProfiledCapture {
    this.cutter.end();
    if (this.line === 0) this.bad('the file is empty', 1);
    this.summary.addScanned(this.scanner);
    return { summary: this.summary.build(), eventIds: this.eventIds };
  }

  /** @internal */
  public lines(bytes: Buffer, from: number, to: number): void {
    const scan = this.options.scan ?? true;
    for (let p = from; p < to; ) {
      this.line += 1;
      if (scan && !this.compressed && this.scanner.scan(bytes, p)) {
        if (this.scanner.next - 1 - p > this.maximumLineBytes) this.bad(this.tooLongReason());
        else this.addScanned(bytes);
        p = this.scanner.next;
      } else {
        const feed = bytes.indexOf(LINE_FEED, p);
        this.parse(bytes.subarray(p, feed), '');
        p = feed + 1;
      }
    }
  }

  /** @internal */
  public unterminated(bytes: Buffer): void {
    this.line += 1;
    this.parse(bytes, ', and the file ends within it');
  }

  /** @internal */
  public tooLong(): void {
    this.line += 1;
    this.bad(this.tooLongReason());
  }

  private addScanned(bytes: Buffer): void {
    const { time, idFrom, idTo } = this.scanner;
    if (!this.counts(bytes, idFrom, idTo, time)) return;
    this.summary.records += 1;
    if (time > this.summary.newest) this.summary.newest = time;
    if (!this.scanner.keep()) this.summary.addUnpaired(this.line);
    if (this.scanner.rows >= this.batchRows) this.summary.addScanned(this.scanner);
  }

  /** The long way: whatever a line holds. */
  private parse(bytes: Buffer, atEnd: string): void {
    let record: CaptureRecord;
    try {
      const text = this.decode(bytes);
      if (text.trim() === '') return;
      record = readCaptureLine(text, this.names);
    } catch (error) {
      const { message } = error as Error;
      return this.bad(message === 'the line is not JSON' ? message + atEnd : message);
    }
    const id = Buffer.from(record.eventId);
    if (!this.counts(id, 0, id.length, record.inferenceTime)) return;
    // Which unseen values a profile names may depend on their order.
    this.summary.addScanned(this.scanner);
    this.summary.addRecord(record, this.line);
  }

  private decode(bytes: Buffer): string {
    if (this.line === 1 && bytes[0] === 0x1f && bytes[1] === 0x8b) this.compressed = true;
    if (this.compressed) throw new Error('the file is compressed with gzip, data capture writes plain text');
    if (bytes.length > this.maximumLineBytes) throw new Error(this.tooLongReason());
    let text: string;
    try {
      text = this.utf8.decode(bytes);
    } catch {
      throw new Error('the line is not UTF-8 text');
    }
    return this.line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  /** Whether an event is of the window, and here for the first time. */
  private counts(bytes: Uint8Array, idFrom: number, idTo: number, time: number): boolean {
    if (time < this.folderStart - CLOCK_TOLERANCE || time >= this.folderStart + HOUR + CLOCK_TOLERANCE) {
      this.summary.addMisfiled(this.line, `inferenceTime ${new Date(time).toISOString()} is not in the hour of the folder, ${this.options.folderHour}`);
    }
    if (time < this.start || time >= this.finish) {
      this.summary.outsideWindow += 1;
      return false;
    }
    if (this.options.exclude?.hasBytes(bytes, idFrom, idTo) || !this.eventIds.addBytes(bytes, idFrom, idTo)) {
      this.summary.duplicates += 1;
      return false;
    }
    return true;
  }

  private bad(reason: string, line = this.line): void {
    this.summary.addBadLine({ line, reason });
  }

  private tooLongReason(): string {
    return `the line is longer than ${this.maximumLineBytes} bytes`;
  }
}
