import { describe, expect, it } from 'vitest';
import { decideGate, type Evidence, type SliceMetrics } from '../../lib/evaluation/gates';
import type { GateSpecification } from '../../lib/evaluation/gate.contract';

const slice = (value: string, rows: number, challenger: number | undefined, champion?: number): SliceMetrics => ({
  column: 'origin',
  value,
  rows,
  challenger: challenger === undefined ? {} : { auc: { value: challenger } },
  ...(champion === undefined ? {} : { champion: { auc: { value: champion } } }),
});

const evidence = (challenger: number, champion?: number, slices: SliceMetrics[] = []): Evidence => ({
  challenger: { auc: { value: challenger, low: challenger - 0.01, high: challenger + 0.01 }, logLoss: { value: 1 - challenger } },
  ...(champion === undefined ? {} : { champion: { auc: { value: champion }, logLoss: { value: 1 - champion } }, championVersion: 3 }),
  slices,
  rows: 5000,
});

const passes = (gate: GateSpecification, given: Evidence): boolean => decideGate(gate, given).passed;

describe('a gate', () => {
  it('at least passes on its threshold and says the interval', () => {
    const gate: GateSpecification = { kind: 'at-least', metric: 'auc', threshold: 0.6 };
    expect(decideGate(gate, evidence(0.6))).toEqual({ gate: 'auc at least 0.6', passed: true, reason: 'auc 0.6 (95 % interval 0.59 to 0.61, 5000 rows) is at least 0.6' });
    expect(decideGate(gate, evidence(0.59)).reason).toContain('is less than 0.6');
    expect(passes(gate, evidence(0.59))).toBe(false);
  });

  it('at most fails above its threshold', () => {
    const gate: GateSpecification = { kind: 'at-most', metric: 'logLoss', threshold: 0.35 };
    expect(passes(gate, evidence(0.7))).toBe(true);
    expect(passes(gate, evidence(0.6))).toBe(false);
  });

  it('fails when its metric could not be computed', () => {
    expect(decideGate({ kind: 'at-least', metric: 'prAuc', threshold: 0 }, evidence(0.7))).toMatchObject({ passed: false, reason: 'prAuc could not be computed on the 5000 rows of the test set' });
  });

  it('better than the champion asks for the whole margin, without floating point surprises', () => {
    const gate: GateSpecification = { kind: 'better-than-champion', metric: 'auc', margin: 0.002 };
    expect(passes(gate, evidence(0.702, 0.7))).toBe(true);
    expect(passes(gate, evidence(0.7019, 0.7))).toBe(false);
    expect(decideGate(gate, evidence(0.69, 0.7)).reason).toBe('auc 0.69 is 0.01 worse than champion version 3 with 0.7; at least 0.002 better was asked');
  });

  it('better than the champion without margin does not accept a tie', () => {
    expect(passes({ kind: 'better-than-champion', metric: 'auc', margin: 0 }, evidence(0.7, 0.7))).toBe(false);
  });

  it('knows that less is better for a loss', () => {
    expect(passes({ kind: 'better-than-champion', metric: 'logLoss', margin: 0 }, evidence(0.8, 0.7))).toBe(true);
    expect(passes({ kind: 'no-worse-than-champion', metric: 'logLoss', tolerance: 0.05 }, evidence(0.6, 0.7))).toBe(false);
  });

  it('no worse than the champion accepts the tolerance exactly', () => {
    const gate: GateSpecification = { kind: 'no-worse-than-champion', metric: 'auc', tolerance: 0.01 };
    expect(passes(gate, evidence(0.69, 0.7))).toBe(true);
    expect(passes(gate, evidence(0.689, 0.7))).toBe(false);
  });

  it('against the champion passes when there is none yet, and says so', () => {
    for (const kind of ['better-than-champion', 'no-worse-than-champion', 'no-slice-regression'] as const) {
      const result = decideGate({ kind, metric: 'auc', margin: 0.1, tolerance: 0, minimumRows: 1 } as GateSpecification, evidence(0.5));
      expect(result).toMatchObject({ passed: true, reason: expect.stringContaining('there is no champion yet') });
    }
  });

  it('on slices names the ones that fail and counts the small ones', () => {
    const slices = [slice('ATL', 900, 0.7), slice('JFK', 400, 0.52), slice('XYZ', 10, 0.1)];
    const result = decideGate({ kind: 'slice-at-least', metric: 'auc', threshold: 0.55, minimumRows: 100 }, evidence(0.7, undefined, slices));
    expect(result).toMatchObject({ passed: false, reason: '1 of 2 slices fail: origin=JFK has 0.52 on 400 rows; 1 with fewer than 100 rows not judged' });
  });

  it('on slices fails when no slice could be judged', () => {
    expect(passes({ kind: 'slice-at-least', metric: 'auc', threshold: 0.55, minimumRows: 100 }, evidence(0.7, undefined, [slice('XYZ', 10, 0.9)]))).toBe(false);
  });

  it('on slices looks at its own column only', () => {
    const gate: GateSpecification = { kind: 'slice-at-least', metric: 'auc', threshold: 0.55, minimumRows: 1, column: 'carrier' };
    expect(decideGate(gate, evidence(0.7, undefined, [slice('ATL', 500, 0.1), { ...slice('AA', 500, 0.8), column: 'carrier' }])).passed).toBe(true);
  });

  it('finds a slice that got worse while the whole got better', () => {
    const gate: GateSpecification = { kind: 'no-slice-regression', metric: 'auc', tolerance: 0.01, minimumRows: 100 };
    const result = decideGate(gate, evidence(0.72, 0.7, [slice('ATL', 900, 0.75, 0.7), slice('JFK', 400, 0.6, 0.65)]));
    expect(result).toMatchObject({ passed: false, reason: '1 of 2 slices fail: origin=JFK fell from 0.65 to 0.6 on 400 rows' });
    expect(passes(gate, evidence(0.72, 0.7, [slice('JFK', 400, 0.64, 0.65)]))).toBe(true);
  });
});
