import { type Counts, type Evidence, folderTime, HOUR, inOrder, isFollowed, labelHour, plus, type ScoredPair, type Seen } from './evidence';

/** How a stage counts one request. Pure. */
export interface Counting {
  /** What the request adds to the sums; undefined while an answer or its label is missing. */
  count(seen: Seen): Counts | undefined;
  /** What it adds when nothing that is missing can come any more; absent = its label still may. */
  alone?(seen: Seen): Counts;
  /** Numbers of both sides whose order is compared. */
  scores(seen: Seen): readonly (readonly [number, number])[];
}

/** Predictions and labels that are remembered one by one: some 4 MB of JSON. */
export const VALUES_MAXIMUM = 100_000;
/** Rank correlation and quantiles are of this many pairs at most. */
const SAMPLE_MAXIMUM = 10_000;

/**
 * Ends a look's reading. Labels of requests that were not captured are given up when no answer of their hour can come any more. When there
 * is too much to remember, what is complete and can no longer change becomes a sum; and when that is not enough, half of the requests is
 * followed no further: the half with the greater hashes, on all sides alike.
 */
export function limitEvidence(evidence: Evidence, counting: Counting, maximum = VALUES_MAXIMUM): void {
  const { champion, challenger } = evidence.files;
  const closed = Math.min(folderTime(champion.from), folderTime(challenger.from)) / HOUR;
  giveUpLabels(evidence, closed);
  let values = [...evidence.requests.values()].reduce((sum, seen) => sum + size(seen), 0);
  const remove = (id: string, seen: Seen): void => {
    evidence.requests.delete(id);
    values -= size(seen);
  };
  if (values <= maximum) return;
  for (const [id, seen] of inOrder(evidence)) {
    if (seen.hour !== undefined && seen.hour < closed && (settle(evidence, counting, id, seen) || settleAlone(evidence, counting, seen))) remove(id, seen);
  }
  while (values > maximum) {
    evidence.halvings += 1;
    for (const [id, seen] of inOrder(evidence)) {
      if (isFollowed(id, evidence.halvings)) continue;
      if (!settle(evidence, counting, id, seen) && seen.hour !== undefined) evidence.settled = plus(evidence.settled, { forgotten: 1 });
      remove(id, seen);
    }
  }
  evidence.sample = least(evidence.sample);
}

/** A label is never collected before its prediction was made. */
function giveUpLabels(evidence: Evidence, closed: number): void {
  for (const [id, seen] of evidence.requests) {
    if (seen.hour !== undefined || labelHour(seen.label!) >= closed) continue;
    evidence.settled = plus(evidence.settled, { unknownLabels: 1 + (seen.repeated ?? 0) });
    evidence.requests.delete(id);
  }
}

function settle(evidence: Evidence, counting: Counting, id: string, seen: Seen): boolean {
  const counts = counting.count(seen);
  if (counts === undefined) return false;
  evidence.settled = plus(evidence.settled, { ...counts, ...labelCounts(seen) });
  for (const [a, b] of counting.scores(seen)) evidence.sample.push([id, a, b]);
  return true;
}

function settleAlone(evidence: Evidence, counting: Counting, seen: Seen): boolean {
  if (counting.alone === undefined) return false;
  evidence.settled = plus(evidence.settled, { ...counting.alone(seen), ...labelCounts(seen) });
  return true;
}

function least(sample: ScoredPair[]): ScoredPair[] {
  if (sample.length <= SAMPLE_MAXIMUM) return sample;
  return sample.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, SAMPLE_MAXIMUM);
}

function size(seen: Seen): number {
  return Math.max(1, (seen.old?.length ?? 1) + (seen.new?.length ?? 1) + (seen.label?.length ?? 1) - 3);
}

function labelCounts(seen: Seen): Counts {
  return { repeatedLabels: seen.repeated ?? 0, contradictingLabels: seen.contradicted ? 1 : 0 };
}

export interface Totals {
  readonly counts: Counts;
  readonly scores: readonly (readonly [number, number])[];
}

/** Everything counted up to now. */
export function totalEvidence(evidence: Evidence, counting: Counting): Totals {
  const counts: Record<string, number> = { ...evidence.settled };
  const add = (more: Counts): void => {
    for (const [name, value] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + value;
  };
  const pairs: ScoredPair[] = [];
  for (const [id, seen] of inOrder(evidence)) {
    const found = counting.count(seen);
    if (found !== undefined) add(found);
    for (const [a, b] of counting.scores(seen)) pairs.push([id, a, b]);
    if (seen.hour === undefined) add({ unknownLabels: 1 + (seen.repeated ?? 0) });
    else add({ ...labelCounts(seen), ...(found === undefined ? { waiting: 1, ...counting.alone?.(seen) } : {}) });
  }
  return { counts, scores: least([...evidence.sample, ...pairs]).map(([, a, b]) => [a, b]) };
}
