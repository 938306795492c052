import type { Simulation } from '../../kernel/simulation';
import type { Machine, State } from './definition';
import type { Execution } from './execution';
import { evaluateTemplate } from './expression';
import { jsonataFunctions } from './functions';
import type { HistoryThread } from './history';
import { type Lifeline, type Signal, sleepUntil } from './lifeline';
import { catcherFor, Retries } from './retry';
import { runChoice, runFail, runWait } from './simple-states';
import { runMap } from './map';
import { runParallel } from './parallel';
import { checkPayload, Ended, StatesError } from './states-error';
import { runTaskState } from './task-state';
import type { TaskTokens } from './task-tokens';
import { Variables } from './variables';

/** What the interpreter needs of the service around it. */
export interface Host {
  readonly simulation: Simulation;
  readonly tokens: TaskTokens;
  /** Some job has ended: what the managed rules of `.sync` tell Step Functions. */
  readonly jobs: Signal;
  /** The execution with that ARN, of any state machine. */
  find(executionArn: string): Execution | undefined;
  /** Starts a child execution of a distributed Map; it is over when `closed` settles. */
  startChild(parent: Execution, state: State, map: { arn: string; label: string; name: string; input: unknown; lifeline: Lifeline }): Execution;
  /** A state is entered: timeline and faults. @throws Ended when a crash fault strikes */
  entering(execution: Execution, state: string): void;
}

/** A run through one list of states: the machine's own, a branch's, or an iteration's. */
export interface Frame {
  readonly variables: Variables;
  readonly lifeline: Lifeline;
  readonly thread: HistoryThread;
  /** `$states.context.Map` inside of an iteration. */
  readonly map?: { readonly Item: { readonly Index: number; readonly Value: unknown } };
}

/** A state that is being run. */
export interface Visit {
  readonly name: string;
  readonly state: State;
  readonly input: unknown;
  readonly frame: Frame;
  /** Id of the history's event. */
  readonly entered: number;
  readonly enteredTime: string;
  retryCount: number;
  /** Token of a task that waits for a callback. */
  token?: string;
}

/** What a state did: its result, and where its own rule (choice rule, catcher) leads. */
export interface StateResult {
  readonly result: unknown;
  readonly next?: string;
  readonly output?: unknown;
  readonly assign?: Record<string, unknown>;
}

type Extra = { result?: unknown; errorOutput?: unknown; map?: Frame['map'] };

/**
 * Interpreter of the Amazon States Language, JSONata only (states-language.net; Step Functions guide, "Using Amazon States Language").
 * States take no virtual time by themselves; waits, retries and tasks do.
 */
export class Interpreter {
  private readonly functions: Record<string, unknown>;

  public constructor(
    public readonly host: Host,
    public readonly execution: Execution,
  ) {
    this.functions = jsonataFunctions(execution.random, () => host.simulation.clock.now());
  }

  /** @returns the output. @throws StatesError, or Ended when the lifeline was cut */
  public async run(machine: Machine, input: unknown, frame: Frame): Promise<unknown> {
    let value = input;
    for (let name: string | undefined = machine.StartAt; name !== undefined; ) {
      const end: { next?: string; output: unknown } = await this.visit(name, machine.States[name]!, value, frame);
      name = end.next;
      value = end.output;
    }
    return value;
  }

  private async visit(name: string, state: State, input: unknown, frame: Frame): Promise<{ next?: string; output: unknown }> {
    const { execution } = this;
    frame.lifeline.check();
    this.host.entering(execution, name);
    if (execution.history.full) throw new StatesError('States.Runtime', 'The execution reached the maximum number of history events (25000).');
    const entered = execution.history.add(frame.thread, `${state.Type}StateEntered`, {
      name,
      input: JSON.stringify(input),
      inputDetails: { truncated: false },
    });
    const visit: Visit = { name, state, input, frame, entered, enteredTime: this.host.simulation.clock.iso(), retryCount: 0 };
    const end = await this.attempts(visit);
    execution.history.add(frame.thread, `${state.Type}StateExited`, {
      name,
      output: JSON.stringify(end.output),
      outputDetails: { truncated: false },
    });
    return end;
  }

  /** The state with its Retry and Catch. */
  private async attempts(visit: Visit): Promise<{ next?: string; output: unknown }> {
    const { state, frame } = visit;
    const { clock } = this.host.simulation;
    const retries = new Retries(state.Retry ?? [], this.execution.random);
    for (;;) {
      try {
        const done = await this.dispatch(visit);
        const isRule = done.next !== undefined;
        const extra = { result: done.result };
        const { output, assign } = isRule ? done : { output: state.Output, assign: state.Assign };
        return await this.finish(visit, extra, done.result, output, assign, done.next ?? state.Next);
      } catch (thrown) {
        if (!(thrown instanceof StatesError)) throw thrown;
        const error = located(thrown, visit);
        const delay = retries.next(error);
        if (delay !== undefined) {
          await sleepUntil(clock, frame.lifeline, clock.now() + delay);
          visit.retryCount++;
          continue;
        }
        const catcher = catcherFor(state.Catch ?? [], error);
        if (!catcher) throw error;
        const errorOutput = error.output;
        try {
          return await this.finish(visit, { errorOutput }, errorOutput, catcher.Output, catcher.Assign, catcher.Next);
        } catch (failed) {
          throw failed instanceof StatesError ? located(failed, visit) : failed;
        }
      }
    }
  }

  private dispatch(visit: Visit): Promise<StateResult> {
    switch (visit.state.Type) {
      case 'Pass':
      case 'Succeed':
        return Promise.resolve({ result: visit.input });
      case 'Task':
        return runTaskState(this, visit);
      case 'Choice':
        return runChoice(this, visit);
      case 'Wait':
        return runWait(this, visit);
      case 'Fail':
        return runFail(this, visit);
      case 'Parallel':
        return runParallel(this, visit);
      case 'Map':
        return runMap(this, visit);
    }
  }

  /** Output and Assign both see the variables as they were; the assignment takes effect with the transition. */
  private async finish(
    visit: Visit,
    extra: Extra,
    fallback: unknown,
    output: unknown,
    assign: Record<string, unknown> | undefined,
    next: string | undefined,
  ): Promise<{ next?: string; output: unknown }> {
    const assigned = assign === undefined ? undefined : ((await this.evaluate(visit, assign, 'Assign', extra)) as Record<string, unknown>);
    const value = output === undefined ? fallback : await this.evaluate(visit, output, 'Output', extra);
    checkPayload(value, `The output of the state '${visit.name}'`);
    if (assigned) visit.frame.variables.assign(assigned);
    return { next, output: value };
  }

  /** Evaluates the expressions in a field of the state. @throws StatesError States.QueryEvaluationError */
  public evaluate(visit: Visit, value: unknown, field: string, extra: Extra = {}): Promise<unknown> {
    const bindings = {
      ...this.functions,
      ...visit.frame.variables.bindings(),
      states: {
        input: visit.input,
        context: this.context(visit, extra.map ?? visit.frame.map),
        ...('result' in extra ? { result: extra.result } : {}),
        ...('errorOutput' in extra ? { errorOutput: extra.errorOutput } : {}),
      },
    };
    return evaluateTemplate(value, bindings, field);
  }

  /** A field that holds a number, or an expression that gives one. */
  public async integer(visit: Visit, value: unknown, field: string, minimum: number): Promise<number | undefined> {
    if (value === undefined) return undefined;
    const number = await this.evaluate(visit, value, field);
    if (!Number.isInteger(number) || (number as number) < minimum) {
      const problem = `must be an integer of at least ${minimum}, is ${JSON.stringify(number)}`;
      throw new StatesError('States.QueryEvaluationError', `The field '${field}' ${problem}.`);
    }
    return number as number;
  }

  /** Context object (guide, "Accessing execution data from the Context object"). */
  private context(visit: Visit, map: Frame['map']): Record<string, unknown> {
    const { execution } = this;
    return {
      Execution: {
        Id: execution.arn,
        Input: JSON.parse(execution.input) as unknown,
        Name: execution.name,
        RoleArn: execution.stateMachine.roleArn,
        StartTime: new Date(execution.startTime).toISOString(),
        RedriveCount: 0,
      },
      State: { EnteredTime: visit.enteredTime, Name: visit.name, RetryCount: visit.retryCount },
      StateMachine: { Id: execution.stateMachine.arn, Name: execution.stateMachine.name },
      ...(map ? { Map: map } : {}),
      ...(visit.token === undefined ? {} : { Task: { Token: visit.token } }),
    };
  }
}

/** Errors of the language itself, whose cause names the state. Those of an inner state name that one. */
const LANGUAGE_ERRORS = new Set(['States.QueryEvaluationError', 'States.Runtime']);
const LOCATED = 'An error occurred while executing the state';

function located(error: StatesError, visit: Visit): StatesError {
  if (!LANGUAGE_ERRORS.has(error.error ?? '') || error.cause?.startsWith(LOCATED)) return error;
  return new StatesError(error.error, `${LOCATED} '${visit.name}' (entered at the event id #${visit.entered}). ${error.cause}`);
}

/** Ends the other branches when one has failed. */
export class SiblingFailed extends Ended {}
