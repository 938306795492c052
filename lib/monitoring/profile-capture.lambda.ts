import { S3Client } from '@aws-sdk/client-s3';
import { type Baseline } from '../drift';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, getStream, putJson } from '../private/object-store.lambda-shared';
import { batchPairOf, openBatch } from '../capture/batch-files.lambda-shared';
import { CaptureProfiler } from '../capture/capture-profiler';
import { MONITORING_ENVIRONMENT, type ProfileCaptureEvent, windowKeys, type WindowPlan } from './monitoring.contract';

/** Profiles one captured file in the bins of its version's baseline. The same file gives the same object, however often it is done. */
export async function profileCapture(event: ProfileCaptureEvent, s3: S3Client, bucket: string, model: string): Promise<void> {
  const planKey = windowKeys.plan(model, event.windowId);
  const plan = (await getJson<WindowPlan>(s3, bucket, planKey))?.value;
  if (!plan) throw new Error(`the plan ${planKey} does not exist`);
  const planned = plan.versions.find(({ version }) => version === event.file.version);
  if (!planned) throw new Error(`version ${event.file.version} is not in the plan ${planKey}`);
  const baseline = await getJson<Baseline>(s3, bucket, planned.baselineKey);
  if (!baseline) throw new Error(`the baseline ${planned.baselineKey} does not exist`);
  const { start, end } = plan.window;
  const { file } = event;
  const captured = file.kind === 'BATCH' ? await openBatch(s3, batchPairOf(file), start) : await getStream(s3, bucket, file.key);
  if (!captured) throw new Error(`the captured file ${file.key} does not exist`);
  const profiler = new CaptureProfiler({ version: planned.version, baseline: baseline.value, features: plan.features, start, end });
  for await (const chunk of captured) profiler.write(chunk);
  const { summary } = profiler.end();
  await putJson(s3, bucket, file.profileKey, file.kind === 'BATCH' ? { ...summary, batchRecords: summary.records } : summary);
}

const s3 = new S3Client({});

/** Returns next to nothing: a distributed map collects the results of thousands of files. */
export async function handler(event: ProfileCaptureEvent): Promise<{ done: true }> {
  const environment = requireEnvironment(process.env, MONITORING_ENVIRONMENT);
  await profileCapture(event, s3, environment.LAKE_BUCKET, environment.MODEL_NAME);
  return { done: true };
}
