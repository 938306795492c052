import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { putJson } from '../private/object-store.lambda-shared';
import { lakeKeys } from './data-lake.contract';
import { DATA_ENVIRONMENT, type ListFilesEvent, type ListFilesResult, type RawFile } from './raw-file.contract';

/** Writes down which raw files a run considers, and the contract that they are held against. */
export async function listFiles(s3: S3Client, bucket: string, model: string, event: ListFilesEvent): Promise<ListFilesResult> {
  const found: { key: string; size: number }[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: event.prefix, ContinuationToken: token }));
    for (const { Key, Size } of page.Contents ?? []) if (Key!.endsWith('.csv')) found.push({ key: Key!, size: Size! });
    token = page.NextContinuationToken;
  } while (token !== undefined);
  const files: RawFile[] = found.sort((a, b) => (a.key < b.key ? -1 : 1)).map((file, index) => ({ index, ...file }));
  const listKey = lakeKeys.runFiles(model, event.runId);
  await putJson(s3, bucket, lakeKeys.runContract(model, event.runId), event.contract);
  await putJson(s3, bucket, listKey, files);
  return { count: files.length, listKey };
}

const s3 = new S3Client({});

export const handler = (event: ListFilesEvent): Promise<ListFilesResult> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, DATA_ENVIRONMENT);
  return listFiles(s3, LAKE_BUCKET, MODEL_NAME, event);
};
