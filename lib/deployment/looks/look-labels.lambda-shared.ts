import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { parseCsv } from '../../data/csv';
import { lakeKeys } from '../../data/data-lake.contract';
import { hourFolders } from '../../monitoring/monitoring-window';
import { getText } from '../../private/object-store.lambda-shared';
import { indexLabels, type Label, type Labels } from '../analysis/outcomes';
import type { DeploymentSettings } from '../deployment.contract';

/** As for captured data: the first files of what was collected since the stage began. */
const LABEL_FILES_MAXIMUM = 1000;
const LABEL_BYTES_MAXIMUM = 16 * 1024 * 1024;

export interface CollectedLabels extends Labels {
  readonly badLines: number;
}

/** Labels that were collected since a time, in the order of their collection. */
export async function readLabels(s3: S3Client, settings: DeploymentSettings, start: string, end: string): Promise<CollectedLabels> {
  const labels: Label[] = [];
  let [badLines, files, bytes] = [0, 0, 0];
  // Collected in the hour that runs: the folder is that of the end.
  for (const hour of hourFolders({ id: '', start, end: new Date(Date.parse(end) + 1).toISOString() })) {
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: settings.bucket, Prefix: lakeKeys.labelsPrefix(settings.modelName) + hour })) {
      for (const { Key, Size } of page.Contents ?? []) {
        files += 1;
        bytes += Size ?? 0;
        if (!Key!.endsWith('.jsonl') || files > LABEL_FILES_MAXIMUM || bytes > LABEL_BYTES_MAXIMUM) continue;
        for (const line of ((await getText(s3, settings.bucket, Key!))?.value ?? '').split('\n')) {
          if (line.trim() === '') continue;
          const label = readLabel(line);
          if (label === undefined) badLines += 1;
          else labels.push(label);
        }
      }
    }
  }
  return { ...indexLabels(labels), badLines };
}

/** `{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"…"}}` (model-monitor-model-quality-merge). */
export function readLabel(line: string): Label | undefined {
  try {
    const { groundTruthData, eventMetadata } = JSON.parse(line) as { groundTruthData?: { data?: unknown; encoding?: unknown }; eventMetadata?: { eventId?: unknown } };
    if (typeof eventMetadata?.eventId !== 'string' || typeof groundTruthData?.data !== 'string' || groundTruthData.encoding !== 'CSV') return undefined;
    return { id: eventMetadata.eventId, values: parseCsv(groundTruthData.data).flat() };
  } catch {
    return undefined;
  }
}
