import { type OperationalDriftSettings } from './monitoring-choices.contract';

/** What the endpoint did in one window. */
export interface OperationalWindow {
  /** Start, in milliseconds since 1970. */
  readonly start: number;
  readonly requests: number;
  readonly errors: number;
  /** Microseconds, as SageMaker publishes them; absent without requests. */
  readonly p50?: number;
  readonly p99?: number;
}

export interface OperationalMeasure {
  readonly name: 'latency p50' | 'latency p99' | 'error rate';
  readonly drifted: boolean;
  readonly value: number;
  /** Median of the past for latencies, the rate over the whole past for errors. */
  readonly usual: number;
  /** How far the value is from the usual one, in the spread of the past. */
  readonly score: number;
  /** Share of the past's windows that were as high. */
  readonly rank: number;
}

export interface OperationalVerdict {
  readonly status: 'DRIFTED' | 'STABLE' | 'INSUFFICIENT_DATA';
  readonly measures: readonly OperationalMeasure[];
  /** Sentences for a person. */
  readonly reasons: readonly string[];
}

/** Beyond what chance gives, by spread and by rank; docs/adr/0011 has the simulation. */
const SCORE = 5;
const RANK = 0.01;

/** A latency that hardly ever moves: 5 % is its least spread. */
const LEAST_SPREAD = 0.05;
/** One request in a thousand: fewer errors are no change that matters. */
const LEAST_ERROR_INCREASE = 0.001;
/** Of a normal distribution: standard deviation over median absolute deviation. */
const DEVIATIONS = 1.4826;

const HOUR = 3_600_000;
/** Days have a shape: what is compared is the same time of day, give or take, as soon as the past has enough of it. */
const NEAR = 2 * HOUR;

/** A week, so that every hour of the week is in it, and at least 28 windows. */
export function operationalReach(intervalSeconds: number): { readonly from: number; readonly gap: number } {
  const interval = intervalSeconds * 1000;
  // What has been drifting since yesterday must not become its own yardstick.
  const gap = Math.max(24 * HOUR, 3 * interval);
  return { from: gap + Math.max(7 * 24 * HOUR, 28 * interval), gap };
}

/**
 * Has latency or error rate moved away from its own past? Drift = an effect that matters (the factor) AND more than the past's spread explains
 * AND as much as at most a hundredth of the past's windows had. The past is the endpoint's own, since the version that serves was deployed.
 */
export function operationalDrift(current: OperationalWindow, past: readonly OperationalWindow[], settings: OperationalDriftSettings): OperationalVerdict {
  const whole = past.filter(({ requests }) => requests >= settings.minimumRequests);
  const near = whole.filter(({ start }) => timeOfDayApart(start, current.start) <= NEAR);
  const usable = near.length >= settings.minimumWindows ? near : whole;
  if (current.requests < settings.minimumRequests || usable.length < settings.minimumWindows) return { status: 'INSUFFICIENT_DATA', measures: [], reasons: [] };
  const latencies = (['p50', 'p99'] as const).flatMap((statistic) => {
    const value = current[statistic];
    const before = usable.flatMap((window) => window[statistic] ?? []);
    const ever = whole.flatMap((window) => window[statistic] ?? []);
    return value === undefined || before.length < settings.minimumWindows ? [] : [latency(`latency ${statistic}`, value, before, ever, settings.factor)];
  });
  const measures: OperationalMeasure[] = [...latencies, errorRate(current, usable, whole, settings.factor)];
  const drifted = measures.filter((measure) => measure.drifted);
  return { status: drifted.length > 0 ? 'DRIFTED' : 'STABLE', measures, reasons: drifted.map(sentence) };
}

/** On logarithms: latencies are skewed, and a factor is what matters. */
function latency(name: OperationalMeasure['name'], value: number, before: readonly number[], ever: readonly number[], factor: number): OperationalMeasure {
  const logarithms = before.map((item) => Math.log(Math.max(item, 1)));
  const middle = median(logarithms);
  const spread = Math.max(LEAST_SPREAD, DEVIATIONS * median(logarithms.map((item) => Math.abs(item - middle))));
  const score = (Math.log(Math.max(value, 1)) - middle) / spread;
  const rank = ever.filter((item) => item >= value).length / ever.length;
  const usual = Math.exp(middle);
  return { name, value, usual, score, rank, drifted: value >= factor * usual && score >= SCORE && rank <= RANK };
}

/** Two proportions; the rank keeps errors that come in bursts, as they always have, from looking like drift. */
function errorRate(current: OperationalWindow, past: readonly OperationalWindow[], ever: readonly OperationalWindow[], factor: number): OperationalMeasure {
  const requests = past.reduce((sum, window) => sum + window.requests, 0);
  const errors = past.reduce((sum, window) => sum + window.errors, 0);
  const [value, usual] = [current.errors / current.requests, errors / requests];
  const pooled = (current.errors + errors) / (current.requests + requests);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / current.requests + 1 / requests));
  const score = deviation === 0 ? 0 : (value - usual) / deviation;
  const rank = ever.filter((window) => window.errors / window.requests >= value).length / ever.length;
  return { name: 'error rate', value, usual, score, rank, drifted: value >= factor * usual && value - usual >= LEAST_ERROR_INCREASE && score >= SCORE && rank <= RANK };
}

function sentence({ name, value, usual }: OperationalMeasure): string {
  if (name === 'error rate') return `The error rate of the endpoint was ${(value * 100).toFixed(2)} %, usually ${(usual * 100).toFixed(2)} %.`;
  return `The ${name} of the endpoint was ${(value / 1000).toFixed(1)} ms, usually ${(usual / 1000).toFixed(1)} ms.`;
}

/** In milliseconds, round the clock. */
function timeOfDayApart(a: number, b: number): number {
  const apart = Math.abs(a - b) % (24 * HOUR);
  return Math.min(apart, 24 * HOUR - apart);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
