import { BaselineBuilder, parseNumber, PREDICTION_COLUMN, ProfileBuilder, populationStabilityIndex, stabilityPValue } from '../../drift';

export interface Prediction {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly value: string;
}

export interface DistanceRules {
  /** Population stability index that is too great. */
  readonly threshold: number;
  /** Of the new fleet; tested at it, and at twice, four times … as many. */
  readonly minimumPredictions: number;
  readonly alpha: number;
}

export interface PredictionDistance {
  readonly index: number;
  readonly pValue: number;
  readonly championPredictions: number;
  readonly challengerPredictions: number;
  /** Great and no chance. */
  readonly distant: boolean;
}

/**
 * Distance between what two fleets predict at the same time: population stability index over the deciles (or classes) of the champion's
 * predictions, with the significance of lib/drift. That is a test of one sample, so it is made on samples that no look can choose: the
 * first m, 2m, 4m … predictions of the new fleet and those of the old one until then; the k-th may err with alpha / k(k + 1), which sums
 * up to alpha over all of them. Between two of them a look repeats the last one. Undefined below the minimum.
 */
export function predictionDistance(champion: readonly Prediction[], challenger: readonly Prediction[], rules: DistanceRules): PredictionDistance | undefined {
  const now = [...challenger].sort(byTime);
  if (now.length < rules.minimumPredictions || now.length === 0) return undefined;
  const step = Math.floor(Math.log2(now.length / rules.minimumPredictions));
  const sample = now.slice(0, rules.minimumPredictions * 2 ** step);
  const until = sample.at(-1)!.time;
  const reference = champion.filter(({ time }) => time <= until);
  if (reference.length < rules.minimumPredictions) return undefined;
  const type = [...reference, ...sample].every(({ value }) => parseNumber(value) !== undefined) ? 'numeric' : 'categorical';
  const builder = new BaselineBuilder([{ name: PREDICTION_COLUMN, type }]);
  for (const { value } of reference) builder.add([value]);
  const baseline = builder.build();
  const profile = new ProfileBuilder(baseline);
  for (const { value } of sample) profile.add([value]);
  const index = populationStabilityIndex(baseline.columns[0]!.reference, profile.build().columns[0]!);
  const pValue = stabilityPValue(index);
  return {
    index: index.value,
    pValue,
    championPredictions: reference.length,
    challengerPredictions: sample.length,
    distant: index.value >= rules.threshold && pValue <= rules.alpha / ((step + 1) * (step + 2)),
  };
}

function byTime(a: Prediction, b: Prediction): number {
  return a.time - b.time || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
}
