import { parseCsv } from '../data/csv';
import { jsonPredictions, jsonRows } from './capture-json';
import { attributeLatency, responseLatency } from './capture-latency';
import { parseInferenceTime } from './capture-time';
import { repeatedKey } from './repeated-key';

/**
 * Reads what SageMaker's data capture writes: one JSON document per line, each the request and the response of one invocation, which may
 * hold many rows (guide, "Capture data from real-time endpoint"; keys and encodings in "Preprocessing and postprocessing").
 * A line that cannot be read is counted and described, never fatal.
 */
export interface CaptureRecord {
  readonly eventId: string;
  readonly inferenceId?: string;
  /** Milliseconds since 1970. */
  readonly inferenceTime: number;
  /** Rows of the request in the order of the features; absent when the request was not captured. */
  readonly input?: readonly (readonly string[])[];
  /** One prediction per row; absent when the response was not captured. */
  readonly output?: readonly string[];
  /** How long the model took, when something in the record says so: `capture-latency.ts`. */
  readonly latencyMilliseconds?: number;
}

export interface BadLine {
  /** 1 is the first line. */
  readonly line: number;
  readonly reason: string;
}

export interface CaptureFile {
  /** In the window, each eventId once. */
  readonly records: readonly CaptureRecord[];
  readonly duplicates: number;
  /** Readable lines of another time: files are cut by the hour, windows need not be. */
  readonly outsideWindow: number;
  readonly badLines: readonly BadLine[];
}

export interface CaptureReaderOptions {
  /** Names of the request's columns, needed for JSON objects; absent = requests are not read. */
  readonly features?: readonly string[];
  /** ISO times, start included, end not; absent = no limit. */
  readonly start?: string;
  readonly end?: string;
}

interface CapturedSide {
  readonly observedContentType?: string;
  readonly data?: unknown;
  readonly encoding?: string;
}

export function readCaptureFile(text: string, options: CaptureReaderOptions): CaptureFile {
  const start = options.start === undefined ? -Infinity : Date.parse(options.start);
  const end = options.end === undefined ? Infinity : Date.parse(options.end);
  const records: CaptureRecord[] = [];
  const badLines: BadLine[] = [];
  const seen = new Set<string>();
  let duplicates = 0;
  let outsideWindow = 0;
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    try {
      const record = readCaptureLine(line, options.features);
      if (record.inferenceTime < start || record.inferenceTime >= end) outsideWindow += 1;
      else if (seen.has(record.eventId)) duplicates += 1;
      else {
        seen.add(record.eventId);
        records.push(record);
      }
    } catch (error) {
      badLines.push({ line: index + 1, reason: (error as Error).message });
    }
  });
  return { records, duplicates, outsideWindow, badLines };
}

/** @throws with the reason when the line is no capture record */
export function readCaptureLine(line: string, features?: readonly string[]): CaptureRecord {
  const document = parseJson(line, 'the line') as {
    captureData?: { endpointInput?: CapturedSide; endpointOutput?: CapturedSide };
    eventMetadata?: { eventId?: unknown; inferenceId?: unknown; inferenceTime?: unknown; customAttributes?: unknown };
  } | null;
  const metadata = document?.eventMetadata;
  if (typeof metadata?.eventId !== 'string') throw new Error('eventMetadata.eventId is missing');
  const inferenceTime = parseInferenceTime(metadata.inferenceTime);
  const { endpointInput, endpointOutput } = document?.captureData ?? {};
  if (!endpointInput && !endpointOutput) throw new Error('captureData has neither endpointInput nor endpointOutput');
  let latency = attributeLatency(metadata.customAttributes);
  const predictions = (value: unknown): string[] => {
    latency ??= responseLatency(value);
    return jsonPredictions(value);
  };
  const input = endpointInput && features && readSide(endpointInput, 'endpointInput', parseCsv, (value) => jsonRows(value, features));
  const output = endpointOutput && readSide(endpointOutput, 'endpointOutput', (csv) => parseCsv(csv).flat(), predictions);
  return {
    eventId: metadata.eventId,
    ...(typeof metadata.inferenceId === 'string' ? { inferenceId: metadata.inferenceId } : {}),
    inferenceTime,
    ...(input ? { input } : {}),
    ...(output ? { output } : {}),
    ...(latency === undefined ? {} : { latencyMilliseconds: latency }),
  };
}

function readSide<T>(side: CapturedSide, name: string, fromCsv: (text: string) => T, fromJson: (value: unknown) => T): T {
  if (typeof side.data !== 'string') throw new Error(`${name}.data is not a text`);
  switch (side.encoding) {
    case 'CSV':
      return fromCsv(side.data);
    case 'JSON':
      return fromJson(parseJson(side.data, `${name}.data`));
    case 'BASE64': {
      const text = decode(side.data, name);
      return /json/i.test(side.observedContentType ?? '') ? fromJson(parseJson(text, `${name}.data`)) : fromCsv(text);
    }
    default:
      throw new Error(`${name}.encoding ${JSON.stringify(side.encoding)} is not CSV, JSON or BASE64`);
  }
}

/** BASE64 may hold any bytes, a NumPy array for instance; only text can be profiled. */
function decode(data: string, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(data, 'base64'));
  } catch {
    throw new Error(`${name}.data is not UTF-8 text in BASE64`);
  }
}

function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(text.includes('\0') ? `${what} holds NUL bytes` : `${what} is not JSON`);
  }
  // JSON.parse keeps the last one and says nothing; whoever wrote that meant something else.
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new Error(`${what} repeats the key ${JSON.stringify(repeated)}`);
  return value;
}
