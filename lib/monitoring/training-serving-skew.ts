import { type Baseline, benjaminiHochbergLevel, populationStabilityIndex, PREDICTION_COLUMN, type Profile, type StabilityIndex, stabilityPValue } from '../drift';
import { type MonitoringPolicy, type MonitoringWindow } from './monitoring.contract';

/** Windows of a version in which a difference is skew, when they are longer than the lookback. */
const FIRST_WINDOWS = 3;

/** One feature at training and at inference. */
export interface FeatureSkew {
  readonly name: string;
  /** Population stability index of the window against the training data. */
  readonly trainingPsi: number;
  readonly skewed: boolean;
}

export interface SkewReport {
  /** True in a version's first windows: only there a difference comes from how features are made, later it is drift. */
  readonly judged: boolean;
  readonly skewed: boolean;
  readonly features: readonly FeatureSkew[];
  /** Sentences for a person. */
  readonly reasons: readonly string[];
}

type SkewPolicy = Pick<MonitoringPolicy, 'minimumSampleSize' | 'psiThreshold' | 'falseDiscoveryRate' | 'weights'>;

/**
 * Training-serving skew: from a version's first windows on, a feature comes to the endpoint as it never was in training, because two programs
 * compute it, a unit differs, or a default fills what is missing. Called skew is what differs by effect and significance (as drift, corrected
 * over the features) from the training data and from the held-out test data as well: what training and test differ in by themselves, the calendar
 * above all, is nobody's mistake. Undefined when the version's training data was not profiled.
 *
 * @param first the window belongs to the first ones of the version
 * @param driftedBefore features that had already drifted for the version before: drift that a new version did not cure is not a mistake of its serving
 */
export function trainingServingSkew(baseline: Baseline, profile: Profile, first: boolean, policy: SkewPolicy, driftedBefore: readonly string[] = []): SkewReport | undefined {
  const compared = baseline.columns.flatMap(({ name, bins, reference, training }, position) => {
    if (name === PREDICTION_COLUMN || training === undefined) return [];
    const current = profile.columns[position]!;
    return [{ name, training: populationStabilityIndex(bins, training, current), heldOut: populationStabilityIndex(bins, reference, current) }];
  });
  if (compared.length === 0) return undefined;
  const enough = ({ currentRows }: StabilityIndex): boolean => currentRows >= policy.minimumSampleSize;
  const tested = compared.filter(({ training }) => enough(training)).flatMap(({ training, heldOut }) => [training, heldOut]);
  const level = benjaminiHochbergLevel(tested.map(stabilityPValue), policy.falseDiscoveryRate);
  const differs = (index: StabilityIndex): boolean => enough(index) && index.value >= policy.psiThreshold && stabilityPValue(index) <= level;
  const features = compared.map(({ name, training, heldOut }) => ({
    name,
    trainingPsi: training.value,
    skewed: (policy.weights[name] ?? 1) > 0 && !driftedBefore.includes(name) && differs(training) && differs(heldOut),
  }));
  const found = first ? features.filter(({ skewed }) => skewed).sort((a, b) => b.trainingPsi - a.trainingPsi || (a.name < b.name ? -1 : 1)) : [];
  return {
    judged: first && profile.rows >= policy.minimumSampleSize,
    skewed: found.length > 0,
    features,
    reasons: found.map(({ name, trainingPsi }) => `${name} comes to the endpoint as it was not in training: population stability index ${trainingPsi.toFixed(3)}, threshold ${policy.psiThreshold}.`),
  };
}

/** A version's first windows: those that begin within the lookback, a day by default, after it became champion; three at least, which an alarm needs. */
export function isFirstWindow(window: MonitoringWindow, since: string, policy: Pick<MonitoringPolicy, 'maximumLookbackSeconds'>): boolean {
  const start = Date.parse(window.start);
  const reach = Math.max(policy.maximumLookbackSeconds * 1000, FIRST_WINDOWS * (Date.parse(window.end) - start));
  return start < Date.parse(since) + reach;
}
