import type { Task, VirtualClock } from '../../kernel/virtual-clock';
import { Ended } from './states-error';

/** What an execution, a branch or an iteration hangs on. Cutting it ends every virtual wait below it with the reason. */
export class Lifeline {
  private reason: Ended | undefined;
  private readonly watchers = new Set<() => void>();

  public constructor(private readonly parent?: Lifeline) {}

  public get ended(): Ended | undefined {
    return this.reason ?? this.parent?.ended;
  }

  public child(): Lifeline {
    return new Lifeline(this);
  }

  public end(reason: Ended): void {
    if (this.ended) return;
    this.reason = reason;
    for (const watcher of [...this.watchers]) watcher();
  }

  /** @throws Ended */
  public check(): void {
    if (this.ended) throw this.ended;
  }

  /** Calls back when this lifeline or one above it is cut. @returns stops watching */
  public watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    const unwatch = this.parent?.watch(watcher);
    return () => {
      this.watchers.delete(watcher);
      unwatch?.();
    };
  }
}

/** Wakes everybody who waits for it. */
export class Signal {
  private wake: () => void = () => undefined;
  private coming: Promise<void> = new Promise((resolve) => (this.wake = resolve));

  public get next(): Task<void> {
    return { promise: this.coming };
  }

  public notify(): void {
    const wake = this.wake;
    this.coming = new Promise((resolve) => (this.wake = resolve));
    wake();
  }
}

export type Outcome<T> = { readonly late: false; readonly value: T } | { readonly late: true };

/**
 * Suspends the running action until the task has ended, the deadline has come, or the lifeline is cut, whatever is first.
 * @throws Ended when the lifeline is cut, or the error of the task
 */
export async function waitFor<T>(clock: VirtualClock, lifeline: Lifeline, options: { task?: Task<T>; deadline?: number }): Promise<Outcome<T>> {
  lifeline.check();
  let resolve!: (outcome: Outcome<T>) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<Outcome<T>>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const unwatch = lifeline.watch(() => reject(lifeline.ended));
  const timer = options.deadline === undefined ? undefined : clock.at(options.deadline, () => resolve({ late: true }));
  options.task?.promise.then((value) => resolve({ late: false, value }), reject);
  try {
    return await clock.wait({ promise });
  } finally {
    unwatch();
    timer?.cancel();
  }
}

/** @throws Ended */
export async function sleepUntil(clock: VirtualClock, lifeline: Lifeline, time: number): Promise<void> {
  await waitFor<never>(clock, lifeline, { deadline: time });
}

/**
 * Runs `count` pieces of work, at most `limit` at a time, started in order. `work` reports its own failures: what it throws ends all.
 */
export async function runPool(clock: VirtualClock, count: number, limit: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const lanes = Array.from({ length: Math.min(limit, count) }, () =>
    clock.spawn(async () => {
      while (next < count && !failure) {
        try {
          await work(next++);
        } catch (error) {
          failure ??= { error };
        }
      }
    }),
  );
  for (const lane of lanes) await clock.wait(lane);
  if (failure) throw failure.error;
}
