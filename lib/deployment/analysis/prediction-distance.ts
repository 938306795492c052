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
 * predictions of both fleets until the new one had made m, 2m, 4m … of them (all of that second, which chooses no values); the k-th may err
 * with alpha / k(k + 1), which sums up to alpha over all of them. Between two of them a look repeats the last one. Undefined below the minimum.
 */
export function predictionDistance(champion: readonly Prediction[], challenger: readonly Prediction[], rules: DistanceRules): PredictionDistance | undefined {
  const minimum = Math.max(1, rules.minimumPredictions);
  if (challenger.length < minimum) return undefined;
  const step = Math.floor(Math.log2(challenger.length / minimum));
  const until = challenger.map(({ time }) => time).sort((a, b) => a - b)[minimum * 2 ** step - 1]!;
  const sample = challenger.filter(({ time }) => time <= until);
  const reference = champion.filter(({ time }) => time <= until);
  if (reference.length < minimum) return undefined;
  const type = [...reference, ...sample].every(({ value }) => parseNumber(value) !== undefined) ? 'numeric' : 'categorical';
  const builder = new BaselineBuilder([{ name: PREDICTION_COLUMN, type }]);
  for (const { value } of reference) builder.add([value]);
  const baseline = builder.build();
  const profile = new ProfileBuilder(baseline);
  for (const { value } of sample) profile.add([value]);
  const column = baseline.columns[0]!;
  const index = populationStabilityIndex(column.bins, column.reference, profile.build().columns[0]!);
  const pValue = stabilityPValue(index);
  return {
    index: index.value,
    pValue,
    championPredictions: reference.length,
    challengerPredictions: sample.length,
    distant: index.value >= rules.threshold && pValue <= rules.alpha / ((step + 1) * (step + 2)),
  };
}
