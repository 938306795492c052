import type { TaskType } from '../data/data-contract.contract';
import { normalValue, shareValue } from './interval';
import { averagePrecision, rocAuc } from './ranking';
import type { MetricValue } from './verdict.contract';

/** A score from here on counts as positive. */
export const POSITIVE_THRESHOLD = 0.5;
export const CALIBRATION_BINS = 10;
/** Scores of exactly 0 and 1 are moved by this much, else one confident mistake makes the loss infinite. */
export const LOG_LOSS_EPSILON = 1e-15;

export type Metrics = Record<string, MetricValue>;

/** All metrics of the task that these rows allow; a metric that they do not (AUC of one class) is left out. */
export function computeMetrics(task: TaskType, labels: Float64Array, predictions: Float64Array): Metrics {
  const found = task === 'binary-classification' ? binary(labels, predictions) : task === 'regression' ? regression(labels, predictions) : multiclass(labels, predictions);
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, MetricValue] => entry[1] !== undefined && Number.isFinite(entry[1].value)));
}

type Found = Record<string, MetricValue | undefined>;

function binary(labels: Float64Array, scores: Float64Array): Found {
  const count = labels.length;
  let tp = 0;
  let fp = 0;
  let tn = 0;
  let fn = 0;
  const loss = new Moments();
  const squared = new Moments();
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ rows: 0, scores: 0, positives: 0 }));
  for (let index = 0; index < count; index++) {
    const positive = labels[index] === 1;
    const score = scores[index]!;
    const predicted = score >= POSITIVE_THRESHOLD;
    if (positive && predicted) tp++;
    else if (positive) fn++;
    else if (predicted) fp++;
    else tn++;
    const clipped = Math.min(Math.max(score, LOG_LOSS_EPSILON), 1 - LOG_LOSS_EPSILON);
    loss.add(-Math.log(positive ? clipped : 1 - clipped));
    squared.add((score - (positive ? 1 : 0)) ** 2);
    const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.max(0, Math.floor(score * CALIBRATION_BINS)))]!;
    bin.rows++;
    bin.scores += score;
    if (positive) bin.positives++;
  }
  const ap = averagePrecision(labels, scores);
  return {
    auc: rocAuc(labels, scores),
    prAuc: ap === undefined ? undefined : { value: ap },
    accuracy: shareValue(tp + tn, count),
    // No predicted positive means no precision worth the name; 0 keeps the gate from passing by silence.
    precision: tp + fp === 0 ? (count > 0 ? { value: 0 } : undefined) : shareValue(tp, tp + fp),
    recall: shareValue(tp, tp + fn),
    f1: tp + fn === 0 ? undefined : { value: (2 * tp) / (2 * tp + fp + fn) },
    logLoss: loss.value(),
    brier: squared.value(),
    calibrationError: count === 0 ? undefined : { value: bins.reduce((total, bin) => total + Math.abs(bin.positives - bin.scores) / count, 0) },
  };
}

function multiclass(labels: Float64Array, predictions: Float64Array): Found {
  const classes = new Map<number, { tp: number; actual: number; predicted: number }>();
  const of = (label: number): { tp: number; actual: number; predicted: number } => {
    let entry = classes.get(label);
    if (!entry) classes.set(label, (entry = { tp: 0, actual: 0, predicted: 0 }));
    return entry;
  };
  let right = 0;
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    // XGBoost's multi:softmax answers 2.0; a container that answers 1.9999 means class 2 as well.
    const predicted = Math.round(predictions[index]!);
    of(label).actual++;
    of(predicted).predicted++;
    if (label === predicted) {
      right++;
      of(label).tp++;
    }
  }
  const all = [...classes.values()];
  const occurring = all.filter((entry) => entry.actual > 0);
  const mean = (values: number[]): MetricValue | undefined => (values.length === 0 ? undefined : { value: values.reduce((a, b) => a + b, 0) / values.length });
  return {
    accuracy: shareValue(right, labels.length),
    macroF1: mean(all.map((entry) => (2 * entry.tp) / (entry.actual + entry.predicted))),
    balancedAccuracy: mean(occurring.map((entry) => entry.tp / entry.actual)),
  };
}

function regression(labels: Float64Array, predictions: Float64Array): Found {
  const absolute = new Moments();
  const squared = new Moments();
  const label = new Moments();
  for (let index = 0; index < labels.length; index++) {
    const error = predictions[index]! - labels[index]!;
    absolute.add(Math.abs(error));
    squared.add(error ** 2);
    label.add(labels[index]!);
  }
  const mse = squared.value();
  const spread = label.squaredDeviations();
  return {
    mae: absolute.value(),
    rmse: mse && rootOf(mse, squared.varianceOfMean()),
    r2: spread === 0 ? undefined : { value: 1 - squared.sum / spread },
  };
}

/** Delta method: the variance of a root is the variance of the value over four times the value. */
function rootOf(mse: MetricValue, varianceOfMean: number | undefined): MetricValue {
  const value = Math.sqrt(mse.value);
  return varianceOfMean === undefined || value === 0 ? { value } : normalValue(value, varianceOfMean / (4 * mse.value), 0, Infinity);
}

/** Sums for mean and variance, by Welford's method: stable also when the mean is large against the spread. */
class Moments {
  private count = 0;
  private mean = 0;
  private deviations = 0;
  public sum = 0;

  public add(value: number): void {
    this.count++;
    this.sum += value;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.deviations += delta * (value - this.mean);
  }

  public squaredDeviations(): number {
    return this.deviations;
  }

  public varianceOfMean(): number | undefined {
    return this.count < 2 ? undefined : this.deviations / (this.count - 1) / this.count;
  }

  public value(): MetricValue | undefined {
    if (this.count === 0) return undefined;
    const value = this.sum / this.count;
    const variance = this.varianceOfMean();
    return variance === undefined ? { value } : normalValue(value, variance, 0, Infinity);
  }
}
