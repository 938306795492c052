import { type ComparisonVerdict, type FeatureStatistics } from '../comparison';
import { type SamplePair } from '../samples/profile-samples';
import { type CategoricalSample, type NumericSample } from '../samples/column-sample';
import { chiSquareFit } from '../statistics/chi-square-test';
import { hellingerDistance } from '../statistics/hellinger';
import { jensenShannonDistance } from '../statistics/jensen-shannon';
import { EXACT_SIZE_MAXIMUM } from '../statistics/kolmogorov-smirnov';
import { lInfinity } from '../statistics/l-infinity';
import { CATEGORICAL_DISTINCT_MAXIMUM, combinedSturgesEdges, evidentlyStabilityIndex, sturgesEdges } from '../statistics/sturges-bins';
import { twoProportionTest } from '../statistics/two-proportions';
import { distinctCount, histogram } from '../statistics/weighted-values';
import { alignCategories, type AlignedCounts, alignNumbers, distanceOf, finite, finiteTest, kolmogorovSmirnovTest, NO_STATISTICS, wassersteinNormed } from './sample-statistics';

/** Evidently's defaults, legacy/calculations/stattests/registry.py and `drift_share` at commit a4aa4c2. */
export const EVIDENTLY_SMALL_REFERENCE = 1000;
export const EVIDENTLY_P_VALUE = 0.05;
export const EVIDENTLY_DISTANCE = 0.1;
export const EVIDENTLY_DRIFT_SHARE = 0.5;
/** Distinct numbers that still count as categories when the test is chosen. */
const FEW_NUMBERS = 5;

export interface FeatureDecision {
  readonly statistics: FeatureStatistics;
  readonly verdict: ComparisonVerdict;
  readonly reason: string;
}

/** As Evidently's default preset: missing values, texts and infinities are dropped, then one test is chosen by reference size and distinct values. */
export function evidentlyDecision({ reference, current }: SamplePair): FeatureDecision {
  const n = sizeOf(reference);
  const m = sizeOf(current);
  if (n === 0 || m === 0) return { statistics: NO_STATISTICS, verdict: 'inconclusive', reason: `no values in the ${n === 0 ? 'reference' : 'current sample'}` };
  if (reference.type === 'numeric' && current.type === 'numeric') return numericDecision(reference, current);
  return categoricalDecision(alignCategories(reference as CategoricalSample, current as CategoricalSample), n, firstKey([reference, current] as CategoricalSample[]));
}

function numericDecision(reference: NumericSample, current: NumericSample): FeatureDecision {
  const [r, c] = [reference.numbers, current.numbers];
  const distance = distanceOf(reference, current);
  const aligned = distinctCount(r) <= CATEGORICAL_DISTINCT_MAXIMUM || distinctCount(c) <= FEW_NUMBERS ? alignNumbers(reference, current) : undefined;
  const edges = combinedSturgesEdges(r, c);
  // The peer bins a reference of few distinct values by value, and everything else in equal bins of both samples together.
  const binned = distinctCount(r) <= CATEGORICAL_DISTINCT_MAXIMUM ? aligned! : { reference: histogram(r, edges), current: histogram(c, edges) };
  const few = aligned !== undefined && aligned.reference.length <= FEW_NUMBERS;
  const statistics: FeatureStatistics = {
    psi: finite(evidentlyStabilityIndex(binned.reference, binned.current)),
    jensenShannon: jensenShannonDistance(binned.reference, binned.current),
    wassersteinNormed: wassersteinNormed(distance, reference),
    kolmogorovSmirnov: kolmogorovSmirnovTest(distance, r.total, c.total, { greater: EXACT_SIZE_MAXIMUM, product: Infinity }),
    chiSquare: few ? fitTest(aligned) : null,
    lInfinity: distance.greatest,
    hellinger: finite(numericHellinger(reference, current)),
  };
  if (few) return { ...chosen(statistics, aligned, r.total), statistics };
  if (r.total <= EVIDENTLY_SMALL_REFERENCE) return { statistics, ...byPValue('Kolmogorov-Smirnov', statistics.kolmogorovSmirnov!.pValue, true) };
  return { statistics, ...byDistance('normed Wasserstein', statistics.wassersteinNormed) };
}

function categoricalDecision(aligned: AlignedCounts, referenceSize: number, first: number): FeatureDecision {
  const statistics: FeatureStatistics = {
    ...NO_STATISTICS,
    psi: finite(evidentlyStabilityIndex(aligned.reference, aligned.current)),
    jensenShannon: jensenShannonDistance(aligned.reference, aligned.current),
    chiSquare: fitTest(aligned),
    lInfinity: lInfinity(aligned.reference, aligned.current),
    hellinger: hellingerDistance(aligned.reference, aligned.current),
  };
  return { ...chosen(statistics, aligned, referenceSize, first), statistics };
}

type Decision = Pick<FeatureDecision, 'verdict' | 'reason'>;

/** The test of a column of categories. */
function chosen(statistics: FeatureStatistics, aligned: AlignedCounts, referenceSize: number, first = 0): Decision {
  if (referenceSize > EVIDENTLY_SMALL_REFERENCE) return byDistance('Jensen-Shannon', statistics.jensenShannon);
  if (aligned.reference.length > 2) return byPValue('chi-square', statistics.chiSquare!.pValue, false);
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const rest = (counts: readonly number[]): number => total(counts) - counts[first < counts.length ? first : 0]!;
  const z = twoProportionTest(rest(aligned.reference), total(aligned.reference), rest(aligned.current), total(aligned.current));
  return byPValue('two-proportion z', z.pValue, false);
}

function byPValue(test: string, pValue: number, inclusive: boolean): Decision {
  const drifted = inclusive ? pValue <= EVIDENTLY_P_VALUE : pValue < EVIDENTLY_P_VALUE;
  return { verdict: drifted ? 'drifted' : 'stable', reason: `${test} p-value ${figure(pValue)}, threshold ${EVIDENTLY_P_VALUE}` };
}

function byDistance(name: string, distance: number | null): Decision {
  const drifted = distance === null || distance >= EVIDENTLY_DISTANCE;
  return { verdict: drifted ? 'drifted' : 'stable', reason: `${name} distance ${distance === null ? 'infinite' : figure(distance)}, threshold ${EVIDENTLY_DISTANCE}` };
}

function fitTest(aligned: AlignedCounts): FeatureStatistics['chiSquare'] {
  const { statistic, pValue } = chiSquareFit(aligned.reference, aligned.current);
  return finiteTest(statistic, pValue);
}

/** Densities in sturges bins of the distinct values of both samples. */
function numericHellinger(reference: NumericSample, current: NumericSample): number {
  const values = Float64Array.from([...reference.numbers.values, ...current.numbers.values]).sort();
  const edges = sturgesEdges(values[0]!, values[values.length - 1]!, distinctCount({ values, total: values.length }));
  return hellingerDistance(histogram(reference.numbers, edges), histogram(current.numbers, edges));
}

function sizeOf(sample: SamplePair['reference']): number {
  if (sample.type === 'numeric') return sample.numbers.total;
  return [...sample.counts.values()].reduce((sum, count) => sum + count, sample.others + sample.unseen);
}

/** Where the category that sorts first stands among the aligned ones: the peer counts all others as successes. */
function firstKey(samples: readonly CategoricalSample[]): number {
  const keys = [...new Set(samples.flatMap(({ counts }) => [...counts].filter(([, count]) => count > 0).map(([key]) => key)))];
  const sorted = [...keys].sort();
  return Math.max(0, keys.indexOf(sorted[0]!));
}

export function figure(value: number): string {
  return value === 0 || Math.abs(value) >= 0.0001 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}
