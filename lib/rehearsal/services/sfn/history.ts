/** Most events an execution may have; the next one fails it (Step Functions guide, "Step Functions service quotas"). */
export const HISTORY_LIMIT = 25_000;

/** One event as GetExecutionHistory answers it. */
export interface HistoryEvent {
  readonly timestamp: Date;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  readonly [details: `${string}EventDetails`]: Record<string, unknown>;
}

/** Where a branch of the history stands: the id of its newest event. */
export interface HistoryThread {
  last: number;
}

export class History {
  public readonly events: HistoryEvent[] = [];
  private closed = false;

  public constructor(private readonly now: () => number) {}

  /** @returns the id of the event */
  public add(thread: HistoryThread, type: string, details?: Record<string, unknown>): number {
    if (this.closed) return thread.last;
    const id = this.events.length + 1;
    this.events.push({
      timestamp: new Date(this.now()),
      type,
      id,
      previousEventId: thread.last,
      ...(details ? { [detailsName(type)]: details } : {}),
    });
    thread.last = id;
    return id;
  }

  /** The last event of all; nothing comes after it. */
  public close(type: string, details: Record<string, unknown>): void {
    this.add({ last: this.events.length }, type, details);
    this.closed = true;
  }

  public get full(): boolean {
    return this.events.length >= HISTORY_LIMIT;
  }
}

/** `TaskScheduled` → `taskScheduledEventDetails`; entering and leaving have one member for all types of states. */
function detailsName(type: string): `${string}EventDetails` {
  const name = type.replace(/^\w+(State(?:Entered|Exited))$/, '$1');
  return `${name[0]!.toLowerCase()}${name.slice(1)}EventDetails`;
}
