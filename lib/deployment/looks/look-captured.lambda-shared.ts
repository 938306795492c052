import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../../data/data-lake.contract';
import { readCaptureFile } from '../../capture/capture-reader';
import { hourFolders } from '../../monitoring/monitoring-window';
import { getText } from '../../private/object-store.lambda-shared';
import type { Answer } from '../analysis/evidence';
import type { DeploymentSettings } from '../deployment.contract';

/** Whose answers: the version in the capture destination, and the variant. */
export interface CapturedFleet {
  readonly version: number;
  readonly variant: string;
}

export interface Captured {
  readonly answers: readonly Answer[];
  readonly badLines: number;
  /** Files beyond the limits. */
  readonly skippedFiles: number;
}

/**
 * What one look reads of each fleet at most. A look reads again what the last one read: it needs no cursor, so it can be repeated, and
 * forgets nothing that arrived late. With more data every hour gives its first files.
 */
export const CAPTURED_FILES_MAXIMUM = 240;
export const CAPTURED_BYTES_MAXIMUM = 16 * 1024 * 1024;
const PARALLEL_READS = 8;

interface CapturedObject {
  readonly key: string;
  /** `mm-ss-mmm-uuid.jsonl`: sorts by time within its hour. */
  readonly name: string;
  readonly size: number;
}

/** Captured answers of several fleets in the same time; where the limits cut one of them, all are cut at the same minute. */
export async function readCaptured(s3: S3Client, settings: DeploymentSettings, fleets: readonly CapturedFleet[], start: string, end: string): Promise<Captured[]> {
  const hours = hourFolders({ id: '', start, end });
  const files = fleets.map((): string[] => []);
  const skipped = fleets.map(() => 0);
  for (const hour of hours) {
    const found = await Promise.all(fleets.map((fleet) => list(s3, settings.bucket, capturedFolder(settings, fleet) + hour)));
    const taken = found.map((objects) => withinLimits(objects, hours.length));
    const horizon = found.flatMap((objects, index) => (taken[index]! < objects.length ? [objects[taken[index]!]!.name] : [])).sort()[0];
    found.forEach((objects, index) => {
      const read = objects.slice(0, taken[index]).filter(({ name }, position) => position === 0 || horizon === undefined || name < horizon);
      files[index]!.push(...read.map(({ key }) => key));
      skipped[index]! += objects.length - read.length;
    });
  }
  const results: Captured[] = [];
  for (const [index, keys] of files.entries()) results.push({ ...(await readFiles(s3, settings.bucket, keys, start, end)), skippedFiles: skipped[index]! });
  return results;
}

/** How many of an hour's files are read: the hour's part of the limits, and always one. */
function withinLimits(objects: readonly CapturedObject[], hours: number): number {
  let bytes = 0;
  let count = 0;
  for (const { size } of objects) {
    bytes += size;
    if (count > 0 && (count >= Math.floor(CAPTURED_FILES_MAXIMUM / hours) || bytes > CAPTURED_BYTES_MAXIMUM / hours)) break;
    count += 1;
  }
  return count;
}

async function readFiles(s3: S3Client, bucket: string, keys: readonly string[], start: string, end: string): Promise<Omit<Captured, 'skippedFiles'>> {
  const answers: Answer[] = [];
  let badLines = 0;
  for (let first = 0; first < keys.length; first += PARALLEL_READS) {
    const texts = await Promise.all(keys.slice(first, first + PARALLEL_READS).map((key) => getText(s3, bucket, key)));
    for (const text of texts) {
      const file = readCaptureFile(text?.value ?? '', { start, end });
      badLines += file.badLines.length;
      for (const { eventId, inferenceId, inferenceTime, output } of file.records) {
        if (output !== undefined) answers.push({ eventId, inferenceId, time: inferenceTime, predictions: output });
      }
    }
  }
  return { answers, badLines };
}

async function list(s3: S3Client, bucket: string, prefix: string): Promise<CapturedObject[]> {
  const objects: CapturedObject[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key, Size } of page.Contents ?? []) if (Key!.endsWith('.jsonl')) objects.push({ key: Key!, name: Key!.slice(prefix.length), size: Size ?? 0 });
  }
  return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** SageMaker appends endpoint, variant and hour to the destination of data capture. */
export function capturedFolder(settings: DeploymentSettings, { version, variant }: CapturedFleet): string {
  return `${lakeKeys.capturedPrefix(settings.modelName, version)}${settings.endpointName}/${variant}/`;
}
