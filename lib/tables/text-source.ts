import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { type ProblemLog } from './problem-log';
import { TableError } from './table';

/** Small pieces: a text cut out of one keeps the whole piece in memory. */
const CHUNK_BYTES = 65536;
/** A record longer than this is no record. */
export const RECORD_MAXIMUM = 16 * 1024 * 1024;

/** Text of a file in pieces, unpacked when it is compressed. */
export async function* textOf(path: string, gzip: boolean, problems: ProblemLog): AsyncGenerator<string> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const bytes = gzip ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : file;
  // `pipe` does not hand on what goes wrong while reading.
  if (gzip) file.on('error', (error) => bytes.destroy(error));
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  try {
    for await (const chunk of bytes) yield checked(decoder.decode(chunk as Buffer, { stream: true }), problems);
    yield checked(decoder.decode(), problems);
  } catch (error) {
    if (!gzip || !isGzipError(error)) throw new TableError(`${path} cannot be read: ${(error as Error).message}`);
    // What came before the damage was good.
    problems.add('the end of the file', `the compressed data is damaged or cut off (${(error as Error).message})`);
    yield checked(decoder.decode(), problems);
  } finally {
    file.destroy();
  }
}

/** Lines with their numbers, blank ones left out. */
export async function* linesOf(texts: AsyncIterable<string>, problems: ProblemLog): AsyncGenerator<readonly { readonly text: string; readonly number: number }[]> {
  let rest: string[] = [];
  let length = 0;
  let number = 0;
  const read = (text: string): { text: string; number: number }[] => {
    const lines: { text: string; number: number }[] = [];
    for (const line of text.split('\n')) {
      number += 1;
      if (length > RECORD_MAXIMUM) problems.add(`line ${number}`, `it is longer than ${RECORD_MAXIMUM} characters`);
      else if (line.trim() !== '') lines.push({ text: line, number });
      length = 0;
    }
    return lines;
  };
  for await (const text of texts) {
    const end = text.lastIndexOf('\n');
    // Of a line that is too long only its length is kept.
    if (end < 0) {
      length += text.length;
      if (length <= RECORD_MAXIMUM) rest.push(text);
      else rest = [];
      continue;
    }
    const first = text.indexOf('\n');
    length += first;
    rest.push(text.slice(0, end));
    const complete = rest.join('');
    const lines = read(complete);
    rest = [text.slice(end + 1)];
    length = text.length - end - 1;
    if (lines.length > 0) yield lines;
  }
  if (length > 0) {
    const lines = read(rest.join(''));
    if (lines.length > 0) yield lines;
  }
}

function checked(text: string, problems: ProblemLog): string {
  if (text.includes('\uFFFD')) problems.remark('some bytes are not UTF-8; they are read as \uFFFD');
  return text;
}

function isGzipError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code.startsWith('Z_');
}
