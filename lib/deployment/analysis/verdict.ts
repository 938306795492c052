import { type SequentialTest, lowerBoundOfDifference } from './difference';
import { errorRate, errorRates, type FleetMinute, logLatencies, milliseconds, percent, sampleEstimate, type Totals, totals } from './fleet';
import { type DistanceRules, type Prediction, predictionDistance } from './prediction-distance';
import { type ExpectedShare, sampleRatio } from './sample-ratio';

export type { FleetMinute } from './fleet';

export interface AnalysisRules {
  /** Below it, per fleet, the answer is `inconclusive`. */
  readonly minimumRequests: number;
  readonly confidence: number;
  /** An error rate that is no regression worth a rollback, even if it is a multiple of the champion's. */
  readonly tolerableErrorRate: number;
  /** Default: confidence sequence. */
  readonly test?: SequentialTest;
}

/** What besides the minutes can be compared. */
export interface Observations {
  /** Requests of whole minutes in which the share was known, and the share. */
  readonly ratio?: { readonly champion: number; readonly challenger: number; readonly expected: ExpectedShare };
  /** Captured predictions of both fleets. */
  readonly predictions?: { readonly champion: readonly Prediction[]; readonly challenger: readonly Prediction[]; readonly threshold: number };
}

export type Verdict = 'successful' | 'failed' | 'inconclusive';

export interface Analysis {
  readonly verdict: Verdict;
  /** Full sentences with numbers. */
  readonly reasons: readonly string[];
  /** The numbers by name. */
  readonly evidence: Readonly<Record<string, number>>;
}

/**
 * The error probability is shared (a weighted Bonferroni correction). Latency and predictions have a tolerance besides, which keeps them
 * silent for equal fleets anyway, so that nearly all of it is left for errors.
 */
export const ERROR_SHARE = 0.9;
const LATENCY_SHARE = 0.05;
const PREDICTION_SHARE = 0.05;
/** Fewer events than this and the normal approximation of an error rate is void. */
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
/** mSPRT looks for error rates a tenth of a standard deviation apart (at a base of 1 %: twice as many), and for latencies beyond the tolerance. */
const ERROR_EFFECT = 0.1;

/**
 * Is the new fleet worse than the old one? One-sided, always valid: asking every minute does not raise the share of good versions that
 * fail (measured in scripts/benchmark-canary.ts, docs/deployment-analysis.md).
 */
export function analyze(champion: readonly FleetMinute[], challenger: readonly FleetMinute[], rules: AnalysisRules, observations: Observations = {}): Analysis {
  const old = totals(champion);
  const now = totals(challenger);
  const alpha = 1 - rules.confidence;
  const evidence: Record<string, number> = {
    championRequests: old.requests,
    challengerRequests: now.requests,
    championErrorRate: errorRate(old),
    challengerErrorRate: errorRate(now),
  };
  if (now.requests < rules.minimumRequests) {
    return { verdict: 'inconclusive', reasons: [`the new fleet served ${now.requests} requests, at least ${rules.minimumRequests} are needed`], evidence };
  }
  const comparable = old.requests >= rules.minimumRequests;
  const failures = [
    guardErrors(old, now, rules),
    comparable ? compareErrors(old, now, rules, alpha * ERROR_SHARE, evidence) : undefined,
    comparable ? compareLatency(champion, challenger, rules, alpha * LATENCY_SHARE, evidence) : undefined,
    comparePredictions(observations, rules, alpha * PREDICTION_SHARE, evidence),
  ].filter((reason) => reason !== undefined);
  if (failures.length > 0) return { verdict: 'failed', reasons: failures, evidence };
  if (!comparable) {
    const reason = `the old fleet served ${old.requests} requests, at least ${rules.minimumRequests} are needed for a comparison`;
    return { verdict: 'inconclusive', reasons: [reason], evidence };
  }
  const mismatch = checkRatio(observations, evidence);
  if (mismatch !== undefined) return { verdict: 'inconclusive', reasons: [mismatch], evidence };
  const unknown = unknownPredictions(observations, rules, evidence);
  if (unknown !== undefined) return { verdict: 'inconclusive', reasons: [unknown], evidence };
  return {
    verdict: 'successful',
    reasons: [`error rate ${percent(errorRate(now))} in ${now.requests} requests of the new fleet is not worse than ${percent(errorRate(old))} in ${old.requests} of the old one`],
    evidence,
  };
}

/** Errors alone, for a stage in which nobody gets the new version's answers: guard and comparison. */
export function errorFailures(champion: readonly FleetMinute[], challenger: readonly FleetMinute[], rules: AnalysisRules): string[] {
  const [old, now] = [totals(champion), totals(challenger)];
  if (now.requests < rules.minimumRequests) return [];
  const compared = old.requests < rules.minimumRequests ? undefined : compareErrors(old, now, rules, 1 - rules.confidence, {});
  return [guardErrors(old, now, rules), compared].filter((reason) => reason !== undefined);
}

function guardErrors(old: Totals, now: Totals, rules: AnalysisRules): string | undefined {
  const limit = Math.max(GUARD_MULTIPLE * errorRate(old), rules.tolerableErrorRate);
  if (now.errors < MINIMUM_EVENTS || errorRate(now) <= limit) return undefined;
  return `error rate ${percent(errorRate(now))} of the new fleet is over the hard limit ${percent(limit)}`;
}

function compareErrors(old: Totals, now: Totals, rules: AnalysisRules, alpha: number, evidence: Record<string, number>): string | undefined {
  if (now.errors < MINIMUM_EVENTS) return undefined;
  const rates = errorRates(old, now);
  const effect = ERROR_EFFECT * rates.deviation;
  const bound = lowerBoundOfDifference(rates.champion, rates.challenger, { test: rules.test ?? 'CONFIDENCE_SEQUENCE', alpha, expected: EXPECTED_REQUESTS, effect });
  evidence['errorRateIncreaseAtLeast'] = bound;
  if (bound <= 0) return undefined;
  return `error rate ${percent(errorRate(now))} of the new fleet is greater than ${percent(errorRate(old))} of the old one, by at least ${percent(bound)}`;
}

function compareLatency(
  champion: readonly FleetMinute[],
  challenger: readonly FleetMinute[],
  rules: AnalysisRules,
  alpha: number,
  evidence: Record<string, number>,
): string | undefined {
  const old = logLatencies(champion);
  const now = logLatencies(challenger);
  if (old.length < MINIMUM_MINUTES || now.length < MINIMUM_MINUTES) return undefined;
  const [a, b] = [sampleEstimate(old), sampleEstimate(now)];
  const ratio = Math.exp(b.mean - a.mean);
  evidence['latencyRatio'] = ratio;
  const shown = `${milliseconds(Math.exp(b.mean))} of the new fleet against ${milliseconds(Math.exp(a.mean))} of the old one`;
  if (ratio >= GUARD_MULTIPLE) return `latency ${shown} is over the hard limit of ${GUARD_MULTIPLE} times`;
  const tolerated = Math.log(1 + LATENCY_TOLERANCE);
  const bound = lowerBoundOfDifference(a, b, { test: rules.test ?? 'CONFIDENCE_SEQUENCE', alpha, expected: EXPECTED_MINUTES, effect: tolerated });
  evidence['latencyRatioAtLeast'] = Math.exp(bound);
  return bound > tolerated ? `latency ${shown} is worse by at least ${percent(Math.exp(bound) - 1)}` : undefined;
}

function comparePredictions({ predictions }: Observations, rules: AnalysisRules, alpha: number, evidence: Record<string, number>): string | undefined {
  if (predictions === undefined) return undefined;
  const found = predictionDistance(predictions.champion, predictions.challenger, distanceRules(predictions.threshold, rules, alpha));
  if (found === undefined) return undefined;
  evidence['predictionDistance'] = found.index;
  evidence['predictionPValue'] = found.pValue;
  evidence['predictionsCompared'] = found.challengerPredictions;
  if (!found.distant) return undefined;
  return `predictions differ: population stability index ${found.index.toFixed(3)} between ${found.challengerPredictions} of the new fleet and ${found.championPredictions} of the old one, at most ${predictions.threshold} is allowed`;
}

/** Predictions were to be compared, and could not be. */
function unknownPredictions({ predictions }: Observations, rules: AnalysisRules, evidence: Record<string, number>): string | undefined {
  if (predictions === undefined || evidence['predictionDistance'] !== undefined) return undefined;
  return `captured predictions cannot be compared: ${predictions.challenger.length} of the new fleet and ${predictions.champion.length} of the old one, at least ${rules.minimumRequests} each are needed`;
}

function distanceRules(threshold: number, rules: AnalysisRules, alpha: number): DistanceRules {
  return { threshold, minimumPredictions: rules.minimumRequests, alpha };
}

function checkRatio({ ratio }: Observations, evidence: Record<string, number>): string | undefined {
  if (ratio === undefined) return undefined;
  const { share, pValue, mismatched } = sampleRatio(ratio.challenger, ratio.champion + ratio.challenger, ratio.expected);
  evidence['trafficShare'] = share;
  evidence['sampleRatioPValue'] = pValue;
  if (!mismatched) return undefined;
  const { low, high } = ratio.expected;
  const wanted = low === high ? percent(low) : `${percent(low)} to ${percent(high)}`;
  return `sample ratio mismatch: the new fleet got ${percent(share)} of ${ratio.champion + ratio.challenger} requests instead of ${wanted} (p = ${pValue.toExponential(1)}), so the fleets were not asked the same`;
}
