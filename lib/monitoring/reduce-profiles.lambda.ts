import { S3Client } from '@aws-sdk/client-s3';
import { emptySummary } from '../capture/capture-summary';
import { type Baseline } from '../drift';
import { requireEnvironment } from '../private/environment.contract';
import { putJson } from '../private/object-store.lambda-shared';
import { MONITORING_ENVIRONMENT, type ReduceProfilesEvent, windowKeys, type WindowPlan } from './monitoring.contract';
import { countedFiles, mergeProfilesAt, type ObjectSource, read } from './window-profiles.lambda-shared';

/** Merges a group of a window's profiles into one, so that the evaluation has few to read. */
export async function reduceProfiles(event: ReduceProfilesEvent, source: ObjectSource): Promise<void> {
  const { group, windowId } = event;
  const plan = await read<WindowPlan>(source, windowKeys.plan(source.model, windowId));
  const planned = plan.versions.find(({ version }) => version === group.version);
  if (!planned) throw new Error(`version ${group.version} is not in the plan of window ${windowId}`);
  const baseline = await read<Baseline>(source, planned.baselineKey);
  const files = (await countedFiles(plan, source)).filter(({ version }) => version === group.version).slice(group.from, group.to);
  const summary = await mergeProfilesAt(files.map(({ profileKey }) => profileKey), emptySummary(group.version, baseline, plan.features), source);
  await putJson(source.s3, source.bucket, windowKeys.groupSummary(source.model, windowId, plan.listing, group), summary);
}

const s3 = new S3Client({});

export async function handler(event: ReduceProfilesEvent): Promise<{ done: true }> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = requireEnvironment(process.env, MONITORING_ENVIRONMENT);
  await reduceProfiles(event, { s3, bucket, model });
  return { done: true };
}
