import { type TaskType } from '../data/data-contract.contract';
import { lakeKeys } from '../data/data-lake.contract';
import { type MonitoringOutcome, type MonitoringWindow } from '../monitoring/monitoring.contract';

/** What the model-quality workflow and its handlers share. Imports contracts only. */
export const MODEL_QUALITY_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'ENDPOINT_NAME'] as const;

/** The choices of GroundTruth as plain data. */
export interface QualitySettings {
  readonly intervalSeconds: number;
  readonly maximumDelaySeconds: number;
  /** How much longer a window may still be judged when nothing ran in time. */
  readonly catchUpSeconds: number;
  readonly policy: QualityPolicy;
}

export interface QualityPolicy {
  readonly metric: string;
  /** In units of the metric; absent: `unitMargin` for metrics from 0 to 1, else `marginShare` of the metric on the test set. */
  readonly margin?: number;
  readonly unitMargin: number;
  readonly marginShare: number;
  readonly minimumLabels: number;
  readonly minimumSliceLabels: number;
  /** Of one window over all looks at it. */
  readonly falseAlarmRate: number;
  readonly decisionThreshold: number;
  readonly calibrationMargin: number;
}

/** Input of the state machine, given by the schedule; a person who repeats a run gives the same. */
export interface ModelQualityInput {
  /** ISO time at which the schedule was due, `<aws.scheduler.scheduled-time>`. */
  readonly scheduledTime: string;
}

export interface PlanQualityEvent {
  readonly runId: string;
  readonly scheduledTime: string;
  /** How late captured data may be. */
  readonly watermarkSeconds: number;
  readonly settings: QualitySettings;
}

export interface PlanQualityResult {
  /** `NOTHING_NEW`: no file that was not read before, and no window whose time is over. */
  readonly status: 'PLANNED' | 'NOTHING_NEW' | 'NOT_DEPLOYED';
  readonly runId: string;
  /** Batches of files to extract. */
  readonly batches: number;
  readonly batchesKey: string;
  readonly rangesKey: string;
}

/** Some files of one source and day that become one extract. */
export interface ExtractBatch {
  readonly source: 'predictions' | 'labels';
  /** Of the predictions. */
  readonly version?: number;
  readonly keys: readonly string[];
  readonly extractKey: string;
}

/** manifest.json of a run: the files that it planned to read, so that the next run knows them. */
export interface ExtractManifest {
  readonly batches: readonly ExtractBatch[];
}

/** Hash buckets that one step joins: the first, and the one behind the last, of 256. */
export interface HashRange {
  readonly runId: string;
  readonly from: number;
  readonly to: number;
}

export interface PlannedWindow extends MonitoringWindow {
  /** ISO time after which collected labels count no more. */
  readonly closes: string;
  /** No label can come any more in this run or later: judged for the last time. */
  readonly final: boolean;
}

export interface QualityVersion {
  readonly version: number;
  readonly task: TaskType;
  readonly features: readonly string[];
  /** Features with role slice or protected; others are not in the request, so nobody knows them. */
  readonly slices: readonly { readonly column: string; readonly place: number; readonly protected: boolean }[];
  /** Columns with such a role that are not in the request. */
  readonly unseenSlices: readonly string[];
  /** Of the training run: its test set's statistics lie there. */
  readonly trainingRun: string;
}

/** plan.json of a run: everything that the following steps read instead of asking again. */
export interface QualityPlan {
  readonly runId: string;
  readonly scheduledTime: string;
  readonly champion: { readonly version: number; readonly since: string };
  readonly windows: readonly PlannedWindow[];
  readonly versions: readonly QualityVersion[];
  readonly policy: QualityPolicy;
  readonly extracts: readonly PlannedExtract[];
  readonly ranges: number;
}

export interface PlannedExtract {
  readonly source: 'predictions' | 'labels';
  readonly version?: number;
  readonly key: string;
}

export interface ExtractEvent {
  readonly runId: string;
  readonly batch: ExtractBatch;
}

export type QualityOutcome = 'STABLE' | 'DEGRADED' | 'INSUFFICIENT_DATA';

/** What the retraining controller is told of one window of the champion. */
export interface QualityTold {
  readonly eventId: string;
  readonly window: MonitoringWindow;
  readonly outcome: MonitoringOutcome;
  readonly version: number;
  readonly reasons: readonly string[];
  /** No earlier look at the window had this outcome. */
  readonly first: boolean;
}

export interface JudgeQualityEvent {
  readonly runId: string;
}

export interface PublishQualityEvent {
  readonly runId: string;
}

export interface JudgeQualityResult {
  readonly outcome: QualityOutcome;
  readonly reasons: readonly string[];
  readonly version: number;
  /** Windows of the champion that were looked at in this run. */
  readonly told: readonly QualityTold[];
  /** Of the newest window that was looked at; null when none was. */
  readonly modelQuality: number | null;
  readonly labelCoverage: number | null;
  readonly reportKeys: readonly string[];
}

const work = lakeKeys.qualityWork;

export const qualityKeys = {
  /** What was read of files of predictions or labels of one day, `yyyymmdd`. */
  extract: (model: string, source: ExtractBatch['source'], day: string, id: string): string => `${work(model)}extracts/${source}/${day}-${id}.jsonl`,
  extractsPrefix: (model: string, source: ExtractBatch['source']): string => `${work(model)}extracts/${source}/`,
  manifest: (model: string, time: string, runId: string): string => `${work(model)}manifests/${time}-${runId}.json`,
  manifestsPrefix: (model: string): string => `${work(model)}manifests/`,
  batches: (model: string, runId: string): string => `${work(model)}runs/${runId}/batches.json`,
  plan: (model: string, runId: string): string => `${work(model)}runs/${runId}/plan.json`,
  ranges: (model: string, runId: string): string => `${work(model)}runs/${runId}/ranges.json`,
  part: (model: string, runId: string, from: number): string => `${work(model)}runs/${runId}/parts/${String(from).padStart(3, '0')}.json`,
  /** Says that what the run found is published; a run whose is missing is done again. */
  done: (model: string, time: string, runId: string): string => `${work(model)}done/${time}-${runId}.json`,
  donePrefix: (model: string): string => `${work(model)}done/`,
  verdicts: (model: string, runId: string): string => `${work(model)}runs/${runId}/verdicts.json`,
  report: (model: string, windowId: string): string => `${lakeKeys.qualityReports(model)}${windowId}/report.json`,
  /** Says that the window was judged for the last time. */
  closed: (model: string, windowId: string): string => `${lakeKeys.qualityReports(model)}${windowId}/closed.json`,
} as const;
