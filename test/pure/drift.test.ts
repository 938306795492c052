import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Baseline,
  BaselineBuilder,
  benjaminiHochbergLevel,
  chiSquareQuantile,
  chiSquareSurvival,
  type DriftPolicy,
  driftVerdict,
  mergeProfiles,
  type Profile,
  ProfileBuilder,
  quantileEdges,
  SAMPLE_ROWS_MAXIMUM,
  stabilityCriticalValue,
  stabilityIndex,
  weightedValues,
} from '../../lib/drift';

const POLICY: DriftPolicy = {
  minimumSampleSize: 200,
  psiThreshold: 0.2,
  psiWarning: 0.1,
  falseDiscoveryRate: 0.01,
  driftedShare: 0.3,
  weights: {},
  criticalFeatures: [],
};

function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.abs(expected);
}

function profileOf(baseline: Baseline, rows: readonly (readonly string[])[]): Profile {
  const builder = new ProfileBuilder(baseline);
  rows.forEach((row) => builder.add(row));
  return builder.build();
}

describe('chi-square tails', () => {
  // scipy 1.10.1: stats.chi2.sf(x, df)
  it.each([
    [3.841458820694124, 1, 0.04999999999999989],
    [10, 3, 0.01856613546304325],
    [100, 80, 0.064570368921133],
    [350, 300, 0.024730797264387417],
  ])('agrees with scipy at %d with %d degrees', (x, degrees, expected) => {
    expect(relativeError(chiSquareSurvival(x, degrees), expected)).toBeLessThan(1e-12);
  });

  it('agrees with the closed form for even degrees, far into the tail', () => {
    for (const degrees of [2, 4, 10, 40, 200]) {
      for (const x of [0.01, 0.5, 3, 30, 90, 250, 600]) {
        let term = 1;
        let sum = 1;
        for (let i = 1; i < degrees / 2; i++) sum += term *= x / 2 / i;
        expect(relativeError(chiSquareSurvival(x, degrees), Math.exp(-x / 2) * sum), `${x} with ${degrees}`).toBeLessThan(1e-11);
      }
    }
  });

  it('is inverted by the quantile', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 1e-12, max: 0.999, noNaN: true }), (degrees, tail) => {
        expect(relativeError(chiSquareSurvival(chiSquareQuantile(tail, degrees), degrees), tail)).toBeLessThan(1e-9);
      }),
    );
    expect(chiSquareQuantile(1, 3)).toBe(0);
    expect(chiSquareQuantile(0, 3)).toBe(Infinity);
  });

  it('fails without degrees of freedom or with a tail that is no probability', () => {
    expect(() => chiSquareSurvival(1, 0)).toThrow(/degrees/);
    expect(() => chiSquareQuantile(1.5, 2)).toThrow(/between 0 and 1/);
  });
});

describe('population stability index', () => {
  // python3: sum((x/R-y/C)*math.log((x/R)/(y/C)) for x,y in zip(r,c)) with r, c = counts + .5 and R, C = their sums
  it('adds one half to every bin', () => {
    expect(relativeError(stabilityIndex([10, 20, 30], [20, 20, 20]).value, 0.17339047584551023)).toBeLessThan(1e-14);
    const [r1, r2] = [10.5 / 31, 20.5 / 31];
    const [c1, c2] = [40.5 / 61, 20.5 / 61];
    const exact = (r1 - c1) * Math.log(r1 / c1) + (r2 - c2) * Math.log(r2 / c2);
    expect(relativeError(stabilityIndex([10, 20], [40, 20]).value, exact)).toBeLessThan(1e-14);
  });

  const counts = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 15 });

  it('is never negative, finite, symmetric, and 0 for equal counts', () => {
    fc.assert(
      fc.property(counts, (pairs) => {
        const reference = pairs.map(([a]) => a);
        const current = pairs.map(([, b]) => b);
        const { value } = stabilityIndex(reference, current);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(value)).toBe(true);
        expect(value).toBeCloseTo(stabilityIndex(current, reference).value, 12);
        expect(stabilityIndex(reference, reference).value).toBe(0);
      }),
    );
  });

  it('goes to 0 for equal proportions of growing samples', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 12 }), (shares) => {
        const at = (factor: number): number => stabilityIndex(shares.map((share) => share * 1000), shares.map((share) => share * factor)).value;
        expect(at(1000)).toBe(0);
        expect(at(100)).toBeLessThanOrEqual(at(10) + 1e-12);
        expect(at(100)).toBeLessThan(1e-3);
      }),
    );
  });

  it('leaves out bins that are empty in both samples and counts a bin that is empty in one', () => {
    expect(stabilityIndex([5, 0, 5], [7, 0, 3])).toEqual(stabilityIndex([5, 5], [7, 3]));
    expect(stabilityIndex([5, 0, 5], [7, 1, 3]).bins).toBe(3);
  });

  it('is called significant by the quantile of its own law', () => {
    const index = { value: 0, bins: 10, referenceRows: 10_000, currentRows: 200 };
    expect(stabilityCriticalValue(index, 0.001)).toBeCloseTo((1 / 200 + 1 / 10_000) * 27.877164871256568, 12);
    expect(stabilityCriticalValue({ ...index, bins: 1 }, 0.001)).toBe(Infinity);
  });
});

describe('Benjamini-Hochberg', () => {
  it('rejects the largest group whose greatest p-value is below its share of the rate', () => {
    // The example of the paper's table 1: at 0.05 the first four of fifteen.
    const paper = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
    const level = benjaminiHochbergLevel([...paper].reverse(), 0.05);
    expect(paper.filter((pValue) => pValue <= level)).toHaveLength(4);
  });

  it('asks the first for the strictest level when nothing is rejected', () => {
    expect(benjaminiHochbergLevel([0.5, 0.9], 0.01)).toBe(0.005);
    expect(benjaminiHochbergLevel([], 0.01)).toBe(0.01);
  });
});

describe('bins of the baseline', () => {
  it('are the deciles as numpy computes them, each edge once', () => {
    expect(quantileEdges(weightedValues(Float64Array.from({ length: 101 }, (_, i) => i)))).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    // numpy.percentile([*range(12), *[11]*12], range(10, 100, 10)) = 2.3 4.6 6.9 9.2 11 11 11 11 11
    const edges = quantileEdges(weightedValues(Float64Array.from([...Array.from({ length: 12 }, (_, i) => i), ...new Array<number>(12).fill(11)])));
    expect(edges.map((edge) => Number(edge.toFixed(9)))).toEqual([2.3, 4.6, 6.9, 9.2, 11]);
  });

  it('see a change among few distinct values, a rare one that becomes frequent, and values beyond a constant', () => {
    const verdict = (reference: string[], current: string[]): number => {
      const builder = new BaselineBuilder([{ name: 'x', type: 'numeric' }]);
      reference.forEach((value) => builder.add([value]));
      const baseline = JSON.parse(JSON.stringify(builder.build())) as Baseline;
      return driftVerdict(baseline, profileOf(baseline, current.map((value) => [value])), POLICY).maximumPsi;
    };
    const mix = (ones: number, total: number): string[] => Array.from({ length: total }, (_, i) => (i < ones ? '1' : '0'));
    expect(verdict(mix(50, 1000), mix(500, 1000))).toBeGreaterThan(0.5);
    expect(verdict(mix(0, 1000), mix(1000, 1000))).toBeGreaterThan(5);
    expect(verdict(mix(1000, 1000), mix(0, 1000))).toBeGreaterThan(5);
    expect(verdict(mix(50, 1000), mix(50, 1000))).toBe(0);
  });

  it('keep frequent categories, put the rest together, and know what was never seen', () => {
    const builder = new BaselineBuilder([{ name: 'c', type: 'categorical' }]);
    for (let i = 0; i < 1000; i++) builder.add([i < 600 ? 'a' : i < 990 ? 'b' : i < 995 ? 'rare' : i < 998 ? 'rarer' : '']);
    const baseline = builder.build();
    expect(baseline.columns[0]!.bins).toEqual({ type: 'categorical', categories: ['a', 'b'], others: ['rare', 'rarer'], complete: true });
    const [column] = profileOf(baseline, [['a'], ['rarer'], ['new'], [''], [' ']]).columns;
    expect(column).toEqual({ count: 5, missing: 2, unseen: 1, counts: [1, 0, 1], moments: null, unseenValues: { values: [{ value: 'new', count: 1 }], error: 0 } });
  });

  it('count texts among numbers as unseen and blanks as missing', () => {
    const builder = new BaselineBuilder([{ name: 'x', type: 'numeric' }]);
    for (let i = 0; i < 100; i++) builder.add([String(i)]);
    const [column] = profileOf(builder.build(), [['5'], ['abc'], ['NaN'], ['Infinity'], [''], ['1e1']]).columns;
    expect(column).toMatchObject({ count: 6, missing: 1, unseen: 3, moments: { count: 2, mean: 7.5, minimum: 5, maximum: 10 } });
  });

  it('survive JSON and an empty column', () => {
    const builder = new BaselineBuilder([{ name: 'x', type: 'numeric' }]);
    builder.add(['']);
    const baseline = builder.build();
    expect(JSON.parse(JSON.stringify(baseline))).toEqual(baseline);
    expect(driftVerdict(baseline, profileOf(baseline, new Array<string[]>(500).fill([''])), POLICY).status).toBe('STABLE');
  });

  it('come from a repeatable sample when there are very many rows', () => {
    const build = (): Baseline => {
      const builder = new BaselineBuilder([{ name: 'x', type: 'numeric' }]);
      // A saw tooth of period 16: every fixed step of a power of two would see one tooth only.
      for (let i = 0; i < SAMPLE_ROWS_MAXIMUM + 50_000; i++) builder.add([String(i % 16)]);
      return builder.build();
    };
    const baseline = build();
    expect(baseline.rows).toBe(250_000);
    expect(baseline.sampledRows).toBeLessThanOrEqual(SAMPLE_ROWS_MAXIMUM);
    expect(baseline.columns[0]!.reference.moments!.mean).toBeCloseTo(7.5, 1);
    expect(JSON.stringify(build())).toBe(JSON.stringify(baseline));
  });

  it('fails on a row of another width', () => {
    expect(() => new BaselineBuilder([{ name: 'x', type: 'numeric' }]).add(['1', '2'])).toThrow('row 1 has 2 values, expected 1');
  });
});

describe('profiles', () => {
  const value = fc.oneof(fc.integer({ min: -5, max: 30 }).map(String), fc.double().map(String), fc.constantFrom('', 'a', 'b', 'z'));
  const rows = fc.array(fc.tuple(value, value), { maxLength: 40 });
  const builder = new BaselineBuilder([
    { name: 'x', type: 'numeric' },
    { name: 'c', type: 'categorical' },
  ]);
  for (let i = 0; i < 200; i++) builder.add([String(i % 23), 'ab'[i % 2]!]);
  const baseline = builder.build();

  it('sum numbers next to the least that there are exactly, in any order', () => {
    const column = (cells: string[][]): unknown => profileOf(baseline, cells).columns[0]!.moments;
    expect(column([['4.450147783326772e-308', ''], ['-5e-324', '']])).toEqual(column([['-5e-324', ''], ['4.450147783326772e-308', '']]));
    const [low, high] = [profileOf(baseline, [['-5e-324', '']]), profileOf(baseline, [['4.450147783326772e-308', '']])];
    expect(JSON.stringify(mergeProfiles(low, high))).toBe(JSON.stringify(profileOf(baseline, [['4.450147783326772e-308', ''], ['-5e-324', '']])));
  });

  it('merge in any order and grouping into the profile of all rows, byte for byte', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const [pa, pb, pc] = [a, b, c].map((part) => profileOf(baseline, part)) as [Profile, Profile, Profile];
        const whole = JSON.stringify(profileOf(baseline, [...c, ...a, ...b]));
        expect(JSON.stringify(mergeProfiles(mergeProfiles(pa, pb), pc))).toBe(whole);
        expect(JSON.stringify(mergeProfiles(pc, mergeProfiles(pb, pa)))).toBe(whole);
        expect(JSON.parse(whole)).toEqual(mergeProfiles(mergeProfiles(pb, pc), JSON.parse(JSON.stringify(pa)) as Profile));
      }),
    );
  });

  it('fail to merge over other bins', () => {
    const other = new BaselineBuilder([{ name: 'x', type: 'numeric' }]).build();
    expect(() => mergeProfiles(profileOf(baseline, []), profileOf(other, []))).toThrow(/cannot be merged/);
  });
});

describe('verdict of a window', () => {
  const builder = new BaselineBuilder([
    { name: 'a', type: 'numeric' },
    { name: 'b', type: 'numeric' },
    { name: 'c', type: 'numeric' },
    { name: 'd', type: 'numeric' },
    { name: 'prediction', type: 'numeric' },
  ]);
  const at = (i: number): number => (i * 0.6180339887498949) % 1;
  for (let i = 0; i < 5000; i++) builder.add([0, 1, 2, 3, 4].map((k) => String(at(i * 7 + k * 1009))));
  const baseline = builder.build();
  /** Rows in which the columns of `shifted` live in the upper half. */
  const window = (count: number, ...shifted: number[]): Profile =>
    profileOf(
      baseline,
      Array.from({ length: count }, (_, i) => [0, 1, 2, 3, 4].map((k) => String(shifted.includes(k) ? 0.5 + at(i * 7 + k * 1009) / 2 : at(i * 7 + k * 1009)))),
    );

  it.each([
    ['no column drifted', window(1000), {}, 'STABLE', false, false],
    ['one of four, below the share', window(1000, 0), {}, 'STABLE', false, false],
    ['two of four', window(1000, 0, 1), {}, 'DRIFTED', true, false],
    ['one of four that is critical', window(1000, 0), { criticalFeatures: ['a'] }, 'DRIFTED', true, false],
    ['one of four with a great weight', window(1000, 0), { weights: { a: 5 } }, 'DRIFTED', true, false],
    ['two of four, one of them without weight', window(1000, 0, 1), { weights: { a: 0, b: 0.5 } }, 'STABLE', false, false],
    ['the prediction alone', window(1000, 4), {}, 'DRIFTED', false, true],
    ['everything, in too few rows', window(199, 0, 1, 2, 3, 4), {}, 'INSUFFICIENT_DATA', false, false],
    ['nothing captured', window(0), {}, 'INSUFFICIENT_DATA', false, false],
  ])('%s', (_, profile, change, status, dataDrift, predictionDrift) => {
    expect(driftVerdict(baseline, profile, { ...POLICY, ...change })).toMatchObject({ status, dataDrift, predictionDrift });
  });

  it('says which features drifted, and by how much', () => {
    const { reasons } = driftVerdict(baseline, window(1000, 0, 1), POLICY);
    expect(reasons[0]).toBe('Weighted share of drifted features is 0.500 of 1000 rows, threshold 0.3.');
    expect(reasons.slice(1).every((reason) => /^[ab] drifted: population stability index \d+\.\d{3}, chance explains up to \d\.\d{3}, threshold 0\.2\.$/.test(reason))).toBe(true);
    expect(reasons).toHaveLength(3);
  });

  it('needs significance beside effect: a great index of few rows is chance', () => {
    const policy = { ...POLICY, minimumSampleSize: 1 };
    const { columns } = driftVerdict(baseline, window(12), policy);
    expect(columns.some(({ psi }) => psi >= 0.2)).toBe(true);
    expect(columns.every(({ status }) => status === 'STABLE')).toBe(true);
  });
});
