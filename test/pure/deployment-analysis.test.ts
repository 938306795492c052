import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryShape, halfWidthOneSided, halfWidthTwoSided } from '../../lib/deployment/analysis/confidence-sequence';
import { lowerBoundOfDifference, type SequentialTest } from '../../lib/deployment/analysis/difference';
import { mcnemarPValue } from '../../lib/deployment/analysis/mcnemar';
import { alwaysValidPValue, halfWidthOneSidedMixture, mixtureLikelihoodRatio, oneSidedMixtureLikelihoodRatio } from '../../lib/deployment/analysis/mixture-likelihood-ratio';
import { normalQuantile, normalSurvival } from '../../lib/deployment/analysis/normal';
import { type Prediction, predictionDistance } from '../../lib/deployment/analysis/prediction-distance';
import { logMixtureRatio, proportionSequence, wilsonInterval } from '../../lib/deployment/analysis/proportion';
import { rankCorrelation } from '../../lib/deployment/analysis/rank-correlation';
import { canaryShare, sampleRatio, weightedShare } from '../../lib/deployment/analysis/sample-ratio';
import { analyze, type FleetMinute } from '../../lib/deployment/analysis/verdict';
import { binomial, mulberry32, RULES as CANARY_RULES, simulateCanaries, stops, summarize } from '../../scripts/canary-simulation';

/** Produced with GrowthBook's own functions (commit 8f1db44), sequential_interval_halfwidth. */
const GOLDEN = [
  { delta: 0.5033610858562358, se: 0.3334122146400735, n: 6461, alpha: 0.05, tuning: 1000, rho: 0.08908509752892212, halfwidth: 1.0618015909639673 },
  { delta: 0.03, se: 0.01, n: 20000, alpha: 0.05, tuning: 5000, rho: 0.03984006677137368, halfwidth: 0.0312711414368799 },
];

const RULES = { minimumRequests: 100, confidence: 0.95, tolerableErrorRate: 0.05 };

describe('confidence sequence', () => {
  it.each(GOLDEN)('equals GrowthBook for n = $n', ({ se, n, alpha, tuning, rho, halfwidth }) => {
    expect(boundaryShape(alpha, tuning)).toBeCloseTo(rho, 12);
    expect(halfWidthTwoSided(se * se * n, n, alpha, tuning)).toBeCloseTo(halfwidth, 12);
  });

  it('equals GrowthBook one-sided (tests/test_tests.py, lower bound)', () => {
    const { delta, se, n } = GOLDEN[0]!;
    expect(delta - halfWidthOneSided(se * se * n, n, 0.05, 5000)).toBeCloseTo(-0.42356454602790883, 12);
  });
});

describe('verdict', () => {
  it('is inconclusive without traffic, never successful', () => {
    expect(analyze(minutes(10, 1000, 10), [], RULES).verdict).toBe('inconclusive');
    expect(analyze(minutes(10, 1000, 10), minutes(1, 99, 0), RULES).verdict).toBe('inconclusive');
    expect(analyze([], minutes(10, 100, 0), RULES).verdict).toBe('inconclusive');
  });

  it('is successful for two fleets without errors', () => {
    expect(analyze(minutes(10, 900, 0), minutes(10, 100, 0), RULES).verdict).toBe('successful');
  });

  it('fails at the hard guard even when the old fleet had no traffic to compare with', () => {
    expect(analyze([], minutes(2, 100, 10), RULES)).toMatchObject({ verdict: 'failed', reasons: ['error rate 10.00 % of the new fleet is over the hard limit 5.00 %'] });
  });

  it('fails on a latency that is clearly greater, passes one within the tolerance', () => {
    const old = [100, 102, 98, 101, 99, 100, 103, 97, 100, 101].map((ms) => ({ requests: 900, errors: 0, latency: ms * 1000 }));
    const scaled = (factor: number): FleetMinute[] => old.map((minute) => ({ requests: 100, errors: 0, latency: minute.latency * factor }));
    expect(analyze(old, scaled(1.2), RULES).verdict).toBe('successful');
    expect(analyze(old, scaled(2), RULES).verdict).toBe('failed');
    expect(analyze(old, scaled(6), RULES).reasons[0]).toContain('hard limit');
  });

  it('does not fail on a handful of errors', () => {
    expect(analyze(minutes(3, 900, 0), [{ requests: 100, errors: 9, latency: 1 }], RULES).verdict).toBe('successful');
  });
});

function minutes(count: number, requests: number, errors: number): FleetMinute[] {
  return Array.from({ length: count }, () => ({ requests, errors, latency: 20_000 }));
}

describe('verdict with what besides errors can be compared', () => {
  const [old, now] = [minutes(10, 900, 9), minutes(10, 100, 1)];
  const uniform = mulberry32(7);
  const scores = (count: number, shift = 0): Prediction[] => Array.from({ length: count }, (_, time) => ({ time, value: String(uniform() + shift) }));

  it('is inconclusive when the fleets were not asked as planned', () => {
    const ratio = { champion: 9000, challenger: 1000, expected: canaryShare(50, 2) };
    const found = analyze(old, now, RULES, { ratio });
    expect(found).toMatchObject({ verdict: 'inconclusive', reasons: [expect.stringContaining('sample ratio mismatch: the new fleet got 10.00 % of 10000 requests instead of 30.00 % to 55.00 %')] });
    expect(analyze(old, now, RULES, { ratio: { ...ratio, expected: canaryShare(10, 10) } }).verdict).toBe('successful');
  });

  it('fails when the predictions differ, and says by how much', () => {
    const predictions = { champion: scores(900), challenger: scores(200, 0.5), threshold: 0.2 };
    const found = analyze(old, now, RULES, { predictions });
    expect(found.reasons).toEqual([expect.stringMatching(/^predictions differ: population stability index \d+\.\d{3} between 200 of the new fleet/)]);
    expect(found.evidence['predictionDistance']).toBeGreaterThan(0.2);
    expect(analyze(old, now, RULES, { predictions: { ...predictions, challenger: scores(200) } }).verdict).toBe('successful');
  });

  it('is inconclusive when predictions were to be compared and were not captured', () => {
    expect(analyze(old, now, RULES, { predictions: { champion: scores(900), challenger: scores(99), threshold: 0.2 } })).toMatchObject({
      verdict: 'inconclusive',
      reasons: [expect.stringContaining('99 of the new fleet and 900 of the old one')],
    });
  });

  it('fails for errors even when the traffic is not as planned', () => {
    expect(analyze(old, minutes(10, 100, 8), RULES, { ratio: { champion: 9000, challenger: 1000, expected: canaryShare(50, 2) } }).verdict).toBe('failed');
  });
});

describe('mixture sequential probability ratio test', () => {
  /** Produced with the formula of Johari et al. in double precision. */
  it('equals the published formula', () => {
    expect(mixtureLikelihoodRatio(0.02, 0.0001, 0.0001)).toBeCloseTo(1.9221155140795592, 13);
    expect(alwaysValidPValue(mixtureLikelihoodRatio(0.02, 0.0001, 0.0001))).toBeCloseTo(0.5202600950228887, 13);
    expect(mixtureLikelihoodRatio(0, 0.0001, 0.0001)).toBeCloseTo(0.7071067811865476, 13);
    expect(alwaysValidPValue(0.7071067811865476)).toBe(1);
    expect(alwaysValidPValue(2, 0.1)).toBe(0.1);
  });

  it('is the mean of both one-sided ratios', () => {
    const each = [0.02, -0.02].map((difference) => oneSidedMixtureLikelihoodRatio(difference, 0.0001, 0.0002));
    expect((each[0]! + each[1]!) / 2).toBeCloseTo(mixtureLikelihoodRatio(0.02, 0.0001, 0.0002), 12);
  });

  it('has its half width where the ratio reaches 1 / alpha', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 10, noNaN: true }), fc.double({ min: 1e-9, max: 10, noNaN: true }), fc.double({ min: 1e-4, max: 0.2, noNaN: true }), (variance, tau2, alpha) => {
        const width = halfWidthOneSidedMixture(variance, tau2, alpha);
        // The exponent may be large, so the comparison is of logarithms.
        expect(Math.log(oneSidedMixtureLikelihoodRatio(width, variance, tau2) * alpha)).toBeCloseTo(0, 7);
      }),
    );
  });
});

describe.each<SequentialTest>(['CONFIDENCE_SEQUENCE', 'MSPRT'])('lower bound of a difference, %s', (test) => {
  const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
  const estimate = fc.record({ mean: number(-5, 5), varianceOfMean: number(1e-6, 1), n: fc.integer({ min: 10, max: 100_000 }) });
  const rules = { test, alpha: 0.05, expected: 5000, effect: 0.1 };

  it('grows with the difference, shrinks with variance and confidence, and is less than the difference', () => {
    fc.assert(
      fc.property(estimate, estimate, number(0.001, 3), (a, b, more) => {
        const bound = lowerBoundOfDifference(a, b, rules);
        expect(bound).toBeLessThan(b.mean - a.mean);
        expect(lowerBoundOfDifference(a, { ...b, mean: b.mean + more }, rules)).toBeGreaterThan(bound);
        expect(lowerBoundOfDifference(a, { ...b, varianceOfMean: b.varianceOfMean * (1 + more) }, rules)).toBeLessThan(bound);
        expect(lowerBoundOfDifference(a, b, { ...rules, alpha: 0.01 })).toBeLessThan(bound);
      }),
    );
  });

  it('is the same in other units', () => {
    fc.assert(
      fc.property(estimate, estimate, number(0.01, 100), (a, b, unit) => {
        const scaled = [a, b].map((side) => ({ mean: side.mean * unit, varianceOfMean: side.varianceOfMean * unit ** 2, n: side.n }));
        const [bound, other] = [lowerBoundOfDifference(a, b, rules), lowerBoundOfDifference(scaled[0]!, scaled[1]!, { ...rules, effect: rules.effect * unit })];
        expect(Math.abs(other / unit - bound)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(bound)));
      }),
    );
  });
});

describe('proportions', () => {
  it('have the published Wilson interval', () => {
    // Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3: 81/263, 15/148, 0/20, 1/29.
    const published: [number, number, number, number][] = [[81, 263, 0.2553, 0.3662], [15, 148, 0.0624, 0.1605], [0, 20, 0, 0.1611], [1, 29, 0.0061, 0.1718]];
    for (const [successes, trials, low, high] of published) {
      const found = wilsonInterval(successes, trials, 0.95);
      expect(found.low).toBeCloseTo(low, 4);
      expect(found.high).toBeCloseTo(high, 4);
    }
    expect(wilsonInterval(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
  });

  it('have bounds around the estimate, the sequence wider than the interval of one look, mirrored by mirrored counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.round(share * trials);
        const [wilson, sequence] = [wilsonInterval(successes, trials, 0.95), proportionSequence(successes, trials, 0.05)];
        const mirrored = proportionSequence(trials - successes, trials, 0.05);
        expect(sequence.low).toBeLessThanOrEqual(successes / trials);
        expect(sequence.high).toBeGreaterThanOrEqual(successes / trials);
        expect(sequence.low).toBeLessThanOrEqual(wilson.low + 1e-12);
        expect(sequence.high).toBeGreaterThanOrEqual(wilson.high - 1e-12);
        expect(mirrored.low).toBeCloseTo(1 - sequence.high, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('are excluded by the mixture at most so often as promised, however often one looks', () => {
    const uniform = mulberry32(99);
    const excluded = Array.from({ length: 500 }, () => {
      let successes = 0;
      for (let trials = 1; trials <= 400; trials++) {
        if (uniform() < 0.1) successes += 1;
        if (logMixtureRatio(successes, trials, 0.1) > Math.log(1 / 0.05)) return true;
      }
      return false;
    }).filter(Boolean).length;
    expect(excluded / 500).toBeLessThanOrEqual(0.05);
  });
});

describe('sample ratio', () => {
  it('finds a mismatch, and none where the share is as asked for', () => {
    expect(sampleRatio(1000, 10_000, weightedShare(10))).toMatchObject({ mismatched: false, pValue: 1 });
    expect(sampleRatio(1200, 10_000, weightedShare(10)).mismatched).toBe(true);
    expect(sampleRatio(0, 0, weightedShare(10))).toEqual({ share: 0, pValue: 1, mismatched: false });
  });

  it('expects of a canary what whole instances can give', () => {
    expect(canaryShare(10, 2)).toEqual({ low: expect.closeTo(0.09, 12), high: expect.closeTo(0.55, 12) });
    expect(canaryShare(50, 2)).toEqual({ low: expect.closeTo(0.3, 12), high: expect.closeTo(0.55, 12) });
    expect(sampleRatio(5000, 10_000, canaryShare(10, 2)).mismatched).toBe(false);
    expect(sampleRatio(5800, 10_000, canaryShare(10, 2)).mismatched).toBe(true);
  });

  it('stays below its error probability under continuous looking', () => {
    const uniform = mulberry32(5);
    let mismatches = 0;
    for (let run = 0; run < 1000; run++) {
      let challenger = 0;
      for (let look = 1; look <= 60; look++) {
        challenger += binomial(uniform, 1000, 0.1);
        if (sampleRatio(challenger, 1000 * look, weightedShare(10)).mismatched) {
          mismatches += 1;
          break;
        }
      }
    }
    expect(mismatches).toBeLessThanOrEqual(4);
  });

  it('has a p-value that falls with the distance from the expected share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 50_000 }), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (total, share) => {
        const expected = { low: share, high: share };
        const pValues = [0.01, 0.02, 0.04].map((more) => sampleRatio(Math.min(total, Math.ceil(total * (share + more))), total, expected).pValue);
        expect(pValues[1]).toBeLessThanOrEqual(pValues[0]! + 1e-12);
        expect(pValues[2]).toBeLessThanOrEqual(pValues[1]! + 1e-12);
      }),
    );
  });
});

describe('prediction distance', () => {
  const rules = { threshold: 0.2, minimumPredictions: 100, alpha: 0.0025 };
  const uniform = mulberry32(11);
  const draw = (count: number, shift = 0): Prediction[] => Array.from({ length: count }, (_, time) => ({ time, value: String(uniform() ** 2 + shift) }));

  it('says nothing below the minimum, of either fleet', () => {
    expect(predictionDistance(draw(900), draw(99), rules)).toBeUndefined();
    expect(predictionDistance(draw(99), draw(500), rules)).toBeUndefined();
  });

  it('looks at 100, 200, 400 … predictions, whatever their order of arrival', () => {
    const [champion, challenger] = [draw(2000), draw(799)];
    const found = predictionDistance(champion, challenger, rules);
    expect(found).toMatchObject({ challengerPredictions: 400, distant: false });
    expect(predictionDistance([...champion].reverse(), [...challenger].reverse(), rules)).toEqual(found);
  });

  it('finds classes that one fleet predicts more often', () => {
    const classes = (count: number, share: number): Prediction[] => draw(count).map(({ time }) => ({ time, value: uniform() < share ? 'late' : 'on time' }));
    expect(predictionDistance(classes(900, 0.2), classes(200, 0.2), rules)).toMatchObject({ distant: false });
    expect(predictionDistance(classes(900, 0.2), classes(200, 0.7), rules)).toMatchObject({ distant: true });
  });

  it('does not fail equal fleets, however often one looks, even at a threshold that is far too low', () => {
    let failed = 0;
    for (let run = 0; run < 80; run++) {
      const [champion, challenger] = [draw(1600), draw(800)];
      for (let seen = 100; seen <= 800; seen += 100) {
        if (predictionDistance(champion.slice(0, 2 * seen), challenger.slice(0, seen), { ...rules, threshold: 0.001, alpha: 0.05 })?.distant === true) {
          failed += 1;
          break;
        }
      }
    }
    expect(failed / 80).toBeLessThanOrEqual(0.05);
  });
});

describe('rank correlation', () => {
  it('equals SciPy for ties and for opposite orders', () => {
    // scipy.stats.spearmanr([1, 2, 2, 4, 5], [5, 6, 7, 8, 7])
    expect(rankCorrelation([1, 2, 2, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.7631578947368421, 12);
    expect(rankCorrelation([1, 2, 3], [30, 20, 10])).toBe(-1);
    expect(rankCorrelation([1, 1], [2, 2])).toBeUndefined();
    expect(rankCorrelation([1, 2], [2, 2])).toBe(0);
    expect(rankCorrelation([1], [1])).toBeUndefined();
  });

  it('depends on the order alone, and is symmetric', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 })), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const found = rankCorrelation(a, b);
        expect(rankCorrelation(b, a)).toBe(found);
        expect(rankCorrelation(a.map((x) => Math.exp(x / 10)), b.map((y) => 3 * y + 7))).toBe(found);
        if (found !== undefined) expect(rankCorrelation(a, b.map((y) => -y))).toBeCloseTo(-found, 12);
      }),
    );
  });
});

describe('smaller statistics', () => {
  it('have the tails of the normal distribution', () => {
    // scipy.stats.norm.sf
    for (const [z, tail] of [[0, 0.5], [1, 0.15865525393145707], [1.959963984540054, 0.025], [5, 2.866515718791933e-7]] as const) {
      expect(normalSurvival(z) / tail).toBeCloseTo(1, 10);
      expect(normalSurvival(-z)).toBeCloseTo(1 - tail, 12);
      expect(normalQuantile(tail)).toBeCloseTo(z, 9);
    }
  });

  it('have the exact McNemar test', () => {
    // scipy.stats.binomtest(9, 10, 0.5, alternative='greater'): 11 / 1024.
    expect(mcnemarPValue(9, 1)).toBeCloseTo(11 / 1024, 12);
    expect(mcnemarPValue(0, 0)).toBe(1);
    expect(mcnemarPValue(0, 5)).toBeCloseTo(1, 12);
  });
});

describe('400 simulated canaries: 1000 requests a minute, 10 % canary, base error rate 1 %, a look every minute for an hour', () => {
  it.each(['ours, confidence sequence', 'ours, mSPRT'])('%s: at most 5 % false rollbacks, a doubled error rate found by look 8 in the median', (name) => {
    const [equal, doubled] = [1, 2].map((multiple) => summarize(stops(CANARY_RULES[name]!, simulateCanaries(multiple, 400, 20010301 + multiple))));
    expect(equal!.rolledBack).toBeLessThanOrEqual(0.05);
    expect(doubled!.rolledBack).toBeGreaterThanOrEqual(0.99);
    expect(doubled!.medianLook).toBeLessThanOrEqual(8);
  });

  it('shows why: a fixed threshold and a plain test at each look roll back good versions', () => {
    const equal = simulateCanaries(1, 400, 20010302);
    expect(summarize(stops(CANARY_RULES['static alarm, more than 2 % over 5 minutes']!, equal)).rolledBack).toBeGreaterThan(0.25);
    expect(summarize(stops(CANARY_RULES['z-test at each look, p < 0.05']!, equal)).rolledBack).toBeGreaterThan(0.2);
  });

  it.each([[500, 500, 0.01], [700, 300, 0.001], [90, 10, 0.02]])('fleets of %i and %i requests a minute with errors of %f are rarely rolled back', (champion, challenger, errorRate) => {
    const equal = simulateCanaries(1, 300, champion + challenger, { champion, challenger, errorRate });
    expect(summarize(stops(CANARY_RULES['ours, confidence sequence']!, equal)).rolledBack).toBeLessThanOrEqual(0.05);
  });
});
