import type { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../data/data-lake.contract';
import { getJson } from '../private/object-store.lambda-shared';
import type { LockName, LockObject } from './lock.contract';

/** The execution that asks the holder of a lock to end, or undefined. */
export async function lockWanted(s3: S3Client, bucket: string, modelName: string, lock: LockName): Promise<string | undefined> {
  return (await getJson<LockObject>(s3, bucket, lakeKeys.lock(modelName, lock)))?.value.wanted;
}
