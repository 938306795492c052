import { type Baseline, mergeProfiles, parseNumber, PREDICTION_COLUMN, type Profile, ProfileBuilder } from '../drift';
import { type BadLine, type CaptureFile } from './capture-reader';
import { type MonitoredFeature } from './capture.contract';

/** Descriptions of bad lines that are kept of a window. */
const BAD_LINE_EXAMPLES = 5;

/** What captured files of one model version hold. Summaries of the same baseline merge, in any order, into that of all their files. */
export interface CaptureSummary {
  readonly version: number;
  /** Invocations. */
  readonly records: number;
  readonly duplicates: number;
  readonly outsideWindow: number;
  readonly badLines: number;
  readonly badLineExamples: readonly BadLine[];
  /** Rows with another number of columns than the contract has features; not profiled. */
  readonly misshapenRows: number;
  /** Records whose response does not hold one prediction per row; their inputs are profiled. */
  readonly unpairedRecords: number;
  /** Values per feature that the contract forbids: a text for a number, out of range, not one of the categories. */
  readonly violations: Readonly<Record<string, number>>;
  readonly profile: Profile;
}

export function summarize(version: number, file: CaptureFile, baseline: Baseline, features: readonly MonitoredFeature[]): CaptureSummary {
  const profile = new ProfileBuilder(baseline);
  const violations: Record<string, number> = Object.fromEntries(features.map((feature) => [feature.name, 0]));
  const forbids = features.map(violationCheck);
  const position = new Map(features.map((feature, index) => [feature.name, index]));
  let misshapenRows = 0;
  let unpairedRecords = 0;
  for (const record of file.records) {
    const rows = record.input ?? record.output?.map(() => undefined) ?? [];
    const paired = record.output === undefined || record.output.length === rows.length;
    if (!paired) unpairedRecords += 1;
    rows.forEach((row, index) => {
      if (row !== undefined && row.length !== features.length) {
        misshapenRows += 1;
        return;
      }
      row?.forEach((value, column) => {
        if (forbids[column]!(value)) violations[features[column]!.name]! += 1;
      });
      const prediction = paired ? record.output?.[index] : undefined;
      profile.add(baseline.columns.map((column) => (column.name === PREDICTION_COLUMN ? prediction : row?.[position.get(column.name) ?? -1])));
    });
  }
  return {
    version,
    records: file.records.length,
    duplicates: file.duplicates,
    outsideWindow: file.outsideWindow,
    badLines: file.badLines.length,
    badLineExamples: file.badLines.slice(0, BAD_LINE_EXAMPLES),
    misshapenRows,
    unpairedRecords,
    violations,
    profile: profile.build(),
  };
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
    duplicates: a.duplicates + b.duplicates,
    outsideWindow: a.outsideWindow + b.outsideWindow,
    badLines: a.badLines + b.badLines,
    badLineExamples: [...a.badLineExamples, ...b.badLineExamples].slice(0, BAD_LINE_EXAMPLES),
    misshapenRows: a.misshapenRows + b.misshapenRows,
    unpairedRecords: a.unpairedRecords + b.unpairedRecords,
    violations: Object.fromEntries([...names].map((name) => [name, (a.violations[name] ?? 0) + (b.violations[name] ?? 0)])),
    profile: mergeProfiles(a.profile, b.profile),
  };
}

/** Lines, rows and values that do not fit the contract. */
export function countViolations(summary: CaptureSummary): number {
  return summary.badLines + summary.misshapenRows + summary.unpairedRecords + Object.values(summary.violations).reduce((sum, count) => sum + count, 0);
}

/** Missing values are judged as a share of the window, not one by one. */
function violationCheck(feature: MonitoredFeature): (value: string) => boolean {
  const categories = feature.categories && new Set(feature.categories);
  return (value) => {
    if (value.trim() === '') return false;
    if (categories && !categories.has(value)) return true;
    if (feature.type === 'categorical') return false;
    const number = parseNumber(value);
    return number === undefined || number < (feature.minimum ?? -Infinity) || number > (feature.maximum ?? Infinity);
  };
}
