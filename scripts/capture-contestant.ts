/** One contestant of benchmark-capture.ts, in a process of its own so that its memory is its own. Prints what it measured as JSON. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { CaptureProfiler } from '../lib/capture/capture-profiler';
import type { Baseline } from '../lib/drift';
import { FEATURES, HISTOGRAM_BINS, range, WINDOW } from './capture-data';

const COLUMNS = FEATURES.length;

/** What a stream from S3 gives at once. */
const CHUNK_BYTES = 64 * 1024;

export interface Measurement {
  /** Of one processor core, all threads together: the machine may have other work. */
  readonly seconds: number;
  readonly rows: number;
  readonly maximumResidentMegabytes: number;
  /** Sum of the means of all columns: the contestants must agree. */
  readonly checksum: number;
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** @param wholeLines each chunk ends with a line, as a stream's need not */
function eachChunk(path: string, visit: (chunk: Buffer) => void, wholeLines = false): void {
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  for (let length = readSync(file, chunk, 0, CHUNK_BYTES, position); length > 0; length = readSync(file, chunk, 0, CHUNK_BYTES, position)) {
    const end = wholeLines ? chunk.subarray(0, length).lastIndexOf(0x0a) + 1 : length;
    visit(chunk.subarray(0, end));
    position += end;
  }
  closeSync(file);
}

/** All that the monitor does with a file: window, duplicates, contract, profile of requests and responses, ids of the events. */
function ours(path: string, baselinePath: string, passes: number): Omit<Measurement, 'maximumResidentMegabytes'> {
  const baseline = JSON.parse(readFileSync(baselinePath, 'utf8')) as Baseline;
  const profiler = new CaptureProfiler({ version: 1, baseline, features: FEATURES, ...WINDOW });
  const start = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) eachChunk(path, (chunk) => profiler.write(passes === 1 ? chunk : renamed(chunk, pass)), passes > 1);
  const { summary, eventIds } = profiler.end();
  const ids = eventIds.toBytes();
  const seconds = secondsSince(start);
  if (ids.length !== 8 * summary.records || summary.badLines + summary.duplicates + summary.outsideWindow > 0) throw new Error(JSON.stringify({ ...summary, profile: undefined }));
  const checksum = summary.profile.columns.slice(0, COLUMNS).reduce((sum, { moments }) => sum + moments!.mean, 0);
  return { seconds, rows: summary.profile.rows, checksum };
}

/** Other event ids, as those of another pass over the same file: their first digit becomes a letter behind f. */
function renamed(chunk: Buffer, pass: number): Buffer {
  for (let p = chunk.indexOf(EVENT_ID); p >= 0; p = chunk.indexOf(EVENT_ID, p + EVENT_ID.length)) chunk[p + EVENT_ID.length] = LETTER_G + pass;
  return chunk;
}
const LETTER_G = 'g'.charCodeAt(0);
const EVENT_ID = Buffer.from('"eventId":"');

/** What one writes first: JSON.parse, split, Number, moments and a histogram of the request's columns. */
function naive(path: string): Omit<Measurement, 'maximumResidentMegabytes'> {
  const columns = Array.from({ length: COLUMNS }, (_, column) => ({ ...range(column), count: 0, sum: 0, squares: 0, minimum: Infinity, maximum: -Infinity, bins: new Float64Array(HISTOGRAM_BINS) }));
  let rows = 0;
  const line = (text: string): void => {
    const { captureData } = JSON.parse(text) as { captureData: { endpointInput: { data: string } } };
    for (const csv of captureData.endpointInput.data.trimEnd().split('\n')) {
      rows += 1;
      const cells = csv.split(',');
      for (let i = 0; i < COLUMNS; i++) {
        const column = columns[i]!;
        const value = Number(cells[i]);
        column.count += 1;
        column.sum += value;
        column.squares += value * value;
        if (value < column.minimum) column.minimum = value;
        if (value > column.maximum) column.maximum = value;
        const bin = Math.floor(((value - column.low) / (column.high - column.low)) * HISTOGRAM_BINS);
        column.bins[Math.min(HISTOGRAM_BINS - 1, Math.max(0, bin))]! += 1;
      }
    }
  };
  const start = process.cpuUsage();
  const decoder = new StringDecoder('utf8');
  let rest = '';
  eachChunk(path, (chunk) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop()!;
    for (const text of lines) line(text);
  });
  const seconds = secondsSince(start);
  return { seconds, rows, checksum: columns.reduce((sum, column) => sum + column.sum / column.count, 0) };
}

/** The same in SQL; with `all` also what ours does: events once, in the window, predictions, contract, bins as many as the baseline's. */
async function duckdb(path: string, baselinePath: string, all: boolean): Promise<Omit<Measurement, 'maximumResidentMegabytes'>> {
  // This file runs as a bundle elsewhere; the package is the project's.
  const { DuckDBInstance } = createRequire(join(process.cwd(), 'package.json'))('@duckdb/node-api') as typeof import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const { columns } = JSON.parse(readFileSync(baselinePath, 'utf8')) as Baseline;
  const statistics = columns.slice(0, all ? COLUMNS + 1 : COLUMNS).flatMap(({ bins }, column) => {
    const { low, high } = column < COLUMNS ? range(column) : { low: 0, high: 1 };
    const equal = Array.from({ length: HISTOGRAM_BINS }, (_, bin) => low + ((bin + 1) * (high - low)) / HISTOGRAM_BINS);
    const edges = all && bins.type === 'numeric' ? (bins.grid ?? bins.edges) : equal;
    const value = column < COLUMNS ? `v[${column + 1}]` : 'p';
    const moments = `avg(${value}) AS mean_${column}, stddev_pop(${value}), min(${value}), max(${value}), histogram(${value}, [${edges.join(', ')}]::DOUBLE[])`;
    return all ? [moments, `count(*) FILTER (${value} < ${low} OR ${value} > ${high})`] : [moments];
  });
  const split = (side: string): string => `unnest(string_split(rtrim(${side}, chr(10)), chr(10)))`;
  const read = `read_json('${path}', format = 'newline_delimited', maximum_object_size = 33554432, columns = {
    captureData: 'STRUCT(endpointInput STRUCT(data VARCHAR)${all ? ', endpointOutput STRUCT(data VARCHAR)' : ''})'${all ? ", eventMetadata: 'STRUCT(eventId VARCHAR, inferenceTime TIMESTAMP)'" : ''}})`;
  const lines = all
    ? `SELECT ${split('i')} AS line, ${split('o')}::DOUBLE AS p FROM (
        SELECT DISTINCT ON (eventMetadata.eventId) captureData.endpointInput.data AS i, captureData.endpointOutput.data AS o FROM ${read}
        WHERE eventMetadata.inferenceTime >= TIMESTAMP '${WINDOW.start.replace('Z', '')}' AND eventMetadata.inferenceTime < TIMESTAMP '${WINDOW.end.replace('Z', '')}')`
    : `SELECT ${split('captureData.endpointInput.data')} AS line FROM ${read}`;
  const sql = `
    WITH lines AS (${lines}), vectors AS (SELECT string_split(line, ',')::DOUBLE[] AS v${all ? ', p' : ''} FROM lines)
    SELECT count(*) AS rows, ${statistics.join(', ')} FROM vectors`;
  const start = process.cpuUsage();
  const [result] = (await connection.runAndReadAll(sql)).getRowObjectsJS() as Record<string, unknown>[];
  const seconds = secondsSince(start);
  const checksum = Array.from({ length: COLUMNS }, (_, column) => Number(result![`mean_${column}`])).reduce((sum, mean) => sum + mean, 0);
  return { seconds, rows: Number(result!['rows']), checksum };
}

async function main(contestant: string, path: string, baselinePath: string, passes: number): Promise<void> {
  const measured = contestant === 'ours' ? ours(path, baselinePath, passes) : contestant === 'naive' ? naive(path) : await duckdb(path, baselinePath, contestant === 'duckdb-all');
  console.log(JSON.stringify({ ...measured, maximumResidentMegabytes: process.resourceUsage().maxRSS / 1024 }));
}

void main(process.argv[2]!, process.argv[3]!, process.argv[4]!, Number(process.argv[5] ?? 1));
