import { createHash } from 'node:crypto';
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { batchFileOf, listBatch } from '../capture/batch-files.lambda-shared';
import { areaPrefix, lakeKeys } from '../data/data-lake.contract';
import { VARIANT_NAME } from '../deployment/deployment.contract';
import { type CapturedFile, type MonitoringWindow } from './monitoring.contract';
import { hourFolder, isoSeconds, windowIdAt } from './monitoring-window';

export interface CaptureSource {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly model: string;
  readonly endpointName: string;
}

/** A captured file before it is planned. */
export type ListedFile = Omit<CapturedFile, 'profileKey' | 'excludeKeys'>;

/** Lists the files of a version in the folders of the hours from `from` to before `to`. */
export type CaptureListing = (source: CaptureSource, version: number, from: number, to: number) => AsyncGenerator<ListedFile>;

/** Everything that is monitored: one function for each kind of captured data. */
const LISTINGS: readonly CaptureListing[] = [endpointFiles, batchFiles];

/** Versions listed at a time. */
const VERSIONS_AT_ONCE = 8;

/** Calls `visit` for each captured file of the versions; of one version in the order of the keys. */
export async function visitCaptured(source: CaptureSource, versions: readonly number[], from: number, to: number, visit: (file: ListedFile) => void): Promise<void> {
  const waiting = [...versions];
  const work = async (): Promise<void> => {
    for (let version = waiting.shift(); version !== undefined; version = waiting.shift()) {
      for (const listing of LISTINGS) for await (const file of listing(source, version, from, to)) visit(file);
    }
  };
  await Promise.all(Array.from({ length: VERSIONS_AT_ONCE }, work));
}

/** Versions that have ever been captured, and the champion. A canary that was rolled back within the window is among them. */
export async function observedVersions({ s3, bucket, model }: CaptureSource, champion: number | undefined): Promise<number[]> {
  const area = areaPrefix('captured', model);
  const versions = new Set(champion === undefined ? [] : [champion]);
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: area, Delimiter: '/' })) {
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      const match = /^v(\d+)\/$/.exec(Prefix!.slice(area.length));
      if (match) versions.add(Number(match[1]));
    }
  }
  return [...versions].sort((a, b) => a - b);
}

/**
 * SageMaker appends endpoint, variant and hour to the destination of data capture. Only what clients got from a version that was, or was becoming,
 * the champion: a shadow's and a challenger's answers lie below the champion's version under their own variants, and their stages judge them.
 */
async function* endpointFiles({ s3, bucket, model, endpointName }: CaptureSource, version: number, from: number, to: number): AsyncGenerator<ListedFile> {
  const folder = `${lakeKeys.capturedPrefix(model, version)}${endpointName}/${VARIANT_NAME}/`;
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: folder, StartAfter: folder + hourFolder(from) })) {
    for (const { Key: key, ETag: etag, Size: size } of page.Contents ?? []) {
      const match = /^(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\/.*\.jsonl$/.exec(key!.slice(folder.length));
      if (!match) continue;
      const hour = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]), Number(match[4]));
      if (hour >= to) return;
      yield { kind: 'ENDPOINT', key: key!, version, etag: etag!, size: size!, folderHour: isoSeconds(hour) };
    }
  }
}

/** What transform jobs captured; the bytes of their objects are nobody's to list, so the manifests' ETag stands for them. */
async function* batchFiles({ s3, bucket, model }: CaptureSource, version: number, from: number, to: number): AsyncGenerator<ListedFile> {
  for (const pair of await listBatch(s3, bucket, model, version, from, to)) {
    yield { ...batchFileOf(pair), version, etag: pair.etag, size: 0, folderHour: isoSeconds(pair.hour) };
  }
}

/** Captured files by window. */
export class WindowFiles {
  private readonly byWindow = new Map<string, ListedFile[]>();

  public constructor(private readonly intervalSeconds: number) {}

  public add(file: ListedFile): void {
    const id = windowIdAt(Date.parse(file.folderHour), this.intervalSeconds);
    const files = this.byWindow.get(id);
    if (files) files.push(file);
    else this.byWindow.set(id, [file]);
  }

  /** In the order of versions and keys, in whatever order they were found. */
  public of(window: MonitoringWindow): readonly ListedFile[] {
    return [...(this.byWindow.get(window.id) ?? [])].sort((a, b) => a.version - b.version || (a.key < b.key ? -1 : 1));
  }

  /** Changes when a file comes, goes or is written again. */
  public digest(window: MonitoringWindow): string {
    const hash = createHash('sha256');
    for (const { key, outputKey, etag, size } of this.of(window)) hash.update(`${JSON.stringify([key, outputKey, etag, size])}\n`);
    return hash.digest('hex').slice(0, 24);
  }
}
