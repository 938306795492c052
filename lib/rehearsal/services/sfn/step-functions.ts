import { AwsError } from '../../kernel/aws-error';
import type { Random } from '../../kernel/random';
import type { Authorization, AwsRequest, CreatedResource, ExistingResource, ResourceLifecycle, ResourceRequest, SimulatedService, Simulation } from '../../kernel/simulation';
import { announce, announceState } from './announcements';
import type { State } from './definition';
import { Execution, type ExecutionStatus, type MapRun, type StateMachine } from './execution';
import { type Host, Interpreter } from './interpreter';
import { type Lifeline, Signal } from './lifeline';
import { authorizeOperation, handleOperation } from './operations';
import { requireRolePermissions } from './role-permissions';
import { checkName, createStateMachine } from './state-machines';
import { checkPayload, Ended, StatesError } from './states-error';
import { TaskTokens } from './task-tokens';
import { Variables } from './variables';

/** A name is free again so long after its execution (API reference, StartExecution, name). */
const NAME_RETENTION = 90 * 24 * 3600 * 1000;
/** Express executions end after five minutes (guide, "Choosing workflow type"). */
const EXPRESS_LIMIT = 300;

/** Status of a job that is over, as SageMaker announces it. */
const ENDED_JOB: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Stopped']);

/** An execution, for scenario, summary and report. */
export interface ExecutionSummary {
  readonly stateMachine: string;
  readonly name: string;
  readonly arn: string;
  readonly status: ExecutionStatus;
  readonly startTime: number;
  readonly stopTime?: number;
  readonly input: unknown;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

/** Simulated AWS Step Functions: the state machines of the template run on the virtual clock. docs/rehearsal/step-functions.md. */
export class StepFunctionsService implements SimulatedService, Host {
  public readonly id = 'sfn';
  public readonly tokens: TaskTokens;
  public readonly jobs = new Signal();
  public readonly resources = {
    'AWS::StepFunctions::StateMachine': (request: ResourceRequest): Promise<CreatedResource> => this.create(request),
  };
  public readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::StepFunctions::StateMachine': {
      update: (request, existing) => this.update(request, existing),
      delete: ({ ref }) => this.delete(ref),
    },
  };
  private readonly machines = new Map<string, StateMachine>();
  private readonly started = new Map<string, Execution>();
  private readonly names: Random;

  public constructor(public readonly simulation: Simulation) {
    this.tokens = new TaskTokens(() => simulation.clock.now());
    this.names = simulation.random.stream('sfn execution names');
    simulation.timeline.subscribe(({ kind, status }) => {
      if (kind === 'job' && status !== undefined && ENDED_JOB.has(status)) this.jobs.notify();
    });
  }

  public inventory(): string[] {
    return [...this.machines.keys()];
  }

  public authorize(request: AwsRequest): Authorization[] {
    return authorizeOperation(this, request);
  }

  public handle(request: AwsRequest): unknown {
    return handleOperation(this, request);
  }

  /** All executions but those of distributed Maps, in the order of their start. */
  public executions(): ExecutionSummary[] {
    return this.all().filter((execution) => !execution.mapRun).map(summary);
  }

  public running(): ExecutionSummary[] {
    return this.executions().filter((execution) => execution.status === 'RUNNING');
  }

  /** Starts an execution for the rehearsal itself. @param stateMachine ARN, name or logical id */
  public start(stateMachine: string, options: { input?: unknown; name?: string } = {}): ExecutionSummary {
    const machine = this.stateMachines().find(({ arn, name, logicalId }) => [arn, name, logicalId].includes(stateMachine));
    if (!machine) throw new Error(`There is no state machine ${stateMachine}; there are: ${this.stateMachines().map(({ name }) => name).join(', ')}`);
    return summary(this.startExecution(machine.arn, JSON.stringify(options.input ?? {}), options.name));
  }

  public stateMachines(): StateMachine[] {
    return [...this.machines.values()];
  }

  /** @throws AwsError StateMachineDoesNotExist */
  public stateMachine(arn: string): StateMachine {
    const machine = this.machines.get(arn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  public all(): Execution[] {
    return [...this.started.values()];
  }

  public find(arn: string): Execution | undefined {
    return this.started.get(arn);
  }

  /** @throws AwsError ExecutionDoesNotExist */
  public execution(arn: string): Execution {
    const execution = this.find(arn);
    if (!execution) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  /** @throws AwsError ExecutionAlreadyExists, InvalidExecutionInput, InvalidName, StateMachineDoesNotExist */
  public startExecution(stateMachineArn: string, input = '{}', name = this.names.uuid()): Execution {
    const { partition, region, account, clock } = this.simulation;
    const stateMachine = this.stateMachine(stateMachineArn);
    checkName(name);
    try {
      checkPayload(JSON.parse(input), 'The input');
    } catch (error) {
      throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${(error as Error).message}'`);
    }
    const prefix = `arn:${partition}:states:${region}:${account}`;
    const isExpress = stateMachine.type === 'EXPRESS';
    const arn = isExpress ? `${prefix}:express:${stateMachine.name}:${name}:${this.names.uuid()}` : `${prefix}:execution:${stateMachine.name}:${name}`;
    const earlier = this.started.get(arn);
    if (earlier && clock.now() < (earlier.stopTime ?? clock.now()) + NAME_RETENTION) {
      // Idempotent while the first one runs with the same input (API reference, StartExecution).
      if (earlier.status === 'RUNNING' && earlier.input === input) return earlier;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    this.started.delete(arn);
    const execution = new Execution({
      arn,
      name,
      stateMachine,
      machine: stateMachine.machine,
      input,
      random: this.simulation.random.stream(`sfn ${arn} ${clock.now()}`),
      now: () => clock.now(),
    });
    this.begin(execution);
    return execution;
  }

  public startChild(parent: Execution, state: State, map: { arn: string; label: string; name: string; input: unknown; lifeline: Lifeline }): Execution {
    const { partition, region, account, clock, random } = this.simulation;
    const processor = state.ItemProcessor!;
    const executionType = processor.ProcessorConfig!.ExecutionType!;
    const mapRun: MapRun = { arn: map.arn, machineName: `${parent.stateMachine.name}/${map.label}`, executionType };
    const prefix = `arn:${partition}:states:${region}:${account}`;
    const arn =
      executionType === 'EXPRESS'
        ? `${prefix}:express:${mapRun.machineName}:${map.arn.split(':').at(-1)!}:${map.name}`
        : `${prefix}:execution:${mapRun.machineName}:${map.name}`;
    const execution = new Execution({
      arn,
      name: map.name,
      stateMachine: parent.stateMachine,
      machine: processor,
      input: JSON.stringify(map.input),
      random: random.stream(`sfn ${arn}`),
      now: () => clock.now(),
      mapRun,
      parent: map.lifeline,
    });
    this.begin(execution);
    return execution;
  }

  /** Stops an execution: what it waits for is stopped with it. */
  public abort(execution: Execution, why: { error?: string; cause?: string }): void {
    this.conclude(execution, 'ABORTED', why);
    execution.lifeline.end(new Ended());
  }

  public entering(execution: Execution, state: string): void {
    const { clock, faults } = this.simulation;
    const { name, logicalId } = execution.stateMachine;
    const crash = faults.crash(clock.now(), name.includes(logicalId) ? name : `${name} ${logicalId}`, state);
    if (crash) {
      this.abort(execution, { error: 'Rehearsal.Crash', cause: `fault ${crash.id} ended the execution before state ${state}` });
      throw execution.lifeline.ended!;
    }
    announceState(this.simulation, execution, state);
  }

  private async create(request: ResourceRequest): Promise<CreatedResource> {
    const machine = await createStateMachine(this.simulation, request);
    if (this.machines.has(machine.arn)) throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${machine.arn}'`);
    requireRolePermissions(this.simulation, machine);
    this.machines.set(machine.arn, machine);
    return { ref: machine.arn, attributes: { Arn: machine.arn, Name: machine.name, StateMachineRevisionId: 'INITIAL' } };
  }

  /** Executions that run go on with the old definition and role (API reference, UpdateStateMachine). */
  private async update(request: ResourceRequest, existing: ExistingResource): Promise<CreatedResource> {
    const machine = await createStateMachine(this.simulation, request);
    requireRolePermissions(this.simulation, machine);
    this.machines.set(existing.ref, { ...machine, createdAt: this.stateMachine(existing.ref).createdAt });
    return existing;
  }

  /** AWS ends what runs at its next transition (API reference, DeleteStateMachine); here at once. */
  private delete(arn: string): void {
    this.machines.delete(arn);
    for (const execution of this.all()) {
      if (execution.stateMachine.arn === arn && execution.status === 'RUNNING' && !execution.mapRun) this.abort(execution, { cause: 'The state machine was deleted.' });
    }
  }

  private begin(execution: Execution): void {
    this.started.set(execution.arn, execution);
    execution.history.add({ last: 0 }, 'ExecutionStarted', {
      input: execution.input,
      inputDetails: { truncated: false },
      roleArn: execution.stateMachine.roleArn,
    });
    announce(this.simulation, execution);
    this.simulation.clock.spawn(() => this.run(execution));
  }

  private async run(execution: Execution): Promise<void> {
    const { clock } = this.simulation;
    const isExpress = (execution.mapRun?.executionType ?? execution.stateMachine.type) === 'EXPRESS';
    const seconds = Math.min(execution.machine.TimeoutSeconds ?? Infinity, isExpress ? EXPRESS_LIMIT : Infinity);
    const timer =
      seconds === Infinity
        ? undefined
        : clock.at(execution.startTime + 1000 * seconds, () => {
            this.conclude(execution, 'TIMED_OUT', { error: 'States.Timeout' });
            execution.lifeline.end(new Ended());
          });
    try {
      const frame = { variables: new Variables(), lifeline: execution.lifeline, thread: { last: 1 } };
      const output = await new Interpreter(this, execution).run(execution.machine, JSON.parse(execution.input), frame);
      this.conclude(execution, 'SUCCEEDED', { output: JSON.stringify(output) });
    } catch (error) {
      if (error instanceof StatesError) this.conclude(execution, 'FAILED', { error: error.error, cause: error.cause });
      // Ended from above: the Map Run of a child, which closes nothing itself.
      else if (error instanceof Ended) this.conclude(execution, 'ABORTED', {});
      // Not AWS's doing: a mistake of the rehearsal, which must end it loudly.
      else clock.at(clock.now(), () => Promise.reject(error as Error));
    } finally {
      timer?.cancel();
    }
  }

  private conclude(execution: Execution, status: Exclude<ExecutionStatus, 'RUNNING'>, result: { output?: string; error?: string; cause?: string }): void {
    if (execution.close(status, result)) announce(this.simulation, execution);
  }
}

function summary(execution: Execution): ExecutionSummary {
  return {
    stateMachine: execution.stateMachine.name,
    name: execution.name,
    arn: execution.arn,
    status: execution.status,
    startTime: execution.startTime,
    stopTime: execution.stopTime,
    input: JSON.parse(execution.input) as unknown,
    output: execution.output === undefined ? undefined : (JSON.parse(execution.output) as unknown),
    error: execution.error,
    cause: execution.cause,
  };
}

export function createStepFunctions(simulation: Simulation): StepFunctionsService {
  return new StepFunctionsService(simulation);
}
