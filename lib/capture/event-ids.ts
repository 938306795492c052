/**
 * Ids of captured events as 64-bit hashes, so that events that were delivered twice, in whatever files, are counted once. Two different ids
 * share a hash with probability n²/2^65: among a hundred million events once in 3,700 windows.
 */
export class EventIds {
  private readonly hashes = new Set<bigint>();

  /** @returns false when the id is already there */
  public add(id: string): boolean {
    const hash = hashOf(id);
    if (this.hashes.has(hash)) return false;
    this.hashes.add(hash);
    return true;
  }

  public has(id: string): boolean {
    return this.hashes.has(hashOf(id));
  }

  public get size(): number {
    return this.hashes.size;
  }

  /** Ascending, eight bytes each, big-endian: the same ids give the same bytes. */
  public toBytes(): Uint8Array {
    const sorted = BigUint64Array.from(this.hashes).sort();
    const view = new DataView(new ArrayBuffer(sorted.length * 8));
    sorted.forEach((hash, index) => view.setBigUint64(index * 8, hash));
    return new Uint8Array(view.buffer);
  }

  public static fromBytes(bytes: Uint8Array): EventIds {
    const ids = new EventIds();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset < bytes.length; offset += 8) ids.hashes.add(view.getBigUint64(offset));
    return ids;
  }
}

/** FNV-1a, 64 bits. */
function hashOf(id: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(id)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
