import { normalQuantile } from '../deployment/analysis/normal';
import { shareValue } from '../evaluation/interval';
import { type MetricValue } from '../evaluation/verdict.contract';
import { type QualitySegment } from './quality-segment';
import { confusionAt } from './score-histogram';

export type BiasOutcome = 'STABLE' | 'INCREASED' | 'INSUFFICIENT_DATA';

/** How differently the values of one protected column are treated, and whether it is more than on the test set. */
export interface BiasReport {
  readonly column: string;
  readonly outcome: BiasOutcome;
  /** Share of predicted positives per value, of all predictions. */
  readonly positiveRates: Readonly<Record<string, MetricValue>>;
  /** Greatest minus smallest of them (difference in positive proportions in predicted labels). */
  readonly positiveRateDifference?: MetricValue;
  /** Smallest over greatest of them; under 0.8 breaks the four-fifths rule (29 CFR 1607.4). */
  readonly disparateImpact?: MetricValue;
  /** Share of the actual positives that were predicted, per value; of labelled predictions. */
  readonly truePositiveRates: Readonly<Record<string, MetricValue>>;
  readonly truePositiveRateDifference?: MetricValue;
  readonly reference?: { readonly positiveRateDifference?: MetricValue; readonly truePositiveRateDifference?: MetricValue };
}

type Segments = Readonly<Record<string, QualitySegment>>;

/** @param alpha of all comparisons of this column together */
export function biasReport(column: string, current: Segments, reference: Segments | undefined, threshold: number, minimum: number, alpha: number): BiasReport {
  const positive = rates(current, minimum, ({ predictions, positives }) => [positives, predictions]);
  const truePositive = rates(current, minimum, (segment) => hits(segment, threshold));
  // The two that lie furthest apart are chosen among all pairs, in both samples.
  const pairs = (known: Counts): number => Math.max(1, (known.length * (known.length - 1)) / 2);
  const z = normalQuantile(alpha / 2 / pairs(positive) / 2);
  const zTrue = normalQuantile(alpha / 2 / pairs(truePositive) / 2);
  const ours = { positiveRateDifference: range(positive, z), truePositiveRateDifference: range(truePositive, zTrue) };
  const theirs = reference && {
    positiveRateDifference: range(rates(reference, minimum, (segment) => flagged(segment, threshold)), z),
    truePositiveRateDifference: range(rates(reference, minimum, (segment) => hits(segment, threshold)), zTrue),
  };
  const increased = (['positiveRateDifference', 'truePositiveRateDifference'] as const).some((name) => isGreater(ours[name], theirs?.[name]));
  return {
    column,
    outcome: ours.positiveRateDifference === undefined || theirs?.positiveRateDifference === undefined ? 'INSUFFICIENT_DATA' : increased ? 'INCREASED' : 'STABLE',
    positiveRates: shares(positive),
    ...present(ours),
    ...present({ disparateImpact: impact(positive) }),
    truePositiveRates: shares(truePositive),
    ...(theirs ? { reference: present(theirs) } : {}),
  };
}

type Counts = readonly (readonly [value: string, successes: number, trials: number])[];

function rates(segments: Segments, minimum: number, count: (segment: QualitySegment) => readonly [number, number]): Counts {
  return Object.entries(segments)
    .map(([value, segment]) => [value, ...count(segment)] as const)
    .filter(([, , trials]) => trials >= minimum);
}

/** Actual positives that were predicted so. */
function hits({ statistics }: QualitySegment, threshold: number): readonly [number, number] {
  if (statistics.task !== 'binary-classification') return [0, 0];
  const { truePositives, falseNegatives } = confusionAt(statistics.histogram, threshold);
  return [truePositives, truePositives + falseNegatives];
}

/** Of labelled rows, at a threshold that may be another than the one they were counted with. */
function flagged({ statistics }: QualitySegment, threshold: number): readonly [number, number] {
  if (statistics.task !== 'binary-classification') return [0, 0];
  const { truePositives, falsePositives } = confusionAt(statistics.histogram, threshold);
  return [truePositives + falsePositives, statistics.rows];
}

function shares(counts: Counts): Record<string, MetricValue> {
  return Object.fromEntries(counts.map(([value, successes, trials]) => [value, shareValue(successes, trials)!]));
}

/** Greatest minus smallest share, by square-and-add of their Wilson intervals. */
function range(counts: Counts, z: number): MetricValue | undefined {
  const ends = extremes(counts);
  if (!ends) return undefined;
  const [low, high] = ends.map(([, successes, trials]) => shareValue(successes, trials, z)!);
  const value = high!.value - low!.value;
  return { value, low: value - Math.hypot(high!.value - high!.low!, low!.high! - low!.value), high: value + Math.hypot(high!.high! - high!.value, low!.value - low!.low!) };
}

/** 95 % interval on the logarithm (Katz et al. 1978), half a positive added to both. */
function impact(counts: Counts): MetricValue | undefined {
  const ends = extremes(counts);
  if (!ends) return undefined;
  const [[, lowest, few], [, highest, many]] = ends;
  if (highest === 0) return { value: 1 };
  const ratio = (lowest + 0.5) / (few + 0.5) / ((highest + 0.5) / (many + 0.5));
  const half = 1.96 * Math.sqrt(1 / (lowest + 0.5) - 1 / (few + 0.5) + 1 / (highest + 0.5) - 1 / (many + 0.5));
  return { value: lowest / few / (highest / many), low: ratio * Math.exp(-half), high: ratio * Math.exp(half) };
}

function extremes(counts: Counts): [Counts[number], Counts[number]] | undefined {
  if (counts.length < 2) return undefined;
  const sorted = [...counts].sort((a, b) => a[1] / a[2] - b[1] / b[2] || (a[0] < b[0] ? -1 : 1));
  return [sorted[0]!, sorted[sorted.length - 1]!];
}

function isGreater(ours: MetricValue | undefined, theirs: MetricValue | undefined): boolean {
  if (ours === undefined || theirs === undefined) return false;
  return ours.value - theirs.value - Math.hypot(ours.value - ours.low!, theirs.high! - theirs.value) > 0;
}

function present<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}
