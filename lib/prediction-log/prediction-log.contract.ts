import { lakeKeys } from '../data/data-lake.contract';
import { capturedVersion, deploymentNames } from '../deployment/deployment.contract';

/** What the prediction log's construct and its function share. Imports contracts only. */
export const PREDICTION_LOG_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'MODEL_PACKAGE_GROUP_ARN', 'DROPPED_COLUMNS'] as const;

/** "Object Created" of S3 as EventBridge delivers it (S3 User Guide, "EventBridge event message structure"); at least once, in any order. */
export interface ObjectCreatedEvent {
  /** ISO time. */
  readonly time: string;
  readonly detail: { readonly object: { readonly key: string } };
}

/** By hand: logs what was captured below a prefix and is not in the log yet; operator runbook, "prediction-log-failures". */
export interface LogAgainEvent {
  /** ISO time for the metrics. */
  readonly time: string;
  /** `captured/<model>/`, or any longer prefix. */
  readonly prefix: string;
}

export interface LogPredictionsResult {
  /** Files logged by this invocation; files that were logged before are not among them. */
  readonly files: number;
  readonly rows: number;
  /** Lines and rows that could not be logged in full. */
  readonly problems: number;
}

/** What the key of a captured file says. */
export interface CapturedObject {
  readonly key: string;
  readonly version: number;
  readonly endpointName: string;
  readonly variantName: string;
  /** The variant got copies of requests; nobody got its answers. */
  readonly shadow: boolean;
  /** `2001-02-05`, of the inferences. */
  readonly day: string;
  /** Unique among the captured files of a day. */
  readonly name: string;
}

/** SageMaker appends endpoint, variant and hour to the destination of data capture (guide, "Capture data from real-time endpoint"). */
export function readCapturedKey(model: string, key: string): CapturedObject | undefined {
  const match = /^captured\/([^/]+)\/v\d+\/+([^/]+)\/([^/]+)\/(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/([^/]+)\.jsonl$/.exec(key);
  const version = capturedVersion(key);
  if (!match || match[1] !== model || version === undefined || isBatchManifest(key)) return undefined;
  const [, , endpointName, variantName, year, month, date, hour, file] = match as unknown as string[];
  return {
    key,
    version,
    endpointName: endpointName!,
    variantName: variantName!,
    shadow: variantName === deploymentNames.challengerVariant('SHADOW', version),
    day: `${year}-${month}-${date}`,
    name: `v${version}-${endpointName}-${variantName}-${hour}-${file}`,
  };
}

/**
 * Requests and answers of asynchronous endpoints and of transform jobs lie in the same area, under names that their callers choose, and so do the
 * manifests of transform jobs: none of them holds captured records.
 */
export function isUncaptured(key: string): boolean {
  return /^captured\/[^/]+\/(?:requests|v\d+\/(?:responses|failures))\//.test(key) || isBatchManifest(key);
}

function isBatchManifest(key: string): boolean {
  return /^captured\/[^/]+\/v\d+\/batch\/(?:input|output)\//.test(key);
}

/** Partition column of the table, and the folder's name. */
export const DAY_COLUMN = 'inference_date';

/** A pure function of the captured key: a file that is logged twice is one object. */
export function logKey(model: string, captured: CapturedObject): string {
  return `${lakeKeys.predictionsPrefix(model)}${DAY_COLUMN}=${captured.day}/${captured.name}.parquet`;
}

/** What could not be logged in full, without the data itself: it may be what shall not be kept. */
export interface PredictionLogReport {
  readonly capturedKey: string;
  readonly rows: number;
  /** Lines that are no capture record. They are not in the log. */
  readonly badLines: readonly { readonly line: number; readonly reason: string }[];
  /** Requests whose rows have another number of values than the version has features: logged without inputs. */
  readonly misshapenRows: number;
  /** Requests whose response does not hold one prediction per row: logged with the response as it came. */
  readonly unpairedRecords: number;
  /** Records of an event that is in the file already. */
  readonly duplicates: number;
}
