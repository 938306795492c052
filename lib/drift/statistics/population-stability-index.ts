import { type Bins, coarseCounts } from '../column-bins';
import { type ColumnProfile } from '../profile/profile';

/** Added to every bin of both samples, so that an empty bin gives a finite index. */
export const LAPLACE = 0.5;

export interface StabilityIndex {
  readonly value: number;
  /** Bins that held a row in at least one sample; the index of unchanged data then follows a chi-square law with `bins - 1` degrees. */
  readonly bins: number;
  readonly referenceRows: number;
  readonly currentRows: number;
}

/**
 * Population stability index, sum of (r - c) ln(r / c) over the bins of the baseline: its deciles or its categories and `other`; missing
 * values and unseen values (unknown categories, texts among numbers) are bins of their own. Laplace smoothing of 0.5 per bin on both
 * sides. A bin that is empty in both samples says nothing and is left out: it would add a difference that comes from unequal sample
 * sizes alone. 0 for equal samples, never negative, always finite.
 */
export function populationStabilityIndex(bins: Bins, reference: ColumnProfile, current: ColumnProfile): StabilityIndex {
  const all = (profile: ColumnProfile): number[] => [...coarseCounts(bins, profile.counts), profile.missing, profile.unseen];
  return stabilityIndex(all(reference), all(current));
}

/** The same from plain counts. */
export function stabilityIndex(reference: readonly number[], current: readonly number[]): StabilityIndex {
  if (reference.length !== current.length) throw new Error(`${reference.length} and ${current.length} bins cannot be compared`);
  const used = reference.flatMap((count, bin) => (count > 0 || current[bin]! > 0 ? [bin] : []));
  const referenceRows = sum(reference);
  const currentRows = sum(current);
  let value = 0;
  for (const bin of used) {
    const r = (reference[bin]! + LAPLACE) / (referenceRows + LAPLACE * used.length);
    const c = (current[bin]! + LAPLACE) / (currentRows + LAPLACE * used.length);
    value += (r - c) * Math.log(r / c);
  }
  return { value, bins: used.length, referenceRows, currentRows };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
