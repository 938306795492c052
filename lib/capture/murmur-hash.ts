/**
 * The first 64 of the 128 bits of MurmurHash3 (x86 variant, seed 0; Austin Appleby, public domain) of `bytes[from, to)`, as two 32-bit
 * integers in `hash`. Chosen because it needs nothing wider than 32-bit multiplication, which JavaScript has, and passes SMHasher.
 */
export function murmurHash(bytes: Uint8Array, from: number, to: number, hash: Int32Array): void {
  hashView(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), from, to, hash);
}

/** The same of a view, which reads four bytes at once. */
export function hashView(bytes: DataView, from: number, to: number, hash: Int32Array): void {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  let p = from;
  for (; p + 16 <= to; p += 16) {
    h1 ^= mix(bytes.getInt32(p, true), C1, 15, C2);
    h1 = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(bytes.getInt32(p + 4, true), C2, 16, C3);
    h2 = (Math.imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(bytes.getInt32(p + 8, true), C3, 17, C4);
    h3 = (Math.imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(bytes.getInt32(p + 12, true), C4, 18, C1);
    h4 = (Math.imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17) | 0;
  }
  // What is left of the last block, as if zeros followed.
  if (p < to) {
    h1 ^= mix(rest(bytes, p, to), C1, 15, C2);
    h2 ^= mix(rest(bytes, p + 4, to), C2, 16, C3);
    h3 ^= mix(rest(bytes, p + 8, to), C3, 17, C4);
    h4 ^= mix(rest(bytes, p + 12, to), C4, 18, C1);
  }
  const length = to - from;
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = (finish(h1) + h2 + h3 + h4) | 0;
  hash[0] = h1;
  hash[1] = (h2 + h1) | 0;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

function mix(k: number, first: number, rotation: number, second: number): number {
  const multiplied = Math.imul(k, first);
  return Math.imul((multiplied << rotation) | (multiplied >>> (32 - rotation)), second);
}

function rest(bytes: DataView, p: number, to: number): number {
  if (p + 4 <= to) return bytes.getInt32(p, true);
  let k = 0;
  for (let i = to - 1; i >= p; i--) k = (k << 8) | bytes.getUint8(i);
  return k;
}

function finish(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
