import type { AsyncBuffer, Compressors, DecodedArray, FileMetaData, SchemaElement } from 'hyparquet';
import { open } from 'node:fs/promises';
import { ProblemLog } from './problem-log';
import { type Cell, type Cells, type Table, type TableBatch, type TableColumn, TableError } from './table';

/** Rows of one row group: writers make groups of 10 thousand to a few million. More is a damaged or hostile file. */
const GROUP_ROWS_MAXIMUM = 2 ** 26;

/**
 * Rows of a Parquet file, one row group after the other and in it one column after the other. Columns of lists and structures are left out, and
 * said to be. A chunk that cannot be read loses the column in this row group only.
 */
export class ParquetTable implements Table {
  public readonly format = 'parquet';
  public readonly problems = new ProblemLog();
  public readonly columns: TableColumn[] = [];

  /** @throws TableError */
  public static async open(path: string): Promise<ParquetTable> {
    // Loaded when a Parquet file is read: decompressors alone are 180 kB.
    const [hyparquet, { compressors }] = await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
    const file = await fileBuffer(path);
    let metadata: FileMetaData;
    try {
      metadata = await hyparquet.parquetMetadataAsync(file);
    } catch (error) {
      await file.close();
      throw new TableError(`${path} cannot be read as Parquet: ${sentence(error)}; the file is cut off or damaged`);
    }
    return new ParquetTable(path, hyparquet, compressors, file, metadata);
  }

  private constructor(
    public readonly path: string,
    private readonly hyparquet: typeof import('hyparquet'),
    private readonly compressors: Compressors,
    private readonly file: AsyncBuffer & { close(): Promise<void> },
    private readonly metadata: FileMetaData,
  ) {
    for (const { element, children } of hyparquet.parquetSchema(metadata).children) {
      if (children.length > 0 || element.repetition_type === 'REPEATED') this.problems.remark(`column ${element.name} holds lists or structures and is not read`);
      else this.columns.push({ name: element.name, ...typeOf(element) });
    }
  }

  public get values(): number {
    return Number(this.metadata.num_rows) * this.columns.length;
  }

  public close(): Promise<void> {
    return this.file.close();
  }

  public async *batches(): AsyncGenerator<TableBatch> {
    try {
      let start = 0;
      for (const [group, { num_rows }] of this.metadata.row_groups.entries()) {
        const rows = Number(num_rows);
        if (!(rows >= 0 && rows <= GROUP_ROWS_MAXIMUM)) {
          this.problems.add(`row group ${group + 1}`, `it claims to have ${rows} rows; at most ${GROUP_ROWS_MAXIMUM} are read`);
          return;
        }
        const first = start;
        if (rows > 0) yield { rows, column: (index) => this.read(group, first, rows, this.columns[index]) };
        start += rows;
      }
    } finally {
      await this.file.close();
    }
  }

  private async read(group: number, rowStart: number, rows: number, column: TableColumn | undefined): Promise<Cells | undefined> {
    if (column === undefined) return undefined;
    const chunks: DecodedArray[] = [];
    try {
      await this.hyparquet.parquetRead({
        file: this.file,
        metadata: this.metadata,
        columns: [column.name],
        rowStart,
        rowEnd: rowStart + rows,
        compressors: this.compressors,
        parsers: PARSERS,
        onChunk: ({ columnData }) => void chunks.push(columnData as DecodedArray),
      });
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (length !== rows) throw new Error(`${length} values where ${rows} should be`);
    } catch (error) {
      this.problems.add(`row group ${group + 1}`, `${column.name} cannot be read: ${sentence(error)}`, rows);
      return [];
    }
    return cells(chunks, rows);
  }
}

/** Times as text, so that what is finer than a millisecond is not lost to `Date`. */
const PARSERS = {
  timestampFromMilliseconds: (milliseconds: bigint | number) => time(Number(milliseconds)),
  timestampFromMicroseconds: (microseconds: bigint) => time(Number(microseconds / 1000n)),
  timestampFromNanoseconds: (nanoseconds: bigint) => time(Number(nanoseconds / 1_000_000n)),
  dateFromDays: (days: number) => time(days * 86_400_000).slice(0, 10),
} as unknown as object;

function time(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString();
}

function typeOf({ type, converted_type, logical_type }: SchemaElement): Pick<TableColumn, 'type'> {
  const logical = logical_type?.type;
  if (type === 'INT96' || logical === 'TIMESTAMP' || logical === 'DATE' || /^(TIMESTAMP|DATE)/.test(converted_type ?? '')) return { type: 'timestamp' };
  if (logical === 'TIME' || converted_type?.startsWith('TIME_')) return { type: 'numeric' };
  if (converted_type === 'DECIMAL' || logical === 'FLOAT16' || type === 'DOUBLE' || type === 'FLOAT' || type === 'INT32' || type === 'INT64') return { type: 'numeric' };
  return { type: 'categorical' };
}

/** As one array; 64-bit integers as numbers, which they are in every statistic. */
function cells(chunks: readonly DecodedArray[], rows: number): Cells {
  if (chunks.length === 1 && chunks[0] instanceof Float64Array) return chunks[0];
  if (chunks.every((chunk) => ArrayBuffer.isView(chunk))) {
    const numbers = new Float64Array(rows);
    let at = 0;
    for (const chunk of chunks) {
      if (chunk instanceof BigInt64Array || chunk instanceof BigUint64Array) for (const value of chunk) numbers[at++] = Number(value);
      else {
        numbers.set(chunk as Float64Array, at);
        at += chunk.length;
      }
    }
    return numbers;
  }
  const list = new Array<Cell>(rows);
  let at = 0;
  for (const chunk of chunks) for (let index = 0; index < chunk.length; index++) list[at++] = cell(chunk[index]);
  return list;
}

function cell(value: unknown): Cell {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Reads ranges of an open file; a stream for each, as the library's own does it, takes longer than the reading. */
async function fileBuffer(path: string): Promise<AsyncBuffer & { close(): Promise<void> }> {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const length = Math.min(end, size) - start;
      if (!(length >= 0)) throw new Error(`bytes ${start} to ${end} are not in the file of ${size} bytes`);
      const buffer = new ArrayBuffer(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await handle.read(new Uint8Array(buffer, at), { position: start + at });
        if (bytesRead === 0) throw new Error('the file ends too early');
        at += bytesRead;
      }
      return buffer;
    },
    close: () => handle.close(),
  };
}

function sentence(error: unknown): string {
  return (error as Error).message.replace(/^parquet\s+/i, '').split('\n')[0]!;
}
