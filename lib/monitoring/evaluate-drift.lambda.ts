import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { requireEnvironment } from '../private/environment.contract';
import { putBytes, putJson } from '../private/object-store.lambda-shared';
import { driftReport, versionReport } from './drift-report';
import { endpointUsage, type UsageClients } from './endpoint-usage.lambda-shared';
import { type EvaluateDriftEvent, type EvaluateDriftResult, MONITORING_ENVIRONMENT, windowKeys, type WindowPlan } from './monitoring.contract';
import { metricRequests } from './monitoring-metrics';
import { reportPage } from './report-page/report-page';
import { isFirstWindow } from './training-serving-skew';
import { driftedForPredecessor, gatherEvidence, lastCaptured } from './window-evidence.lambda-shared';
import { type ObjectSource, read } from './window-profiles.lambda-shared';

export interface EvaluateDriftClients extends UsageClients {
  readonly s3: S3Client;
}

type Environment = Record<(typeof MONITORING_ENVIRONMENT)[number], string>;

/** Reduces the window's profiles per version, judges each against its own baseline, writes the report and emits the metrics. */
export async function evaluateDrift(event: EvaluateDriftEvent, clients: EvaluateDriftClients, environment: Environment): Promise<EvaluateDriftResult> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = environment;
  const source: ObjectSource = { s3: clients.s3, bucket, model };
  const plan = await read<WindowPlan>(source, windowKeys.plan(model, event.windowId));
  const { window, champion, revision, newlyLate: late } = plan;
  const preceding: Record<string, number> = {};
  const evidence = await gatherEvidence(plan, event.policy, preceding, source);
  const first = champion !== undefined && isFirstWindow(window, champion.since, event.policy);
  const driftedBefore = first ? await driftedForPredecessor(plan, champion, event.policy, source) : [];
  const versions = evidence.map((one) => versionReport(one.window.version === champion?.version ? { ...one, first, driftedBefore } : one, event.policy));
  const { policy, samplingPercentage } = event;
  const asked = { endpointName: environment.ENDPOINT_NAME, window, intervalSeconds: plan.intervalSeconds, samplingPercentage, policy };
  const usage = champion ? await endpointUsage({ ...asked, since: champion.since }, clients) : { invocations: null, samplingPercentage: 100 };
  const newest = evidence.find((one) => one.window.version === champion?.version)?.window.newestInferenceTime;
  const captured = newest ?? (champion && usage.invocations ? await lastCaptured(plan, champion.since, event.policy, preceding, source) : undefined);
  const freshnessSeconds = captured === undefined ? null : Math.max(0, (Date.parse(window.end) - captured) / 1000);
  const report = driftReport({ window, champion, versions, ...usage, freshnessSeconds, revision, late, preceding }, event.policy);
  const page = reportPage(model, report, evidence, event.policy);
  await putBytes(clients.s3, bucket, windowKeys.page(model, event.windowId), Buffer.from(page), 'text/html; charset=utf-8');
  // The report says that the revision exists: nobody is told of one that has none.
  const reportKey = windowKeys.report(model, event.windowId);
  await putJson(clients.s3, bucket, reportKey, report);
  for (const request of metricRequests(report, model, policy)) await clients.cloudwatch.send(new PutMetricDataCommand(request));
  const judged = versions.find(({ version }) => version === champion?.version);
  return {
    outcome: report.outcome,
    reasons: report.reasons,
    window,
    revision,
    version: report.champion?.version ?? null,
    reportKey,
    rows: judged?.verdict.rows ?? 0,
    driftedShare: judged?.verdict.driftedShare ?? null,
    predictionPsi: judged?.verdict.predictionPsi ?? null,
  };
}

const clients: EvaluateDriftClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}), cloudwatch: new CloudWatchClient({}) };

export async function handler(event: EvaluateDriftEvent): Promise<EvaluateDriftResult> {
  return evaluateDrift(event, clients, requireEnvironment(process.env, MONITORING_ENVIRONMENT));
}
