import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileBatches } from '../../lib/monitoring/file-batches';

const MEBIBYTE = 1024 * 1024;
const files = (...sizes: number[]): { size: number }[] => sizes.map((size) => ({ size }));

describe('batches of captured files', () => {
  it('put small files together and leave a large one alone', () => {
    expect(fileBatches(files(1, 2, 65 * MEBIBYTE, 63 * MEBIBYTE, MEBIBYTE, 1)).map((batch) => batch.length)).toEqual([2, 1, 2, 1]);
    expect(fileBatches(files(...new Array<number>(600).fill(700))).map((batch) => batch.length)).toEqual([250, 250, 100]);
    expect(fileBatches([])).toEqual([]);
  });

  it('hold every file once, in order, and no more than one function reads', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100 * MEBIBYTE), { maxLength: 600 }), (sizes) => {
        const all = files(...sizes);
        const batches = fileBatches(all);
        expect(batches.flat()).toEqual(all);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(250);
          expect(batch.length === 1 || batch.reduce((sum, { size }) => sum + size, 0) <= 64 * MEBIBYTE).toBe(true);
        }
      }),
    );
  });
});
