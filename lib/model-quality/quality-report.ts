import { type Metrics } from '../evaluation/metrics';
import { type MetricValue } from '../evaluation/verdict.contract';
import { type MonitoringWindow } from '../monitoring/monitoring.contract';
import { type BiasReport } from './bias';
import { type CalibrationOutcome, type CalibrationReport } from './calibration';
import { type ReadFiles } from './merge-parts';
import { type QualityOutcome } from './model-quality.contract';
import { type QualityDifference } from './quality-difference';
import { type QualityLook } from './quality-looks';
import { type SageMakerQuality } from './sagemaker-quality';

/** report.json of a window: what is known of its predictions by now. */
export interface QualityReport {
  readonly window: MonitoringWindow;
  /** ISO time after which collected labels count no more. */
  readonly closes: string;
  /** True when nothing changes any more. */
  readonly final: boolean;
  /** 1 for the first; greater when labels came. */
  readonly revision: number;
  /** ISO time of the run. */
  readonly judgedAt: string;
  readonly champion: { readonly version: number; readonly since: string };
  readonly versions: readonly VersionQuality[];
  /** All files that are within reach of labels, not only those of this window. */
  readonly files: ReadFiles & { readonly unmatchedLabels: number };
}

/** Predictions of one version in the window. */
export interface VersionQuality {
  readonly version: number;
  /** Of the last look; once degraded, a window stays so. */
  readonly outcome: QualityOutcome;
  readonly reasons: readonly string[];
  /** Rows. */
  readonly predictions: number;
  readonly labels: number;
  /** labels / predictions */
  readonly coverage: number;
  /** Which share was labelled within so many hours. */
  readonly coverageByAge: readonly { readonly hours: number | null; readonly coverage: number }[];
  /** Labels that were late, repeated, contradicting or unusable, ids that were used twice; names without a count are absent. */
  readonly counts: Readonly<Record<string, number>>;
  readonly looks: readonly QualityLook[];
  /** The metric that decides, at the confidence of the last look. */
  readonly decision: QualityDecision | null;
  /** With 95 % intervals. */
  readonly metrics: Metrics;
  readonly reference: Metrics | null;
  /** In Model Monitor's form. */
  readonly sagemaker: SageMakerQuality;
  /** By how much binning the scores may have moved the areas under curves, at most. */
  readonly binningError?: { readonly auc: number; readonly prAuc: number };
  readonly slices: readonly SliceQuality[];
  /** Columns with role slice or protected that are not judged, and why. */
  readonly slicesLeftOut: Readonly<Record<string, string>>;
  readonly calibration?: CalibrationReport & { readonly outcome: CalibrationOutcome; readonly reference?: CalibrationReport };
  readonly bias: readonly BiasReport[];
}

export interface QualityDecision extends QualityDifference {
  readonly metric: string;
  readonly margin: number;
  /** One-sided error probability of `low`. */
  readonly alpha: number;
  readonly current: MetricValue;
  readonly reference: MetricValue;
}

export interface SliceQuality {
  readonly column: string;
  readonly value: string;
  readonly outcome: QualityOutcome;
  readonly predictions: number;
  readonly labels: number;
  readonly current?: MetricValue;
  readonly reference?: MetricValue;
  /** Null when there is no comparison. */
  readonly pValue: number | null;
}
