import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../data/data-lake.contract';
import { type Verdict } from '../evaluation/verdict.contract';
import { DIMENSION_MODEL, METRIC_NAMESPACE } from '../monitoring/metric-catalogue.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { judgeWindows } from './judge-windows';
import { mergeParts, type StoredPart } from './merge-parts';
import { type HashRange, type JudgeQualityEvent, type JudgeQualityResult, MODEL_QUALITY_ENVIRONMENT, qualityKeys, type QualityPlan, type QualityVersion } from './model-quality.contract';
import { inTurns, readJson } from './quality-files.lambda-shared';
import { qualityPoints } from './quality-points';
import { type QualityReference, referenceFromStatistics, referenceFromVerdict } from './quality-reference';
import { type QualityReport } from './quality-report';
import { type SegmentedQuality } from './quality-segment';

export interface JudgeQualityClients {
  readonly s3: S3Client;
  readonly cloudwatch: CloudWatchClient;
}

const READS_AT_ONCE = 16;

/**
 * Adds up what was joined, judges each window of each version against the version's own test set, and emits the metrics. The reports are
 * published by the next step, when the retraining controller knows: until then the windows' last reports say what was told.
 */
export async function judgeQuality({ runId }: JudgeQualityEvent, { s3, cloudwatch }: JudgeQualityClients, bucket: string, model: string): Promise<JudgeQualityResult> {
  const plan = await readJson<QualityPlan>(s3, bucket, qualityKeys.plan(model, runId));
  const ranges = await readJson<HashRange[]>(s3, bucket, qualityKeys.ranges(model, runId));
  const parts = await inTurns(ranges, READS_AT_ONCE, ({ from }) => readJson<StoredPart>(s3, bucket, qualityKeys.part(model, runId, from)));
  const references = new Map<number, QualityReference>();
  for (const version of plan.versions) {
    const reference = await referenceOf(version, plan, s3, bucket, model);
    if (reference) references.set(version.version, reference);
  }
  const before = new Map<string, QualityReport>();
  await inTurns(plan.windows, READS_AT_ONCE, async ({ id }) => {
    const report = await getJson<QualityReport>(s3, bucket, qualityKeys.report(model, id));
    if (report) before.set(id, report.value);
  });
  const { reports, result } = judgeWindows(model, plan, mergeParts(parts), references, before);
  await putJson(s3, bucket, qualityKeys.verdicts(model, runId), reports);
  await putMetrics(result, plan.scheduledTime, cloudwatch, model);
  return result;
}

async function referenceOf({ trainingRun }: QualityVersion, plan: QualityPlan, s3: S3Client, bucket: string, model: string): Promise<QualityReference | undefined> {
  const statistics = await getJson<SegmentedQuality>(s3, bucket, lakeKeys.qualityStatistics(model, trainingRun));
  if (statistics) return referenceFromStatistics(statistics.value, plan.policy.decisionThreshold);
  const verdict = await getJson<Verdict>(s3, bucket, lakeKeys.verdict(model, trainingRun));
  return verdict && referenceFromVerdict(verdict.value);
}

/**
 * At the time for which the run was scheduled. Labels come days after their window, and neither does an alarm look back that far, nor does
 * CloudWatch take points older than two weeks (API_MetricDatum, Timestamp), nor does a second point of a window replace its first.
 */
async function putMetrics(result: JudgeQualityResult, time: string, cloudwatch: CloudWatchClient, model: string): Promise<void> {
  const points = qualityPoints(result);
  if (points.length === 0) return;
  await cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: METRIC_NAMESPACE,
      MetricData: points.map(({ metric, value }) => ({
        MetricName: metric.name,
        Dimensions: [{ Name: DIMENSION_MODEL, Value: model }],
        Timestamp: new Date(time),
        Unit: metric.unit,
        Value: value,
      })),
    }),
  );
}

const clients: JudgeQualityClients = { s3: new S3Client({}), cloudwatch: new CloudWatchClient({}) };

export async function handler(event: JudgeQualityEvent): Promise<JudgeQualityResult> {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, MODEL_QUALITY_ENVIRONMENT);
  return judgeQuality(event, clients, LAKE_BUCKET, MODEL_NAME);
}
