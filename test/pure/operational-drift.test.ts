import { describe, expect, it } from 'vitest';
import { operationalDrift, operationalReach, type OperationalVerdict, type OperationalWindow } from '../../lib/monitoring/operational-drift';

const SETTINGS = { factor: 1.5, minimumRequests: 200, minimumWindows: 24 };
const HOUR = 3_600_000;
const { from, gap } = operationalReach(3600);

/** Deterministic numbers in (0, 1). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 4_294_967_296;
  };
}

interface World {
  /** Peak over night. */
  readonly season: number;
  /** Standard deviation of the logarithm of the p50, and how much of it the next hour inherits. */
  readonly noise: number;
  readonly memory: number;
  readonly errorRate: number;
  /** Hours, of a thousand, with ten times the errors. */
  readonly bursts: number;
  readonly requests: number;
}

/** An endpoint that nothing happens to but what always happens to it. */
function hours(world: World, count: number, seed: number): OperationalWindow[] {
  const random = generator(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  let level = 0;
  return Array.from({ length: count }, (_, hour) => {
    level = world.memory * level + Math.sqrt(1 - world.memory ** 2) * world.noise * normal();
    const daily = 1 + ((world.season - 1) * (1 - Math.cos((2 * Math.PI * hour) / 24))) / 2;
    const p50 = 20_000 * daily * Math.exp(level);
    const rate = world.errorRate * (random() < world.bursts / 1000 ? 10 : 1);
    const requests = Math.round(world.requests * daily);
    const expected = rate * requests;
    const errors = Math.max(0, Math.round(expected + Math.sqrt(expected) * normal()));
    return { start: hour * HOUR, requests, errors, p50, p99: p50 * 4 * Math.exp(0.3 * normal()) };
  });
}

function verdicts(windows: readonly OperationalWindow[]): (OperationalVerdict | undefined)[] {
  return windows.map((current) => {
    const past = windows.filter(({ start }) => start >= current.start - from && start < current.start - gap);
    return past.length < 24 ? undefined : operationalDrift(current, past, SETTINGS);
  });
}

/** Two of three, as the alarm. */
function alarms(found: readonly (OperationalVerdict | undefined)[]): number[] {
  const raised = found.map((_, index) => found.slice(Math.max(0, index - 2), index + 1).filter((verdict) => verdict?.status === 'DRIFTED').length >= 2);
  return raised.flatMap((now, index) => (now && !raised[index - 1] ? [index] : []));
}

const STEADY: World = { season: 1, noise: 0.05, memory: 0, errorRate: 0.002, bursts: 0, requests: 2000 };
const QUIET_WORLDS: [string, World, atMost: number][] = [
  ['a steady endpoint', STEADY, 0],
  ['days and nights', { ...STEADY, season: 2.5, noise: 0.1 }, 0],
  ['latency that wanders', { ...STEADY, noise: 0.25, memory: 0.9 }, 4],
  ['errors in bursts', { ...STEADY, bursts: 20, season: 1.5 }, 1],
  ['little traffic', { ...STEADY, requests: 210, noise: 0.2, errorRate: 0.01 }, 0],
];

/** Alarms from the fifteenth day on, in hours since then, when the endpoint becomes so many times slower or so much more faulty. */
function detected(world: World, change: (window: OperationalWindow) => OperationalWindow): number | undefined {
  const began = 15 * 24;
  const windows = hours(world, 18 * 24, 11).map((window, hour) => (hour < began ? window : change(window)));
  const first = alarms(verdicts(windows)).find((hour) => hour >= began);
  return first === undefined ? undefined : first - began;
}

const slower = (factor: number) => (window: OperationalWindow): OperationalWindow => ({ ...window, p50: window.p50! * factor, p99: window.p99! * factor });

describe('operational drift', () => {
  it.each(QUIET_WORLDS)('is quiet for a quarter of %s', (_name, world, atMost) => {
    expect(alarms(verdicts(hours(world, 90 * 24, 7))).length).toBeLessThanOrEqual(atMost);
  });

  it.each(QUIET_WORLDS)('notices three times the latency within a day: %s', (_name, world) => {
    expect(detected(world, slower(3))).toBeLessThanOrEqual(24);
  });

  it('notices within two windows that a steady endpoint takes twice as long, or fails three times as often', () => {
    expect(detected(STEADY, slower(2))).toBeLessThanOrEqual(2);
    expect(detected(STEADY, (window) => ({ ...window, errors: window.errors * 3 }))).toBeLessThanOrEqual(2);
  });

  it('says what is usual', () => {
    const windows = hours(STEADY, 15 * 24, 3);
    const current = slower(3)(windows.pop()!);
    const verdict = operationalDrift(current, windows.filter(({ start }) => start < current.start - gap), SETTINGS);
    expect(verdict.status).toBe('DRIFTED');
    expect(verdict.reasons[0]).toMatch(/^The latency p50 of the endpoint was \d+\.\d ms, usually \d+\.\d ms\.$/);
  });

  it('has no verdict on few requests, or without a past', () => {
    const windows = hours(STEADY, 15 * 24, 3);
    expect(operationalDrift({ ...windows[0]!, requests: 199 }, windows, SETTINGS).status).toBe('INSUFFICIENT_DATA');
    expect(operationalDrift(windows[0]!, windows.slice(0, 23), SETTINGS).status).toBe('INSUFFICIENT_DATA');
    expect(operationalDrift(windows[0]!, windows.map((window) => ({ ...window, requests: 10 })), SETTINGS).status).toBe('INSUFFICIENT_DATA');
  });

  it('takes what changes by less than the factor, or by a few requests, for no change', () => {
    const windows = hours({ ...STEADY, errorRate: 0 }, 15 * 24, 3);
    const current = windows.pop()!;
    expect(operationalDrift({ ...current, p50: current.p50! * 1.4, errors: 1 }, windows, SETTINGS).status).toBe('STABLE');
    expect(operationalDrift({ ...current, errors: 20 }, windows, SETTINGS).status).toBe('DRIFTED');
  });
});
