import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { type EventIds } from '../capture/event-ids';
import { CaptureTable } from './capture-table';
import { type CsvOptions, CsvTable } from './csv-table';
import { detectFormat, HEAD_BYTES } from './detect-format';
import { JsonLinesTable } from './json-lines-table';
import { ParquetTable } from './parquet-table';
import { type Table, TableError, type TableFormat } from './table';

export interface TableOptions {
  /** @default - told by the first bytes */
  readonly format?: TableFormat;
  readonly csv?: CsvOptions;
  /** Names of the columns of captured requests. @default - those of the first request */
  readonly features?: readonly string[];
  /** Events of other captured files, which count there. */
  readonly seen?: EventIds;
}

/** Opens a file for reading. @throws TableError in a sentence that names the file */
export async function openTable(path: string, options: TableOptions = {}): Promise<Table> {
  let head = await headOf(path);
  let detected = detectFormat(head);
  const gzip = detected === 'gzip';
  if (gzip) {
    head = await unpacked(path, head);
    detected = detectFormat(head);
    if (detected === 'parquet') throw new TableError(`${path} is Parquet compressed with gzip: unpack it; Parquet compresses inside`);
    if (detected === 'gzip') throw new TableError(`${path} is compressed twice: unpack it once`);
  }
  // What is text can be said to be another text; bytes that are no text cannot.
  if (typeof detected === 'object') throw new TableError(`${path} ${detected.unreadable}`);
  const format = options.format ?? (detected as TableFormat);
  if ((format === 'parquet') !== (detected === 'parquet')) throw new TableError(`${path} is ${detected === 'parquet' ? '' : 'not '}Parquet: leave --format out, or correct it`);
  switch (format) {
    case 'parquet':
      return ParquetTable.open(path);
    case 'data-capture':
      return new CaptureTable(path, gzip, options.features, options.seen);
    case 'json-lines':
      return new JsonLinesTable(path, gzip);
    case 'csv':
      return new CsvTable(path, gzip, options.csv ?? {});
  }
}

async function headOf(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder: name its files' : code === 'EACCES' ? 'may not be read by you' : `cannot be read: ${message}`;
    throw new TableError(`${path} ${reason}`);
  }
}

/** As much as comes out of the head. @throws TableError */
async function unpacked(path: string, head: Buffer): Promise<Buffer> {
  const gunzip = createGunzip();
  const chunks: Buffer[] = [];
  let length = 0;
  gunzip.write(head);
  gunzip.end();
  try {
    for await (const chunk of gunzip) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= HEAD_BYTES) break;
    }
  } catch (error) {
    // The head ends in the middle of the data.
    if (chunks.length === 0) throw new TableError(`${path} begins as gzip and cannot be unpacked: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}
