/**
 * Every custom metric has one name, here: emitter, alarm, dashboard and rehearsal read it, so an alarm on a metric that nobody
 * emits cannot exist (test/pure/metric-catalogue.test.ts). Imports nothing.
 */
export const METRIC_NAMESPACE = 'CdkMlPipeline';

/** Dimension of all of them: the model's name. */
export const DIMENSION_MODEL = 'ModelName';
/** Additional dimension of deployment metrics. */
export const DIMENSION_ENDPOINT_CONFIG = 'EndpointConfigName';
/** Additional dimension of the metrics of single features. */
export const DIMENSION_FEATURE = 'FeatureName';
/** Additional dimension of the metrics of single business metrics. */
export const DIMENSION_BUSINESS_METRIC = 'BusinessMetricName';
/** Additional dimensions of the outcome metric. */
export const DIMENSION_WORKFLOW = 'Workflow';
export const DIMENSION_OUTCOME = 'Outcome';

export interface CatalogueMetric {
  readonly name: string;
  /** CloudWatch unit. */
  readonly unit: 'Count' | 'None' | 'Percent' | 'Seconds' | 'Milliseconds';
  readonly dimensions: readonly string[];
  /** What it says and when it is emitted. */
  readonly description: string;
  /**
   * Emitted only when there is something to say. CloudWatch bills a custom metric by the hours in which it has data (CloudWatch pricing,
   * "Custom metrics"), so the others are what a model costs by default: at most twelve. An alarm on it takes missing data as not breaching.
   */
  readonly sparse?: true;
}

const model = [DIMENSION_MODEL] as const;

export const METRICS = {
  driftedShare: { name: 'DriftedShare', unit: 'None', dimensions: model, description: 'weighted share of features that drifted in the window, 0 to 1' },
  predictionPsi: { name: 'PredictionPopulationStabilityIndex', unit: 'None', dimensions: model, description: 'population stability index of the predictions' },
  drift: { name: 'DataDrift', unit: 'None', dimensions: model, description: '1 when the window verdict is data drift, else 0; absent below the minimum sample and when the data is broken' },
  predictionDrift: { name: 'PredictionDrift', unit: 'None', dimensions: model, description: '1 when the prediction distribution drifted, else 0; absent below the minimum sample and when the data is broken' },
  rowsEvaluated: { name: 'RowsEvaluated', unit: 'Count', dimensions: model, description: 'captured predictions in the window; its absence means that the monitor is blind' },
  captureRatio: { name: 'CaptureRatio', unit: 'None', dimensions: model, description: 'captured rows over expected rows from invocations, 0 to 1' },
  dataQualityBreach: { name: 'DataQualityBreach', unit: 'None', dimensions: model, description: '1 when the captured data breaks the contract too often, else 0' },
  monitorBlind: {
    name: 'MonitorBlind',
    unit: 'None',
    dimensions: model,
    description: '1 when predictions were made that could not be judged, else 0; emitted by every run, also while nothing is deployed',
  },
  conceptDrift: {
    name: 'ConceptDrift',
    unit: 'None',
    dimensions: model,
    description: "1 when a run found a window degraded by its labels, 0 when it judged windows and found none; at the time of the run, because labels come after their window, and alarms do not look back that far",
  },
  modelQuality: { name: 'ModelQuality', unit: 'None', dimensions: model, description: 'the metric of the ground truth on the newest window that a run judged' },
  labelCoverage: { name: 'LabelCoverage', unit: 'None', dimensions: model, description: 'share of the predictions waiting for labels that have theirs, 0 to 1; absent without ground truth' },
  insufficientData: { name: 'InsufficientData', unit: 'None', dimensions: model, sparse: true, description: '1 when the window had fewer rows than the minimum, else absent' },
  schemaViolations: { name: 'SchemaViolations', unit: 'Count', dimensions: model, sparse: true, description: 'lines and values in the window that do not fit the contract; absent without any' },
  predictionLogProblems: {
    name: 'PredictionLogProblems',
    unit: 'Count',
    dimensions: model,
    sparse: true,
    description: 'captured lines and rows that are not in the prediction log in full; absent without any',
  },
  asynchronousCaptureProblems: {
    name: 'AsynchronousCaptureProblems',
    unit: 'Count',
    dimensions: model,
    sparse: true,
    description: 'requests and responses of the asynchronous endpoint that are not in their captured record: too large, inline, or gone',
  },
  freshness: {
    name: 'Freshness',
    unit: 'Seconds',
    dimensions: model,
    description: 'age of the newest captured prediction at the end of the window; absent when nothing was captured and nothing was expected',
  },
  trainingServingSkew: {
    name: 'TrainingServingSkew',
    unit: 'None',
    dimensions: model,
    sparse: true,
    description: '1 when features came to the endpoint, in a first window of the version, as they were neither in training nor in the test, else absent',
  },
  operationalDrift: {
    name: 'OperationalDrift',
    unit: 'None',
    dimensions: model,
    sparse: true,
    description: '1 when latency or error rate of the endpoint has moved away from its own past, else absent',
  },
  featurePsi: {
    name: 'FeaturePopulationStabilityIndex',
    unit: 'None',
    dimensions: [DIMENSION_MODEL, DIMENSION_FEATURE],
    description: 'population stability index of a feature that FeatureMetrics chose; absent below the minimum sample',
  },
  businessDrop: {
    name: 'BusinessMetricDrop',
    unit: 'Percent',
    dimensions: [DIMENSION_MODEL, DIMENSION_BUSINESS_METRIC],
    description: 'how far a business metric fell behind its past, for those with dropsBy; 0 when it did not, absent when it or its past has no value',
  },
  analysisFailed: {
    name: 'DeploymentAnalysisFailed',
    unit: 'None',
    dimensions: [DIMENSION_MODEL, DIMENSION_ENDPOINT_CONFIG],
    description: '1 when the analysis says that the new fleet is worse, else 0; a rollback alarm watches it',
  },
  workflowOutcome: {
    name: 'WorkflowOutcome',
    unit: 'Count',
    dimensions: [DIMENSION_MODEL, DIMENSION_WORKFLOW, DIMENSION_OUTCOME],
    description: '1 for each recorded outcome',
  },
} as const satisfies Record<string, CatalogueMetric>;

/**
 * SageMaker's own endpoint metrics that the library uses; latencies are in microseconds. Real-time endpoints publish all of the first
 * group (monitoring-cloudwatch). Asynchronous ones publish neither `Invocations`, `InvocationsPerInstance` nor `OverheadLatency`
 * (async-inference-monitor, which calls its list exhaustive); serverless ones publish all but `InvocationsPerInstance`
 * (serverless-endpoints-monitoring).
 */
export const ENDPOINT_NAMESPACE = 'AWS/SageMaker';
export const ENDPOINT_METRICS = {
  invocations: 'Invocations',
  errors5xx: 'Invocation5XXErrors',
  errors4xx: 'Invocation4XXErrors',
  modelLatency: 'ModelLatency',
  overheadLatency: 'OverheadLatency',
  invocationsPerInstance: 'InvocationsPerInstance',
  /** Serverless: concurrent executions over the maximum concurrency. */
  concurrentExecutionsUtilization: 'ServerlessConcurrentExecutionsUtilization',
  /** Asynchronous, by endpoint and variant. */
  requestDownloadFailures: 'RequestDownloadFailures',
  responseUploadFailures: 'ResponseUploadFailures',
  expiredRequests: 'ExpiredRequests',
  /** Asynchronous, dimension EndpointName alone. */
  ageOfOldestRequest: 'ApproximateAgeOfOldestRequest',
  backlogSize: 'ApproximateBacklogSize',
  backlogSizePerInstance: 'ApproximateBacklogSizePerInstance',
  backlogWithoutCapacity: 'HasBacklogWithoutCapacity',
} as const;

/**
 * How requests are counted, by kind of endpoint. Without `Invocations` the samples of Invocation5XXErrors count them: "for each 5xx
 * response, 1 is sent; otherwise, 0 is sent" (async-inference-monitor).
 */
export const REQUEST_COUNT = {
  REAL_TIME: { metricName: ENDPOINT_METRICS.invocations, statistic: 'Sum' },
  ASYNCHRONOUS: { metricName: ENDPOINT_METRICS.errors5xx, statistic: 'SampleCount' },
  SERVERLESS: { metricName: ENDPOINT_METRICS.invocations, statistic: 'Sum' },
} as const;
