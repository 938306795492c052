import { requireSameLength, shares } from './probabilities';

/**
 * Hellinger distance sqrt(1 - Σ sqrt(p q)) of the shares of the same bins: 0 for equal ones, 1 when no bin is shared. No smoothing. The bins are
 * the caller's: categories, or those of Evidently (`sturgesEdges` of the distinct values) for its figure of a numeric column.
 * Like any distance it is large for few rows.
 */
export function hellingerDistance(reference: readonly number[], current: readonly number[]): number {
  requireSameLength(reference, current);
  const p = shares(reference);
  const q = shares(current);
  if (sum(p) === 0 || sum(q) === 0) return NaN;
  // ½ Σ (sqrt p - sqrt q)² is the same and exactly 0 for equal shares.
  return Math.sqrt(Math.min(1, sum(p.map((share, bin) => (Math.sqrt(share) - Math.sqrt(q[bin]!)) ** 2)) / 2));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
