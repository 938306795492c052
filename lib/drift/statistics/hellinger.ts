import { requireSameLength } from './probabilities';

/**
 * Hellinger distance sqrt(1 - Σ sqrt(p q)) of the shares of the same bins: 0 for equal ones, 1 when no bin is shared. No smoothing. The bins are
 * the caller's: categories, or those of Evidently (`sturgesEdges` of the distinct values) for its figure of a numeric column.
 * Like any distance it is large for few rows.
 */
export function hellingerDistance(reference: readonly number[], current: readonly number[]): number {
  requireSameLength(reference, current);
  const total = reference.reduce((sum, count) => sum + count, 0) * current.reduce((sum, count) => sum + count, 0);
  if (total === 0) return NaN;
  const overlap = reference.reduce((sum, count, bin) => sum + Math.sqrt(count * current[bin]!), 0) / Math.sqrt(total);
  return Math.sqrt(1 - Math.min(1, overlap));
}
