/**
 * One virtual clock drives everything. Exactly one action runs at a time, to its end or to its next `sleep`/`wait`, whatever real
 * time it takes; the next action is the one with the smallest (time, sequence). Hence the same seed gives the same run.
 *
 * Rules for code that runs inside an action:
 * - real awaits (a handler, an HTTP call to a local process, a file) are fine: virtual time stands still meanwhile;
 * - virtual waits only through `sleep` and `wait`, and never two of them at once (no Promise.all over them): use `spawn` per branch.
 */
export type Action<T> = () => Promise<T> | T;

/** A spawned action: wait for it with `clock.wait(task)`. */
export interface Task<T> {
  readonly promise: Promise<T>;
}

export interface Timer {
  cancel(): void;
}

interface Entry {
  readonly time: number;
  readonly sequence: number;
  readonly resume: () => void;
  cancelled: boolean;
}

export class VirtualClock {
  private current: number;
  private sequence = 0;
  private readonly heap: Entry[] = [];
  /** Called by the running action when it ends or suspends. */
  private yielded: (() => void) | undefined;
  private failure: unknown;

  public constructor(start: number) {
    this.current = start;
  }

  /** Milliseconds since 1970. */
  public now(): number {
    return this.current;
  }

  public iso(): string {
    return new Date(this.current).toISOString();
  }

  /** Runs `action` alone at `time` (not before now). An action that throws ends the simulation with its error. */
  public at(time: number, action: Action<unknown>): Timer {
    const entry = this.push(time, () => {
      void this.run(action).catch((error: unknown) => {
        this.failure ??= error ?? new Error('action failed');
      });
    });
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Runs `action` at the current time, after everything already due. */
  public spawn<T>(action: Action<T>): Task<T> {
    let resolve!: (value: T) => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<T>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    promise.catch(() => undefined);
    this.push(this.current, () => void this.run(action).then(resolve, reject));
    return { promise };
  }

  /** Suspends the running action for a virtual duration in milliseconds. */
  public sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.push(this.current + Math.max(0, milliseconds), resolve);
      this.suspend();
    });
  }

  /** Suspends the running action until a spawned task has ended; returns its value or throws its error. */
  public wait<T>(task: Task<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      task.promise.then(
        (value) => this.push(this.current, () => resolve(value)),
        (reason: unknown) => this.push(this.current, () => reject(reason as Error)),
      );
      this.suspend();
    });
  }

  /** Runs every action due up to and including `time`, then sets the clock to it. Call it from outside of actions only. */
  public async runUntil(time: number): Promise<void> {
    for (;;) {
      // A task that ended in the action before enqueues its waiters in microtasks.
      await Promise.resolve();
      const next = this.heap[0];
      if (!next || next.time > time) break;
      await this.step();
    }
    this.current = Math.max(this.current, time);
  }

  /** Runs until `done()` holds, checked after every action. @returns false when `limit` was reached or nothing is left to do before */
  public async runUntilDone(done: () => boolean, limit: number): Promise<boolean> {
    while (!done()) {
      await Promise.resolve();
      const next = this.heap[0];
      if (!next || next.time > limit) return done();
      await this.step();
    }
    return true;
  }

  private async step(): Promise<void> {
    const entry = this.pop();
    if (entry.cancelled) return;
    this.current = Math.max(this.current, entry.time);
    const yielded = new Promise<void>((resolve) => {
      this.yielded = resolve;
    });
    entry.resume();
    await yielded;
    if (this.failure !== undefined) {
      const failure = this.failure;
      this.failure = undefined;
      throw failure;
    }
  }

  private async run<T>(action: Action<T>): Promise<T> {
    try {
      return await action();
    } finally {
      // Let promise reactions of the action settle before the loop goes on.
      setImmediate(() => this.suspend());
    }
  }

  private suspend(): void {
    const yielded = this.yielded;
    this.yielded = undefined;
    yielded?.();
  }

  private push(time: number, resume: () => void): Entry {
    const entry: Entry = { time: Math.max(time, this.current), sequence: this.sequence++, resume, cancelled: false };
    const heap = this.heap;
    heap.push(entry);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (before(heap[parent]!, entry)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = entry;
    return entry;
  }

  private pop(): Entry {
    const heap = this.heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let parent = 0;
      for (;;) {
        let child = 2 * parent + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
        if (before(last, heap[child]!)) break;
        heap[parent] = heap[child]!;
        parent = child;
      }
      heap[parent] = last;
    }
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
