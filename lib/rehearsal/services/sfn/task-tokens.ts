import { AwsError } from '../../kernel/aws-error';
import { StatesError } from './states-error';

/** A task that waits for somebody to send its token back. */
export interface PendingTask {
  readonly token: string;
  readonly stateMachineArn: string;
  readonly callback: Promise<unknown>;
  /** Virtual time of the last sign of life. */
  heartbeat: number;
}

interface Entry extends PendingTask {
  readonly resolve: (output: unknown) => void;
  readonly reject: (failure: StatesError) => void;
  open: boolean;
}

/** Tokens of tasks with the pattern "Wait for a Callback with Task Token" (Step Functions guide, "Discover service integration patterns"). */
export class TaskTokens {
  private readonly entries = new Map<string, Entry>();

  public constructor(private readonly now: () => number) {}

  public create(id: string, stateMachineArn: string): PendingTask {
    const token = Buffer.from(`${stateMachineArn} ${id}`).toString('base64');
    let resolve!: (output: unknown) => void;
    let reject!: (failure: StatesError) => void;
    const callback = new Promise<unknown>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    callback.catch(() => undefined);
    const entry: Entry = { token, stateMachineArn, callback, heartbeat: this.now(), resolve, reject, open: true };
    this.entries.set(token, entry);
    return entry;
  }

  /** The task is over; its token is worth nothing any more. */
  public close(token: string): void {
    const entry = this.entries.get(token);
    if (entry) entry.open = false;
  }

  public stateMachineOf(token: string): string | undefined {
    return this.entries.get(token)?.stateMachineArn;
  }

  /** @throws AwsError InvalidToken, TaskTimedOut, InvalidOutput */
  public succeed(token: string, output: string): void {
    const entry = this.find(token);
    let value: unknown;
    try {
      value = JSON.parse(output) as unknown;
    } catch {
      throw new AwsError('InvalidOutput', `Invalid Output: 'Output is not valid JSON'`);
    }
    entry.open = false;
    entry.resolve(value);
  }

  /** @throws AwsError InvalidToken, TaskTimedOut */
  public fail(token: string, error: string | undefined, cause: string | undefined): void {
    const entry = this.find(token);
    entry.open = false;
    entry.reject(new StatesError(error, cause));
  }

  /** @throws AwsError InvalidToken, TaskTimedOut */
  public beat(token: string): void {
    this.find(token).heartbeat = this.now();
  }

  private find(token: string): Entry {
    const entry = this.entries.get(token);
    if (!entry) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    if (!entry.open) throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    return entry;
  }
}
