import { logGamma } from '../../drift';
import { normalQuantile } from './normal';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson score interval of a share (E. B. Wilson, 1927), two-sided. Nothing is known without trials. */
export function wilsonInterval(successes: number, trials: number, confidence: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const z2 = normalQuantile((1 - confidence) / 2) ** 2;
  const p = successes / trials;
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = Math.sqrt((z2 * p * (1 - p)) / trials + (z2 / (2 * trials)) ** 2) / (1 + z2 / trials);
  return { low: successes === 0 ? 0 : Math.max(0, centre - half), high: successes === trials ? 1 : Math.min(1, centre + half) };
}

/**
 * Logarithm of how much likelier the counts are under shares drawn uniformly from 0 to 1 than under the share `p`: the beta-binomial
 * mixture (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon, arXiv 1810.08240, section 3). Under `p` a nonnegative martingale, so it
 * exceeds ln(1 / alpha) with probability at most alpha, however often one looks; exact, also for a handful of events.
 */
export function logMixtureRatio(successes: number, trials: number, p: number): number {
  const failures = trials - successes;
  if ((p <= 0 && successes > 0) || (p >= 1 && failures > 0)) return Infinity;
  const likelihood = (successes === 0 ? 0 : successes * Math.log(p)) + (failures === 0 ? 0 : failures * Math.log1p(-p));
  return logGamma(successes + 1) + logGamma(failures + 1) - logGamma(trials + 2) - likelihood;
}

/** The shares that the mixture does not exclude: an interval that holds at all looks together with probability 1 - alpha. */
export function proportionSequence(successes: number, trials: number, alpha: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const limit = Math.log(1 / alpha);
  const estimate = successes / trials;
  const edge = (outside: number): number => {
    if (logMixtureRatio(successes, trials, outside) <= limit) return outside;
    let [excluded, kept] = [outside, estimate];
    for (;;) {
      const middle = excluded + (kept - excluded) / 2;
      if (middle === excluded || middle === kept) return kept;
      if (logMixtureRatio(successes, trials, middle) > limit) excluded = middle;
      else kept = middle;
    }
  };
  return { low: edge(0), high: edge(1) };
}
