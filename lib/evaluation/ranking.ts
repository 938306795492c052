import { normalValue } from './interval';
import type { MetricValue } from './verdict.contract';

/** Mean ranks (from 1) of values that are given in ascending order; ties share their mean rank. */
function midranks(sorted: Float64Array): Float64Array {
  const ranks = new Float64Array(sorted.length);
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    ranks.fill((start + 1 + end) / 2, start, end);
    start = end;
  }
  return ranks;
}

/**
 * Area under the ROC curve with the interval of DeLong et al. (1988), by midranks as Sun and Xu (2014) do it in n log n.
 * Undefined unless both classes occur.
 */
export function rocAuc(labels: Float64Array, scores: Float64Array): MetricValue | undefined {
  const positives = scores.filter((_, index) => labels[index] === 1).sort();
  const negatives = scores.filter((_, index) => labels[index] !== 1).sort();
  const m = positives.length;
  const n = negatives.length;
  if (m === 0 || n === 0) return undefined;
  const own = { positives: midranks(positives), negatives: midranks(negatives) };
  const all = new Float64Array(m + n);
  all.set(positives);
  all.set(negatives, m);
  all.sort();
  const rank = rankLookup(all, midranks(all));
  // Structural components: share of the other class that is ranked on the right side, per row.
  const v10 = positives.map((score, index) => (rank(score) - own.positives[index]!) / n);
  const v01 = negatives.map((score, index) => 1 - (rank(score) - own.negatives[index]!) / m);
  const auc = sum(v10) / m;
  if (m === 1 || n === 1) return { value: auc };
  return normalValue(auc, variance(v10) / m + variance(v01) / n, 0, 1);
}

/** Average precision: the sum over thresholds of precision times the gain in recall (no interpolation), ties taken together. */
export function averagePrecision(labels: Float64Array, scores: Float64Array): number | undefined {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const positives = labels.reduce((total, label) => total + (label === 1 ? 1 : 0), 0);
  if (positives === 0) return undefined;
  let hits = 0;
  let result = 0;
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start]!];
    let gained = 0;
    let end = start;
    for (; end < order.length && scores[order[end]!] === score; end++) if (labels[order[end]!] === 1) gained++;
    hits += gained;
    result += (gained / positives) * (hits / end);
    start = end;
  }
  return result;
}

/** Rank of a value that occurs in the sorted values, by walking forward: it is asked in ascending order, twice. */
function rankLookup(sorted: Float64Array, ranks: Float64Array): (value: number) => number {
  let position = 0;
  return (value) => {
    if (position >= sorted.length || sorted[position]! > value) position = 0;
    while (sorted[position]! < value) position++;
    return ranks[position]!;
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function variance(values: Float64Array): number {
  const mean = sum(values) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1);
}
