import { EVENT_ID_BYTES } from './event-ids';

/**
 * For each file the ids that an earlier file holds as well, of ids as `EventIds.toBytes` gives them, in the same form. One merge of the
 * sorted arrays: beside them it needs the memory of what it finds. The hashes spread evenly, so a window that is too large for one
 * function may be divided by them: `idsBetween`.
 */
export function duplicatesAcross(files: readonly Uint8Array[]): Uint8Array[] {
  const views = files.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const offsets = files.map(() => 0);
  const found = files.map(() => new ByteList());
  /** Indexes of the files that are not at their end, as a binary heap: by the id under the cursor, then by the file. */
  const heap = files.flatMap((bytes, file) => (bytes.length > 0 ? [file] : []));
  const before = (a: number, b: number): boolean => {
    const difference = views[a]!.getUint32(offsets[a]!) - views[b]!.getUint32(offsets[b]!) || views[a]!.getUint32(offsets[a]! + 4) - views[b]!.getUint32(offsets[b]! + 4);
    return difference < 0 || (difference === 0 && a < b);
  };
  const sink = (from: number): void => {
    for (let parent = from; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      if (least === parent) return;
      [heap[parent], heap[least]] = [heap[least]!, heap[parent]!];
      parent = least;
    }
  };
  for (let parent = heap.length >> 1; parent >= 0; parent--) sink(parent);
  let upper = -1;
  let lower = -1;
  while (heap.length > 0) {
    const file = heap[0]!;
    const offset = offsets[file]!;
    const [nextUpper, nextLower] = [views[file]!.getUint32(offset), views[file]!.getUint32(offset + 4)];
    if (nextUpper === upper && nextLower === lower) found[file]!.append(files[file]!.subarray(offset, offset + EVENT_ID_BYTES));
    upper = nextUpper;
    lower = nextLower;
    offsets[file]! += EVENT_ID_BYTES;
    if (offsets[file]! >= files[file]!.length) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    }
    sink(0);
  }
  return found.map((list) => list.bytes());
}

/** The part of sorted ids whose first byte is at least `from` and less than `to`, a view without copying. */
export function idsBetween(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const position = (firstByte: number): number => {
    let low = 0;
    let high = bytes.length / EVENT_ID_BYTES;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bytes[middle * EVENT_ID_BYTES]! < firstByte) low = middle + 1;
      else high = middle;
    }
    return low * EVENT_ID_BYTES;
  };
  return bytes.subarray(position(from), position(to));
}

/** Bytes that grow at the end. */
class ByteList {
  private buffer = new Uint8Array(0);
  private length = 0;

  public append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(64, 2 * this.buffer.length));
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  public bytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}
