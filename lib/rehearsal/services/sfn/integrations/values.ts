import { bodyBytes } from '../s3-calls';

/** How a result shows timestamps: optimized integrations as milliseconds since 1970, AWS SDK integrations as ISO 8601 text. */
export type Dates = 'milliseconds' | 'text';

/** Result of an SDK call as JSON: bytes and streams as text, members without a value left out. */
export async function toJson(value: unknown, dates: Dates, pascalCase = false): Promise<unknown> {
  if (value instanceof Date) return dates === 'milliseconds' ? value.getTime() : value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array || isStream(value)) return Buffer.from(await bodyBytes(value)).toString('utf8');
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await toJson(item, dates, pascalCase));
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    const members: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined || key === '$metadata') continue;
      members[pascalCase ? key[0]!.toUpperCase() + key.slice(1) : key] = await toJson(member, dates, pascalCase);
    }
    return members;
  }
  return value;
}

/** Arguments in PascalCase for an API whose members are in camelCase. */
export function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key[0]!.toLowerCase() + key.slice(1), toCamelCase(member)]));
}

/** Names of members that are timestamps in the APIs of the AWS SDK integrations known here. */
const TIMESTAMP = /(?:Time|Timestamp|Date|After|Before)$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** State machines write timestamps as text; SDK clients take Date. */
export function withDates(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && TIMESTAMP.test(key) && RFC_3339.test(value)) return new Date(value);
  if (Array.isArray(value)) return value.map((item) => withDates(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDates(member, name)]));
}

/** A JSON value where the API takes text: objects are serialized, text stays. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isStream(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('transformToByteArray' in value || Symbol.asyncIterator in value);
}
