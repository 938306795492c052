import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { areaPrefix, lakeKeys } from '../data/data-lake.contract';
import { VARIANT_NAME } from '../deployment/deployment.contract';
import { getJson } from '../private/object-store.lambda-shared';
import { type SourceFile } from './extract-batches';
import { hourAndName } from './extract-record';

/** Keys below a prefix, in order, behind the one that `after` names. */
export async function listFiles(s3: S3Client, Bucket: string, Prefix: string, after = ''): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix, ...(after === '' ? {} : { StartAfter: `${Prefix}${after}` }) })) {
    // Whoever does not know StartAfter answers with more.
    for (const { Key, Size } of page.Contents ?? []) if (Key! > `${Prefix}${after}`) files.push({ key: Key!, size: Size ?? 0 });
  }
  return files;
}

/** Files below `yyyy/mm/dd/hh/` from an hour on. */
export async function listHours(s3: S3Client, bucket: string, prefix: string, from: string): Promise<SourceFile[]> {
  const hour = `${from.slice(0, 4)}/${from.slice(5, 7)}/${from.slice(8, 10)}/${from.slice(11, 13)}/`;
  return (await listFiles(s3, bucket, prefix, hour)).filter(({ key }) => hourAndName(key, prefix) !== undefined);
}

/** Versions that have ever been captured: the version in the path is how every logged prediction names its model version. */
export async function capturedVersions(s3: S3Client, bucket: string, model: string): Promise<number[]> {
  const area = areaPrefix('captured', model);
  const versions: number[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: area, Delimiter: '/' })) {
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      const match = /^v(\d+)\/$/.exec(Prefix!.slice(area.length));
      if (match) versions.push(Number(match[1]));
    }
  }
  return versions.sort((a, b) => a - b);
}

/** What clients were answered: a shadow's and a challenger's answers lie under their own variants, and their stages judge them. */
export function capturedPrefix(model: string, version: number, endpoint: string): string {
  return `${lakeKeys.capturedPrefix(model, version)}${endpoint}/${VARIANT_NAME}/`;
}

/** @throws when there is no such object */
export async function readJson<T>(s3: S3Client, bucket: string, key: string): Promise<T> {
  const stored = await getJson<T>(s3, bucket, key);
  if (!stored) throw new Error(`${key} does not exist`);
  return stored.value;
}

/** In their order, some at a time. */
export async function inTurns<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  return results;
}
