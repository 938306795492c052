import { Estimate, lowerBoundOfDifference } from './confidence-sequence';

/** One minute of one fleet, as CloudWatch knows it. */
export interface FleetMinute {
  readonly requests: number;
  readonly errors: number;
  /** Quantile of the model latency in microseconds; absent when nothing was served. */
  readonly latency?: number;
}

export interface AnalysisRules {
  /** Below it, per fleet, the answer is `inconclusive`. */
  readonly minimumRequests: number;
  readonly confidence: number;
  /** An error rate that is no regression worth a rollback, even if it is a multiple of the champion's. */
  readonly tolerableErrorRate: number;
}

export type Verdict = 'successful' | 'failed' | 'inconclusive';

export interface Analysis {
  readonly verdict: Verdict;
  /** Full sentences with numbers. */
  readonly reasons: readonly string[];
}

/** Share of the error probability for errors; latency has a tolerance besides, which keeps it silent for equal fleets anyway. */
const ERROR_SHARE = 0.8;
/** Fewer events than this and the normal approximation of an error rate is void (monitoring-and-release.md §8: 10 events). */
const MINIMUM_EVENTS = 10;
/** Hard guard: this multiple of the champion's value fails without further statistics. */
const GUARD_MULTIPLE = 5;
/** A latency quantile may be this much greater (Kayenta's default tolerance). */
const LATENCY_TOLERANCE = 0.25;
/** Minutes of each fleet before latencies are compared: each is one observation of a noisy quantile. */
const MINIMUM_MINUTES = 5;
/** Where the sequences are tightest: GrowthBook's default for requests, a quarter of an hour for minutes of two fleets. */
const EXPECTED_REQUESTS = 5000;
const EXPECTED_MINUTES = 30;

/**
 * Is the new fleet worse than the old one? One-sided, always valid: asking every minute does not raise the share of good versions that
 * fail (measured in test/pure/deployment-analysis.test.ts). The error probability is shared by the comparisons of errors and of latency.
 */
export function analyze(champion: readonly FleetMinute[], challenger: readonly FleetMinute[], rules: AnalysisRules): Analysis {
  const old = totals(champion);
  const now = totals(challenger);
  if (now.requests < rules.minimumRequests) {
    return { verdict: 'inconclusive', reasons: [`the new fleet served ${now.requests} requests, at least ${rules.minimumRequests} are needed`] };
  }
  const comparable = old.requests >= rules.minimumRequests;
  const alpha = 1 - rules.confidence;
  const reasons = [
    guardErrors(old, now, rules),
    comparable ? compareErrors(old, now, alpha * ERROR_SHARE) : undefined,
    comparable ? compareLatency(champion, challenger, alpha * (1 - ERROR_SHARE)) : undefined,
  ].filter((reason) => reason !== undefined);
  if (reasons.length > 0) return { verdict: 'failed', reasons };
  if (!comparable) {
    return { verdict: 'inconclusive', reasons: [`the old fleet served ${old.requests} requests, at least ${rules.minimumRequests} are needed for a comparison`] };
  }
  return {
    verdict: 'successful',
    reasons: [`error rate ${percent(rate(now))} in ${now.requests} requests of the new fleet is not worse than ${percent(rate(old))} in ${old.requests} of the old one`],
  };
}

interface Totals {
  readonly requests: number;
  readonly errors: number;
}

function totals(minutes: readonly FleetMinute[]): Totals {
  return {
    requests: minutes.reduce((sum, minute) => sum + minute.requests, 0),
    errors: minutes.reduce((sum, minute) => sum + Math.min(minute.errors, minute.requests), 0),
  };
}

function guardErrors(old: Totals, now: Totals, rules: AnalysisRules): string | undefined {
  const limit = Math.max(GUARD_MULTIPLE * rate(old), rules.tolerableErrorRate);
  if (now.errors < MINIMUM_EVENTS || rate(now) <= limit) return undefined;
  return `error rate ${percent(rate(now))} of the new fleet is over the hard limit ${percent(limit)}`;
}

function compareErrors(old: Totals, now: Totals, alpha: number): string | undefined {
  if (now.errors < MINIMUM_EVENTS) return undefined;
  const pooled = (old.errors + now.errors) / (old.requests + now.requests);
  const bound = lowerBoundOfDifference(proportion(old, pooled), proportion(now, pooled), alpha, EXPECTED_REQUESTS);
  if (bound <= 0) return undefined;
  return `error rate ${percent(rate(now))} of the new fleet is greater than ${percent(rate(old))} of the old one, by at least ${percent(bound)}`;
}

function compareLatency(champion: readonly FleetMinute[], challenger: readonly FleetMinute[], alpha: number): string | undefined {
  const old = logarithms(champion);
  const now = logarithms(challenger);
  if (old.length < MINIMUM_MINUTES || now.length < MINIMUM_MINUTES) return undefined;
  const [a, b] = [estimate(old), estimate(now)];
  const ratio = Math.exp(b.mean - a.mean);
  const shown = `${milliseconds(Math.exp(b.mean))} of the new fleet against ${milliseconds(Math.exp(a.mean))} of the old one`;
  if (ratio >= GUARD_MULTIPLE) return `latency ${shown} is over the hard limit of ${GUARD_MULTIPLE} times`;
  const bound = lowerBoundOfDifference(a, b, alpha, EXPECTED_MINUTES);
  return bound > Math.log(1 + LATENCY_TOLERANCE) ? `latency ${shown} is worse by at least ${percent(Math.exp(bound) - 1)}` : undefined;
}

/** Rate with the variance that it has when both fleets are alike: with the new fleet's own variance a doubled rate takes twice the looks. */
function proportion(of: Totals, pooled: number): Estimate {
  return { mean: rate(of), varianceOfMean: (pooled * (1 - pooled)) / of.requests, n: of.requests };
}

/** Latencies are compared as ratios, and their noise is nearer to normal on the logarithm. */
function logarithms(minutes: readonly FleetMinute[]): number[] {
  return minutes.flatMap(({ latency }) => (latency !== undefined && latency > 0 ? [Math.log(latency)] : []));
}

function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, varianceOfMean: variance / n, n };
}

function rate(of: Totals): number {
  return of.requests === 0 ? 0 : of.errors / of.requests;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function milliseconds(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(1)} ms`;
}
