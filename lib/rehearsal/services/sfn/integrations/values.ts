import type { Shape } from '../../../aws/shape';
import { bodyBytes } from '../s3-calls';

/** How a result shows timestamps: optimized integrations as milliseconds since 1970, AWS SDK integrations as ISO 8601 text. */
export type Dates = 'milliseconds' | 'text';

/**
 * Result of an SDK call as JSON: bytes and streams as text, members without a value left out, members in PascalCase whatever the API's own
 * spelling (Step Functions guide, "AWS SDK service integrations", API naming conventions).
 */
export async function toJson(value: unknown, shape: Shape | undefined, dates: Dates): Promise<unknown> {
  if (value instanceof Date) return dates === 'milliseconds' ? value.getTime() : value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array || isStream(value)) return Buffer.from(await bodyBytes(value)).toString('utf8');
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await toJson(item, shape?.kind === 'list' ? shape.of : undefined, dates));
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    const members: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined || key === '$metadata') continue;
      const isMember = shape?.kind === 'structure';
      const of = isMember ? shape.members.get(key) : shape?.kind === 'map' ? shape.of : undefined;
      members[isMember ? capital(key) : key] = await toJson(member, of, dates);
    }
    return members;
  }
  return value;
}

/** Arguments of a state as the SDK takes them: the API's own spelling of members, Date for timestamps, bytes for blobs. */
export function toSdk(value: unknown, shape: Shape | undefined): unknown {
  if (shape?.kind === 'timestamp' && typeof value === 'string') return new Date(value);
  if (shape?.kind === 'blob' && value !== undefined) return Buffer.from(asText(value));
  if (Array.isArray(value)) return value.map((item) => toSdk(item, shape?.kind === 'list' ? shape.of : undefined));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (shape?.kind === 'map') return [key, toSdk(member, shape.of)];
      const name = shape?.kind === 'structure' ? memberName(shape, key) : undefined;
      return name === undefined ? [key, member] : [name, toSdk(member, (shape as { members: ReadonlyMap<string, Shape> }).members.get(name))];
    }),
  );
}

/** The API's spelling of a member that the state machine spells in PascalCase. */
export function memberName(shape: { members: ReadonlyMap<string, Shape> }, key: string): string | undefined {
  return [key, key[0]!.toLowerCase() + key.slice(1)].find((name) => shape.members.has(name));
}

/** A JSON value where the API takes text: objects are serialized, text stays. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function capital(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}

function isStream(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('transformToByteArray' in value || Symbol.asyncIterator in value);
}
