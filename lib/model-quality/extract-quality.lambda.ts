import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { openBatch } from '../capture/batch-files.lambda-shared';
import { batchOfKey } from '../capture/batch-manifest';
import { readCaptureLine } from '../capture/capture-reader';
import { readLabelLine } from '../capture/label-reader';
import { lakeKeys } from '../data/data-lake.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getStream } from '../private/object-store.lambda-shared';
import { ExtractBuilder } from './extract-file';
import { type ExtractRecord, hourAndName, labelRecord, predictionRecord } from './extract-record';
import { type ExtractBatch, type ExtractEvent, MODEL_QUALITY_ENVIRONMENT, qualityKeys, type QualityPlan, type QualityVersion } from './model-quality.contract';
import { readJson } from './quality-files.lambda-shared';

/** Reads the files of a batch and keeps of each line what a join needs. The same files give the same object, however often it is done. */
export async function extractQuality({ runId, batch }: ExtractEvent, s3: S3Client, bucket: string, model: string): Promise<void> {
  const plan = await readJson<QualityPlan>(s3, bucket, qualityKeys.plan(model, runId));
  const version = plan.versions.find((known) => known.version === batch.version);
  const builder = new ExtractBuilder();
  for (const key of batch.keys) {
    // A file may have expired, or been removed on somebody's request, since it was planned.
    const job = batchOfKey(key);
    const stream = job ? await openBatch(s3, job, new Date(job.hour).toISOString()) : await getStream(s3, bucket, key);
    if (!stream) continue;
    const read = reader(batch, key, version, model);
    let number = 0;
    for await (const line of lines(stream)) {
      number += 1;
      if (line.trim() === '') continue;
      try {
        const record = read(line, number);
        if (record) builder.add(record);
      } catch (error) {
        builder.addBadLine(key, { line: number, reason: (error as Error).message });
      }
    }
  }
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: batch.extractKey, Body: builder.build(), ContentType: 'application/jsonl' }));
}

function reader(batch: ExtractBatch, key: string, version: QualityVersion | undefined, model: string): (line: string, number: number) => ExtractRecord | undefined {
  if (batch.source === 'predictions') return version ? (line) => predictionRecord(readCaptureLine(line, version.features), version) : () => undefined;
  const { hour, name } = hourAndName(key, lakeKeys.labelsPrefix(model))!;
  return (line, number) => labelRecord(readLabelLine(line), number, hour, name);
}

async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop()!;
    yield* parts;
  }
  yield rest + decoder.decode();
}

const s3 = new S3Client({});

/** Returns next to nothing: a distributed map collects the results of thousands of batches. */
export async function handler(event: ExtractEvent): Promise<{ done: true }> {
  const environment = requireEnvironment(process.env, MODEL_QUALITY_ENVIRONMENT);
  await extractQuality(event, s3, environment.LAKE_BUCKET, environment.MODEL_NAME);
  return { done: true };
}
