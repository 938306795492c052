import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../../data/data-lake.contract';
import { hourFolders } from '../../monitoring/monitoring-window';
import { type Evidence, folderTime, HOUR, type Source, SOURCES } from '../analysis/evidence';
import type { DeploymentSettings } from '../deployment.contract';
import { type CapturedFleet, capturedFolder } from './look-captured.lambda-shared';

/**
 * Hours after its own in which a file may still be delivered. Captured data comes within minutes; labels are filed by the hour of their
 * collection, and whoever collects them may upload them later.
 */
const LATE_HOURS: Readonly<Record<Source, number>> = { champion: 2, challenger: 2, labels: 24 };

export interface EvidenceSources {
  readonly champion: CapturedFleet;
  readonly challenger: CapturedFleet;
  readonly labels: boolean;
  /** Of the stage: what comes from later is not looked for. */
  readonly maximumSeconds: number;
}

export interface EvidenceFile {
  readonly source: Source;
  readonly key: string;
  /** `yyyy/mm/dd/hh/` */
  readonly hour: string;
  /** Of captured files `mm-ss-mmm-uuid.jsonl`: sorts by time within its hour. */
  readonly name: string;
  /** ISO time, as far as key says it. */
  readonly time: string;
  readonly size: number;
}

/** Files that were not counted yet, oldest first: captured answers of both variants by their time, and the labels of an hour after them. */
export async function listNew(s3: S3Client, settings: DeploymentSettings, evidence: Evidence, sources: EvidenceSources, maximum: number): Promise<EvidenceFile[]> {
  const last = hourFolder(new Date(Date.parse(evidence.since) + sources.maximumSeconds * 1000).toISOString());
  const prefixes: Record<Source, string | undefined> = {
    champion: capturedFolder(settings, sources.champion),
    challenger: capturedFolder(settings, sources.challenger),
    labels: sources.labels ? lakeKeys.labelsPrefix(settings.modelName) : undefined,
  };
  const lists = SOURCES.map((source) => {
    const prefix = prefixes[source];
    return prefix === undefined ? [] : list(s3, settings.bucket, source, prefix, evidence, last, maximum);
  });
  const found = (await Promise.all(lists)).flat();
  return found.map((file) => [`${file.hour}${file.source === 'labels' ? '~' : ''}${file.name}`, file] as const).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/** Of one source at least the oldest files up to the maximum and one more. */
async function list(s3: S3Client, Bucket: string, source: Source, Prefix: string, evidence: Evidence, last: string, maximum: number): Promise<EvidenceFile[]> {
  const counted = evidence.files[source];
  const files: EvidenceFile[] = [];
  // Keys sort by their hour: one listing for all the hours that are still open.
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix, StartAfter: `${Prefix}${counted.from}` })) {
    for (const { Key, Size } of page.Contents ?? []) {
      const [, hour, name] = /^(\d{4}\/\d\d\/\d\d\/\d\d\/)(.+\.jsonl)$/.exec(Key!.slice(Prefix.length)) ?? [];
      if (hour === undefined || name === undefined || hour > last || counted.has(hour, name)) continue;
      files.push({ source, key: Key!, hour, name, time: fileTime(source, hour, name), size: Size ?? 0 });
    }
    if (files.length > maximum) break;
  }
  return files;
}

/** Ends hours in which nothing can come any more, as far as they were read. @returns whether it ended any */
export function closeHours(evidence: Evidence, now: string, unread: string | undefined): boolean {
  const closed = SOURCES.map((source) => {
    const open = hourFolder(new Date(Date.parse(now) - LATE_HOURS[source] * HOUR).toISOString());
    return evidence.files[source].close(unread !== undefined && unread < open ? unread : open);
  });
  return closed.includes(true);
}

export function hourFolder(time: string): string {
  return hourFolders({ id: '', start: time, end: new Date(Date.parse(time) + 1).toISOString() })[0]!;
}

function fileTime(source: Source, hour: string, name: string): string {
  const [, minutes = 0, seconds = 0] = source === 'labels' ? [] : (/^(\d\d)-(\d\d)/.exec(name) ?? []);
  return new Date(folderTime(hour) + (Number(minutes) * 60 + Number(seconds)) * 1000).toISOString();
}
