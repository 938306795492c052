import { S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { putJson } from '../private/object-store.lambda-shared';
import { areaPrefix, lakeKeys, s3Uri } from './data-lake.contract';
import { readFileReports } from './file-reports.lambda-shared';
import { DATA_ENVIRONMENT, type SummarizeEvent, type SummarizeResult } from './raw-file.contract';
import { reasonsAgainst } from './summarize';

/** Says whether the data may be trained on, before money is spent; the report is written in both cases. */
export async function summarizeValidation(s3: S3Client, bucket: string, model: string, event: SummarizeEvent): Promise<SummarizeResult> {
  const reports = await readFileReports(s3, bucket, model, event.runId);
  const reasons = reasonsAgainst(event.split, areaPrefix('raw', model), reports);
  const rows = reports.reduce((sum, report) => sum + report.rows, 0);
  const key = lakeKeys.validationReport(model, event.runId);
  const quarantined = reports.filter((report) => report.violations.length > 0);
  await putJson(s3, bucket, key, { runId: event.runId, valid: reasons.length === 0, files: reports.length, rows, reasons, quarantined });
  return { valid: reasons.length === 0, reasons, files: reports.length, rows, reportUri: s3Uri(bucket, key) };
}

const s3 = new S3Client({});

export const handler = (event: SummarizeEvent): Promise<SummarizeResult> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, DATA_ENVIRONMENT);
  return summarizeValidation(s3, LAKE_BUCKET, MODEL_NAME, event);
};
