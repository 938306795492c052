import { type MonitoredFeature } from '../capture/capture.contract';
import { lakeKeys } from '../data/data-lake.contract';
import { type BusinessDropSettings, type FeatureMetricsSettings, type OperationalDriftSettings } from './monitoring-choices.contract';

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

/** What the loop asks each time round: which window is to be done now? */
export interface PlanWindowEvent {
  readonly scheduledTime: string;
  readonly intervalSeconds: number;
  readonly watermarkSeconds: number;
  /** How far back a window is done that was missed, and done again when captured files arrived late. */
  readonly lookbackSeconds: number;
  readonly features: readonly MonitoredFeature[];
  /** Windows that this execution has done, or failed to do: none is done twice in a run. */
  readonly settled: readonly string[];
  /** The window whose verdict has just been recorded; null: none. */
  readonly completed: string | null;
}

export interface PlanWindowResult {
  /** `DONE`: nothing is left to do. */
  readonly status: 'PLANNED' | 'DONE';
  readonly window: MonitoringWindow;
  /** 1 for the first verdict on a window, one more each time that it is judged anew. */
  readonly revision: number;
  /** Captured files of the window. */
  readonly files: number;
  /** Files of which there is no profile yet, and where they are listed in batches: an array of arrays of `CapturedFile`. */
  readonly filesToProfile: number;
  readonly batchesKey: string;
  /** A version has more than one file, so an event may be in two of them. */
  readonly searchDuplicates: boolean;
  /** Groups of profiles that are merged before they are judged; 0: the evaluation merges all itself. */
  readonly groups: number;
  readonly groupsKey: string;
}

export interface PlannedVersion {
  readonly version: number;
  readonly baselineKey: string;
}

/** plan.json: everything that the following steps read instead of asking again. */
export interface WindowPlan {
  readonly window: MonitoringWindow;
  readonly revision: number;
  /** Digest of the captured files by key, ETag and size: other files, another digest. */
  readonly listing: string;
  readonly intervalSeconds: number;
  readonly features: readonly MonitoredFeature[];
  /** Absent: nothing was deployed. */
  readonly champion?: { readonly version: number; readonly since: string };
  readonly versions: readonly PlannedVersion[];
  readonly files: number;
  readonly searchDuplicates: boolean;
  readonly groups: number;
  /** Captured files that came too late for their windows to be done again: how many of each window, now and before. */
  readonly late: Readonly<Record<string, number>>;
  /** Of these, how many this window is the first to count. */
  readonly newlyLate: number;
}

/** Element of files.json. */
export interface CapturedFile {
  /** `BATCH`: data that a transform job captured, in whatever bucket: `key` is the `s3://` location of its input, `outputKey` that of what was predicted. */
  readonly kind: 'ENDPOINT' | 'BATCH';
  readonly key: string;
  readonly outputKey?: string;
  readonly etag: string;
  readonly size: number;
  /** ISO time of the hour that the file's folder names. */
  readonly folderHour: string;
  readonly version: number;
  /** Named by everything that the profile depends on, so that what is there need not be made again. */
  readonly profileKey: string;
  /** Objects with the ids of events that count in another file. */
  readonly excludeKeys?: readonly string[];
}

export interface ProfileCaptureEvent {
  readonly windowId: string;
  /** One large file, or many small ones. */
  readonly files: readonly CapturedFile[];
}

/** Without `range`: all at once if they are few enough, else the ranges in which to search; `combine`: the ranges have been searched. */
export interface FindDuplicatesEvent {
  readonly windowId: string;
  readonly range?: HashRange;
  readonly combine?: number;
}

/** The `index`-th of `of` equal parts of all hashes; `of` is a power of two. */
export interface HashRange {
  readonly index: number;
  readonly of: number;
}

export interface FindDuplicatesResult {
  /** `SPLIT`: there are too many events for one function; their ranges are listed at `rangesKey`. */
  readonly status: 'FOUND' | 'SPLIT';
  readonly ranges: number;
  readonly rangesKey: string;
  /** Files to profile again without the events that count in another one, and where their list lies. */
  readonly files: number;
  readonly filesKey: string;
}

/** Element of groups.json: files `from` to before `to` of a version, in the order of files.json. */
export interface ProfileGroup {
  readonly version: number;
  readonly from: number;
  readonly to: number;
}

export interface ReduceProfilesEvent {
  readonly windowId: string;
  readonly group: ProfileGroup;
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
  /** Absent: no feature has a metric of its own. */
  readonly featureMetrics?: FeatureMetricsSettings;
  /** Business metrics that are compared with their own past. */
  readonly business?: readonly BusinessDropSettings[];
  readonly operational?: OperationalDriftSettings;
}

export type MonitoringOutcome = 'STABLE' | 'DRIFTED' | 'INSUFFICIENT_DATA' | 'DATA_QUALITY' | 'NOT_DEPLOYED';

/** What the workflow records and hands to the retraining controller. */
export interface EvaluateDriftResult {
  readonly outcome: MonitoringOutcome;
  readonly reasons: readonly string[];
  readonly window: MonitoringWindow;
  readonly revision: number;
  /** Champion whose predictions were evaluated; null when nothing is deployed. */
  readonly version: number | null;
  readonly reportKey: string;
  readonly rows: number;
  readonly driftedShare: number | null;
  readonly predictionPsi: number | null;
}

export const windowKeys = {
  /** Which windows are done: `WindowIndex`. */
  index: (model: string): string => `${lakeKeys.monitoringRun(model, 'windows').slice(0, -1)}.json`,
  plan: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}plan.json`,
  /** All captured files of the window. */
  files: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}files.json`,
  /** Files without a profile, in batches; input of the distributed map. */
  batches: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}batches.json`,
  profiles: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}profiles/`,
  fileProfile: (model: string, windowId: string, version: number, digest: string): string => `${lakeKeys.monitoringRun(model, windowId)}profiles/v${version}/${digest}.json`,
  /** Ids of the events that a profile counts, as sorted hashes; beside the profile. */
  eventIds: (profileKey: string): string => profileKey.replace(/\.json$/, '.ids'),
  /** Files with events that count in another file; by the listing, so that a revision never reads what was found for another one. */
  duplicates: (model: string, windowId: string, listing: string): string => `${lakeKeys.monitoringRun(model, windowId)}duplicates/${listing}.json`,
  ranges: (model: string, windowId: string, listing: string): string => `${lakeKeys.monitoringRun(model, windowId)}duplicates/${listing}.ranges.json`,
  rangeDuplicates: (model: string, windowId: string, listing: string, range: number): string =>
    `${lakeKeys.monitoringRun(model, windowId)}duplicates/${listing}.range-${pad(range)}.json`,
  exclusion: (model: string, windowId: string, listing: string, range: number, file: number): string =>
    `${lakeKeys.monitoringRun(model, windowId)}duplicates/${listing}.range-${pad(range)}.file-${pad(file)}.ids`,
  groups: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}groups.json`,
  groupSummary: (model: string, windowId: string, listing: string, group: ProfileGroup): string =>
    `${lakeKeys.monitoringRun(model, windowId)}groups/${listing}/v${group.version}.${pad(group.from)}.json`,
  /** All files of one version in the window, merged; later windows that need more rows read it again. */
  summary: (model: string, windowId: string, version: number): string => `${lakeKeys.monitoringRun(model, windowId)}summary.v${version}.json`,
  report: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}report.json`,
  /** The same for a person's eyes. */
  page: (model: string, windowId: string): string => `${lakeKeys.monitoringRun(model, windowId)}report.html`,
} as const;

function pad(index: number): string {
  return String(index).padStart(5, '0');
}
