import type { Estimate } from './difference';

/** One minute of one fleet, as CloudWatch knows it. */
export interface FleetMinute {
  readonly requests: number;
  readonly errors: number;
  /** Quantile of the model latency in microseconds; absent when nothing was served. */
  readonly latency?: number;
  /** Median of the same. */
  readonly median?: number;
}

export interface Totals {
  readonly requests: number;
  readonly errors: number;
}

export function totals(minutes: readonly FleetMinute[]): Totals {
  return {
    requests: minutes.reduce((sum, minute) => sum + minute.requests, 0),
    errors: minutes.reduce((sum, minute) => sum + Math.min(minute.errors, minute.requests), 0),
  };
}

export function errorRate(of: Totals): number {
  return of.requests === 0 ? 0 : of.errors / of.requests;
}

/**
 * Error rates with the variance that they have when both fleets are alike. The common rate is weighted by the squares of the requests:
 * fleets of the same size are pooled, and a small canary hardly moves it. (Plainly pooled, a doubled rate in a canary of 10 % is found one
 * look of nine later; with the champion's rate alone, fleets of the same size give up to 10 % false rollbacks.)
 */
export function errorRates(champion: Totals, challenger: Totals): { readonly champion: Estimate; readonly challenger: Estimate; readonly deviation: number } {
  const weight = champion.requests ** 2 / (champion.requests ** 2 + challenger.requests ** 2);
  const common = weight * errorRate(champion) + (1 - weight) * errorRate(challenger);
  // Not one error in a great old fleet is no proof that there can be none.
  const least = 0.5 / (champion.requests + challenger.requests);
  const spread = Math.max(common, least) * (1 - Math.min(common, 1 - least));
  const estimate = (of: Totals): Estimate => ({ mean: errorRate(of), varianceOfMean: spread / of.requests, n: of.requests });
  return { champion: estimate(champion), challenger: estimate(challenger), deviation: Math.sqrt(spread) };
}

/** Latencies are compared as ratios, and their noise is nearer to normal on the logarithm. */
export function logLatencies(minutes: readonly FleetMinute[]): number[] {
  return minutes.flatMap(({ latency }) => (latency !== undefined && latency > 0 ? [Math.log(latency)] : []));
}

export function sampleEstimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, varianceOfMean: variance / n, n };
}

/** Median over time of the challenger's median latency, over the champion's; undefined without traffic of both. */
export function medianLatencyRatio(champion: readonly FleetMinute[], challenger: readonly FleetMinute[]): number | undefined {
  const [old, now] = [champion, challenger].map((minutes) => middle(minutes.flatMap((minute) => minute.median ?? [])));
  return old === undefined || now === undefined || old <= 0 ? undefined : now / old;
}

function middle(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : sorted.length === 0 ? undefined : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

export function milliseconds(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(1)} ms`;
}
