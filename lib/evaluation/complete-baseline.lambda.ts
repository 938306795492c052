import { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../data/data-lake.contract';
import type { SnapshotFile } from '../data/raw-file.contract';
import { type Baseline, emptyProfile, mergeProfiles, PREDICTION_COLUMN, type Profile } from '../drift';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { type CompleteBaselineEvent, EVALUATE_ENVIRONMENT } from './gate.contract';

/** Profiles read from S3 at a time. */
const READS_AT_ONCE = 16;

/** Adds to the version's baseline what it was trained on: the sum of the profiles of all parts. Repeating it writes the same object. */
export async function completeBaseline(s3: S3Client, bucket: string, model: string, event: CompleteBaselineEvent): Promise<{ rows: number }> {
  const { runId, snapshotId } = event;
  const baseline = await read<Baseline>(s3, bucket, lakeKeys.baseline(model, runId));
  const files = await read<SnapshotFile[]>(s3, bucket, lakeKeys.snapshotFiles(model, snapshotId));
  let training = emptyProfile(baseline);
  for (let start = 0; start < files.length; start += READS_AT_ONCE) {
    const batch = files.slice(start, start + READS_AT_ONCE);
    const profiles = await Promise.all(batch.map(({ index }) => read<Profile>(s3, bucket, lakeKeys.trainingProfile(model, runId, index))));
    training = profiles.reduce(mergeProfiles, training);
  }
  const columns = baseline.columns.map((column, position) => (column.name === PREDICTION_COLUMN ? column : { ...column, training: training.columns[position]! }));
  await putJson(s3, bucket, lakeKeys.baseline(model, runId), { ...baseline, columns });
  return { rows: training.rows };
}

async function read<T>(s3: S3Client, bucket: string, key: string): Promise<T> {
  const stored = await getJson<T>(s3, bucket, key);
  if (!stored) throw new Error(`${key} does not exist`);
  return stored.value;
}

const s3 = new S3Client({});

export const handler = (event: CompleteBaselineEvent): Promise<{ rows: number }> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, EVALUATE_ENVIRONMENT);
  return completeBaseline(s3, LAKE_BUCKET, MODEL_NAME, event);
};
