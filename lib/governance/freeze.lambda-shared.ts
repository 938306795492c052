import type { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../data/data-lake.contract';
import { getJson } from '../private/object-store.lambda-shared';
import type { FreezeState } from './freeze.contract';

/** The freeze that holds now, or undefined. */
export async function activeFreeze(s3: S3Client, bucket: string, modelName: string): Promise<FreezeState | undefined> {
  const stored = await getJson<FreezeState>(s3, bucket, lakeKeys.freeze(modelName));
  return stored?.value.frozen === true ? stored.value : undefined;
}
