import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { requireEnvironment } from '../private/environment.contract';
import { putJson } from '../private/object-store.lambda-shared';
import { BUCKETS, type ExtractHeader, HEADER_BYTES_MAXIMUM, readBuckets, readHeader } from './extract-file';
import { type ExtractRecord, type LabelledRecord, type PredictionRecord } from './extract-record';
import { joinRecords } from './join-records';
import { NOTHING_READ, type ReadFiles, type StoredPart } from './merge-parts';
import { type HashRange, MODEL_QUALITY_ENVIRONMENT, type PlannedExtract, qualityKeys, type QualityPlan } from './model-quality.contract';
import { inTurns, readJson } from './quality-files.lambda-shared';

const READS_AT_ONCE = 32;

/** Joins the labels and predictions of one range of hashes, and writes the sums of what belongs together. */
export async function joinLabels(range: HashRange, s3: S3Client, bucket: string, model: string): Promise<void> {
  const plan = await readJson<QualityPlan>(s3, bucket, qualityKeys.plan(model, range.runId));
  const predictions: { version: number; records: PredictionRecord[] }[] = [];
  const labels: LabelledRecord[] = [];
  const headers: { extract: PlannedExtract; header: ExtractHeader }[] = [];
  for (const { extract, header, records } of await inTurns(plan.extracts, READS_AT_ONCE, async (extract) => ({ extract, ...(await readRange(s3, bucket, extract.key, range)) }))) {
    headers.push({ extract, header });
    if (extract.source === 'predictions') predictions.push({ version: extract.version!, records: records as PredictionRecord[] });
    else for (const record of records as LabelledRecord[]) labels.push(record);
  }
  // Each file is counted once: with the first range.
  const read = range.from === 0 ? readFiles(headers) : NOTHING_READ;
  const part: StoredPart = { ...joinRecords(plan, { predictions, labels }), read };
  await putJson(s3, bucket, qualityKeys.part(model, range.runId, range.from), part);
}

/** All at once when all is wanted; else the header, and then the bytes of the buckets. */
async function readRange(s3: S3Client, bucket: string, key: string, { from, to }: HashRange): Promise<{ header: ExtractHeader; records: ExtractRecord[] }> {
  const whole = from === 0 && to === BUCKETS;
  const bytes = await get(s3, bucket, key, whole ? undefined : `bytes=0-${HEADER_BYTES_MAXIMUM - 1}`);
  const { header, length } = readHeader(bytes);
  if (whole) return { header, records: readBuckets(Buffer.from(bytes.subarray(length)).toString()) };
  const lines = await get(s3, bucket, key, `bytes=${length + header.offsets[from]!}-${length + header.offsets[to]! - 1}`);
  return { header, records: readBuckets(Buffer.from(lines).toString()) };
}

async function get(s3: S3Client, Bucket: string, Key: string, Range: string | undefined): Promise<Uint8Array> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }));
  return Body!.transformToByteArray();
}

function readFiles(headers: readonly { readonly extract: PlannedExtract; readonly header: ExtractHeader }[]): ReadFiles {
  const sum = (source: PlannedExtract['source'], name: 'records' | 'badLines'): number =>
    headers.reduce((total, { extract, header }) => total + (extract.source === source ? header[name] : 0), 0);
  return {
    predictions: sum('predictions', 'records'),
    labels: sum('labels', 'records'),
    badPredictionLines: sum('predictions', 'badLines'),
    badLabelLines: sum('labels', 'badLines'),
    examples: headers.flatMap(({ header }) => header.examples).sort().slice(0, 10),
  };
}

const s3 = new S3Client({});

/** Returns next to nothing, as every step of a distributed map. */
export async function handler(event: HashRange): Promise<{ done: true }> {
  const environment = requireEnvironment(process.env, MODEL_QUALITY_ENVIRONMENT);
  await joinLabels(event, s3, environment.LAKE_BUCKET, environment.MODEL_NAME);
  return { done: true };
}
