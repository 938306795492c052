import { percent } from './fleet';
import { mcnemarPValue } from './mcnemar';
import type { Comparison, LabelledPairs, Pairing } from './pairs';
import { proportionSequence, wilsonInterval } from './proportion';

export interface ShadowRules {
  readonly minimumPairs: number;
  readonly maximumDisagreement: number;
  readonly minimumRankCorrelation: number;
  readonly maximumLatencyRatio: number;
  readonly confidence: number;
}

export interface ShadowObservations {
  readonly pairing: Pairing;
  readonly comparison: Comparison;
  /** Median latency of the shadow over the champion's; absent without traffic. */
  readonly latencyRatio?: number;
  readonly labels?: LabelledPairs;
}

export type ShadowDecision = 'OPEN' | 'CLOSE' | 'UNKNOWN';

export interface ShadowVerdict {
  readonly decision: ShadowDecision;
  readonly reasons: readonly string[];
  readonly evidence: Readonly<Record<string, number>>;
}

/**
 * May the shadow go on to serve? Asked again at every look until it is known, so the disagreement rate is bounded by a confidence
 * sequence (exact, valid at all looks together); the narrower Wilson interval of this one look is reported beside it.
 */
export function judgeShadow({ pairing, comparison, latencyRatio, labels }: ShadowObservations, rules: ShadowRules): ShadowVerdict {
  const { pairs, disagreements } = comparison;
  const alpha = 1 - rules.confidence;
  const bounds = proportionSequence(disagreements, pairs, alpha);
  const wilson = wilsonInterval(disagreements, pairs, rules.confidence);
  const rate = pairs === 0 ? 0 : disagreements / pairs;
  const pValue = labels === undefined ? undefined : mcnemarPValue(labels.onlyChampion, labels.onlyShadow);
  const evidence: Record<string, number> = {
    pairs,
    championOnly: pairing.championOnly,
    shadowOnly: pairing.shadowOnly,
    ambiguousIds: pairing.ambiguous,
    unevenAnswers: pairing.uneven,
    disagreementRate: rate,
    disagreementLow: wilson.low,
    disagreementHigh: wilson.high,
    disagreementAtLeast: bounds.low,
    disagreementAtMost: bounds.high,
    ...present('meanScoreDifference', comparison.meanDifference),
    ...present('p99ScoreDifference', comparison.p99Difference),
    ...present('rankCorrelation', comparison.rankCorrelation),
    ...present('latencyRatio', latencyRatio),
    ...present('labelledPairs', labels?.pairs),
    ...present('mcnemarPValue', pValue),
  };
  if (pairs < rules.minimumPairs) return { decision: 'UNKNOWN', reasons: [tooFew(pairing, pairs, rules.minimumPairs)], evidence };
  const shown = `${disagreements} of ${pairs} pairs disagree (${percent(rate)}, at most ${percent(bounds.high)})`;
  const { rankCorrelation } = comparison;
  const objections = [
    bounds.low > rules.maximumDisagreement ? `${shown}; ${percent(rules.maximumDisagreement)} is allowed` : undefined,
    rankCorrelation !== undefined && rankCorrelation < rules.minimumRankCorrelation
      ? `rank correlation ${rankCorrelation.toFixed(3)} of the scores is less than ${rules.minimumRankCorrelation}`
      : undefined,
    latencyRatio !== undefined && latencyRatio > rules.maximumLatencyRatio
      ? `median latency is ${latencyRatio.toFixed(2)} times the champion's, at most ${rules.maximumLatencyRatio} times is allowed`
      : undefined,
    // Several answers of one request need not be independent; requests are, and labels are looked at once, when everything else passed.
    pValue !== undefined && pValue <= alpha ? `labels say that the shadow is worse: ${labels!.onlyChampion} pairs only the champion got right, ${labels!.onlyShadow} only the shadow (p = ${pValue.toPrecision(2)})` : undefined,
  ].filter((reason) => reason !== undefined);
  if (objections.length > 0) return { decision: 'CLOSE', reasons: objections, evidence };
  if (bounds.high > rules.maximumDisagreement) {
    return { decision: 'UNKNOWN', reasons: [`${shown}, so it is not known yet whether less than ${percent(rules.maximumDisagreement)} do`], evidence };
  }
  return { decision: 'OPEN', reasons: [`${shown}; ${percent(rules.maximumDisagreement)} is allowed`], evidence };
}

function tooFew(pairing: Pairing, pairs: number, minimum: number): string {
  const few = `${pairs} pairs of answers to the same request were captured, at least ${minimum} are needed`;
  if (pairs > 0 || pairing.championOnly === 0 || pairing.shadowOnly === 0) return few;
  return `${few}: ${pairing.championOnly} answers of the champion and ${pairing.shadowOnly} of the shadow have no id in common; callers must send an InferenceId`;
}

function present(name: string, value: number | undefined): Record<string, number> {
  return value === undefined ? {} : { [name]: value };
}
