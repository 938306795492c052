import { type Counts, plus } from '../deployment/analysis/evidence';
import { type JoinedQuality, type QualityPart } from './join-records';
import { mergeSegments } from './quality-segment';

/** What the range that holds the first bucket says of the files themselves. */
export interface ReadFiles {
  readonly predictions: number;
  readonly labels: number;
  readonly badPredictionLines: number;
  readonly badLabelLines: number;
  readonly examples: readonly string[];
}

export type StoredPart = QualityPart & { readonly read: ReadFiles };

export const NOTHING_READ: ReadFiles = { predictions: 0, labels: 0, badPredictionLines: 0, badLabelLines: 0, examples: [] };

const EXAMPLES = 10;

/** Parts in the order of their ranges: sums of fractions depend on it in the last digit. */
export function mergeParts(parts: readonly StoredPart[]): StoredPart {
  return parts.reduce(mergeTwo, { windows: {}, counts: {}, read: NOTHING_READ });
}

function mergeTwo(a: StoredPart, b: StoredPart): StoredPart {
  const windows: Record<string, Record<string, JoinedQuality>> = { ...a.windows };
  for (const [windowId, versions] of Object.entries(b.windows)) {
    const merged: Record<string, JoinedQuality> = { ...windows[windowId] };
    for (const [version, joined] of Object.entries(versions)) merged[version] = merged[version] === undefined ? joined : mergeJoined(merged[version], joined);
    windows[windowId] = merged;
  }
  return { windows, counts: plus(a.counts, b.counts), read: mergeRead(a.read, b.read) };
}

function mergeJoined(a: JoinedQuality, b: JoinedQuality): JoinedQuality {
  return { quality: mergeSegments(a.quality, b.quality), delays: a.delays.map((count, bin) => count + b.delays[bin]!), counts: inOrder(plus(a.counts, b.counts)) };
}

function mergeRead(a: ReadFiles, b: ReadFiles): ReadFiles {
  return {
    predictions: a.predictions + b.predictions,
    labels: a.labels + b.labels,
    badPredictionLines: a.badPredictionLines + b.badPredictionLines,
    badLabelLines: a.badLabelLines + b.badLabelLines,
    examples: [...new Set([...a.examples, ...b.examples])].sort().slice(0, EXAMPLES),
  };
}

function inOrder(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
