import { createHash } from 'node:crypto';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { duplicatesAcross, idsBetween } from '../capture/duplicate-events';
import { requireEnvironment } from '../private/environment.contract';
import { getBytes, putBytes, putJson } from '../private/object-store.lambda-shared';
import { type CapturedFile, type FindDuplicatesEvent, type FindDuplicatesResult, type HashRange, MONITORING_ENVIRONMENT, windowKeys, type WindowPlan } from './monitoring.contract';
import { type ObjectSource, read } from './window-profiles.lambda-shared';

/**
 * Bytes of ids that one function holds: 50 million events, in a third of its memory; to merge them takes it a quarter of a minute (20 million of
 * 1000 files: 7 s, scripts/benchmark-reduce.ts). A window with more is searched in ranges of hashes, side by side: 256 of them hold 12 billion.
 */
export const ID_BYTES_MAXIMUM = 400_000_000;
const RANGES_MAXIMUM = 256;
const READS_AT_ONCE = 16;

/** A file with events that count in an earlier one. */
interface FoundFile {
  /** Position in files.json. */
  readonly file: number;
  readonly excludeKey: string;
  readonly digest: string;
}

/**
 * Finds events that are in several files of a version: SageMaker may deliver twice, and people copy files. An event counts in the first file that
 * holds it, in the order of the keys; the others are profiled again without it. The profiles that are there stay what they are.
 */
export async function findDuplicates(event: FindDuplicatesEvent, source: ObjectSource, bytesMaximum = ID_BYTES_MAXIMUM): Promise<FindDuplicatesResult> {
  const { model } = source;
  const plan = await read<WindowPlan>(source, windowKeys.plan(model, event.windowId));
  const files = await read<CapturedFile[]>(source, windowKeys.files(model, event.windowId));
  if (event.range) {
    const found = await search(event.range, plan, files, source);
    await putJson(source.s3, source.bucket, windowKeys.rangeDuplicates(model, event.windowId, plan.listing, event.range.index), found);
    return answer('FOUND', plan, source, found.length);
  }
  if (event.combine !== undefined) {
    const found: FoundFile[] = [];
    for (let range = 0; range < event.combine; range++) found.push(...(await read<FoundFile[]>(source, windowKeys.rangeDuplicates(model, event.windowId, plan.listing, range))));
    return combine(found, plan, files, source);
  }
  const bytes = isSmall(files, bytesMaximum) ? 0 : await bytesOfIds(files, event.windowId, source);
  const ranges = 2 ** Math.max(0, Math.ceil(Math.log2(bytes / bytesMaximum)));
  if (ranges <= 1) return combine(await search({ index: 0, of: 1 }, plan, files, source), plan, files, source);
  if (ranges > RANGES_MAXIMUM) throw new Error(`${bytes} bytes of event ids are more than ${RANGES_MAXIMUM} ranges of ${bytesMaximum}; use a shorter monitoring interval`);
  await putJson(source.s3, source.bucket, windowKeys.ranges(model, event.windowId, plan.listing), Array.from({ length: ranges }, (_, index): HashRange => ({ index, of: ranges })));
  return { ...answer('SPLIT', plan, source, 0), ranges };
}

/** Versions share no events, so each is searched by itself, and only one of them is in memory. */
async function search(range: HashRange, plan: WindowPlan, files: readonly CapturedFile[], source: ObjectSource): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const width = RANGES_MAXIMUM / range.of;
  for (const { version } of plan.versions) {
    const own = files.map((file, position) => ({ file, position })).filter(({ file }) => file.version === version);
    if (own.length < 2) continue;
    const ids: Uint8Array[] = [];
    for (let from = 0; from < own.length; from += READS_AT_ONCE) {
      const read = await Promise.all(own.slice(from, from + READS_AT_ONCE).map(({ file }) => readIds(windowKeys.eventIds(file.profileKey), source)));
      // A copy, so that the rest of the file can be forgotten.
      ids.push(...read.map((bytes) => (range.of === 1 ? bytes : idsBetween(bytes, range.index * width, (range.index + 1) * width).slice())));
    }
    for (const [index, duplicates] of duplicatesAcross(ids).entries()) {
      if (duplicates.length === 0) continue;
      const file = own[index]!.position;
      const excludeKey = windowKeys.exclusion(source.model, plan.window.id, plan.listing, range.index, file);
      await putBytes(source.s3, source.bucket, excludeKey, duplicates);
      found.push({ file, excludeKey, digest: createHash('sha256').update(duplicates).digest('hex') });
    }
  }
  return found;
}

async function combine(found: readonly FoundFile[], plan: WindowPlan, files: readonly CapturedFile[], source: ObjectSource): Promise<FindDuplicatesResult> {
  const again = files.flatMap((file, position): CapturedFile[] => {
    const parts = found.filter((part) => part.file === position);
    if (parts.length === 0) return [];
    const digest = createHash('sha256').update(parts.map((part) => part.digest).join()).digest('hex').slice(0, 24);
    return [{ ...file, profileKey: file.profileKey.replace(/\.json$/, `.without-${digest}.json`), excludeKeys: parts.map(({ excludeKey }) => excludeKey) }];
  });
  await putJson(source.s3, source.bucket, windowKeys.duplicates(source.model, plan.window.id, plan.listing), again);
  return answer('FOUND', plan, source, again.length);
}

function answer(status: FindDuplicatesResult['status'], { window, listing }: WindowPlan, { model }: ObjectSource, files: number): FindDuplicatesResult {
  return { status, ranges: 1, rangesKey: windowKeys.ranges(model, window.id, listing), files, filesKey: windowKeys.duplicates(model, window.id, listing) };
}

/** An event has more bytes than its id. What transform jobs captured has no size before it is read. */
function isSmall(files: readonly CapturedFile[], bytesMaximum: number): boolean {
  return files.every(({ kind }) => kind === 'ENDPOINT') && files.reduce((sum, { size }) => sum + size, 0) <= bytesMaximum;
}

/** What the ids of the window's files take, from the listing of its profiles. */
async function bytesOfIds(files: readonly CapturedFile[], windowId: string, { s3, bucket, model }: ObjectSource): Promise<number> {
  const wanted = new Set(files.map(({ profileKey }) => windowKeys.eventIds(profileKey)));
  let bytes = 0;
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: windowKeys.profiles(model, windowId) })) {
    for (const { Key, Size } of page.Contents ?? []) if (wanted.has(Key!)) bytes += Size!;
  }
  return bytes;
}

async function readIds(key: string, { s3, bucket }: ObjectSource): Promise<Uint8Array> {
  const bytes = await getBytes(s3, bucket, key);
  if (!bytes) throw new Error(`${key} does not exist`);
  return bytes;
}

const s3 = new S3Client({});

export async function handler(event: FindDuplicatesEvent): Promise<FindDuplicatesResult> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = requireEnvironment(process.env, MONITORING_ENVIRONMENT);
  return findDuplicates(event, { s3, bucket, model });
}
