import { parseBoolean, parseDecimal, parseTimestamp } from '../data/column-value';
import type { CaptureFile, CaptureRecord } from '../capture/capture-reader';
import type { FeatureColumn, FIXED_COLUMNS, LogColumn } from './prediction-columns';
import type { CapturedObject, PredictionLogReport } from './prediction-log.contract';

export type LogValue = string | number | bigint | boolean | Date | null;
export type LogRow = Readonly<Record<string, LogValue>>;

/** What the rows of a captured file have in common. */
export interface LogSource {
  readonly captured: CapturedObject;
  readonly modelPackageArn: string;
  /** Names of all features in the order of the request. */
  readonly features: readonly string[];
  /** Those that are kept. */
  readonly columns: readonly FeatureColumn[];
}

export interface PredictionRows {
  readonly rows: readonly LogRow[];
  readonly report: PredictionLogReport;
}

/** One row per prediction. Nothing is lost silently: what does not fit is kept as text, or counted when it might be what was to be dropped. */
export function predictionRows(file: CaptureFile, source: LogSource): PredictionRows {
  const rows: LogRow[] = [];
  let misshapenRows = 0;
  let unpairedRecords = 0;
  for (const record of file.records) {
    const inputs = record.input ?? record.output?.map(() => undefined) ?? [];
    const paired = record.output === undefined || record.output.length === inputs.length;
    if (!paired) unpairedRecords += 1;
    inputs.forEach((input, index) => {
      const fits = input === undefined || input.length === source.features.length;
      if (!fits) misshapenRows += 1;
      rows.push(logRow(record, index, fits ? input : undefined, paired ? record.output?.[index] : undefined, paired ? undefined : record.output, source));
    });
  }
  const { badLines, duplicates } = file;
  return { rows, report: { capturedKey: source.captured.key, rows: rows.length, badLines, misshapenRows, unpairedRecords, duplicates } };
}

/** Lines and rows that are not logged in full; a doubled record is not one of them, it is logged once. */
export function countProblems(report: PredictionLogReport): number {
  return report.badLines.length + report.misshapenRows + report.unpairedRecords;
}

function logRow(record: CaptureRecord, index: number, input: readonly string[] | undefined, prediction: string | undefined, response: readonly string[] | undefined, source: LogSource): LogRow {
  const { captured } = source;
  const unreadable: Record<string, string> = {};
  const read = (name: string, type: LogColumn['type'], text: string | undefined): LogValue => {
    if (text === undefined || text.trim() === '') return null;
    const value = logValue(type, text.trim());
    if (value === undefined) unreadable[name] = text;
    return value ?? null;
  };
  const place = new Map(source.features.map((feature, position) => [feature, position]));
  const inputs = source.columns.map(({ feature, name, type }): [string, LogValue] => [name, read(name, type, input?.[place.get(feature)!])]);
  const predicted = read('prediction', 'double', prediction);
  const fixed: Record<(typeof FIXED_COLUMNS)[number]['name'], LogValue> = {
    prediction_id: record.inferenceId ?? record.eventId,
    row_index: index,
    model_version: captured.version,
    model_package_arn: source.modelPackageArn,
    endpoint_name: captured.endpointName,
    variant_name: captured.variantName,
    shadow: captured.shadow,
    inference_time: new Date(record.inferenceTime),
    latency_ms: record.latencyMilliseconds ?? null,
    prediction: predicted,
    response: response === undefined ? null : JSON.stringify(response),
    unreadable_values: Object.keys(unreadable).length === 0 ? null : JSON.stringify(unreadable),
    event_id: record.eventId,
  };
  return { ...fixed, ...Object.fromEntries(inputs) };
}

/** The largest of a 64-bit integer, which is what a column of type bigint can hold. */
const BIGINT_MAXIMUM = 2n ** 63n - 1n;

function logValue(type: LogColumn['type'], text: string): LogValue | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'double':
      return parseDecimal(text);
    case 'boolean':
      return parseBoolean(text);
    case 'timestamp': {
      const time = parseTimestamp(text);
      return time === undefined ? undefined : new Date(time);
    }
    case 'int':
    case 'bigint': {
      // Whole numbers that went through a data frame with missing values come as `12.0`.
      const whole = /^([+-]?\d+)(?:\.0+)?$/.exec(text)?.[1];
      const value = whole === undefined ? undefined : BigInt(whole.replace(/^\+/, ''));
      return value !== undefined && value <= BIGINT_MAXIMUM && value >= -BIGINT_MAXIMUM - 1n ? value : undefined;
    }
  }
}
