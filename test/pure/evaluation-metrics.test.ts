import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeMetrics, type Metrics } from '../../lib/evaluation/metrics';
import { EVALUATION_METRICS, metricsOf } from '../../lib/evaluation/metric-table.contract';
import type { TaskType } from '../../lib/data/data-contract.contract';

const binary = (labels: number[], scores: number[]): Metrics => computeMetrics('binary-classification', Float64Array.from(labels), Float64Array.from(scores));
const labels = [0, 0, 1, 1, 0, 1, 0, 1, 1, 0];
const scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2, 0.65, 0.4, 0.7];

/** Golden values: python3 test/pure/golden/evaluation_metrics.py */
describe('metrics agree with their definitions', () => {
  it.each<[string, number, number?, number?]>([
    ['auc', 0.76, 0.4427521141091937, 1],
    ['prAuc', 0.7892857142857144],
    ['accuracy', 0.7, 0.39677814746114537, 0.8922087325936989],
    ['precision', 0.75, 0.30064184258240184, 0.9544127391902995],
    ['recall', 0.6, 0.2307242812760128, 0.882379225767352],
    ['f1', 0.6666666666666666],
    ['logLoss', 0.5279527958267276, 0.28062329779840145, 0.7752822938550538],
    ['brier', 0.1815],
    ['calibrationError', 0.25],
  ])('%s of binary classification', (name, value, low, high) => {
    const found = binary(labels, scores)[name]!;
    expect(found.value).toBeCloseTo(value, 12);
    if (low !== undefined) expect([found.low, found.high]).toEqual([expect.closeTo(low, 12), expect.closeTo(high!, 12)]);
  });

  it('of regression', () => {
    const found = computeMetrics('regression', Float64Array.from([3, -0.5, 2, 7]), Float64Array.from([2.5, 0, 2, 8]));
    expect(found['mae']).toEqual({ value: 0.5, low: expect.closeTo(0.09992402697039082, 12), high: expect.closeTo(0.9000759730296092, 12) });
    expect(found['rmse']).toEqual({ value: expect.closeTo(0.6123724356957945, 12), low: expect.closeTo(0.265896479608375, 12), high: expect.closeTo(0.958848391783214, 12) });
    expect(found['r2']!.value).toBeCloseTo(0.9486081370449679, 12);
  });

  it('of multiclass classification', () => {
    const found = computeMetrics('multiclass-classification', Float64Array.from([0, 1, 2, 0, 1, 2]), Float64Array.from([0, 2, 1, 0, 0, 1]));
    expect(found['macroF1']!.value).toBeCloseTo(0.26666666666666666, 12);
    expect(found['accuracy']!.value).toBeCloseTo(1 / 3, 12);
    expect(found['balancedAccuracy']!.value).toBeCloseTo(1 / 3, 12);
  });
});

describe('metrics', () => {
  it.each<TaskType>(['binary-classification', 'multiclass-classification', 'regression'])('are all in the table, and all of the table for %s', (task) => {
    const found = computeMetrics(task, Float64Array.from([0, 1, 1, 0]), Float64Array.from([0.2, 0.9, 0.4, 0.6]));
    expect(Object.keys(found).sort()).toEqual(metricsOf(task).sort());
  });

  it('leave out what one class cannot tell', () => {
    const found = binary([1, 1, 1], [0.2, 0.4, 0.9]);
    expect(found['auc']).toBeUndefined();
    expect(found['accuracy']!.value).toBeCloseTo(1 / 3);
    expect(binary([], [])).toEqual({});
  });

  it('survive a confident mistake', () => {
    expect(binary([1, 0], [0, 1])['logLoss']!.value).toBeCloseTo(-Math.log(1e-15), 2);
  });

  const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 20 }).map((score) => score / 20)), { minLength: 1, maxLength: 60 });

  it('give an AUC that equals the share of ordered pairs', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const found = binary(pairs.map(([label]) => label), pairs.map(([, score]) => score))['auc'];
        const positives = pairs.filter(([label]) => label === 1);
        const negatives = pairs.filter(([label]) => label === 0);
        if (positives.length === 0 || negatives.length === 0) {
          expect(found).toBeUndefined();
          return;
        }
        let wins = 0;
        for (const [, p] of positives) for (const [, n] of negatives) wins += p > n ? 1 : p === n ? 0.5 : 0;
        expect(found!.value).toBeCloseTo(wins / positives.length / negatives.length, 10);
      }),
    );
  });

  it('lie in their range and in their own interval, whatever the order of rows', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const found = binary(pairs.map(([label]) => label), pairs.map(([, score]) => score));
        const reversed = [...pairs].reverse();
        const other = binary(reversed.map(([label]) => label), reversed.map(([, score]) => score));
        for (const [name, { value, low, high }] of Object.entries(found)) {
          expect(value).toBeGreaterThanOrEqual(0);
          if (EVALUATION_METRICS[name]!.range === 'unit') expect(value).toBeLessThanOrEqual(1 + 1e-12);
          if (low !== undefined) expect(low).toBeLessThanOrEqual(value + 1e-12);
          if (high !== undefined) expect(high).toBeGreaterThanOrEqual(value - 1e-12);
          expect(other[name]!.value).toBeCloseTo(value, 10);
        }
      }),
    );
  });
});
