import type { GateSpecification } from './gate.contract';
import { EVALUATION_METRICS } from './metric-table.contract';
import type { Metrics } from './metrics';
import type { GateResult } from './verdict.contract';

/** Metrics of one slice of the test set, for both models. */
export interface SliceMetrics {
  readonly column: string;
  readonly value: string;
  readonly rows: number;
  readonly challenger: Metrics;
  readonly champion?: Metrics;
}

export interface Evidence {
  readonly challenger: Metrics;
  readonly champion?: Metrics;
  readonly championVersion?: number;
  readonly slices: readonly SliceMetrics[];
  readonly rows: number;
}

/** Slices that a reason names. */
const SLICES_NAMED = 3;

/** Decides one gate and says why, with numbers. A metric that could not be computed never passes. */
export function decideGate(gate: GateSpecification, evidence: Evidence): GateResult {
  switch (gate.kind) {
    case 'at-least':
    case 'at-most':
      return absolute(gate.metric, gate.kind === 'at-least', gate.threshold, evidence);
    case 'better-than-champion':
      return againstChampion(gate.metric, gate.margin, true, evidence);
    case 'no-worse-than-champion':
      return againstChampion(gate.metric, gate.tolerance, false, evidence);
    case 'slice-at-least':
    case 'slice-at-most': {
      const least = gate.kind === 'slice-at-least';
      const name = `${gate.metric} at ${least ? 'least' : 'most'} ${gate.threshold} on every slice${ofColumn(gate.column)}`;
      return everySlice(name, gate, evidence, (slice) => {
        const value = slice.challenger[gate.metric]?.value;
        if (value === undefined) return `${named(slice)} has no ${gate.metric}`;
        return (least ? value >= gate.threshold : value <= gate.threshold) ? undefined : `${named(slice)} has ${show(value)} on ${slice.rows} rows`;
      });
    }
    case 'no-slice-regression': {
      const name = `${gate.metric} no more than ${gate.tolerance} worse than the champion on any slice${ofColumn(gate.column)}`;
      if (!evidence.champion) return bootstrap(name);
      return everySlice(name, gate, evidence, (slice) => {
        const challenger = slice.challenger[gate.metric]?.value;
        const champion = slice.champion?.[gate.metric]?.value;
        // A slice that neither model can be measured on (one class only) is no regression.
        if (champion === undefined) return undefined;
        if (challenger === undefined) return `${named(slice)} has no ${gate.metric}`;
        const gain = improvement(gate.metric, challenger, champion);
        return gain >= -gate.tolerance ? undefined : `${named(slice)} fell from ${show(champion)} to ${show(challenger)} on ${slice.rows} rows`;
      });
    }
  }
}

function absolute(metric: string, least: boolean, threshold: number, evidence: Evidence): GateResult {
  const gate = `${metric} at ${least ? 'least' : 'most'} ${threshold}`;
  const found = evidence.challenger[metric];
  if (!found) return missing(gate, metric, evidence);
  const passed = least ? found.value >= threshold : found.value <= threshold;
  const relation = least ? (passed ? 'is at least' : 'is less than') : passed ? 'is at most' : 'is more than';
  const interval = found.low !== undefined && found.high !== undefined ? ` (95 % interval ${show(found.low)} to ${show(found.high)}, ${evidence.rows} rows)` : '';
  return { gate, passed, reason: `${metric} ${show(found.value)}${interval} ${relation} ${threshold}` };
}

function againstChampion(metric: string, distance: number, better: boolean, evidence: Evidence): GateResult {
  const by = distance === 0 ? '' : ` by at least ${distance}`;
  const gate = better ? `${metric} better than the champion${by}` : distance === 0 ? `${metric} no worse than the champion` : `${metric} no more than ${distance} worse than the champion`;
  if (!evidence.champion) return bootstrap(gate);
  const challenger = evidence.challenger[metric];
  const champion = evidence.champion[metric];
  if (!challenger || !champion) return missing(gate, metric, evidence);
  const gain = improvement(metric, challenger.value, champion.value);
  const passed = better ? (distance === 0 ? gain > 0 : gain >= distance) : gain >= -distance;
  const relation = gain === 0 ? 'equals' : gain > 0 ? `is ${show(gain)} better than` : `is ${show(-gain)} worse than`;
  const wanted = better ? (distance === 0 ? 'an improvement was asked' : `at least ${distance} better was asked`) : distance === 0 ? 'no loss is allowed' : `at most ${distance} worse is allowed`;
  return { gate, passed, reason: `${metric} ${show(challenger.value)} ${relation} champion version ${evidence.championVersion} with ${show(champion.value)}; ${wanted}` };
}

function everySlice(name: string, gate: { column?: string; minimumRows: number }, evidence: Evidence, against: (slice: SliceMetrics) => string | undefined): GateResult {
  const all = evidence.slices.filter((slice) => gate.column === undefined || slice.column === gate.column);
  const judged = all.filter((slice) => slice.rows >= gate.minimumRows);
  const small = all.length - judged.length;
  const skipped = small > 0 ? `; ${small} with fewer than ${gate.minimumRows} rows not judged` : '';
  const failures = judged.map(against).filter((failure) => failure !== undefined);
  if (judged.length === 0) return { gate: name, passed: false, reason: `no slice has ${gate.minimumRows} rows in the test set, so nothing could be judged` };
  if (failures.length === 0) return { gate: name, passed: true, reason: `all ${judged.length} slices hold${skipped}` };
  const more = failures.length > SLICES_NAMED ? ` and ${failures.length - SLICES_NAMED} more` : '';
  return { gate: name, passed: false, reason: `${failures.length} of ${judged.length} slices fail: ${failures.slice(0, SLICES_NAMED).join(', ')}${more}${skipped}` };
}

function bootstrap(gate: string): GateResult {
  return { gate, passed: true, reason: `${gate}: passes, there is no champion yet` };
}

function missing(gate: string, metric: string, evidence: Evidence): GateResult {
  return { gate, passed: false, reason: `${metric} could not be computed on the ${evidence.rows} rows of the test set` };
}

/** Positive when the challenger is better, whichever direction that is. Rounded at the twelfth digit: 0.702 - 0.7 is not less than 0.002. */
function improvement(metric: string, challenger: number, champion: number): number {
  const difference = EVALUATION_METRICS[metric]?.better === 'lower' ? champion - challenger : challenger - champion;
  return Math.round(difference * 1e12) / 1e12;
}

function ofColumn(column: string | undefined): string {
  return column === undefined ? '' : ` of ${column}`;
}

function named(slice: SliceMetrics): string {
  return `${slice.column}=${slice.value}`;
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
