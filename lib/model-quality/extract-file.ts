import { type BadLine } from '../capture/capture-reader';
import { type ExtractRecord } from './extract-record';

/** Records are filed by the first byte of their id's hash. */
export const BUCKETS = 256;
const EXAMPLES = 5;

/** First line of an extract. */
export interface ExtractHeader {
  readonly records: number;
  readonly badLines: number;
  readonly examples: readonly string[];
  /** Where each bucket's line begins, in bytes behind the header's line, and where the last one ends. */
  readonly offsets: readonly number[];
}

/** Collects the records of some files; the same files in whatever order give the same bytes. */
export class ExtractBuilder {
  private readonly buckets: ExtractRecord[][] = Array.from({ length: BUCKETS }, () => []);
  private records = 0;
  private badLines = 0;
  private readonly examples: string[] = [];

  public add(record: ExtractRecord): void {
    this.buckets[parseInt(record[0].slice(0, 2), 16)]!.push(record);
    this.records += 1;
  }

  public addBadLine(key: string, { line, reason }: BadLine): void {
    this.badLines += 1;
    this.examples.push(`${key}:${line}: ${reason}`);
    if (this.examples.length > 4 * EXAMPLES) this.cutExamples();
  }

  /** One line of JSON per bucket behind the header, sorted by the hash. */
  public build(): string {
    this.cutExamples();
    const lines = this.buckets.map((records) => `${JSON.stringify(records.map((record) => [record, JSON.stringify(record)] as const).sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([record]) => record))}\n`);
    const offsets = [0];
    for (const line of lines) offsets.push(offsets[offsets.length - 1]! + Buffer.byteLength(line));
    const header: ExtractHeader = { records: this.records, badLines: this.badLines, examples: this.examples, offsets };
    return `${JSON.stringify(header)}\n${lines.join('')}`;
  }

  private cutExamples(): void {
    this.examples.sort();
    this.examples.length = Math.min(EXAMPLES, this.examples.length);
  }
}

/** A header is shorter: 257 numbers and some sentences. */
export const HEADER_BYTES_MAXIMUM = 16_384;

/** @returns the header, and the length of its line in bytes. @throws when the bytes hold no whole header */
export function readHeader(bytes: Uint8Array): { readonly header: ExtractHeader; readonly length: number } {
  const end = bytes.indexOf(10);
  if (end < 0) throw new Error('the extract has no header');
  return { header: JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as ExtractHeader, length: end + 1 };
}

/** Records of the lines of some buckets. */
export function readBuckets<T extends ExtractRecord>(text: string): T[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as T[])));
}
