import { type TaskType } from '../data/data-contract.contract';
import { mergeMoments, type Moments, MomentsBuilder, NO_MOMENTS } from '../drift';
import { CALIBRATION_BINS, LOG_LOSS_EPSILON } from '../evaluation/metrics';
import { mergeHistograms, type ScoreHistogram, ScoreHistogramBuilder } from './score-histogram';

/** Sums that say everything about the quality of labelled predictions, and add up: those of many parts are those of the whole. */
export type QualityStatistics = BinaryStatistics | MulticlassStatistics | RegressionStatistics;

export interface BinaryStatistics {
  readonly task: 'binary-classification';
  readonly rows: number;
  readonly histogram: ScoreHistogram;
  /** Scores that are less than 0 or greater than 1: no probabilities. */
  readonly outside: number;
  readonly squaredError: Moments;
  readonly logLoss: Moments;
  /** Ten bins of equal width. */
  readonly calibration: readonly CalibrationBin[];
}

export interface CalibrationBin {
  readonly rows: number;
  /** Sum of scores: expected positives. */
  readonly scores: number;
  readonly positives: number;
  /** Sum of score times (1 - score): variance of the positives when the scores are right. */
  readonly variance: number;
}

export interface MulticlassStatistics {
  readonly task: 'multiclass-classification';
  readonly rows: number;
  /** Rows by `label>predicted`. */
  readonly confusion: Readonly<Record<string, number>>;
}

export interface RegressionStatistics {
  readonly task: 'regression';
  readonly rows: number;
  /** Prediction minus label. */
  readonly error: Moments;
  readonly absoluteError: Moments;
  readonly squaredError: Moments;
  readonly label: Moments;
}

export interface QualityStatisticsBuilder {
  add(label: number, prediction: number): void;
  build(): QualityStatistics;
}

export function qualityStatisticsBuilder(task: TaskType): QualityStatisticsBuilder {
  return task === 'binary-classification' ? new BinaryBuilder() : task === 'regression' ? new RegressionBuilder() : new MulticlassBuilder();
}

export function emptyStatistics(task: TaskType): QualityStatistics {
  return qualityStatisticsBuilder(task).build();
}

/** Sums of fractions depend on their order in the last digit: whoever wants equal bytes merges in one order. @throws for different tasks */
export function mergeStatistics(a: QualityStatistics, b: QualityStatistics): QualityStatistics {
  const rows = a.rows + b.rows;
  if (a.task === 'binary-classification' && b.task === a.task) {
    return {
      task: a.task,
      rows,
      histogram: mergeHistograms(a.histogram, b.histogram),
      outside: a.outside + b.outside,
      squaredError: mergeMoments(a.squaredError, b.squaredError),
      logLoss: mergeMoments(a.logLoss, b.logLoss),
      calibration: a.calibration.map((bin, index) => mergeBins(bin, b.calibration[index]!)),
    };
  }
  if (a.task === 'regression' && b.task === a.task) {
    return {
      task: a.task,
      rows,
      error: mergeMoments(a.error, b.error),
      absoluteError: mergeMoments(a.absoluteError, b.absoluteError),
      squaredError: mergeMoments(a.squaredError, b.squaredError),
      label: mergeMoments(a.label, b.label),
    };
  }
  if (a.task === 'multiclass-classification' && b.task === a.task) {
    const confusion: Record<string, number> = { ...a.confusion };
    for (const [cell, count] of Object.entries(b.confusion)) confusion[cell] = (confusion[cell] ?? 0) + count;
    return { task: a.task, rows, confusion: inOrder(confusion) };
  }
  throw new Error(`statistics of ${a.task} and ${b.task} must not be mixed`);
}

function mergeBins(a: CalibrationBin, b: CalibrationBin): CalibrationBin {
  return { rows: a.rows + b.rows, scores: a.scores + b.scores, positives: a.positives + b.positives, variance: a.variance + b.variance };
}

class BinaryBuilder implements QualityStatisticsBuilder {
  private rows = 0;
  private outside = 0;
  private readonly histogram = new ScoreHistogramBuilder();
  private readonly squaredError = new MomentsBuilder();
  private readonly logLoss = new MomentsBuilder();
  private readonly calibration = Array.from({ length: CALIBRATION_BINS }, () => ({ rows: 0, scores: 0, positives: 0, variance: 0 }));

  public add(label: number, score: number): void {
    const positive = label === 1;
    this.rows += 1;
    if (score < 0 || score > 1) this.outside += 1;
    this.histogram.add(score, positive);
    this.squaredError.add((score - (positive ? 1 : 0)) ** 2);
    const clipped = Math.min(Math.max(score, LOG_LOSS_EPSILON), 1 - LOG_LOSS_EPSILON);
    this.logLoss.add(-Math.log(positive ? clipped : 1 - clipped));
    const bin = this.calibration[Math.min(CALIBRATION_BINS - 1, Math.max(0, Math.floor(score * CALIBRATION_BINS)))]!;
    bin.rows += 1;
    bin.scores += score;
    if (positive) bin.positives += 1;
    bin.variance += Math.max(0, score * (1 - score));
  }

  public build(): BinaryStatistics {
    return {
      task: 'binary-classification',
      rows: this.rows,
      histogram: this.histogram.build(),
      outside: this.outside,
      squaredError: this.squaredError.build(),
      logLoss: this.logLoss.build(),
      calibration: this.calibration.map((bin) => ({ ...bin })),
    };
  }
}

class MulticlassBuilder implements QualityStatisticsBuilder {
  private rows = 0;
  private readonly confusion: Record<string, number> = {};

  public add(label: number, prediction: number): void {
    this.rows += 1;
    // As on the test set: a container that answers 1.9999 means class 2.
    const cell = `${label}>${Math.round(prediction)}`;
    this.confusion[cell] = (this.confusion[cell] ?? 0) + 1;
  }

  public build(): MulticlassStatistics {
    return { task: 'multiclass-classification', rows: this.rows, confusion: inOrder(this.confusion) };
  }
}

class RegressionBuilder implements QualityStatisticsBuilder {
  private readonly error = new MomentsBuilder();
  private readonly absoluteError = new MomentsBuilder();
  private readonly squaredError = new MomentsBuilder();
  private readonly label = new MomentsBuilder();

  public add(label: number, prediction: number): void {
    const error = prediction - label;
    this.error.add(error);
    this.absoluteError.add(Math.abs(error));
    this.squaredError.add(error ** 2);
    this.label.add(label);
  }

  public build(): RegressionStatistics {
    const label = this.label.build();
    const [error, absoluteError, squaredError] = [this.error.build(), this.absoluteError.build(), this.squaredError.build()];
    return { task: 'regression', rows: label.count, error, absoluteError, squaredError, label: label.count === 0 ? NO_MOMENTS : label };
  }
}

function inOrder(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
