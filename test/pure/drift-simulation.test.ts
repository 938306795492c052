import { describe, expect, it } from 'vitest';
import { BaselineBuilder, driftVerdict, ProfileBuilder } from '../../lib/drift';
import { Random } from '../../lib/rehearsal/kernel/random';

/**
 * The goals of the verdict rule by simulation, 20 features, baseline of 10,000 standard normal rows: at most 0.5 % false pages per feature
 * and window for any number of rows from 30, at most 1 % per window, and a power of 0.95 at the warning level for half a standard deviation.
 */
const FEATURES = 20;
const random = new Random(20010201);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const row = (shift: number): string[] => Array.from({ length: FEATURES }, () => String(normal() + shift));

const builder = new BaselineBuilder(Array.from({ length: FEATURES }, (_, i) => ({ name: `f${i}`, type: 'numeric' as const })));
for (let i = 0; i < 10_000; i++) builder.add(row(0));
const baseline = builder.build();

function rates(rows: number, shift: number, windows: number): { drifted: number; warned: number; windowsDrifted: number } {
  const policy = { minimumSampleSize: 30, psiThreshold: 0.2, psiWarning: 0.1, falseDiscoveryRate: 0.01, driftedShare: 0.3, weights: {}, criticalFeatures: [] };
  let drifted = 0;
  let warned = 0;
  let windowsDrifted = 0;
  for (let i = 0; i < windows; i++) {
    const profile = new ProfileBuilder(baseline);
    for (let j = 0; j < rows; j++) profile.add(row(shift));
    const verdict = driftVerdict(baseline, profile.build(), policy);
    const count = verdict.columns.filter(({ status }) => status === 'DRIFTED').length;
    drifted += count;
    warned += verdict.columns.filter(({ status }) => status === 'DRIFTED' || status === 'WARNING').length;
    if (verdict.status === 'DRIFTED') windowsDrifted += 1;
  }
  return { drifted: drifted / windows / FEATURES, warned: warned / windows / FEATURES, windowsDrifted: windowsDrifted / windows };
}

describe('the verdict rule', () => {
  it.each([
    [30, 400],
    [100, 300],
    [200, 200],
    [1000, 40],
  ])('does not call unchanged data drifted at %i rows', (rows, windows) => {
    const { drifted, windowsDrifted } = rates(rows, 0, windows);
    expect(drifted).toBeLessThanOrEqual(0.005);
    expect(windowsDrifted).toBeLessThanOrEqual(0.01);
  });

  it('sees a shift of half a standard deviation in 200 rows, at the warning level', () => {
    expect(rates(200, 0.5, 50).warned).toBeGreaterThanOrEqual(0.95);
  });

  it('sees a shift of one standard deviation in 200 rows as drift', () => {
    expect(rates(200, 1, 20).drifted).toBeGreaterThanOrEqual(0.99);
  });
});
