import { S3Client } from '@aws-sdk/client-s3';
import { batchPairOf, openBatch } from '../capture/batch-files.lambda-shared';
import { CaptureProfiler } from '../capture/capture-profiler';
import { EventIds } from '../capture/event-ids';
import { type Baseline } from '../drift';
import { requireEnvironment } from '../private/environment.contract';
import { getBytes, getStream, putBytes, putJson } from '../private/object-store.lambda-shared';
import { type CapturedFile, MONITORING_ENVIRONMENT, type ProfileCaptureEvent, windowKeys, type WindowPlan } from './monitoring.contract';
import { type ObjectSource, read } from './window-profiles.lambda-shared';

/** Small files wait for S3 more than they are parsed. */
const FILES_AT_ONCE = 4;

/** Profiles captured files, each in the bins of its version's baseline. The same file gives the same objects, however often it is done. */
export async function profileCapture(event: ProfileCaptureEvent, s3: S3Client, bucket: string, model: string): Promise<void> {
  const source = { s3, bucket, model };
  const planKey = windowKeys.plan(model, event.windowId);
  const plan = await read<WindowPlan>(source, planKey);
  const baselines = new Map<number, Baseline>();
  for (const { version } of event.files) {
    if (baselines.has(version)) continue;
    const planned = plan.versions.find((candidate) => candidate.version === version);
    if (!planned) throw new Error(`version ${version} is not in the plan ${planKey}`);
    baselines.set(version, await read<Baseline>(source, planned.baselineKey));
  }
  const waiting = [...event.files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) await profileFile(file, plan, baselines.get(file.version)!, source);
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, event.files.length) }, work));
}

async function profileFile(file: CapturedFile, plan: WindowPlan, baseline: Baseline, { s3, bucket }: ObjectSource): Promise<void> {
  const exclude = await excluded(file.excludeKeys, s3, bucket);
  const { start, end } = plan.window;
  const batch = file.kind === 'BATCH';
  const captured = batch ? await openBatch(s3, batchPairOf(file), start) : await getStream(s3, bucket, file.key);
  if (!captured) throw new Error(`the captured file ${file.key} does not exist`);
  const profiler = new CaptureProfiler({ version: file.version, baseline, features: plan.features, start, end, exclude, ...(batch ? {} : { folderHour: file.folderHour }) });
  for await (const chunk of captured) profiler.write(chunk);
  const { summary, eventIds } = profiler.end();
  // The profile is written last: where there is one, the ids are there too.
  if (!exclude) await putBytes(s3, bucket, windowKeys.eventIds(file.profileKey), eventIds.toBytes());
  await putJson(s3, bucket, file.profileKey, batch ? { ...summary, batchRecords: summary.records } : summary);
}

/** Events that count in another file; a file is profiled again without them. */
async function excluded(keys: readonly string[] | undefined, s3: S3Client, bucket: string): Promise<EventIds | undefined> {
  if (keys === undefined) return undefined;
  const parts = await Promise.all(
    keys.map(async (key) => {
      const bytes = await getBytes(s3, bucket, key);
      if (!bytes) throw new Error(`${key} does not exist`);
      return bytes;
    }),
  );
  // Ranges of hashes in their order: joined they are sorted too.
  return EventIds.fromBytes(Buffer.concat(parts));
}

const s3 = new S3Client({});

/** Returns next to nothing: a distributed map collects the results of thousands of files. */
export async function handler(event: ProfileCaptureEvent): Promise<{ done: true }> {
  const environment = requireEnvironment(process.env, MONITORING_ENVIRONMENT);
  await profileCapture(event, s3, environment.LAKE_BUCKET, environment.MODEL_NAME);
  return { done: true };
}
