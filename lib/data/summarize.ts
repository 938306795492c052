import type { FileReport, SplitRule } from './raw-file.contract';

/** Sentences that go into the page; the report has all. */
const REASONS_MAXIMUM = 12;

/** The rows after this instant are the test set, in milliseconds since 1970. */
export function testCutoff(split: SplitRule, reports: readonly FileReport[]): number | undefined {
  if (split.testWindowSeconds === undefined) return undefined;
  const latest = Math.max(...reports.map((report) => report.latest ?? -Infinity));
  return Number.isFinite(latest) ? latest - split.testWindowSeconds * 1000 : undefined;
}

/** Why the data must not be trained on, as sentences; empty when it may. */
export function reasonsAgainst(split: SplitRule, prefix: string, reports: readonly FileReport[]): string[] {
  if (reports.length === 0) return [`there is no CSV file below ${prefix}`];
  const reasons = reports.flatMap((report) => report.violations.map((violation) => `${report.key}: ${violation.message}`));
  const cutoff = testCutoff(split, reports);
  const earliest = Math.min(...reports.map((report) => report.earliest ?? Infinity));
  if (reasons.length === 0 && cutoff !== undefined && earliest > cutoff) {
    const days = (split.testWindowSeconds! / 86_400).toFixed(1);
    reasons.push(`all rows lie within the last ${days} days, which are the test set: nothing is left to train on (first row ${new Date(earliest).toISOString()})`);
  }
  if (reasons.length <= REASONS_MAXIMUM) return reasons;
  return [...reasons.slice(0, REASONS_MAXIMUM), `and ${reasons.length - REASONS_MAXIMUM} more, all in the validation report`];
}
