import { createHash } from 'node:crypto';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type MonitoredFeature } from '../capture/capture.contract';
import { parseS3Uri } from '../data/data-lake.contract';
import { PACKAGE_METADATA } from '../registry/model-package.contract';
import { type CaptureSource, type ListedFile } from './captured-files.lambda-shared';
import { type CapturedFile, type MonitoringWindow, type PlannedVersion, type ProfileGroup, windowKeys } from './monitoring.contract';

/**
 * Profiles that the evaluation merges by itself; above that they are merged in groups, in parallel, before. To read, parse and add one of 20
 * columns takes 0.36 ms of a processor (`npx tsx scripts/benchmark-reduce.ts`), of which the evaluation has 0.58: with as much again for the
 * request 10,000 take some twenty seconds of its five minutes. A model with more columns gets fewer.
 */
export const PROFILES_AT_ONCE = 10_000;
const PROFILE_COLUMNS_AT_ONCE = 400_000;
/** Changes with what a profile holds: an update of the library never mixes two. */
const PROFILE_FORMAT = 1;

export interface PlannedWindow {
  readonly window: MonitoringWindow;
  readonly features: readonly MonitoredFeature[];
  readonly champion: number;
  /** ARN of a model package of the group. */
  readonly championArn: string;
  readonly listed: readonly ListedFile[];
}

export interface WindowContents {
  readonly versions: readonly PlannedVersion[];
  readonly files: readonly CapturedFile[];
}

/** Versions with files in the window, and the champion; a version without baseline cannot be judged and is left out with its files. */
export async function versionsAndFiles(planned: PlannedWindow, sagemaker: SageMakerClient, model: string): Promise<WindowContents> {
  const { window, features, champion, championArn, listed } = planned;
  const versions: PlannedVersion[] = [];
  for (const version of [...new Set([champion, ...listed.map((file) => file.version)])].sort((a, b) => a - b)) {
    const baselineKey = await baselineOf(sagemaker, championArn, version);
    if (baselineKey !== undefined) versions.push({ version, baselineKey });
    else if (version === champion) throw new Error(`the model package of version ${version} names no baseline, so its predictions cannot be judged`);
  }
  const baselines = new Map(versions.map(({ version, baselineKey }) => [version, baselineKey]));
  const files = listed.flatMap(({ kind, key, outputKey, version, etag, size, folderHour }) => {
    const baselineKey = baselines.get(version);
    if (baselineKey === undefined) return [];
    const digest = createHash('sha256').update(JSON.stringify([PROFILE_FORMAT, kind, key, outputKey, etag, size, baselineKey, window, features])).digest('hex').slice(0, 24);
    const profileKey = windowKeys.fileProfile(model, window.id, version, digest);
    return [{ kind, key, ...(outputKey === undefined ? {} : { outputKey }), etag, size, folderHour, version, profileKey }];
  });
  return { versions, files };
}

/** None while the evaluation can merge all profiles itself; a group is a tenth of what it can. */
export function groupsOf({ versions, files }: WindowContents, columns: number, profilesAtOnce: number): ProfileGroup[] {
  const atOnce = Math.min(profilesAtOnce, Math.ceil(PROFILE_COLUMNS_AT_ONCE / (columns + 1)));
  if (files.length <= atOnce) return [];
  const size = Math.ceil(atOnce / 10);
  return versions.flatMap(({ version }) => {
    const count = files.filter((file) => file.version === version).length;
    return Array.from({ length: Math.ceil(count / size) }, (_, group) => ({ version, from: group * size, to: Math.min(count, (group + 1) * size) }));
  });
}

/** A profile says all about its file: what is there need not be made again. */
export async function withoutProfile(files: readonly CapturedFile[], window: MonitoringWindow, { s3, bucket, model }: CaptureSource): Promise<CapturedFile[]> {
  const present = new Set<string>();
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: windowKeys.profiles(model, window.id) })) {
    for (const { Key } of page.Contents ?? []) present.add(Key!);
  }
  return files.filter(({ profileKey }) => !present.has(profileKey));
}

/** The baseline lies with the model package of the version that made the predictions. */
async function baselineOf(sagemaker: SageMakerClient, championArn: string, version: number): Promise<string | undefined> {
  const arn = championArn.replace(/\/\d+$/, `/${version}`);
  const modelPackage = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
  const uri = modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.baselineUri];
  return uri === undefined ? undefined : parseS3Uri(uri).key;
}
