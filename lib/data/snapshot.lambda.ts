import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson, putJsonIf } from '../private/object-store.lambda-shared';
import type { ContractDocument } from './data-contract.contract';
import { lakeKeys } from './data-lake.contract';
import { readFileReports } from './file-reports.lambda-shared';
import { DATA_ENVIRONMENT, type SnapshotEvent, type SnapshotFile, type SnapshotManifest, type SnapshotResult } from './raw-file.contract';
import { snapshotId } from './snapshot-id';
import { testCutoff } from './summarize';

/** Fixes what this run learns from. The manifest of a snapshot is written once; a later run with the same data finds it. */
export async function takeSnapshot(s3: S3Client, bucket: string, model: string, event: SnapshotEvent): Promise<SnapshotResult> {
  const reports = await readFileReports(s3, bucket, model, event.runId);
  const contract = (await getJson<ContractDocument>(s3, bucket, lakeKeys.runContract(model, event.runId)))!.value;
  const files: SnapshotFile[] = reports.map(({ key, versionId, sha256, rows }, index) => ({ index, key, ...(versionId !== undefined ? { versionId } : {}), sha256, rows }));
  const id = snapshotId(contract, event.split, files);
  const cutoff = testCutoff(event.split, reports);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const manifest: SnapshotManifest = { snapshotId: id, createdAt: event.time, contract, split: event.split, ...(cutoff !== undefined ? { cutoff } : {}), rows, files };
  const manifestKey = lakeKeys.snapshotManifest(model, id);
  const written = await putJsonIf(s3, bucket, manifestKey, manifest, 'absent');
  const stored = written ? manifest : (await getJson<SnapshotManifest>(s3, bucket, manifestKey))!.value;
  const filesKey = lakeKeys.snapshotFiles(model, id);
  await putJson(s3, bucket, filesKey, stored.files);
  await putJson(s3, bucket, lakeKeys.curatedContract(model, id), contract);
  const prepared = (await count(s3, bucket, lakeKeys.curatedDonePrefix(model, id))) >= stored.files.length;
  return { snapshotId: id, files: stored.files.length, rows, filesKey, prepared };
}

async function count(s3: S3Client, bucket: string, prefix: string): Promise<number> {
  let total = 0;
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
    total += page.Contents?.length ?? 0;
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return total;
}

const s3 = new S3Client({});

export const handler = (event: SnapshotEvent): Promise<SnapshotResult> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, DATA_ENVIRONMENT);
  return takeSnapshot(s3, LAKE_BUCKET, MODEL_NAME, event);
};
