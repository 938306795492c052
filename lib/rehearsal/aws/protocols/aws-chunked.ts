import { AwsError } from '../../kernel/aws-error';

export interface Unchunked {
  readonly body: Uint8Array;
  /** Header names in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * `Content-Encoding: aws-chunked`: chunks `hex-size[;chunk-signature=…]CRLF data CRLF`, a chunk of size 0, then trailing headers with the
 * checksum (S3 API Reference, "Transferring payload in multiple chunks"). Signatures are not verified.
 */
export function unchunk(encoded: Uint8Array): Unchunked {
  const buffer = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const end = buffer.indexOf('\r\n', position);
    const size = end < 0 ? NaN : parseInt(buffer.toString('latin1', position, end).split(';')[0]!, 16);
    if (Number.isNaN(size)) throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly', 400);
    position = end + 2;
    if (size === 0) return { body: Buffer.concat(chunks), trailers: trailersOf(buffer.toString('latin1', position)) };
    chunks.push(buffer.subarray(position, position + size));
    position += size + 2;
  }
}

function trailersOf(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
}
