import { type Moments } from '../drift';
import { normalValue, shareValue, Z95 } from '../evaluation/interval';
import { type Metrics } from '../evaluation/metrics';
import { type MetricValue } from '../evaluation/verdict.contract';
import { type BinaryStatistics, type MulticlassStatistics, type QualityStatistics, type RegressionStatistics } from './quality-statistics';
import { confusionAt, rankHistogram } from './score-histogram';

type Found = Record<string, MetricValue | undefined>;

/** Rows of the rarer class below which the normal approximation of a ranking's interval means nothing. */
const LEAST_OF_A_CLASS = 10;

/**
 * The metrics of lib/evaluation/metrics.ts and some that SageMaker names besides, from sums, with intervals of `z` standard errors. A metric that the rows do not allow is left
 * out; one whose interval cannot be had has none. Areas are widened by what binning may have moved them.
 */
export function qualityMetrics(statistics: QualityStatistics, threshold: number, z = Z95): Metrics {
  const found =
    statistics.task === 'binary-classification' ? binary(statistics, threshold, z) : statistics.task === 'regression' ? regression(statistics, z) : multiclass(statistics, z);
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, MetricValue] => entry[1] !== undefined && Number.isFinite(entry[1].value)));
}

function binary(statistics: BinaryStatistics, threshold: number, z: number): Found {
  const { histogram, rows } = statistics;
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = confusionAt(histogram, threshold);
  const ranking = rankHistogram(histogram);
  const least = ranking ? Math.min(ranking.positives, ranking.negatives) : 0;
  const recall = shareValue(tp, tp + fn, z);
  return {
    auc: ranking && widened(least < LEAST_OF_A_CLASS || ranking.variance === undefined ? { value: ranking.auc } : logitValue(ranking.auc, ranking.variance, least, studentized(z, least - 1)), ranking.aucError),
    // The binomial interval of Boyd, Eng and Page (2013), on the logit: as many trials as there are positives.
    prAuc:
      ranking &&
      widened(
        least < LEAST_OF_A_CLASS
          ? { value: ranking.averagePrecision }
          : logitValue(ranking.averagePrecision, (ranking.averagePrecision * (1 - ranking.averagePrecision)) / ranking.positives, ranking.positives, z),
        ranking.averagePrecisionError,
      ),
    accuracy: shareValue(tp + tn, rows, z),
    precision: tp + fp === 0 ? (rows > 0 ? { value: 0 } : undefined) : shareValue(tp, tp + fp, z),
    recall,
    f1: fScore(tp, fp, fn, 1, z),
    f0_5: fScore(tp, fp, fn, 0.5, z),
    f2: fScore(tp, fp, fn, 2, z),
    truePositiveRate: recall,
    trueNegativeRate: shareValue(tn, tn + fp, z),
    falsePositiveRate: shareValue(fp, tn + fp, z),
    falseNegativeRate: shareValue(fn, tp + fn, z),
    logLoss: meanValue(statistics.logLoss, z),
    brier: meanValue(statistics.squaredError, z),
    calibrationError: rows === 0 ? undefined : { value: statistics.calibration.reduce((total, bin) => total + Math.abs(bin.positives - bin.scores) / rows, 0) },
  };
}

/**
 * F grows with the share tp / (tp + w), w the weighted mistakes. For F1 that is a share of plain counts, whose Wilson interval carries over;
 * for others the counts are weighted, and the share's trials are tp and the mistakes as they are.
 */
function fScore(tp: number, fp: number, fn: number, beta: number, z: number): MetricValue | undefined {
  if (tp + fn === 0) return undefined;
  const b2 = beta ** 2;
  const value = ((1 + b2) * tp) / ((1 + b2) * tp + b2 * fn + fp);
  const trials = tp + fp + fn;
  // With weights w1, w2 of mistakes that keep their proportion, F = (1 + b²) J / ((1 + b²) J + m (1 - J)), J = tp / trials.
  const mistakes = fp + fn;
  const weight = mistakes === 0 ? 1 : (b2 * fn + fp) / mistakes;
  const of = (share: number): number => ((1 + b2) * share) / ((1 + b2) * share + weight * (1 - share));
  const share = shareValue(tp, trials, z)!;
  return { value, low: of(share.low!), high: of(share.high!) };
}

function multiclass({ confusion, rows }: MulticlassStatistics, z: number): Found {
  if (rows === 0) return {};
  const cells = Object.entries(confusion).map(([cell, count]) => {
    const [label, predicted] = cell.split('>');
    return { label: label!, predicted: predicted!, count };
  });
  const classes = new Map<string, { tp: number; actual: number; predicted: number }>();
  const of = (name: string): { tp: number; actual: number; predicted: number } => {
    let entry = classes.get(name);
    if (!entry) classes.set(name, (entry = { tp: 0, actual: 0, predicted: 0 }));
    return entry;
  };
  let right = 0;
  for (const { label, predicted, count } of cells) {
    of(label).actual += count;
    of(predicted).predicted += count;
    if (label !== predicted) continue;
    of(label).tp += count;
    right += count;
  }
  const all = [...classes.values()];
  const occurring = all.filter(({ actual }) => actual > 0);
  const f1 = ({ tp, actual, predicted }: { tp: number; actual: number; predicted: number }): number => (2 * tp) / (actual + predicted);
  const macroF1 = all.reduce((total, entry) => total + f1(entry), 0) / all.length;
  const balanced = occurring.reduce((total, { tp, actual }) => total + tp / actual, 0) / occurring.length;
  // Delta method for the multinomial: how much one row more in each cell moves the metric.
  const variance = (gradient: (label: string, predicted: string) => number): number => {
    const slopes = cells.map(({ label, predicted, count }) => [gradient(label, predicted), count] as const);
    const mean = slopes.reduce((total, [slope, count]) => total + slope * count, 0) / rows;
    return slopes.reduce((total, [slope, count]) => total + count * (slope - mean) ** 2, 0);
  };
  const slopeOfF1 = (name: string, hit: boolean): number => {
    const entry = of(name);
    const sum = entry.actual + entry.predicted;
    return ((hit ? 2 * sum - 4 * entry.tp : -2 * entry.tp) / sum ** 2) / all.length;
  };
  const macroVariance = variance((label, predicted) => (label === predicted ? slopeOfF1(label, true) : slopeOfF1(label, false) + slopeOfF1(predicted, false)));
  const balancedVariance = occurring.reduce((total, { tp, actual }) => total + ((tp + 1) / (actual + 2)) * ((actual - tp + 1) / (actual + 2)) / actual, 0) / occurring.length ** 2;
  return {
    accuracy: shareValue(right, rows, z),
    macroF1: normalValue(macroF1, macroVariance, 0, 1, z),
    balancedAccuracy: normalValue(balanced, balancedVariance, 0, 1, z),
  };
}

function regression({ absoluteError, squaredError, label, error }: RegressionStatistics, z: number): Found {
  const mse = squaredError.mean;
  const relative = mse > 0 && squaredError.count > 1 ? varianceOfMean(squaredError) / mse ** 2 : undefined;
  const r2 = label.squares === 0 ? undefined : 1 - (mse * label.count) / label.squares;
  return {
    mae: meanValue(absoluteError, z),
    mse: meanValue(squaredError, z),
    // Delta method on the logarithm: errors are skewed, and no error is less than none.
    rmse: squaredError.count === 0 ? undefined : relative === undefined ? { value: Math.sqrt(mse) } : ratioValue(Math.sqrt(mse), relative / 4, studentized(z, squaredError.count - 1)),
    meanError: error.count < 2 ? undefined : normalValue(error.mean, varianceOfMean(error), -Infinity, Infinity, z),
    // Delta method, as if errors were independent of the label and labels normal (variance of a normal sample's variance: 2 / n of its square).
    r2: r2 === undefined ? undefined : relative === undefined ? { value: r2 } : normalValue(r2, (1 - r2) ** 2 * (relative + 2 / label.count), -Infinity, 1, z),
  };
}

function varianceOfMean(moments: Moments): number {
  return moments.squares / (moments.count - 1) / moments.count;
}

/** Mean of values that are not negative. */
function meanValue(moments: Moments, z: number): MetricValue | undefined {
  if (moments.count === 0) return undefined;
  if (moments.count < 2) return { value: moments.mean };
  return normalValue(moments.mean, varianceOfMean(moments), 0, Infinity, studentized(z, moments.count - 1));
}

/** Normal on the logit, which keeps to 0 and 1 and is less skewed near them. A perfect order has no variance of its own: then it is a share of the trials. */
function logitValue(value: number, variance: number, trials: number, z: number): MetricValue | undefined {
  if (value <= 0 || value >= 1 || variance <= 0) return shareValue(value * trials, trials, z);
  const half = (z * Math.sqrt(variance)) / (value * (1 - value));
  const logit = Math.log(value / (1 - value));
  const back = (x: number): number => 1 / (1 + Math.exp(-x));
  return { value, low: back(logit - half), high: back(logit + half) };
}

function ratioValue(value: number, variance: number, z: number): MetricValue {
  const factor = Math.exp(z * Math.sqrt(variance));
  return { value, low: value / factor, high: value * factor };
}

function widened(found: MetricValue | undefined, by: number): MetricValue | undefined {
  if (found === undefined) return undefined;
  const { value, low, high } = found;
  return low === undefined || high === undefined ? { value } : { value, low: Math.max(0, low - by), high: Math.min(1, high + by) };
}

/** Student's t for a normal z (Abramowitz and Stegun 26.7.5): the variance is estimated, too. */
function studentized(z: number, degrees: number): number {
  return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
}
