/**
 * Where everything of a model lies in the data lake's bucket. Constructs grant on these prefixes, handlers read and write these keys.
 * Imports nothing.
 */
export const AREAS = ['raw', 'quarantine', 'snapshots', 'curated', 'artifacts', 'evaluations', 'baselines', 'captured', 'labels', 'predictions', 'queries', 'reports', 'state'] as const;
export type Area = (typeof AREAS)[number];

/** `raw/flight-delay/`: with the closing slash, so that `a/` never matches `ab/`. */
export function areaPrefix(area: Area, modelName: string): string {
  return `${area}/${modelName}/`;
}

/** Within the area `state` of a model: the only part of it that looks write, and that expires. */
export const EVIDENCE_FOLDER = 'evidence/';

/** Within the area `reports` of a model: what the judgement by ground truth works with; expires. */
export const QUALITY_WORK_FOLDER = 'quality-work/';

export const lakeKeys = {
  /** Report of one validation run, written also when the data is good. */
  validationReport: (model: string, runId: string): string => `quarantine/${model}/${runId}/report.json`,
  /** Result of validating and profiling one raw file. */
  fileReport: (model: string, runId: string, index: number): string => `quarantine/${model}/${runId}/files/${pad(index)}.json`,
  /** The list of raw files that one training run considers; input of its distributed map. */
  runFiles: (model: string, runId: string): string => `snapshots/${model}/runs/${runId}/files.json`,
  /** The contract as it was for one run, so that its handlers and a later reader see the same. */
  runContract: (model: string, runId: string): string => `snapshots/${model}/runs/${runId}/contract.json`,
  /** The snapshot: keys, object versions and hashes. The id in its path is the hash of its content. */
  snapshotManifest: (model: string, snapshotId: string): string => `snapshots/${model}/${snapshotId}/manifest.json`,
  /** The snapshot's files as a JSON array, input of the distributed map that prepares them. */
  snapshotFiles: (model: string, snapshotId: string): string => `snapshots/${model}/${snapshotId}/files.json`,
  /** `train`, `validation`, `test`: CSV parts without header. */
  curatedPrefix: (model: string, snapshotId: string, channel: string): string => `curated/${model}/${snapshotId}/${channel}/`,
  /** One curated part; only parts with rows exist. */
  curatedPart: (model: string, snapshotId: string, channel: string, index: number): string => `curated/${model}/${snapshotId}/${channel}/part-${pad(index)}.csv`,
  /** Says that all parts of one raw file are written, and how many rows each has. */
  curatedDone: (model: string, snapshotId: string, index: number): string => `curated/${model}/${snapshotId}/done/${pad(index)}.json`,
  curatedDonePrefix: (model: string, snapshotId: string): string => `curated/${model}/${snapshotId}/done/`,
  /** The contract as JSON, given to the training container as channel `contract`. */
  curatedContract: (model: string, snapshotId: string): string => `curated/${model}/${snapshotId}/contract/contract.json`,
  artifactsPrefix: (model: string): string => `artifacts/${model}/`,
  /** Batch transform output of `challenger` and `champion` on the frozen test set. */
  scoresPrefix: (model: string, runId: string, role: string): string => `evaluations/${model}/${runId}/${role}/`,
  /** The challenger's metrics in the format that SageMaker shows for a model package (Model Monitor's statistics of model quality). */
  modelQuality: (model: string, runId: string): string => `evaluations/${model}/${runId}/model-quality.json`,
  /** The challenger's test set in the form in which predictions are judged by ground truth later: sums that merge, whole and by slice. */
  qualityStatistics: (model: string, runId: string): string => `evaluations/${model}/${runId}/quality-statistics.json`,
  verdict: (model: string, runId: string): string => `evaluations/${model}/${runId}/verdict.json`,
  lineage: (model: string, runId: string): string => `evaluations/${model}/${runId}/lineage.json`,
  baseline: (model: string, runId: string): string => `baselines/${model}/${runId}/baseline.json`,
  /** Part of what the version was trained on, in the baseline's bins; they are summed up in the baseline. */
  trainingProfile: (model: string, runId: string, index: number): string => `baselines/${model}/${runId}/training/${pad(index)}.json`,
  /** Data capture destination: the version in the path is how every logged prediction names its model version. */
  capturedPrefix: (model: string, version: number): string => `captured/${model}/v${version}/`,
  /** Where clients put the requests of an asynchronous endpoint, whose role may read here. */
  asynchronousRequests: (model: string): string => `captured/${model}/requests/`,
  /** What an asynchronous endpoint answered: one object for each request, without closing slash as SageMaker takes it. */
  asynchronousResponses: (model: string, version: number): string => `captured/${model}/v${version}/responses`,
  asynchronousFailures: (model: string, version: number): string => `captured/${model}/v${version}/failures`,
  /** Destination of the data capture of transform jobs, or a folder of it for each job; without closing slash, as SageMaker takes it. */
  batchCapture: (model: string, version: number): string => `captured/${model}/v${version}/batch`,
  /** Ground truth, filed by the hour of its collection: JSON lines `{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"…"},"eventVersion":"0"}` (model-monitor-model-quality-merge). */
  labelsPrefix: (model: string): string => `labels/${model}/`,
  /** The prediction log: one row per prediction, made from captured data. */
  predictionsPrefix: (model: string): string => `predictions/${model}/`,
  /** What of one captured file could not be logged in full; written only when there is something. */
  predictionLogReport: (model: string, day: string, name: string): string => `reports/${model}/prediction-log/${day}/${name}.json`,
  /** What of one inference of an asynchronous endpoint is not in its record; written only when there is something. */
  asynchronousCaptureReport: (model: string, day: string, eventId: string): string => `reports/${model}/asynchronous-capture/${day}/${eventId}.json`,
  /** Results of queries on the prediction log. */
  queriesPrefix: (model: string): string => `queries/${model}/`,
  monitoringRun: (model: string, windowId: string): string => `reports/${model}/monitoring/${windowId}/`,
  /** Judgement of predictions by ground truth: `<windowId>/report.json`. */
  qualityReports: (model: string): string => `reports/${model}/quality/`,
  /** Extracts of captured files and labels, and the steps between them and the reports; expires. */
  qualityWork: (model: string): string => `reports/${model}/${QUALITY_WORK_FOLDER}`,
  championPointer: (model: string): string => `state/${model}/champion.json`,
  /** Kill switch of all automatic deployment and retraining: `FreezeState`. */
  freeze: (model: string): string => `state/${model}/freeze.json`,
  /** The release that a stack operation has begun: `PinnedAttempt`. */
  pinnedAttempt: (model: string): string => `state/${model}/pinned-attempt.json`,
  /** What a stage of a deployment has seen so far, by the name of its endpoint configuration. */
  stageEvidence: (model: string, config: string): string => `state/${model}/${EVIDENCE_FOLDER}${config}.json`,
  lock: (model: string, lock: string): string => `state/${model}/locks/${lock}.json`,
  ledgerPrefix: (model: string): string => `state/${model}/ledger/`,
  ledgerEntry: (model: string, sequence: number): string => `state/${model}/ledger/entries/${String(sequence).padStart(10, '0')}.json`,
  ledgerEvent: (model: string, eventId: string): string => `state/${model}/ledger/events/${eventId}.json`,
  ledgerHead: (model: string): string => `state/${model}/ledger/head.json`,
  /** Verdict history and retraining history that the retraining controller decides on. */
  controllerState: (model: string): string => `state/${model}/retraining-controller.json`,
} as const;

function pad(index: number): string {
  return String(index).padStart(5, '0');
}

export function s3Uri(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** @throws when the text is no `s3://bucket/key` */
export function parseS3Uri(uri: string): { bucket: string; key: string } {
  const match = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri);
  if (!match) throw new Error(`not an S3 URI: ${JSON.stringify(uri)}`);
  return { bucket: match[1]!, key: match[2]! };
}
