import { chiSquareSurvival } from '../drift';
import { shareValue } from '../evaluation/interval';
import { type BinaryStatistics } from './quality-statistics';

export interface CalibrationReport {
  readonly bins: readonly { readonly from: number; readonly to: number; readonly rows: number; readonly meanScore: number; readonly positiveRate: number; readonly low: number; readonly high: number }[];
  /** Expected calibration error: mean distance between score and share of positives, weighted by rows. */
  readonly error: number;
  /** What chance alone gives for scores that are right: with few rows no share hits its score. */
  readonly expectedError: number;
  readonly chiSquare: number;
  readonly degrees: number;
  /** How often scores that are right fit this badly. */
  readonly pValue: number;
}

/** Positives expected and not expected that a bin needs for the chi-square approximation; smaller bins are tested together. */
const LEAST_VARIANCE = 1;

/**
 * Are the scores probabilities? In each bin the positives are compared with the sum of the scores, whose variance is known when the scores are
 * right: their squared standardised differences add up to a chi-square variable with one degree of freedom per bin (Hosmer and Lemeshow's
 * statistic for data that the model was not fitted to, with the variances of the scores themselves).
 */
export function calibrationReport(statistics: BinaryStatistics): CalibrationReport | undefined {
  const { calibration, rows } = statistics;
  if (rows === 0) return undefined;
  const used = calibration.flatMap((bin, index) => (bin.rows > 0 ? [{ ...bin, index }] : []));
  const great = used.filter(({ variance }) => variance >= LEAST_VARIANCE);
  const rest = used.filter(({ variance }) => variance < LEAST_VARIANCE).reduce((sum, bin) => ({ scores: sum.scores + bin.scores, positives: sum.positives + bin.positives, variance: sum.variance + bin.variance }), { scores: 0, positives: 0, variance: 0 });
  const tested = rest.variance >= LEAST_VARIANCE ? [...great, rest] : great;
  const chiSquare = tested.reduce((sum, { scores, positives, variance }) => sum + (positives - scores) ** 2 / variance, 0);
  return {
    bins: used.map(({ index, rows: count, scores, positives }) => {
      const share = shareValue(positives, count)!;
      return { from: index / calibration.length, to: (index + 1) / calibration.length, rows: count, meanScore: scores / count, positiveRate: share.value, low: share.low!, high: share.high! };
    }),
    error: used.reduce((sum, { scores, positives }) => sum + Math.abs(positives - scores), 0) / rows,
    // Mean of the absolute value of a normal variable: its deviation times the root of 2 / pi.
    expectedError: used.reduce((sum, { variance }) => sum + Math.sqrt((2 * variance) / Math.PI), 0) / rows,
    chiSquare,
    degrees: tested.length,
    pValue: tested.length === 0 ? 1 : chiSquareSurvival(chiSquare, tested.length),
  };
}

export type CalibrationOutcome = 'CALIBRATED' | 'MISCALIBRATED' | 'INSUFFICIENT_DATA';

/** Miscalibrated when chance does not explain it, and when it matters: the error beyond chance is by the margin greater than on the test set. */
export function calibrationOutcome(current: CalibrationReport, reference: CalibrationReport | undefined, alpha: number, margin: number): CalibrationOutcome {
  const excess = (report: CalibrationReport | undefined): number => (report ? Math.max(0, report.error - report.expectedError) : 0);
  return current.pValue <= alpha && excess(current) > excess(reference) + margin ? 'MISCALIBRATED' : 'CALIBRATED';
}
