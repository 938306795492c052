import { describe, expect, it } from 'vitest';
import { DriftSimulation, KINDS } from '../../scripts/drift-simulation';

/**
 * The goals of the verdict rule by simulation, shorter than scripts/simulate-drift.ts: 20 features, baseline of 12,000 rows. At most 0.5 % false
 * pages per feature and window for any number of rows from 30, at most 1 % per window, and a power of 0.95 at the warning level for half a
 * standard deviation.
 */
describe('the verdict rule', () => {
  const mixed = new DriftSimulation('mixed', 20010201);

  it.each([
    [30, 300],
    [50, 200],
    [100, 150],
    [200, 100],
    [500, 40],
    [1000, 20],
    [5000, 4],
  ])('does not call unchanged data drifted at %i rows: normal, lognormal, discrete and categorical columns', (rows, windows) => {
    const ours = mixed.ours(rows, 0, windows);
    expect(ours.paged).toBeLessThanOrEqual(0.005);
    expect(ours.windows).toBeLessThanOrEqual(0.01);
  });

  it.each(KINDS)('does not call unchanged columns drifted that are all %s, at 100 rows', (kind) => {
    expect(new DriftSimulation(kind, 20010202, 3000).ours(100, 0, 60).paged).toBeLessThanOrEqual(0.005);
  });

  it('sees a shift of half a standard deviation in 200 rows, at the warning level', () => {
    const normal = new DriftSimulation('normal', 20010201);
    expect(normal.ours(200, 0.5, 40).warned).toBeGreaterThanOrEqual(0.95);
    expect(normal.ours(200, 1, 20).paged).toBeGreaterThanOrEqual(0.99);
  });

  it('is quieter than the defaults of others at 100 rows, and sees more than the other quiet one', () => {
    const [, evidently, simple] = mixed.peers(100, 0, 5);
    expect(evidently).toBeGreaterThan(0.5);
    expect(simple).toBeGreaterThan(0.1);
    const normal = new DriftSimulation('normal', 20010203);
    expect(normal.ours(200, 0.5, 10).paged).toBeGreaterThan(normal.peers(200, 0.5, 5)[3]! + 0.2);
  });
});
