import { type QualityOutcome, type QualityPolicy } from './model-quality.contract';

/** One time that a window was judged. */
export interface QualityLook {
  /** `COMPLETE`: every prediction had its label. `FINAL`: no label counts any more. */
  readonly kind: 'INTERIM' | 'COMPLETE' | 'FINAL';
  readonly labels: number;
  /** Its share of the window's false alarm rate. */
  readonly alpha: number;
  readonly outcome: QualityOutcome;
}

/** What remains for later looks is what they can spend; a quarter each leaves most looks nearly the power of a single one. */
const SHARE = 1 / 4;

/**
 * Whether the window is judged now, and how much of its false alarm rate that may cost. Looking again whenever labels come would call nearly
 * every window degraded sooner or later; so a window is looked at only when its labels have doubled, when they are complete and when its
 * time is over, and each look spends a part of what is left of the rate. By the union bound all looks together keep it, however they depend on
 * each other. The number of labels decides when to look, never what they say.
 */
export function nextLook(looks: readonly QualityLook[], labels: number, predictions: number, final: boolean, policy: QualityPolicy): Pick<QualityLook, 'kind' | 'alpha'> | undefined {
  const last = looks[looks.length - 1];
  if (last?.kind === 'FINAL') return undefined;
  const left = policy.falseAlarmRate - looks.reduce((sum, { alpha }) => sum + alpha, 0);
  if (final) return { kind: 'FINAL', alpha: left };
  if (labels < policy.minimumLabels || labels === last?.labels) return undefined;
  // Predictions that were delivered later may still follow, so something is kept for them.
  if (labels === predictions) return { kind: 'COMPLETE', alpha: left * (1 - SHARE) };
  return last === undefined || labels >= 2 * last.labels ? { kind: 'INTERIM', alpha: left * SHARE } : undefined;
}
