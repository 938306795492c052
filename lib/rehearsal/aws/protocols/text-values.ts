import { AwsError } from '../../kernel/aws-error';
import type { Shape, Simple } from '../shape';

/** Where a value stands decides how a timestamp is written when its shape does not say (Smithy, "HTTP binding traits"). */
export type Place = 'header' | 'query' | 'label' | 'xml' | 'form';

/** A value of a header, query parameter, label or form field. */
export function fromText(shape: Shape, text: string, place: Place): unknown {
  switch (shape.kind) {
    case 'list':
      return splitHeader(text).map((item) => fromText(shape.of, item, place));
    case 'number': {
      const number = Number(text);
      if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) throw malformed(text, 'a number');
      return number;
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw malformed(text, 'a boolean');
      return text === 'true';
    case 'bigint':
      return BigInt(text);
    case 'timestamp':
      return parseTimestamp(shape, text);
    case 'blob':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

export function toText(shape: Shape, value: unknown, place: Place): string {
  if (shape.kind === 'list') return (value as unknown[]).map((item) => quote(toText(shape.of, item, place), shape.of)).join(', ');
  if (shape.kind === 'timestamp') return formatTimestamp(shape, value as Date, place);
  if (shape.kind === 'blob') return Buffer.from(value as Uint8Array).toString('base64');
  return String(value);
}

function parseTimestamp(shape: Simple, text: string): Date {
  const epoch = shape.format === 'epoch-seconds' || /^-?\d+(\.\d+)?$/.test(text);
  const date = epoch ? new Date(Math.round(Number(text) * 1000)) : new Date(text);
  if (Number.isNaN(date.getTime())) throw malformed(text, 'a timestamp');
  return date;
}

function formatTimestamp(shape: Simple, date: Date, place: Place): string {
  switch (shape.format ?? (place === 'header' ? 'http-date' : 'date-time')) {
    case 'http-date':
      return date.toUTCString();
    case 'epoch-seconds':
      return String(date.getTime() / 1000);
    case 'date-time':
      return date.toISOString().replace('.000Z', 'Z');
  }
}

/** Header lists are separated by commas; items with commas are in quotes. */
function splitHeader(text: string): string[] {
  const items = text.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  return items.map((item) => item.trim()).map((item) => (item.startsWith('"') ? item.slice(1, -1).replaceAll(/\\(.)/g, '$1') : item));
}

function quote(text: string, shape: Shape): string {
  return shape.kind === 'string' && /[",]/.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : text;
}

function malformed(text: string, wanted: string): AwsError {
  return new AwsError('SerializationException', `'${text.slice(0, 100)}' is not ${wanted}`, 400);
}
