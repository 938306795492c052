import { createHash } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { parseCsv } from './csv';
import type { ContractDocument } from './data-contract.contract';
import { lakeKeys } from './data-lake.contract';
import { DATA_ENVIRONMENT, type FileReport, type ValidateFileEvent } from './raw-file.contract';
import { validateRows } from './validate-rows';

/** Holds one raw file against the run's contract; the report names the exact version and content that was read. */
export async function validateFile(s3: S3Client, bucket: string, model: string, event: ValidateFileEvent): Promise<FileReport> {
  const contract = await getJson<ContractDocument>(s3, bucket, lakeKeys.runContract(model, event.runId));
  if (!contract) throw new Error(`run ${event.runId} has no contract: list-files comes first`);
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: event.file.key }));
  const bytes = Buffer.from(await object.Body!.transformToByteArray());
  const report: FileReport = {
    key: event.file.key,
    ...(object.VersionId !== undefined ? { versionId: object.VersionId } : {}),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    ...validateRows(contract.value, parseCsv(bytes.toString('utf8'))),
  };
  await putJson(s3, bucket, lakeKeys.fileReport(model, event.runId, event.file.index), report);
  return report;
}

const s3 = new S3Client({});

/** Answers next to nothing: the results of a distributed map travel in the state machine's payload, the report lies in the lake. */
export const handler = async (event: ValidateFileEvent): Promise<{ violations: number }> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, DATA_ENVIRONMENT);
  const report = await validateFile(s3, LAKE_BUCKET, MODEL_NAME, event);
  return { violations: report.violations.length };
};
