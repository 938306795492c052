import { murmurHash } from './murmur-hash';

/** One for each value of the first bits of a hash. */
const TABLE_BITS = 5;
const TABLES = 1 << TABLE_BITS;
const SMALLEST_CAPACITY = 16;
/** Share of the slots from which on a table grows, and by how much: an id takes 10 to 15 bytes. */
const LOAD_MAXIMUM = 0.8;
const GROWTH = 1.5;
export const EVENT_ID_BYTES = 8;

/**
 * Ids of captured events as 64-bit hashes, so that events that were delivered twice, in whatever files, are counted once. Two different ids
 * share a hash with probability n²/2^65: among a hundred million events once in 3,700 windows.
 *
 * Several hash tables instead of one, because the one would be there twice while it grows.
 */
export class EventIds {
  /** Pairs of the lower and the upper half of a hash, open addressing with linear probing. A lower half of 0 is a free slot. */
  private readonly tables: Int32Array[] = Array.from({ length: TABLES }, () => new Int32Array(0));
  private readonly used = new Int32Array(TABLES);
  private readonly hash = new Int32Array(2);

  /** @returns false when the id is already there */
  public add(id: string): boolean {
    const bytes = Buffer.from(id);
    return this.addBytes(bytes, 0, bytes.length);
  }

  public has(id: string): boolean {
    const bytes = Buffer.from(id);
    return this.hasBytes(bytes, 0, bytes.length);
  }

  /** As `add`, of an id that lies in `bytes[from, to)` as UTF-8. */
  public addBytes(bytes: Uint8Array, from: number, to: number): boolean {
    murmurHash(bytes, from, to, this.hash);
    return this.insert(this.hash[0]!, this.hash[1]!);
  }

  /** As `has`, of an id that lies in `bytes[from, to)` as UTF-8. */
  public hasBytes(bytes: Uint8Array, from: number, to: number): boolean {
    murmurHash(bytes, from, to, this.hash);
    const table = this.tables[this.hash[0]! >>> (32 - TABLE_BITS)]!;
    return table.length > 0 && table[find(table, this.hash[0]!, occupied(this.hash[1]!))] !== 0;
  }

  public get size(): number {
    return this.used.reduce((sum, count) => sum + count, 0);
  }

  /** Ascending, eight bytes each, big-endian: the same ids give the same bytes. */
  public toBytes(): Uint8Array {
    const buffer = new ArrayBuffer(EVENT_ID_BYTES * this.size);
    const words = new Int32Array(buffer);
    let length = 0;
    for (const table of this.tables) {
      for (let slot = 0; slot < table.length; slot += 2) {
        if (table[slot] === 0) continue;
        words[length++] = table[slot]!;
        words[length++] = table[slot + 1]!;
      }
    }
    // As 64-bit integers they are little-endian, on every processor that AWS Lambda has.
    new BigUint64Array(buffer).sort();
    Buffer.from(buffer).swap64();
    return new Uint8Array(buffer);
  }

  public static fromBytes(bytes: Uint8Array): EventIds {
    if (bytes.length % EVENT_ID_BYTES !== 0) throw new Error(`${bytes.length} bytes are not a whole number of event ids`);
    const ids = new EventIds();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset < bytes.length; offset += EVENT_ID_BYTES) ids.insert(view.getInt32(offset), view.getInt32(offset + 4));
    return ids;
  }

  private insert(upper: number, lower: number): boolean {
    const index = upper >>> (32 - TABLE_BITS);
    const marked = occupied(lower);
    let table = this.tables[index]!;
    if ((this.used[index]! + 1) * 2 > LOAD_MAXIMUM * table.length) table = this.grow(index);
    const slot = find(table, upper, marked);
    if (table[slot] !== 0) return false;
    table[slot] = marked;
    table[slot + 1] = upper;
    this.used[index]! += 1;
    return true;
  }

  private grow(index: number): Int32Array {
    const old = this.tables[index]!;
    const table = new Int32Array(2 * Math.max(SMALLEST_CAPACITY, Math.ceil((old.length / 2) * GROWTH)));
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot] === 0) continue;
      const free = find(table, old[slot + 1]!, old[slot]!);
      table[free] = old[slot]!;
      table[free + 1] = old[slot + 1]!;
    }
    this.tables[index] = table;
    return table;
  }
}

/** The id's slot, or the free one where it belongs. The 24 bits behind those of the table say where to look first. */
function find(table: Int32Array, upper: number, lower: number): number {
  const capacity = table.length >> 1;
  // As a fraction first: the product of the integers would be too large for one.
  let slot = 2 * ((((upper << TABLE_BITS) >>> 8) * 2 ** -24 * capacity) | 0);
  while (table[slot] !== 0 && (table[slot] !== lower || table[slot + 1] !== upper)) {
    slot += 2;
    if (slot === table.length) slot = 0;
  }
  return slot;
}

/** Gives up one of 2^32 lower halves to mark free slots. */
function occupied(lower: number): number {
  return lower === 0 ? 1 : lower;
}
