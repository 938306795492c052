import { type Baseline, PREDICTION_COLUMN } from '../drift';
import { type CaptureSummary } from '../capture/capture-summary';
import { type MonitoringPolicy } from './monitoring.contract';

/** Standard errors beyond the tolerated increase before missing values are called too many: one false alarm in about 700 stable windows. */
const STANDARD_ERRORS = 3;

/**
 * Is the captured data broken? Broken data needs a repair at its source, so it pages and never retrains. Returns a sentence per breach.
 * Nothing is said below the minimum sample of lines.
 */
export function dataQualityBreaches(summary: CaptureSummary, baseline: Baseline, policy: MonitoringPolicy): string[] {
  const lines = summary.records + summary.badLines;
  const rows = summary.profile.rows + summary.misshapenRows;
  const breaches: string[] = [];
  const tooMany = (what: string, part: number, whole: number): void => {
    if (whole >= policy.minimumSampleSize && part / whole > policy.violationShare) {
      breaches.push(`${part} of ${whole} ${what}, more than ${percent(policy.violationShare)}.`);
    }
  };
  tooMany('captured lines cannot be read', summary.badLines, lines);
  tooMany('captured records were made at another time than their folders say', summary.outsideWindow, summary.records + summary.outsideWindow);
  tooMany('rows do not have the columns of the contract', summary.misshapenRows, rows);
  tooMany('responses do not hold one prediction per row', summary.unpairedRecords, summary.records);
  for (const [feature, count] of Object.entries(summary.violations)) {
    tooMany(`values of ${feature} break the contract`, count, summary.profile.rows);
  }
  baseline.columns.forEach((column, position) => {
    if (column.name === PREDICTION_COLUMN) return;
    const current = summary.profile.columns[position]!;
    if (current.count < policy.minimumSampleSize) return;
    const expected = column.reference.count > 0 ? column.reference.missing / column.reference.count : 0;
    const tolerated = Math.min(1, expected + policy.missingShareIncrease);
    const limit = tolerated + STANDARD_ERRORS * Math.sqrt((tolerated * (1 - tolerated)) / current.count);
    const share = current.missing / current.count;
    if (share > limit) breaches.push(`${percent(share)} of ${column.name} is missing, the baseline has ${percent(expected)} (limit ${percent(limit)}).`);
  });
  return breaches;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
