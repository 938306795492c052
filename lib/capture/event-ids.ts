import { hashView } from './murmur-hash';

/** One for each value of the first bits of a hash. */
const TABLE_BITS = 5;
const TABLES = 1 << TABLE_BITS;
/** A table has one page of 2, 4, ... slots, or several of the largest size: 16 kB. */
const SMALLEST_PAGE = 16;
const PAGE_BITS = 11;
const PAGE_SLOTS = 1 << PAGE_BITS;
/** Share of the slots from which on a table grows, by half: an id takes 10 to 15 bytes. */
const LOAD_MAXIMUM = 0.8;
export const EVENT_ID_BYTES = 8;

/**
 * Ids of captured events as 64-bit hashes, so that events that were delivered twice, in whatever files, are counted once. Two different ids
 * share a hash with probability n²/2^65: among a hundred million events once in 3,700 windows.
 *
 * Several hash tables in pages of one size, and a page is used again once the ids in it have moved: memory that only the garbage collector
 * could give back would be as much again.
 */
export class EventIds {
  /** Pairs of the lower and the upper half of a hash, open addressing with linear probing. A lower half of 0 is a free slot. */
  private readonly tables: Int32Array[][] = Array.from({ length: TABLES }, () => []);
  /** Slots of each table, and how many of them are taken. */
  private readonly slots = new Float64Array(TABLES);
  private readonly used = new Float64Array(TABLES);
  /** Empty pages of the largest size. */
  private readonly free: Int32Array[] = [];
  private readonly hash = new Int32Array(2);
  /** What was hashed last: ids lie side by side in a chunk. */
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** The page of the slot that was found last. */
  private page: Int32Array = new Int32Array(0);

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
    this.hashBytes(bytes, from, to);
    return this.insert(this.hash[0]!, this.hash[1]!);
  }

  /** As `has`, of an id that lies in `bytes[from, to)` as UTF-8. */
  public hasBytes(bytes: Uint8Array, from: number, to: number): boolean {
    this.hashBytes(bytes, from, to);
    const index = this.hash[0]! >>> (32 - TABLE_BITS);
    if (this.slots[index] === 0) return false;
    const slot = this.find(this.tables[index]!, this.slots[index]!, this.hash[0]!, occupied(this.hash[1]!));
    return this.page[slot] !== 0;
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
      const from = length >> 1;
      for (const page of table) {
        for (let slot = 0; slot < page.length; slot += 2) {
          if (page[slot] === 0) continue;
          words[length++] = page[slot]!;
          words[length++] = page[slot + 1]!;
        }
      }
      // As 64-bit integers they are little-endian, on every processor that AWS Lambda has. One table's ids are less than the next one's.
      new BigUint64Array(buffer, EVENT_ID_BYTES * from, (length >> 1) - from).sort();
    }
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

  private hashBytes(bytes: Uint8Array, from: number, to: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    hashView(this.view, from, to, this.hash);
  }

  private insert(upper: number, lower: number): boolean {
    const index = upper >>> (32 - TABLE_BITS);
    const marked = occupied(lower);
    if (this.used[index]! + 1 > LOAD_MAXIMUM * this.slots[index]!) this.grow(index);
    const slot = this.find(this.tables[index]!, this.slots[index]!, upper, marked);
    const { page } = this;
    if (page[slot] !== 0) return false;
    page[slot] = marked;
    page[slot + 1] = upper;
    this.used[index]! += 1;
    return true;
  }

  /** The id's slot in `page`, or the free one where it belongs. */
  private find(pages: readonly Int32Array[], slots: number, upper: number, lower: number): number {
    const first = firstSlot(slots, upper);
    let index = first >> PAGE_BITS;
    let slot = 2 * (first & (PAGE_SLOTS - 1));
    let page = pages[index]!;
    while (page[slot] !== 0 && (page[slot] !== lower || page[slot + 1] !== upper)) {
      slot += 2;
      if (slot === page.length) {
        slot = 0;
        index = index + 1 === pages.length ? 0 : index + 1;
        page = pages[index]!;
      }
    }
    this.page = page;
    return slot;
  }

  private grow(index: number): void {
    const old = this.tables[index]!;
    const slots = this.slots[index]!;
    const larger = slots < PAGE_SLOTS ? Math.max(SMALLEST_PAGE, 2 * slots) : PAGE_SLOTS * (old.length + Math.max(1, old.length >> 1));
    const pages: (Int32Array | undefined)[] = [];
    while (pages.length * PAGE_SLOTS < larger) pages.push(undefined);
    for (const page of old) {
      for (let slot = 0; slot < page.length; slot += 2) if (page[slot] !== 0) this.move(pages, larger, page[slot + 1]!, page[slot]!);
      if (page.length < 2 * PAGE_SLOTS) continue;
      page.fill(0);
      this.free.push(page);
    }
    for (let page = 0; page < pages.length; page++) pages[page] ??= this.emptyPage(larger);
    this.tables[index] = pages as Int32Array[];
    this.slots[index] = larger;
  }

  /** To the free slot where an id belongs that is not there yet. Ids come nearly in the order of the pages, which are made when they are needed. */
  private move(pages: (Int32Array | undefined)[], slots: number, upper: number, lower: number): void {
    const first = firstSlot(slots, upper);
    let index = first >> PAGE_BITS;
    let slot = 2 * (first & (PAGE_SLOTS - 1));
    let page = (pages[index] ??= this.emptyPage(slots));
    while (page[slot] !== 0) {
      slot += 2;
      if (slot === page.length) {
        slot = 0;
        index = index + 1 === pages.length ? 0 : index + 1;
        page = pages[index] ??= this.emptyPage(slots);
      }
    }
    page[slot] = lower;
    page[slot + 1] = upper;
  }

  private emptyPage(slots: number): Int32Array {
    return (slots < PAGE_SLOTS ? undefined : this.free.pop()) ?? new Int32Array(2 * Math.min(slots, PAGE_SLOTS));
  }
}

/** Where to look first: the bits behind those of the table as a fraction, since the product of the integers would be too large for one. */
function firstSlot(slots: number, upper: number): number {
  return (((upper << TABLE_BITS) >>> 0) * 2 ** -32 * slots) | 0;
}

/** Gives up one of 2^32 lower halves to mark free slots. */
function occupied(lower: number): number {
  return lower === 0 ? 1 : lower;
}
