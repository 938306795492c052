import type { Random } from '../../kernel/random';
import type { Catcher, Retrier } from './definition';
import { matchesError, type StatesError } from './states-error';

/**
 * Retriers of one visit to a state; each counts its own attempts (states-language.net, "Retrying after error"; Step Functions guide,
 * "Handling errors": defaults 1 second, 3 attempts, rate 2.0, no jitter).
 */
export class Retries {
  private readonly attempts: number[];

  public constructor(
    private readonly retriers: readonly Retrier[],
    private readonly random: Random,
  ) {
    this.attempts = retriers.map(() => 0);
  }

  /** @returns milliseconds to wait before the next attempt, or undefined when the error is not retried (any more) */
  public next(error: StatesError): number | undefined {
    const index = this.retriers.findIndex((candidate) => matchesError(candidate.ErrorEquals, error));
    const retrier = this.retriers[index];
    if (!retrier) return undefined;
    const attempt = this.attempts[index]!++;
    if (attempt >= (retrier.MaxAttempts ?? 3)) return undefined;
    const backoff = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempt;
    const seconds = Math.min(backoff, retrier.MaxDelaySeconds ?? Infinity);
    return 1000 * (retrier.JitterStrategy === 'FULL' ? seconds * this.random.next() : seconds);
  }
}

export function catcherFor(catchers: readonly Catcher[], error: StatesError): Catcher | undefined {
  return catchers.find((catcher) => matchesError(catcher.ErrorEquals, error));
}
