/** Simulated canaries and the rules that look at them; shared by the benchmark and by a test with fewer repetitions. */
import type { FleetMinute } from '../lib/deployment/analysis/fleet';
import { analyze } from '../lib/deployment/analysis/verdict';

export const LOOKS = 60;

/** Requests a minute of both fleets, and the share of them that fails while nothing is wrong. */
export interface Traffic {
  readonly champion: number;
  readonly challenger: number;
  readonly errorRate: number;
}

/** 1000 requests a minute, 10 % of them to the canary, 1 % errors. */
export const TRAFFIC: Traffic = { champion: 900, challenger: 100, errorRate: 0.01 };

/** Everything that the looks of one canary can see: look k sees the first k minutes. */
export interface Canary {
  readonly champion: readonly FleetMinute[];
  readonly challenger: readonly FleetMinute[];
}

/** Canaries whose error rate is so many times the champion's, for an hour. */
export function simulateCanaries(multiple: number, repetitions: number, seed: number, traffic: Traffic = TRAFFIC): Canary[] {
  const uniform = mulberry32(seed);
  const minute = (requests: number, errorRate: number): FleetMinute => ({
    requests,
    errors: binomial(uniform, requests, errorRate),
    latency: 20_000 * Math.exp(0.1 * (uniform() + uniform() + uniform() - 1.5)),
  });
  const minutes = (requests: number, errorRate: number): FleetMinute[] => Array.from({ length: LOOKS }, () => minute(requests, errorRate));
  return Array.from({ length: repetitions }, () => ({
    champion: minutes(traffic.champion, traffic.errorRate),
    challenger: minutes(traffic.challenger, traffic.errorRate * multiple),
  }));
}

/** True when the rule rolls back, given what the first looks have seen. */
export type Rule = (champion: readonly FleetMinute[], challenger: readonly FleetMinute[]) => boolean;

const analysis =
  (test: 'CONFIDENCE_SEQUENCE' | 'MSPRT'): Rule =>
  (champion, challenger) =>
    analyze(champion, challenger, { minimumRequests: 100, confidence: 0.95, tolerableErrorRate: 0.05, test }).verdict === 'failed';

export const RULES: Readonly<Record<string, Rule>> = {
  'ours, confidence sequence': analysis('CONFIDENCE_SEQUENCE'),
  'ours, mSPRT': analysis('MSPRT'),
  'static alarm, more than 2 % over 5 minutes': (_champion, challenger) => {
    const { errors, requests } = sums(challenger.slice(-5));
    return errors / requests > 0.02;
  },
  'z-test at each look, p < 0.05': (champion, challenger) => {
    const [old, now] = [sums(champion), sums(challenger)];
    const pooled = (old.errors + now.errors) / (old.requests + now.requests);
    const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / old.requests + 1 / now.requests));
    return (now.errors / now.requests - old.errors / old.requests) / deviation > 1.6448536269514722;
  },
};

/** The look at which each canary is rolled back; undefined = never. */
export function stops(rule: Rule, canaries: readonly Canary[]): (number | undefined)[] {
  return canaries.map(({ champion, challenger }) => {
    for (let look = 1; look <= LOOKS; look++) if (rule(champion.slice(0, look), challenger.slice(0, look))) return look;
    return undefined;
  });
}

export interface Summary {
  /** Share of the canaries that were rolled back. */
  readonly rolledBack: number;
  /** Look at which half of all canaries were; undefined = never. */
  readonly medianLook?: number;
}

export function summarize(stopped: readonly (number | undefined)[]): Summary {
  const found = stopped.filter((stop) => stop !== undefined).sort((a, b) => a - b);
  return { rolledBack: found.length / stopped.length, medianLook: found[Math.ceil(stopped.length / 2) - 1] };
}

function sums(minutes: readonly FleetMinute[]): { errors: number; requests: number } {
  return minutes.reduce(({ errors, requests }, minute) => ({ errors: errors + minute.errors, requests: requests + minute.requests }), { errors: 0, requests: 0 });
}

/** By the gaps between the hits, which are geometric: as many steps as hits. */
export function binomial(uniform: () => number, n: number, p: number): number {
  const scale = Math.log1p(-p);
  let hits = 0;
  for (let position = 0; ; hits++) {
    position += Math.floor(Math.log(1 - uniform()) / scale) + 1;
    if (position > n) return hits;
  }
}

/** Tommy Ettinger's generator: small, seeded, good enough for counts. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
