import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { lakeKeys, parseS3Uri, s3Uri } from '../data/data-lake.contract';
import { getStream, getText } from '../private/object-store.lambda-shared';
import { type BatchPair, manifestAt, pairBatch, parseManifest, type ReadManifest } from './batch-manifest';
import { batchRecords } from './batch-records';

/** Manifests read at a time. */
const READS_AT_ONCE = 16;

/** What transform jobs captured below the version's batch destination in the hours from `from` to before `to`, in the order of the keys. */
export async function listBatch(s3: S3Client, bucket: string, model: string, version: number, from: number, to: number): Promise<BatchPair[]> {
  const found: Omit<ReadManifest, 'objects'>[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: `${lakeKeys.batchCapture(model, version)}/` })) {
    for (const { Key, ETag } of page.Contents ?? []) {
      const manifest = manifestAt(model, version, Key!);
      if (manifest && manifest.hour >= from && manifest.hour < to) found.push({ ...manifest, key: Key!, etag: ETag! });
    }
  }
  const manifests: ReadManifest[] = [];
  for (let start = 0; start < found.length; start += READS_AT_ONCE) {
    const read = found.slice(start, start + READS_AT_ONCE).map(async (manifest) => {
      const text = (await getText(s3, bucket, manifest.key))?.value;
      // Expired since it was listed.
      if (text === undefined) return { ...manifest, objects: [] };
      return { ...manifest, ...contentsOf(manifest, text, bucket) };
    });
    manifests.push(...(await Promise.all(read)));
  }
  return pairBatch(manifests);
}

/** What lies among the manifests and is none is read as data, of which every line is counted as one that does not fit: one bad file must not blind the monitor. */
function contentsOf({ key }: { readonly key: string }, text: string, bucket: string): Pick<ReadManifest, 'side' | 'objects'> | Pick<ReadManifest, 'objects'> {
  try {
    return { objects: parseManifest(text) };
  } catch {
    return { side: 'input', objects: [{ name: key, uri: s3Uri(bucket, key) }] };
  }
}

/** As an element of a list of captured files: an output without input stands for itself. */
export function batchFileOf({ input, output }: Pick<BatchPair, 'input' | 'output'>): { kind: 'BATCH'; key: string; outputKey?: string } {
  return { kind: 'BATCH', key: (input ?? output)!, ...(output === undefined ? {} : { outputKey: output }) };
}

export function batchPairOf({ key, outputKey }: { readonly key: string; readonly outputKey?: string }): Pick<BatchPair, 'input' | 'output'> {
  return { ...(key === outputKey ? {} : { input: key }), ...(outputKey === undefined ? {} : { output: outputKey }) };
}

/** The rows of a transform job's object as lines of data capture; `input` and `output` are `s3://bucket/key`. */
export async function openBatch(s3: S3Client, { input, output }: Pick<BatchPair, 'input' | 'output'>, hour: string): Promise<AsyncIterable<Uint8Array>> {
  const streams = await Promise.all([open(s3, input), open(s3, output)]);
  return batchRecords({ input: streams[0], output: streams[1] }, { id: `${(output ?? input)!}@${hour}`, time: hour });
}

/** What its owner has removed is a side without rows: those of the other side are counted as unpaired. Where nothing is left, one bad line says so. */
async function open(s3: S3Client, uri: string | undefined): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (uri === undefined) return undefined;
  const { bucket, key } = parseS3Uri(uri);
  return (await getStream(s3, bucket, key)) ?? gone();
}

async function* gone(): AsyncGenerator<Uint8Array> {}
