/** The place of one SDK call among the calls of the same handler. */
export interface Ticket {
  /** Runs at once when every earlier call has arrived, else when it has. A repeated attempt runs at once. */
  arrive<T>(run: () => Promise<T>): Promise<T>;
  /** The call ended, perhaps without ever arriving. */
  release(): void;
}

interface Entry {
  run?: () => void;
}

/**
 * Requests that a handler sends at once (`Promise.all`) take different numbers of steps through the SDK: some hash, some compress. Here they
 * reach the simulated AWS in the order in which the handler sent them.
 */
export class ArrivalOrder {
  private readonly waiting: Entry[] = [];

  public take(): Ticket {
    const entry: Entry = {};
    this.waiting.push(entry);
    return {
      arrive: (run) =>
        new Promise((resolve, reject) => {
          entry.run = () => run().then(resolve, reject);
          if (this.waiting.includes(entry)) this.advance();
          else entry.run();
        }),
      release: () => {
        const place = this.waiting.indexOf(entry);
        if (place < 0) return;
        this.waiting.splice(place, 1);
        this.advance();
      },
    };
  }

  private advance(): void {
    while (this.waiting[0]?.run) this.waiting.shift()!.run!();
  }
}
