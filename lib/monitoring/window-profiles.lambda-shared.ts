import { type S3Client } from '@aws-sdk/client-s3';
import { type CaptureSummary, mergeSummaries } from '../capture/capture-summary';
import { getJson } from '../private/object-store.lambda-shared';
import { type CapturedFile, windowKeys, type WindowPlan } from './monitoring.contract';

/** Profiles read from S3 at a time. */
const READS_AT_ONCE = 16;

export interface ObjectSource {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly model: string;
}

/** @throws when the object is not there: a part of a window is never judged for the whole */
export async function read<T>({ s3, bucket }: ObjectSource, key: string): Promise<T> {
  const stored = await getJson<T>(s3, bucket, key);
  if (!stored) throw new Error(`${key} does not exist`);
  return stored.value;
}

/** The files of a window with the profiles that count: where events were in several files, the profile without those that count elsewhere. */
export async function countedFiles(plan: WindowPlan, source: ObjectSource): Promise<readonly CapturedFile[]> {
  const { model } = source;
  const files = await read<CapturedFile[]>(source, windowKeys.files(model, plan.window.id));
  if (!plan.searchDuplicates) return files;
  const again = await read<CapturedFile[]>(source, windowKeys.duplicates(model, plan.window.id, plan.listing));
  const profiles = new Map(again.map((file) => [file.key, file.profileKey]));
  return files.map((file) => ({ ...file, profileKey: profiles.get(file.key) ?? file.profileKey }));
}

/** Reads profiles a few at a time and adds them, in order, to the first one. */
export async function mergeProfilesAt(keys: readonly string[], start: CaptureSummary, source: ObjectSource): Promise<CaptureSummary> {
  let merged = start;
  for (let from = 0; from < keys.length; from += READS_AT_ONCE) {
    const summaries = await Promise.all(keys.slice(from, from + READS_AT_ONCE).map((key) => read<CaptureSummary>(source, key)));
    merged = summaries.reduce(mergeSummaries, merged);
  }
  return merged;
}
