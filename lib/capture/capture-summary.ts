import { type Baseline, mergeProfiles, type Profile } from '../drift';
import { type BadLine, type CaptureFile } from './capture-reader';
import { type MonitoredFeature } from './capture.contract';
import { BAD_LINE_EXAMPLES, SummaryBuilder } from './summary-builder';

/** What captured files of one model version hold. Summaries of the same baseline merge, in any order, into that of all their files. */
export interface CaptureSummary {
  readonly version: number;
  /** Invocations, and rows of transform jobs. */
  readonly records: number;
  /** Of these, rows of transform jobs: no invocation of the endpoint. */
  readonly batchRecords?: number;
  readonly duplicates: number;
  readonly outsideWindow: number;
  readonly badLines: number;
  readonly badLineExamples: readonly BadLine[];
  /** Rows with another number of columns than the contract has features; not profiled. */
  readonly misshapenRows: number;
  /** Records whose response does not hold one prediction per row; their inputs are profiled. */
  readonly unpairedRecords: number;
  /** Records whose time is not in the hour of the folder that their file lies in: a clock is wrong, or a file was moved. */
  readonly misfiledRecords?: number;
  /** Of misshapen rows, unpaired and misfiled records. */
  readonly rowExamples?: readonly BadLine[];
  /** Values per feature that the contract forbids: a text for a number, out of range, not one of the categories. */
  readonly violations: Readonly<Record<string, number>>;
  readonly profile: Profile;
  /** When the newest record was made, in milliseconds since 1970; absent without records. */
  readonly newestInferenceTime?: number;
}

/** Of records that were read at once; the n-th counts as line n. */
export function summarize(version: number, file: CaptureFile, baseline: Baseline, features: readonly MonitoredFeature[]): CaptureSummary {
  const builder = new SummaryBuilder(version, baseline, features);
  builder.duplicates = file.duplicates;
  builder.outsideWindow = file.outsideWindow;
  for (const bad of file.badLines) builder.addBadLine(bad);
  file.records.forEach((record, index) => builder.addRecord(record, index + 1));
  return builder.build();
}

export function emptySummary(version: number, baseline: Baseline, features: readonly MonitoredFeature[]): CaptureSummary {
  return summarize(version, { records: [], duplicates: 0, outsideWindow: 0, badLines: [] }, baseline, features);
}

export function mergeSummaries(a: CaptureSummary, b: CaptureSummary): CaptureSummary {
  if (a.version !== b.version) throw new Error(`captures of version ${a.version} and ${b.version} must not be mixed`);
  const names = new Set([...Object.keys(a.violations), ...Object.keys(b.violations)]);
  return {
    version: a.version,
    records: a.records + b.records,
    ...(a.batchRecords === undefined && b.batchRecords === undefined ? {} : { batchRecords: (a.batchRecords ?? 0) + (b.batchRecords ?? 0) }),
    duplicates: a.duplicates + b.duplicates,
    outsideWindow: a.outsideWindow + b.outsideWindow,
    badLines: a.badLines + b.badLines,
    badLineExamples: [...a.badLineExamples, ...b.badLineExamples].slice(0, BAD_LINE_EXAMPLES),
    misshapenRows: a.misshapenRows + b.misshapenRows,
    unpairedRecords: a.unpairedRecords + b.unpairedRecords,
    misfiledRecords: (a.misfiledRecords ?? 0) + (b.misfiledRecords ?? 0),
    rowExamples: [...(a.rowExamples ?? []), ...(b.rowExamples ?? [])].slice(0, BAD_LINE_EXAMPLES),
    violations: Object.fromEntries([...names].map((name) => [name, (a.violations[name] ?? 0) + (b.violations[name] ?? 0)])),
    profile: mergeProfiles(a.profile, b.profile),
    ...newest([a.newestInferenceTime ?? -Infinity, b.newestInferenceTime ?? -Infinity]),
  };
}

function newest(times: readonly number[]): Pick<CaptureSummary, 'newestInferenceTime'> {
  const time = times.reduce((greatest, candidate) => Math.max(greatest, candidate), -Infinity);
  return time === -Infinity ? {} : { newestInferenceTime: time };
}

/** Lines, rows and values that do not fit the contract. */
export function countViolations(summary: CaptureSummary): number {
  return summary.badLines + summary.misshapenRows + summary.unpairedRecords + Object.values(summary.violations).reduce((sum, count) => sum + count, 0);
}
