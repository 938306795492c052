import type { Random } from '../../kernel/random';
import type { Task } from '../../kernel/virtual-clock';
import type { Machine } from './definition';
import { History } from './history';
import { Lifeline } from './lifeline';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** A state machine of the template. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly logicalId: string;
  readonly roleArn: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly definition: string;
  readonly machine: Machine;
  readonly createdAt: number;
  readonly properties: Record<string, unknown>;
}

/** Started by a distributed Map. */
export interface MapRun {
  readonly arn: string;
  /** `<state machine>/<label>` */
  readonly machineName: string;
  readonly executionType: 'STANDARD' | 'EXPRESS';
}

export interface ExecutionProps {
  readonly arn: string;
  readonly name: string;
  readonly stateMachine: StateMachine;
  readonly machine: Machine;
  /** JSON text as StartExecution got it. */
  readonly input: string;
  readonly random: Random;
  readonly now: () => number;
  readonly mapRun?: MapRun;
  /** A child execution ends with the execution that started it. */
  readonly parent?: Lifeline;
}

export class Execution {
  public readonly arn: string;
  public readonly name: string;
  public readonly stateMachine: StateMachine;
  public readonly machine: Machine;
  public readonly input: string;
  public readonly random: Random;
  public readonly mapRun: MapRun | undefined;
  public readonly startTime: number;
  public readonly history: History;
  public readonly lifeline: Lifeline;
  /** Settles when the execution has ended, never with an error. */
  public readonly closed: Task<void>;
  public status: ExecutionStatus = 'RUNNING';
  public stopTime: number | undefined;
  public output: string | undefined;
  public error: string | undefined;
  public cause: string | undefined;
  private readonly settle: () => void;
  private readonly now: () => number;

  public constructor(props: ExecutionProps) {
    this.arn = props.arn;
    this.name = props.name;
    this.stateMachine = props.stateMachine;
    this.machine = props.machine;
    this.input = props.input;
    this.random = props.random;
    this.mapRun = props.mapRun;
    this.now = props.now;
    this.startTime = props.now();
    this.history = new History(props.now);
    this.lifeline = new Lifeline(props.parent);
    let settle!: () => void;
    this.closed = { promise: new Promise<void>((resolve) => (settle = resolve)) };
    this.settle = settle;
  }

  /** @returns false when it had ended before: the first end counts */
  public close(status: Exclude<ExecutionStatus, 'RUNNING'>, result: { output?: string; error?: string; cause?: string }): boolean {
    if (this.status !== 'RUNNING') return false;
    this.status = status;
    this.stopTime = this.now();
    this.output = result.output;
    this.error = result.error;
    this.cause = result.cause;
    const type = { SUCCEEDED: 'ExecutionSucceeded', FAILED: 'ExecutionFailed', TIMED_OUT: 'ExecutionTimedOut', ABORTED: 'ExecutionAborted' }[status];
    const details = status === 'SUCCEEDED' ? { output: result.output, outputDetails: { truncated: false } } : { error: result.error, cause: result.cause };
    this.history.close(type, Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)));
    this.settle();
    return true;
  }
}
