import { type ColumnStatus, type ComparisonMode } from '../drift';
import { type MonitoringOutcome, type MonitoringPolicy } from '../monitoring/monitoring.contract';
import { type DriftTriggerPolicy } from '../retraining/retraining.contract';

/** Everything that decides what a window means: the monitor's settings and the controller's. */
export interface BacktestSettings {
  readonly intervalSeconds: number;
  readonly watermarkSeconds: number;
  /** Windows that page, of the last so many. */
  readonly windows: number;
  readonly of: number;
  readonly policy: MonitoringPolicy;
  readonly retraining: DriftTriggerPolicy;
}

export type PageReason = 'data drift' | 'prediction drift' | 'data quality' | 'loop guard';

export interface BacktestColumn {
  readonly name: string;
  readonly psi: number;
  readonly status: ColumnStatus;
}

/** What other tools page by, on the window alone: they do not widen it, nor wait for a second one. */
export const PEER_MODES = ['evidently', 'sagemaker-simple', 'sagemaker-robust'] as const satisfies readonly ComparisonMode[];

export interface PeerVerdict {
  readonly mode: (typeof PEER_MODES)[number];
  readonly drifted: boolean;
  readonly columns: readonly string[];
}

/** One window under one threshold. */
export interface BacktestVerdict {
  readonly outcome: MonitoringOutcome;
  readonly driftedShare: number;
  /** Names, the greatest index first. */
  readonly drifted: readonly string[];
  readonly breaches: readonly string[];
  /** Alarms that go off with this window. */
  readonly pages: readonly PageReason[];
  /** Alarms that ring after it. */
  readonly ringing: boolean;
  readonly retraining: 'STARTED' | 'DECLINED' | 'LOOP_GUARD' | 'NOT_NEEDED' | 'QUEUED';
  /** Why the controller decided so. */
  readonly retrainingReason: string;
}

export interface BacktestWindow {
  readonly start: string;
  readonly end: string;
  /** Of the window alone. */
  readonly rows: number;
  /** Earlier than its start when preceding windows had to be added. */
  readonly evaluatedFrom: string;
  readonly evaluatedRows: number;
  /** Features and the prediction, the greatest population stability index first; empty without a verdict. */
  readonly columns: readonly BacktestColumn[];
  /** In the order of the thresholds. */
  readonly verdicts: readonly BacktestVerdict[];
  /** What other tools' defaults say; only when it was asked for. */
  readonly peers?: readonly PeerVerdict[];
}

export interface ThresholdSummary {
  readonly threshold: number;
  readonly windows: number;
  readonly driftedWindows: number;
  readonly insufficientWindows: number;
  readonly brokenWindows: number;
  readonly pages: number;
  readonly retrainings: number;
  readonly loopGuards: number;
}

export interface BacktestResult {
  readonly intervalSeconds: number;
  readonly thresholds: readonly number[];
  /** The threshold of the model's own settings, when it is among them. */
  readonly configured: number;
  readonly minimumSampleSize: number;
  readonly driftedShare: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly baseline: { readonly source: string; readonly rows: number };
  readonly history: { readonly files: number; readonly rows: number; readonly from: string | null; readonly to: string | null };
  readonly summaries: readonly ThresholdSummary[];
  readonly windows: readonly BacktestWindow[];
  /** Windows that each of the other tools' defaults flags; only when it was asked for. */
  readonly peers?: readonly { readonly mode: PeerVerdict['mode']; readonly driftedWindows: number; readonly columns: Readonly<Record<string, number>> }[];
  /** How often each column drifted under the configured threshold, most often first. */
  readonly columns: readonly { readonly name: string; readonly driftedWindows: number; readonly medianPsi: number; readonly maximumPsi: number }[];
  /** What could not be read or placed, in sentences. */
  readonly remarks: readonly string[];
}
