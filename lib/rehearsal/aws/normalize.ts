import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import type { Shape, Structure } from './shape';

/**
 * The SDK takes text for any blob and leaves out what is null or undefined; a service sees bytes and only what is set, and so does who
 * reads an answer. Bytes have the SDK's `transformToString`.
 */
export function normalize(structure: Structure, value: Record<string, unknown>): Record<string, any> {
  return normalizeShape(structure, value) as Record<string, any>;
}

function normalizeShape(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'structure': {
      const result: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
        if (member !== undefined && member !== null) result[name] = normalizeShape(shape.members.get(name)!, member);
      }
      return result;
    }
    case 'list':
      return (value as unknown[]).map((item) => (item === null || item === undefined ? item : normalizeShape(shape.of, item)));
    case 'map': {
      const entries = Object.entries(value as Record<string, unknown>).filter(([, item]) => item !== undefined && item !== null);
      return Object.fromEntries(entries.map(([key, item]) => [key, normalizeShape(shape.of, item)]));
    }
    case 'blob':
      return asBytes(value);
    default:
      return value;
  }
}

/** Anything but text and bytes (a stream) stays what it is. */
export function asBytes(value: unknown): unknown {
  if (typeof value === 'string') return Uint8ArrayBlobAdapter.mutate(new Uint8Array(Buffer.from(value, 'utf8')));
  if (value instanceof ArrayBuffer) return Uint8ArrayBlobAdapter.mutate(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return Uint8ArrayBlobAdapter.mutate(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return value;
}
