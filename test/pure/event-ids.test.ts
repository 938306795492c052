import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicatesAcross, idsBetween } from '../../lib/capture/duplicate-events';
import { EventIds } from '../../lib/capture/event-ids';
import { murmurHash } from '../../lib/capture/murmur-hash';
import { idsOf } from './capture-lines';

const hash = (bytes: Uint8Array): string => {
  const words = new Int32Array(2);
  murmurHash(bytes, 0, bytes.length, words);
  return [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
};
/** As SageMaker makes them, but counted: hardly any bit differs. */
const counted = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const hex = (bytes: Uint8Array): string[] => (Buffer.from(bytes).toString('hex').match(/.{16}/g) ?? []) as string[];

describe('the hash of event ids', () => {
  it.each([
    // First 64 bits of MurmurHash3_x86_128 with seed 0, as other implementations publish them.
    ['Hello', '2360ae465e6336c6'],
    ['Hello1', '8eb0cf41641b2401'],
    ['http://en.wikipedia.org/wiki/MurmurHash', 'd297dc9fad5b8f84'],
    ["I will not buy this tobacconist's, it is scratched.", '9b5b7ba2ef3f7866'],
    [String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)), '2c56c88fdb4503df'],
  ])('is MurmurHash3 of %j', (text, expected) => {
    expect(hash(Buffer.from(text, 'latin1'))).toBe(expected);
  });

  it('reads what lies between two positions only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (bytes, before, after) => {
        const words = new Int32Array(2);
        murmurHash(Buffer.concat([before, bytes, after]), before.length, before.length + bytes.length, words);
        expect([...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')).toBe(hash(bytes));
      }),
    );
  });

  it('spreads ids that hardly differ: no two of 300,000 share 64 bits, any 32 bits collide as often as by chance, each bit is set in half', () => {
    const count = 300_000;
    const seen = new Set<string>();
    const halves = [new Set<number>(), new Set<number>()];
    const set = new Array<number>(64).fill(0);
    const words = new Int32Array(2);
    for (let i = 0; i < count; i++) {
      const bytes = Buffer.from(counted(i));
      murmurHash(bytes, 0, bytes.length, words);
      seen.add(`${words[0]} ${words[1]}`);
      words.forEach((word, half) => {
        halves[half]!.add(word);
        for (let bit = 0; bit < 32; bit++) set[half * 32 + bit]! += (word >>> bit) & 1;
      });
    }
    expect(seen.size).toBe(count);
    // 10.5 pairs expected.
    for (const half of halves) expect(count - half.size).toBeLessThan(30);
    // Five standard deviations.
    for (const ones of set) expect(Math.abs(ones / count - 0.5)).toBeLessThan(0.0046);
  });

  it('changes half of its bits with any bit of the id', () => {
    const id = Buffer.from(counted(1));
    const bits = (text: string): bigint => BigInt(`0x${text}`);
    const original = bits(hash(id));
    let flipped = 0;
    for (let bit = 0; bit < id.length * 8; bit++) {
      const other = Buffer.from(id);
      other[bit >> 3]! ^= 1 << (bit & 7);
      const changed = (original ^ bits(hash(other))).toString(2).replaceAll('0', '').length;
      expect(changed).toBeGreaterThan(10);
      flipped += changed;
    }
    expect(flipped / (id.length * 8)).toBeGreaterThan(31);
    expect(flipped / (id.length * 8)).toBeLessThan(33);
  });
});

describe('event ids', () => {
  it('are a set, as bytes in ascending order, whatever the order of the ids', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(60).map(counted), fc.string())), (ids) => {
        const set = new EventIds();
        const known = new Set<string>();
        for (const id of ids) {
          const isNew = !known.has(Buffer.from(id).toString('hex'));
          expect(set.has(id)).toBe(!isNew);
          expect(set.add(id)).toBe(isNew);
          known.add(Buffer.from(id).toString('hex'));
        }
        expect(set.size).toBe(known.size);
        const bytes = set.toBytes();
        expect(hex(bytes)).toEqual([...hex(bytes)].sort());
        expect(hex(bytes)).toHaveLength(known.size);
        expect(idsOf(...[...ids].reverse()).toBytes()).toEqual(bytes);
        const read = EventIds.fromBytes(Buffer.concat([Buffer.from('x'), bytes]).subarray(1));
        expect(read.toBytes()).toEqual(bytes);
        for (const id of ids) expect(read.has(id)).toBe(true);
      }),
    );
  });

  it('stay apart while the tables grow', () => {
    const set = new EventIds();
    for (let i = 0; i < 100_000; i++) expect(set.add(counted(i))).toBe(true);
    for (let i = 0; i < 100_000; i++) if (set.add(counted(i))) throw new Error(counted(i));
    expect(set.size).toBe(100_000);
    expect(set.has(counted(100_000))).toBe(false);
  });

  it('fails to read bytes that are cut off', () => {
    expect(() => EventIds.fromBytes(new Uint8Array(12))).toThrow('12 bytes are not a whole number of event ids');
  });
});

describe('duplicates across files', () => {
  it('are the ids that an earlier file holds', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.nat(40).map(counted)), { maxLength: 6 }), fc.nat(255), (files, first) => {
        const bytes = files.map((ids) => idsOf(...ids).toBytes());
        const expected = files.map((ids, file) => hex(idsOf(...ids.filter((id) => files.slice(0, file).some((earlier) => earlier.includes(id)))).toBytes()));
        expect(duplicatesAcross(bytes).map(hex)).toEqual(expected);
        // The same in two parts.
        const parts = [[0, first] as const, [first, 256] as const].map(([from, to]) => duplicatesAcross(bytes.map((file) => idsBetween(file, from, to))));
        expect(files.map((_, file) => parts.flatMap((part) => hex(part[file]!)))).toEqual(expected);
      }),
    );
  });
});
