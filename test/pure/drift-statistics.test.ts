import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  categoricalSample,
  chiSquareContingency,
  chiSquareFit,
  chiSquareRegrouped,
  compareColumns,
  cumulativeDistance,
  hellingerDistance,
  histogram,
  jensenShannonDistance,
  jensenShannonDivergence,
  kolmogorovLimitSurvival,
  kolmogorovSmirnovAsymptotic,
  kolmogorovSmirnovExact,
  kolmogorovSmirnovLimit,
  kolmogorovSurvival,
  lInfinity,
  numericSample,
  robustFactor,
  robustLInfinity,
  spread,
  twoProportionTest,
  type WeightedValues,
  weightedValues,
} from '../../lib/drift';

/** Values computed with Evidently's own functions (commit a4aa4c2), scipy 1.10.1, numpy 1.24.2, pandas 1.5.3; each case names its source. */
const golden = JSON.parse(readFileSync(join(__dirname, 'golden/drift.json'), 'utf8')) as Record<string, any>;

const near = (actual: number | null, expected: number, relative = 1e-9): void => {
  expect(actual, `${actual} for ${expected}`).not.toBeNull();
  expect(Math.abs(actual! - expected) <= relative * Math.abs(expected), `${actual} for ${expected}`).toBe(true);
};

const sample = (values: readonly number[]): WeightedValues => weightedValues(Float64Array.from(values));
const table = (type: string, values: readonly (number | string)[]) => ({
  rows: values.length,
  columns: [type === 'num' ? numericSample('x', values as number[]) : categoricalSample('x', values.map(String))],
});
/** Fractional parts of i times the golden ratio: an even sample that needs no random numbers. */
const weyl = (count: number, power = 1): number[] => Array.from({ length: count }, (_, i) => (((i + 1) * (Math.sqrt(5) - 1)) / 2 % 1) ** power);

describe('golden values', () => {
  it.each(golden['cases'] as any[])('of Evidently: $id', ({ feature_type, reference, current, results }) => {
    const { statistics } = compareColumns(table(feature_type, reference), table(feature_type, current), 'evidently').features[0]!;
    const figures: Record<string, number | null | undefined> = {
      psi: statistics.psi,
      jensenshannon: statistics.jensenShannon,
      wasserstein: statistics.wassersteinNormed,
      ks: statistics.kolmogorovSmirnov?.pValue,
      chisquare: statistics.chiSquare?.pValue,
      hellinger: statistics.hellinger,
    };
    for (const [name, result] of Object.entries(results as Record<string, { score: number }>)) {
      if (name in figures) near(figures[name]!, result.score);
    }
  });

  it('of a Weyl sequence against its power, 1200 and 900 values', () => {
    const { statistics } = compareColumns(table('num', weyl(1200)), table('num', weyl(900, 1.3)), 'evidently').features[0]!;
    near(statistics.kolmogorovSmirnov!.pValue, 9.467049577344876e-5);
    near(statistics.wassersteinNormed, 0.22744970276062215);
    near(statistics.psi, 0.062310099868871864);
    near(statistics.jensenShannon, 0.0878381422955154);
  });

  it('of the z test, where Evidently chooses it', () => {
    const { features } = compareColumns(table('cat', golden['cases'][3].reference), table('cat', golden['cases'][3].current), 'evidently');
    expect(features[0]).toMatchObject({ verdict: 'drifted', reason: 'two-proportion z p-value 0.02334, threshold 0.05' });
    for (const [a, n, b, m, statistic, pValue] of golden['two_prop_z']) {
      near(twoProportionTest(a, n, b, m).statistic, statistic);
      near(twoProportionTest(a, n, b, m).pValue, pValue);
    }
  });

  it('of the Kolmogorov distribution, for finite n and in the limit', () => {
    for (const [d, n, expected] of golden['kstwo_sf']) near(kolmogorovSurvival(d, n), expected);
    for (const [x, expected] of golden['kolmogorov_limit_sf']) near(kolmogorovLimitSurvival(x), expected);
  });

  it('of the two-sample test of Kolmogorov and Smirnov, exact and asymptotic', () => {
    for (const { n, m, d, p_exact, p_asymp } of golden['ks_2samp_exact']) {
      near(kolmogorovSmirnovExact(d, n, m), p_exact);
      near(kolmogorovSmirnovExact(d, m, n), p_exact);
      near(kolmogorovSmirnovAsymptotic(d, n, m), p_asymp);
    }
    // Evidently's own test: [38.7 … 58.0] against [39.2 … 45.8], n = m = 8, D = 0.625.
    near(kolmogorovSmirnovExact(0.625, 8, 8), 0.08702408702408702);
  });

  it('of NannyML: Jensen-Shannon distance to base 2 in the bins of numpy doane over the reference', () => {
    const base2 = (reference: number[], current: number[]): { distance: number; bins: number } => {
      const r = sample(reference);
      const c = sample(current);
      const mean = reference.reduce((sum, value) => sum + value, 0) / r.total;
      const skew = Math.abs(reference.reduce((sum, value) => sum + ((value - mean) / spread(r)) ** 3, 0) / r.total);
      const sigma = Math.sqrt((6 * (r.total - 2)) / ((r.total + 1) * (r.total + 3)));
      const [first, last] = [r.values[0]!, r.values[r.total - 1]!];
      const bins = Math.ceil(1 + Math.log2(r.total) + Math.log2(1 + skew / sigma));
      const edges = [...Array.from({ length: bins }, (_, i) => first + (i * (last - first)) / bins), last];
      const counts = histogram(c, edges);
      const outside = c.total - counts.reduce((sum, count) => sum + count, 0);
      return { bins, distance: jensenShannonDistance([...histogram(r, edges), 0], [...counts, outside]) / Math.sqrt(Math.LN2) };
    };
    const normal = golden['cases'].find(({ id }: { id: string }) => id === 'normal-quantiles-500-300');
    for (const [actual, { js_base2, n_bins }] of [
      [base2(weyl(1200), weyl(900, 1.3)), golden['nannyml_js'].weyl],
      [base2(normal.reference, normal.current), golden['nannyml_js'].normal],
    ]) {
      expect(actual.bins).toBe(n_bins);
      near(actual.distance, js_base2);
    }
  });

  it('of TensorFlow Data Validation: divergence to base 2 (metrics_test.cc, different buckets)', () => {
    near(jensenShannonDivergence([2, 2, 0, 0], [0, 1, 1, 2]) / Math.LN2, golden['tfdv_jsd_base2']);
  });

  it('of frouros: contingency table of aabaab and bacccc', () => {
    const { statistic, pValue } = chiSquareContingency([4, 2, 0], [1, 1, 4]);
    expect(statistic).toBeCloseTo(6.13333333, 8);
    expect(pValue).toBeCloseTo(0.04657615, 8);
  });
});

/** Published in deequ's KLLDistanceTest.scala. */
describe('vectors of deequ', () => {
  const counts = (text: string): Map<string, number> => new Map(text.split(' ').map((pair) => [pair[0]!, Number(pair.slice(1))]));
  const distance = (a: string, b: string): { simple: number; robust: (factor?: number) => number } => {
    const [p, q] = [counts(a), counts(b)];
    const keys = [...new Set([...p.keys(), ...q.keys()])];
    const simple = lInfinity(keys.map((key) => p.get(key) ?? 0), keys.map((key) => q.get(key) ?? 0));
    const total = (map: Map<string, number>): number => [...map.values()].reduce((sum, count) => sum + count, 0);
    return { simple, robust: (factor) => robustLInfinity(simple, total(p), total(q), factor) };
  };

  it('agree bit for bit: L-infinity, simple and robust', () => {
    expect(distance('a10 b20 c25 d10 e5', 'a11 b20 c25 d10 e10').simple).toBe(0.06015037593984962);
    expect(distance('a10 b20 c25 d10 e5', 'a11 b20 c25 d10 e10').robust()).toBe(0);
    expect(distance('a10 b20 c25 d10 e5', 'f11 a20 c25 d10 e10').simple).toBe(0.2857142857142857);
    const shifted = distance('a207 b20 c25 d14 e25 g13', 'a22 b20 c25 d12 e13 f15');
    expect(shifted.robust(robustFactor(0.003))).toBe(0.2726338046550349);
    expect(shifted.robust(robustFactor(0.1))).toBe(0.33774199396969184);
    expect(shifted.robust()).toBe(golden['deequ'].robust_default);
    const kll = cumulativeDistance(sample([1, 2, 3, 4]), sample([2, 3, 4, 5])).greatest;
    expect(kll).toBe(0.25);
    expect(robustLInfinity(kll, 4, 4)).toBe(0);
  });

  it.each([
    ['missing categories', 'a207 b20 c25 d14 e25 g13', 'a223 b20 c25 d12 e13 f15', 28.175042782458068, 3.3640191298478506e-5],
    ['no regrouping', 'a207 b20 c25 d14 e25', 'a223 b20 c25 d12 e13', undefined, 0.013227994814265176],
    ['regrouping of two', 'a100 b20 c25 d10 e5 f2', 'a100 b22 c25 d5 e13 f2', 8.789790456457125, undefined],
    ['regrouping below ten', 'a100 b40 c30 d10', 'a100 b40 c30 e4', 0.38754325259515626, undefined],
    ['regrouping to two', 'a100 b4 c3 d27', 'a100 b4 c3 d34', 1.1507901668129925, undefined],
    ['small ones below a fifth', 'a100 b4 c3 d27 e20 f20 g20 h20', 'a100 b2 c1 d34 e20 f20 g20 h20', 6.827423492761593, undefined],
  ])('agree in chi-square with %s', (_, current, baseline, statistic, pValue) => {
    const test = chiSquareRegrouped(counts(baseline), counts(current))!;
    if (statistic !== undefined) near(test.statistic, statistic, 1e-14);
    if (pValue !== undefined) near(test.pValue, pValue, 1e-11);
  });

  it('agree that fewer than two categories cannot be tested', () => {
    expect(chiSquareRegrouped(counts('a100 b4 c3'), counts('a100 b4 c3'))).toBeUndefined();
  });
});

describe('defects of others that are not copied', () => {
  it('a window has the same index whatever else is in the other sample: bins come from the reference alone', () => {
    const reference = table('num', weyl(1000));
    const far = (value: number) => compareColumns(reference, table('num', [...weyl(999, 1.3), value]), 'calibrated').features[0]!.statistics.psi!;
    expect(far(2)).toBe(far(1e6));
    // Evidently: one value moves all equal-width bins (utils.get_binned_data).
    const evidently = (value: number) => compareColumns(reference, table('num', [...weyl(999, 1.3), value]), 'evidently').features[0]!.statistics.psi!;
    expect(Math.abs(evidently(2) - evidently(4))).toBeGreaterThan(0.001);
  });

  it('eight overlapping numbers on each side are not called wholly different', () => {
    const [a, b] = [[38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58], [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8]];
    const peer = compareColumns(table('num', a), table('num', b), 'evidently').features[0]!.statistics;
    expect(peer.jensenShannon).toBeCloseTo(Math.sqrt(Math.LN2), 10);
    expect(peer.psi).toBeGreaterThan(14);
    expect(compareColumns(table('num', a), table('num', b), 'calibrated', { minimumSampleSize: 8 }).features[0]!.verdict).toBe('stable');
  });

  it('an empty bin gives a finite index, as it does not in deequ', () => {
    const { statistics } = compareColumns(table('cat', ['a', 'a', 'b']), table('cat', ['c', 'c', 'c']), 'calibrated').features[0]!;
    expect(Number.isFinite(statistics.psi)).toBe(true);
    expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
  });

  it('robust is the corrected distance and simple is not: in deequ the argument is inverted', () => {
    const [a, b] = [table('num', weyl(60)), table('num', weyl(60).map((value) => value + 0.2))];
    const of = (mode: 'sagemaker-simple' | 'sagemaker-robust'): number => compareColumns(a, b, mode).features[0]!.statistics.lInfinity!;
    expect(of('sagemaker-simple')).toBeGreaterThan(0.15);
    expect(of('sagemaker-robust')).toBe(0);
  });

  it('the same test is exact on both sides of the size where scipy changes its method', () => {
    // n = m = 8: 0.087 exact, 0.049 asymptotic: another verdict at 0.05.
    const differences = [100, 300, 1000].map((n) => Math.abs(1 - kolmogorovSmirnovAsymptotic(1.5 / Math.sqrt(n / 2), n, n) / kolmogorovSmirnovExact(1.5 / Math.sqrt(n / 2), n, n)));
    expect(differences[0]).toBeGreaterThan(differences[2]!);
    expect(differences[2]).toBeLessThan(0.06);
  });
});

describe('properties', () => {
  const number = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }));
  const numbers = fc.array(number, { minLength: 1, maxLength: 60 });
  const pairs = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 12 }).filter((bins) => bins.some(([a]) => a > 0) && bins.some(([, b]) => b > 0));

  it('distances of counts are symmetric, bounded, and 0 for equal ones', () => {
    fc.assert(
      fc.property(pairs, (bins) => {
        const [a, b] = [bins.map(([x]) => x), bins.map(([, y]) => y)];
        for (const [distance, maximum] of [[jensenShannonDistance, Math.sqrt(Math.LN2)], [hellingerDistance, 1], [lInfinity, 1]] as const) {
          expect(distance(a, b)).toBeCloseTo(distance(b, a), 12);
          expect(distance(a, b)).toBeGreaterThanOrEqual(0);
          expect(distance(a, b)).toBeLessThanOrEqual(maximum + 1e-12);
          expect(distance(a, a)).toBe(0);
        }
        expect(chiSquareContingency(a, b).statistic).toBeCloseTo(chiSquareContingency(b, a).statistic, 9);
        expect(chiSquareContingency(a, a)).toMatchObject({ statistic: 0, pValue: 1 });
        for (const { pValue } of [chiSquareFit(a, b), chiSquareContingency(a, b)]) expect(pValue >= 0 && pValue <= 1).toBe(true);
      }),
    );
  });

  it('distances of numbers are symmetric, and 0 for equal samples, weighted or not', () => {
    fc.assert(
      fc.property(numbers, numbers, (x, y) => {
        const [a, b] = [sample(x), sample(y)];
        const distance = cumulativeDistance(a, b);
        expect(cumulativeDistance(b, a)).toEqual(distance);
        expect(distance.greatest >= 0 && distance.greatest <= 1 && distance.area >= 0).toBe(true);
        expect(cumulativeDistance(a, sample([...x].reverse()))).toEqual({ greatest: 0, area: 0 });
        const doubled: WeightedValues = { values: a.values, counts: new Float64Array(x.length).fill(2), total: 2 * x.length };
        expect(cumulativeDistance(a, doubled)).toEqual({ greatest: 0, area: 0 });
      }),
    );
  });

  it('agree with the definition of the Wasserstein distance of samples of one size: mean difference of the sorted values', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), { minLength: 1, maxLength: 30 }), (rows) => {
        const [a, b] = [sample(rows.map(([x]) => x)), sample(rows.map(([, y]) => y))];
        const mean = a.values.reduce((sum, value, index) => sum + Math.abs(value - b.values[index]!), 0) / rows.length;
        expect(cumulativeDistance(a, b).area).toBeCloseTo(mean, 9);
      }),
    );
  });

  it('p-values lie between 0 and 1 and fall with the statistic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 5 }), (n, m, statistics) => {
        for (const test of [kolmogorovSmirnovExact, kolmogorovSmirnovAsymptotic, kolmogorovSmirnovLimit]) {
          const pValues = statistics.sort((a, b) => a - b).map((statistic) => test(statistic, n, m));
          pValues.forEach((pValue, index) => {
            expect(pValue >= 0 && pValue <= 1).toBe(true);
            // The methods that Simard and L'Ecuyer join differ by some 1e-7 where they meet.
            if (index > 0) expect(pValue).toBeLessThanOrEqual(pValues[index - 1]! * (1 + 1e-5) + 1e-12);
          });
        }
      }),
    );
  });

  it('exact p-values agree with counting every arrangement', () => {
    const count = (n: number, m: number, statistic: number): number => {
      let [outside, all] = [0, 0];
      const walk = (i: number, j: number, worst: number): void => {
        const now = Math.max(worst, Math.abs(i / n - j / m));
        if (i === n && j === m) {
          all += 1;
          if (now >= statistic - 1e-12) outside += 1;
          return;
        }
        if (i < n) walk(i + 1, j, now);
        if (j < m) walk(i, j + 1, now);
      };
      walk(0, 0, 0);
      return outside / all;
    };
    for (const [n, m] of [[5, 5], [4, 7], [6, 3], [1, 8], [6, 6]] as const) {
      for (const statistic of [0.2, 0.25, 0.5, 0.75, 1]) {
        // The statistic is a multiple of one over the least common multiple.
        const multiple = n === m ? n : n * m / (n === 6 && m === 3 ? 3 : 1);
        const possible = Math.round(statistic * multiple) / multiple;
        near(kolmogorovSmirnovExact(possible, n, m), count(n, m, possible), 1e-12);
      }
    }
  });

  it('hold for wholly different and huge numbers without leaving JSON', () => {
    const { features } = compareColumns(table('num', [-1.7e308, 0, 1.7e308]), table('num', [NaN, Infinity, 1e308]), 'calibrated', { minimumSampleSize: 1 });
    const json = JSON.stringify(features);
    expect(JSON.parse(json)).toEqual(features);
    expect(features[0]!.statistics.psi).toBeGreaterThan(0);
  });

  it('fail on counts of other bins and on empty samples', () => {
    expect(() => lInfinity([1], [1, 2])).toThrow('1 and 2 bins cannot be compared');
    expect(() => kolmogorovSmirnovExact(0.5, 0, 3)).toThrow('samples of 0 and 3 values cannot be tested');
    expect(cumulativeDistance(sample([]), sample([1]))).toEqual({ greatest: NaN, area: NaN });
  });
});
