import { type TableFormat } from './table';

/** Bytes of the beginning that are looked at. */
export const HEAD_BYTES = 65536;

/** What others begin with that cannot be read, and what to do about it. */
const FOREIGN: readonly { readonly bytes: string; readonly what: string; readonly fix: string }[] = [
  { bytes: 'ORC', what: 'an ORC file', fix: 'write it as Parquet' },
  { bytes: 'Obj\x01', what: 'an Avro file', fix: 'write it as Parquet' },
  { bytes: 'ARROW1', what: 'an Arrow file', fix: 'write it as Parquet' },
  { bytes: 'PK\x03\x04', what: 'a ZIP archive or a spreadsheet', fix: 'unpack it, or save it as CSV' },
  { bytes: '\x28\xb5\x2f\xfd', what: 'compressed with Zstandard', fix: 'unpack it first, or compress with gzip' },
  { bytes: 'BZh', what: 'compressed with bzip2', fix: 'unpack it first, or compress with gzip' },
  { bytes: '\xff\xfe', what: 'text in UTF-16', fix: 'save it as UTF-8' },
  { bytes: '\xfe\xff', what: 'text in UTF-16', fix: 'save it as UTF-8' },
  { bytes: 'PARE', what: 'an encrypted Parquet file', fix: 'write it without encryption' },
];

export type DetectedFormat = TableFormat | 'gzip' | { readonly unreadable: string };

/** By the first bytes, never by the name. */
export function detectFormat(head: Uint8Array): DetectedFormat {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const begins = (bytes: string): boolean => text.subarray(0, bytes.length).equals(Buffer.from(bytes, 'latin1'));
  if (head.length === 0) return { unreadable: 'is empty' };
  if (begins('PAR1')) return 'parquet';
  if (begins('\x1f\x8b')) return 'gzip';
  for (const { bytes, what, fix } of FOREIGN) if (begins(bytes)) return { unreadable: `is ${what}: ${fix}` };
  if (head.includes(0)) return { unreadable: 'is not text: it holds zero bytes; CSV, JSON lines, data capture and Parquet can be read' };
  const first = text.toString().replace(/^\uFEFF/, '').split(/\r?\n/).find((line) => line.trim() !== '');
  if (first === undefined) return { unreadable: 'has nothing but blanks' };
  if (!/^\s*[{[]/.test(first)) return 'csv';
  // A line longer than the head is told by its keys.
  if (/^\s*\{/.test(first) && first.includes('"captureData"') && (first.includes('"endpointInput"') || first.includes('"endpointOutput"') || first.includes('"eventMetadata"'))) return 'data-capture';
  if (/^\s*\[\s*$/.test(first) || /^\s*\[\s*\{/.test(first)) return { unreadable: 'is one JSON list: write one object on each line' };
  // A CSV file may begin with a bracket as well; an object on the first line is JSON lines, broken or not.
  return /^\s*\{\s*("|\}|$)/.test(first) || isJsonList(first) ? 'json-lines' : 'csv';
}

function isJsonList(line: string): boolean {
  try {
    return Array.isArray(JSON.parse(line));
  } catch {
    return false;
  }
}
