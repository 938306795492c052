import { S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { putJson } from '../private/object-store.lambda-shared';
import { MODEL_QUALITY_ENVIRONMENT, type PublishQualityEvent, qualityKeys, type QualityPlan } from './model-quality.contract';
import { inTurns, readJson } from './quality-files.lambda-shared';
import { type QualityReport } from './quality-report';
import { stamp } from './quality-windows';

const WRITES_AT_ONCE = 16;

/** Puts the reports of a run in their place, closes windows whose time is over, and last says that the run is done. */
export async function publishQuality({ runId }: PublishQualityEvent, s3: S3Client, bucket: string, model: string): Promise<void> {
  const plan = await readJson<QualityPlan>(s3, bucket, qualityKeys.plan(model, runId));
  const reports = await readJson<QualityReport[]>(s3, bucket, qualityKeys.verdicts(model, runId));
  await inTurns(reports, WRITES_AT_ONCE, (report) => putJson(s3, bucket, qualityKeys.report(model, report.window.id), report));
  const over = plan.windows.filter(({ final }) => final);
  await inTurns(over, WRITES_AT_ONCE, ({ id }) => putJson(s3, bucket, qualityKeys.closed(model, id), { runId }));
  await putJson(s3, bucket, qualityKeys.done(model, stamp(plan.scheduledTime), runId), {});
}

const s3 = new S3Client({});

export async function handler(event: PublishQualityEvent): Promise<{ done: true }> {
  const environment = requireEnvironment(process.env, MODEL_QUALITY_ENVIRONMENT);
  await publishQuality(event, s3, environment.LAKE_BUCKET, environment.MODEL_NAME);
  return { done: true };
}
