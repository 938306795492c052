import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { DescribeEndpointCommand, type DescribeEndpointCommandOutput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type EndpointSettings, VARIANT_NAME } from '../deployment/deployment.contract';
import { type Baseline } from '../drift';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { type CaptureSummary, emptySummary, mergeSummaries } from '../capture/capture-summary';
import { type DriftReport, driftReport, type VersionReport, versionReport } from './drift-report';
import { DIMENSION_MODEL, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, REQUEST_COUNT } from './metric-catalogue.contract';
import { type CapturedFile, type EvaluateDriftEvent, type EvaluateDriftResult, MONITORING_ENVIRONMENT, type PlannedVersion, windowKeys, type WindowPlan } from './monitoring.contract';
import { metricPoints } from './monitoring-metrics';
import { precedingWindow } from './monitoring-window';

export interface EvaluateDriftClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly cloudwatch: CloudWatchClient;
}

type Environment = Record<(typeof MONITORING_ENVIRONMENT)[number], string>;

/** Profiles read from S3 at a time. */
const READS_AT_ONCE = 16;

/** Reduces the window's profiles per version, judges each against its own baseline, writes report.json and emits the metrics. */
export async function evaluateDrift(event: EvaluateDriftEvent, clients: EvaluateDriftClients, environment: Environment): Promise<EvaluateDriftResult> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = environment;
  const plan = await read<WindowPlan>(clients.s3, bucket, windowKeys.plan(model, event.windowId));
  const files = await read<CapturedFile[]>(clients.s3, bucket, windowKeys.files(model, event.windowId));
  const versions: VersionReport[] = [];
  for (const planned of plan.versions) {
    versions.push(await evaluateVersion(planned, plan, files, event, clients.s3, bucket, model));
  }
  const usage = plan.champion ? await endpointUsage(plan, event, clients, environment) : { invocations: null, samplingPercentage: 100 };
  const report = driftReport({ window: plan.window, champion: plan.champion, versions, ...usage }, event.policy);
  // The report is written last: it is what marks the window as done.
  await putMetrics(report, clients.cloudwatch, model);
  const reportKey = windowKeys.report(model, event.windowId);
  await putJson(clients.s3, bucket, reportKey, report);
  const champion = versions.find(({ version }) => version === plan.champion?.version);
  return {
    outcome: report.outcome,
    reasons: report.reasons,
    window: plan.window,
    version: report.champion?.version ?? null,
    reportKey,
    rows: champion?.verdict.rows ?? 0,
    driftedShare: champion?.verdict.driftedShare ?? null,
    predictionPsi: champion?.verdict.predictionPsi ?? null,
  };
}

async function evaluateVersion(
  planned: PlannedVersion,
  plan: WindowPlan,
  files: readonly CapturedFile[],
  event: EvaluateDriftEvent,
  s3: S3Client,
  bucket: string,
  model: string,
): Promise<VersionReport> {
  const baseline = await read<Baseline>(s3, bucket, planned.baselineKey);
  const own = files.filter(({ version }) => version === planned.version);
  let window = emptySummary(planned.version, baseline, plan.features);
  for (let start = 0; start < own.length; start += READS_AT_ONCE) {
    const batch = own.slice(start, start + READS_AT_ONCE);
    const summaries = await Promise.all(batch.map(({ profileKey }) => read<CaptureSummary>(s3, bucket, profileKey)));
    window = summaries.reduce(mergeSummaries, window);
  }
  await putJson(s3, bucket, windowKeys.summary(model, event.windowId, planned.version), window);

  // Too few rows: add the preceding windows that had no verdict of their own either, so that no row is ever judged twice.
  let widened = window;
  let evaluatedFrom = plan.window.start;
  const steps = Math.floor(event.policy.maximumLookbackSeconds / plan.intervalSeconds);
  for (let step = 0; step < steps && widened.profile.rows < event.policy.minimumSampleSize; step++) {
    const preceding = precedingWindow(plan.window, step);
    const report = (await getJson<DriftReport>(s3, bucket, windowKeys.report(model, preceding.id)))?.value;
    const judged = report?.versions.find(({ version }) => version === planned.version);
    if (!judged) continue;
    if (judged.outcome !== 'INSUFFICIENT_DATA') break;
    widened = mergeSummaries(await read<CaptureSummary>(s3, bucket, windowKeys.summary(model, preceding.id, planned.version)), widened);
    evaluatedFrom = preceding.start;
  }
  return versionReport({ baseline, window, widened, evaluatedFrom }, event.policy);
}

/** How many invocations SageMaker counted, and which share of them it was asked to capture. */
async function endpointUsage(
  plan: WindowPlan,
  event: EvaluateDriftEvent,
  { cloudwatch, sagemaker }: EvaluateDriftClients,
  environment: Environment,
): Promise<{ invocations: number | null; samplingPercentage: number }> {
  const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: environment.ENDPOINT_NAME }));
  const { metricName, statistic } = REQUEST_COUNT[kindOf(endpoint)];
  const metrics = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(plan.window.start),
      EndTime: new Date(plan.window.end),
      MetricDataQueries: [
        {
          Id: 'invocations',
          MetricStat: {
            Metric: {
              Namespace: ENDPOINT_NAMESPACE,
              MetricName: metricName,
              Dimensions: [
                { Name: 'EndpointName', Value: environment.ENDPOINT_NAME },
                { Name: 'VariantName', Value: VARIANT_NAME },
              ],
            },
            Period: 3600,
            Stat: statistic,
          },
        },
      ],
    }),
  );
  const values = metrics.MetricDataResults?.find(({ Id }) => Id === 'invocations')?.Values ?? [];
  return {
    invocations: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0),
    samplingPercentage: endpoint.DataCaptureConfig?.CurrentSamplingPercentage ?? event.samplingPercentage ?? 100,
  };
}

/** What it is now: it may have been another kind in the window, and then nothing was captured that could be compared. */
function kindOf({ AsyncInferenceConfig, ProductionVariants }: DescribeEndpointCommandOutput): EndpointSettings['kind'] {
  if (AsyncInferenceConfig !== undefined) return 'ASYNCHRONOUS';
  return ProductionVariants?.some(({ CurrentServerlessConfig }) => CurrentServerlessConfig !== undefined) ? 'SERVERLESS' : 'REAL_TIME';
}

/** At the end of the window, so that a repetition writes the same points and alarms see windows, not run times. */
async function putMetrics(report: DriftReport, cloudwatch: CloudWatchClient, model: string): Promise<void> {
  await cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: METRIC_NAMESPACE,
      MetricData: metricPoints(report).map(({ metric, value }) => ({
        MetricName: metric.name,
        Dimensions: [{ Name: DIMENSION_MODEL, Value: model }],
        Timestamp: new Date(report.window.end),
        Unit: metric.unit,
        Value: value,
      })),
    }),
  );
}

async function read<T>(s3: S3Client, bucket: string, key: string): Promise<T> {
  const stored = await getJson<T>(s3, bucket, key);
  if (!stored) throw new Error(`${key} does not exist`);
  return stored.value;
}

const clients: EvaluateDriftClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}), cloudwatch: new CloudWatchClient({}) };

export async function handler(event: EvaluateDriftEvent): Promise<EvaluateDriftResult> {
  return evaluateDrift(event, clients, requireEnvironment(process.env, MONITORING_ENVIRONMENT));
}
