import { type MonitoredFeature } from '../capture/capture.contract';
import { lakeKeys } from '../data/data-lake.contract';

/**
 * What the monitoring workflow and its handlers share: events, results and the objects of one window below
 * `lakeKeys.monitoringRun(model, windowId)`. Imports contracts only.
 */
export const MONITORING_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'ENDPOINT_NAME'] as const;

/** Input of the state machine, given by the schedule; a person who repeats a window gives the same. */
export interface MonitoringInput {
  /** ISO time at which the schedule was due, `<aws.scheduler.scheduled-time>`. */
  readonly scheduledTime: string;
}

export interface MonitoringWindow {
  /** `20010205T100000Z`: start of the window. */
  readonly id: string;
  readonly start: string;
  readonly end: string;
}

export interface PlanWindowEvent {
  readonly scheduledTime: string;
  readonly intervalSeconds: number;
  readonly watermarkSeconds: number;
  readonly features: readonly MonitoredFeature[];
}

export interface PlanWindowResult {
  /** `DONE`: the window has its report already, this is a repeated event. */
  readonly status: 'PLANNED' | 'DONE';
  readonly window: MonitoringWindow;
  /** Captured files to profile. */
  readonly files: number;
  readonly filesKey: string;
}

export interface PlannedVersion {
  readonly version: number;
  readonly baselineKey: string;
}

/** plan.json: everything that the following steps read instead of asking again. */
export interface WindowPlan {
  readonly window: MonitoringWindow;
  readonly intervalSeconds: number;
  readonly features: readonly MonitoredFeature[];
  /** Absent: nothing is deployed. */
  readonly champion?: { readonly version: number; readonly since: string };
  readonly versions: readonly PlannedVersion[];
}

/** Element of files.json. */
export interface CapturedFile {
  /** `BATCH`: data that a transform job captured, in whatever bucket: `key` is the `s3://` location of its input, `outputKey` that of what was predicted. */
  readonly kind: 'ENDPOINT' | 'BATCH';
  readonly key: string;
  readonly outputKey?: string;
  readonly version: number;
  readonly profileKey: string;
}

export interface ProfileCaptureEvent {
  readonly windowId: string;
  readonly file: CapturedFile;
}

export interface EvaluateDriftEvent {
  readonly windowId: string;
  /** Of the inferences of an asynchronous endpoint; a real-time one says itself what it captures. Absent: all. */
  readonly samplingPercentage?: number;
  readonly policy: MonitoringPolicy;
}

/** The thresholds of Monitoring as plain data. */
export interface MonitoringPolicy {
  readonly minimumSampleSize: number;
  readonly psiThreshold: number;
  readonly psiWarning: number;
  readonly falseDiscoveryRate: number;
  readonly driftedShare: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly criticalFeatures: readonly string[];
  /** Share of lines or values that violate the contract from which on the data is called broken. */
  readonly violationShare: number;
  /** By how much the share of missing values may exceed the baseline's. */
  readonly missingShareIncrease: number;
  /** How far back a window that has too few rows may reach. */
  readonly maximumLookbackSeconds: number;
}

export type MonitoringOutcome = 'STABLE' | 'DRIFTED' | 'INSUFFICIENT_DATA' | 'DATA_QUALITY' | 'NOT_DEPLOYED';

/** What the workflow records and hands to the retraining controller. */
export interface EvaluateDriftResult {
  readonly outcome: MonitoringOutcome;
  readonly reasons: readonly string[];
  readonly window: MonitoringWindow;
  /** Champion whose predictions were evaluated; null when nothing is deployed. */
  readonly version: number | null;
  readonly reportKey: string;
  readonly rows: number;
  readonly driftedShare: number | null;
  readonly predictionPsi: number | null;
}

export const windowKeys = {
  plan: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}plan.json`,
  files: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}files.json`,
  fileProfile: (model: string, windowId: string, version: number, index: number): string =>
    `${lakeKeys.monitoringRun(model, windowId)}profiles/v${version}/${String(index).padStart(5, '0')}.json`,
  /** All files of one version in the window, merged; later windows that need more rows read it again. */
  summary: (model: string, windowId: string, version: number): string => `${lakeKeys.monitoringRun(model, windowId)}summary.v${version}.json`,
  report: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}report.json`,
} as const;
