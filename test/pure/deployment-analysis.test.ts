import { describe, expect, it } from 'vitest';
import { boundaryShape, halfWidthOneSided, halfWidthTwoSided } from '../../lib/deployment/analysis/confidence-sequence';
import { analyze, FleetMinute, Verdict } from '../../lib/deployment/analysis/verdict';

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

describe('300 seeded canaries at 1000 requests a minute, 10 % canary, base error rate 1 %, a look every minute for an hour', () => {
  const REPETITIONS = 300;

  it('rolls back at most 5 % of the good ones', () => {
    const failed = simulate(0.01, REPETITIONS).filter((stop) => stop !== undefined).length;
    expect(failed / REPETITIONS).toBeLessThanOrEqual(0.05);
  });

  it('finds a doubled error rate, the median within 10 looks', () => {
    const stops = simulate(0.02, REPETITIONS);
    const found = stops.filter((stop) => stop !== undefined).sort((a, b) => a - b);
    expect(found.length / REPETITIONS).toBeGreaterThanOrEqual(0.97);
    expect(found[Math.floor(REPETITIONS / 2)]).toBeLessThanOrEqual(10);
  });
});

function minutes(count: number, requests: number, errors: number): FleetMinute[] {
  return Array.from({ length: count }, () => ({ requests, errors, latency: 20_000 }));
}

/** Look at which each canary failed; undefined = never. */
function simulate(errorRate: number, repetitions: number): (number | undefined)[] {
  const uniform = mulberry32(20010201);
  const binomial = (n: number, p: number): number => {
    let hits = 0;
    for (let i = 0; i < n; i++) if (uniform() < p) hits++;
    return hits;
  };
  const latency = (): number => 20_000 * Math.exp(0.1 * (uniform() + uniform() + uniform() - 1.5));
  return Array.from({ length: repetitions }, () => {
    const old: FleetMinute[] = [];
    const now: FleetMinute[] = [];
    let stop: number | undefined;
    for (let look = 1; look <= 60; look++) {
      old.push({ requests: 900, errors: binomial(900, 0.01), latency: latency() });
      now.push({ requests: 100, errors: binomial(100, errorRate), latency: latency() });
      const verdict: Verdict = analyze(old, now, RULES).verdict;
      if (verdict === 'failed') stop ??= look;
    }
    return stop;
  });
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
