import { AwsError } from '../../kernel/aws-error';
import type { ObjectVersion } from './bucket';

const failed = (): AwsError => new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

/** S3 User Guide, "How to prevent object overwrites with conditional writes". */
export function checkWrite(current: ObjectVersion | undefined, input: Record<string, any>): void {
  if (input.IfNoneMatch !== undefined) {
    if (input.IfNoneMatch !== '*') throw new AwsError('NotImplemented', 'If-None-Match of a write must be *', 501);
    if (current) throw failed();
  }
  if (input.IfMatch !== undefined) {
    if (!current) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    if (!sameTag(input.IfMatch, current.etag)) throw failed();
  }
}

/** RFC 9110, section 13, in the order that GetObject documents. */
export function checkRead(version: ObjectVersion, input: Record<string, any>): void {
  const seconds = Math.floor(version.lastModified / 1000) * 1000;
  if (input.IfMatch !== undefined && !sameTag(input.IfMatch, version.etag)) throw failed();
  if (input.IfMatch === undefined && input.IfUnmodifiedSince instanceof Date && seconds > input.IfUnmodifiedSince.getTime()) throw failed();
  const notModified = new AwsError('NotModified', 'Not Modified', 304);
  if (input.IfNoneMatch !== undefined && sameTag(input.IfNoneMatch, version.etag)) throw notModified;
  if (input.IfNoneMatch === undefined && input.IfModifiedSince instanceof Date && seconds <= input.IfModifiedSince.getTime()) throw notModified;
}

function sameTag(wanted: string, etag: string): boolean {
  return wanted === '*' || wanted.replaceAll('"', '') === etag.replaceAll('"', '');
}

/** `bytes=0-99`, `bytes=100-`, `bytes=-5` → first and last byte. @throws AwsError InvalidRange */
export function parseRange(range: string, size: number): { first: number; last: number } {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range);
  const invalid = new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  if (!match || (match[1] === '' && match[2] === '')) throw invalid;
  const first = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  if (first > last || first >= size) throw invalid;
  return { first, last };
}
