import type { S3Client } from '@aws-sdk/client-s3';
import { getJson } from '../private/object-store.lambda-shared';
import { lakeKeys } from './data-lake.contract';
import type { FileReport, RawFile } from './raw-file.contract';

/** Requests under way at once. */
const CONCURRENCY = 16;

/** Reports of all files of a run, in the order of its list. */
export async function readFileReports(s3: S3Client, bucket: string, model: string, runId: string): Promise<FileReport[]> {
  const list = await getJson<RawFile[]>(s3, bucket, lakeKeys.runFiles(model, runId));
  if (!list) throw new Error(`run ${runId} has no list of files: list-files comes first`);
  const reports: FileReport[] = [];
  for (let start = 0; start < list.value.length; start += CONCURRENCY) {
    const batch = list.value.slice(start, start + CONCURRENCY).map(async (file) => {
      const report = await getJson<FileReport>(s3, bucket, lakeKeys.fileReport(model, runId, file.index));
      if (!report) throw new Error(`${file.key} was not validated in run ${runId}`);
      return report.value;
    });
    reports.push(...(await Promise.all(batch)));
  }
  return reports;
}
