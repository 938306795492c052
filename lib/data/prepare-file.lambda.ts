import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { parseCsv } from './csv';
import { lakeKeys } from './data-lake.contract';
import { CHANNELS, DATA_ENVIRONMENT, type PreparedCounts, type PrepareFileEvent, type SnapshotManifest } from './raw-file.contract';
import { splitRows } from './split-rows';

/** Turns one raw file of a snapshot into its curated parts. Parts that exist already are left as they are. */
export async function prepareFile(s3: S3Client, bucket: string, model: string, event: PrepareFileEvent): Promise<PreparedCounts> {
  const { snapshotId, file } = event;
  const doneKey = lakeKeys.curatedDone(model, snapshotId, file.index);
  const done = await getJson<PreparedCounts>(s3, bucket, doneKey);
  if (done) return done.value;
  const manifest = await getJson<SnapshotManifest>(s3, bucket, lakeKeys.snapshotManifest(model, snapshotId));
  if (!manifest) throw new Error(`snapshot ${snapshotId} has no manifest`);
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: file.key, VersionId: file.versionId }));
  const bytes = Buffer.from(await object.Body!.transformToByteArray());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) throw new Error(`${file.key} is no longer what was validated: SHA-256 ${sha256}, the snapshot has ${file.sha256}`);
  const parts = splitRows(manifest.value, parseCsv(bytes.toString('utf8')));
  for (const channel of CHANNELS) {
    if (parts[channel].length === 0) continue;
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: lakeKeys.curatedPart(model, snapshotId, channel, file.index), Body: `${parts[channel].join('\n')}\n`, ContentType: 'text/csv' }),
    );
  }
  const counts: PreparedCounts = { train: parts.train.length, validation: parts.validation.length, test: parts.test.length };
  await putJson(s3, bucket, doneKey, counts);
  return counts;
}

const s3 = new S3Client({});

export const handler = (event: PrepareFileEvent): Promise<PreparedCounts> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, DATA_ENVIRONMENT);
  return prepareFile(s3, LAKE_BUCKET, MODEL_NAME, event);
};
