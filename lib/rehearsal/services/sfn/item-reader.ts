import { gunzipSync } from 'node:zlib';
import { parse } from 'papaparse';
import { CSV_DELIMITERS, type ItemReader, type ReaderConfig } from './definition';
import type { Interpreter, Visit } from './interpreter';
import { bodyBytes, callS3 } from './s3-calls';
import { StatesError } from './states-error';

type Arguments = Record<string, any>;

/** Reads the dataset of a distributed Map from S3 (Step Functions guide, "ItemReader (Map)"). @throws StatesError States.ItemReaderFailed */
export async function readItems(interpreter: Interpreter, visit: Visit, reader: ItemReader): Promise<unknown[]> {
  const input = (await interpreter.evaluate(visit, reader.Arguments, 'ItemReader/Arguments')) as Arguments;
  const config = reader.ReaderConfig ?? {};
  const most = await interpreter.integer(visit, config.MaxItems, 'ItemReader/ReaderConfig/MaxItems', 1);
  const read = (key: string, bucket: string = input.Bucket, version: string | undefined = input.VersionId): Promise<Buffer> =>
    readObject(interpreter, { Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) });
  let items: unknown[];
  if (reader.Resource.endsWith(':s3:listObjectsV2')) items = await listObjects(interpreter, input, most);
  else if (config.InputType === 'MANIFEST') items = await readInventory(await read(input.Key), (key, bucket) => read(key, bucket, undefined));
  else items = parseItems(config, (await read(input.Key)).toString('utf8'));
  return most === undefined ? items : items.slice(0, most);
}

function failed(cause: string): StatesError {
  return new StatesError('States.ItemReaderFailed', cause);
}

async function readObject(interpreter: Interpreter, input: Arguments): Promise<Buffer> {
  const answer = await callS3(interpreter, 'GetObject', input, failed);
  return Buffer.from(await bodyBytes(answer.Body));
}

/** Objects below a prefix, page after page; each item is the object's metadata (guide, same page, "Iterating over Amazon S3 objects"). */
async function listObjects(interpreter: Interpreter, input: Arguments, most = Infinity): Promise<unknown[]> {
  const items: unknown[] = [];
  let token: string | undefined;
  do {
    const page = await callS3(interpreter, 'ListObjectsV2', { ...input, ...(token === undefined ? {} : { ContinuationToken: token }) }, failed);
    for (const object of (page.Contents ?? []) as Arguments[]) {
      const modified = Math.floor(new Date(object.LastModified).getTime() / 1000);
      items.push({ Etag: object.ETag, Key: object.Key, LastModified: modified, Size: object.Size, StorageClass: object.StorageClass ?? 'STANDARD' });
    }
    token = page.IsTruncated ? (page.NextContinuationToken as string) : undefined;
  } while (token !== undefined && items.length < most);
  return items;
}

function parseItems(config: ReaderConfig, text: string): unknown[] {
  switch (config.InputType ?? 'JSON') {
    case 'CSV':
      return csvItems(config, text);
    case 'JSONL':
      return text
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '')
        .map((line) => json(line));
    default: {
      const items = json(text);
      if (!Array.isArray(items)) throw failed('Attempting to map over a JSON value that is not an array.');
      return items as unknown[];
    }
  }
}

/** Each row becomes an object of its header's names (guide, same page, "CSV"). */
function csvItems(config: ReaderConfig, text: string): unknown[] {
  const { data, errors } = parse<string[]>(text, { delimiter: CSV_DELIMITERS[config.CSVDelimiter ?? 'COMMA'], skipEmptyLines: true });
  const problem = errors.find((error) => error.type === 'Quotes');
  if (problem) throw failed(`Invalid CSV: ${problem.message} in row ${problem.row}`);
  const given = config.CSVHeaderLocation === 'GIVEN';
  const headers = given ? config.CSVHeaders : data[0];
  if (!headers) throw failed(given ? 'CSVHeaderLocation GIVEN needs CSVHeaders.' : 'The CSV file has no header.');
  return (given ? data : data.slice(1)).map((row) => Object.fromEntries(headers.map((header, i) => [header, row[i] ?? ''])));
}

/** An S3 inventory: the manifest lists gzipped CSV files without headers, whose columns `fileSchema` names (guide, same page, "MANIFEST"). */
async function readInventory(manifest: Buffer, read: (key: string, bucket: string) => Promise<Buffer>): Promise<unknown[]> {
  const { fileFormat, fileSchema, destinationBucket, files } = json(manifest.toString('utf8')) as Arguments;
  if (fileFormat !== 'CSV') throw failed(`Inventory files of format ${String(fileFormat)} are not supported, only CSV.`);
  const bucket = String(destinationBucket).replace(/^arn:[\w-]+:s3:::/, '');
  const headers = String(fileSchema).split(',').map((column) => column.trim());
  const items: unknown[] = [];
  for (const file of files as { key: string }[]) {
    const text = gunzipSync(await read(file.key, bucket)).toString('utf8');
    items.push(...csvItems({ CSVHeaderLocation: 'GIVEN', CSVHeaders: headers }, text));
  }
  return items;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw failed(`Invalid JSON: ${(error as Error).message}`);
  }
}
