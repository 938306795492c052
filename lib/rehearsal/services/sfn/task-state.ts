import { AwsError } from '../../kernel/aws-error';
import type { Principal, Simulation } from '../../kernel/simulation';
import type { VirtualClock } from '../../kernel/virtual-clock';
import { apiOf, errorName, type Job, parseResource, type TaskResource } from './integrations/catalogue';
import { type ApiCall, type Caller, toCall, toResult } from './integrations/shapes';
import { asText, toJson } from './integrations/values';
import type { Interpreter, StateResult, Visit } from './interpreter';
import { waitFor } from './lifeline';
import { checkPayload, StatesError } from './states-error';
import type { PendingTask } from './task-tokens';

type Json = Record<string, any>;

/** Virtual time between two looks at a job, in milliseconds. AWS learns of the end by an event, and looks by itself in between. */
const POLL_INTERVAL = 60_000;

/** Without TimeoutSeconds a task may take as long as an execution. */
const NO_TIMEOUT = 99_999_999;

/** A Task: request, and the wait that its pattern asks for (Step Functions guide, "Discover service integration patterns"). */
export async function runTaskState(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  const { execution } = interpreter;
  const resource = parseResource(visit.state.Resource);
  const pending =
    resource.pattern === 'waitForTaskToken' ? interpreter.host.tokens.create(execution.random.uuid(), execution.stateMachine.arn) : undefined;
  visit.token = pending?.token;
  try {
    return { result: await new TaskRun(interpreter, visit, resource, pending).run() };
  } finally {
    if (pending) interpreter.host.tokens.close(pending.token);
    visit.token = undefined;
  }
}

class TaskRun {
  private readonly simulation: Simulation;
  private readonly clock: VirtualClock;
  private readonly principal: Principal;
  private readonly caller: Caller;
  private deadline = Infinity;

  public constructor(
    private readonly interpreter: Interpreter,
    private readonly visit: Visit,
    private readonly resource: TaskResource,
    private readonly pending: PendingTask | undefined,
  ) {
    const { host, execution } = interpreter;
    this.simulation = host.simulation;
    this.clock = host.simulation.clock;
    this.principal = { arn: execution.stateMachine.roleArn };
    this.caller = { executionArn: execution.arn, stateMachineArn: execution.stateMachine.arn, requestId: () => execution.random.uuid() };
  }

  public async run(): Promise<unknown> {
    const { interpreter, visit, resource } = this;
    const { state } = visit;
    const given = state.Arguments ?? (resource.kind === 'function' ? visit.input : {});
    const args = checkPayload(state.Arguments === undefined ? given : await interpreter.evaluate(visit, given, 'Arguments'), 'Arguments');
    const timeout = (await interpreter.integer(visit, state.TimeoutSeconds, 'TimeoutSeconds', 1)) ?? NO_TIMEOUT;
    const heartbeat = await interpreter.integer(visit, state.HeartbeatSeconds, 'HeartbeatSeconds', 1);
    this.deadline = this.clock.now() + 1000 * timeout;
    const limits = { timeoutInSeconds: timeout, heartbeatInSeconds: heartbeat };
    this.record('Scheduled', { ...this.names, region: this.simulation.region, parameters: JSON.stringify(args), ...limits });
    this.record('Started', this.names);
    try {
      const result = await this.work(args, heartbeat);
      checkPayload(result, `The state/task '${state.Resource}' returned a result that`);
      this.record('Succeeded', { ...this.names, output: JSON.stringify(result), outputDetails: { truncated: false } });
      return result;
    } catch (error) {
      if (error instanceof StatesError) {
        const late = error.error === 'States.Timeout' || error.error === 'States.HeartbeatTimeout';
        this.record(late ? 'TimedOut' : 'Failed', { ...this.names, error: error.error, cause: error.cause });
      }
      throw error;
    }
  }

  private async work(args: unknown, heartbeat: number | undefined): Promise<unknown> {
    const { resource } = this;
    const call = toCall(resource, args, this.caller);
    const answer = await this.call(call);
    const result = await toResult(resource, answer, this.caller);
    if (this.pending) {
      this.record('Submitted', { ...this.names, output: JSON.stringify(result) });
      return this.callback(this.pending, heartbeat);
    }
    if (resource.kind === 'optimized' && resource.api.job && resource.pattern !== '') {
      this.record('Submitted', { ...this.names, output: JSON.stringify(result) });
      return this.job(resource.api.job, resource, call, answer);
    }
    return result;
  }

  /** @throws AwsError, or StatesError States.Timeout */
  private async request({ service, operation, input }: ApiCall): Promise<Json> {
    const task = this.clock.spawn(async () => ((await this.simulation.gateway.call(this.principal, service, operation, input)) ?? {}) as Json);
    const outcome = await waitFor(this.clock, this.visit.frame.lifeline, { task, deadline: this.deadline });
    if (outcome.late) throw new StatesError('States.Timeout', undefined);
    return outcome.value;
  }

  /** @throws StatesError, also States.Timeout */
  private async call(call: ApiCall): Promise<Json> {
    try {
      return await this.request(call);
    } catch (error) {
      throw error instanceof AwsError ? this.failure(error) : error;
    }
  }

  private failure(error: AwsError): Error {
    // A gap of the rehearsal must not pass for a failure that AWS would report.
    const place = `${this.interpreter.execution.stateMachine.name}, state ${this.visit.name}`;
    if (error.code === 'OperationNotSimulated') return new Error(`${place}: ${error.message}`);
    const name = errorName(this.resource, error.code);
    return new StatesError(name, `${error.message} (Service: ${name.split('.')[0]}, Status Code: ${error.statusCode}, Error Code: ${error.code})`);
  }

  /** Until somebody sends the token back, with the deadline of the task and of its heartbeats. */
  private async callback(pending: PendingTask, heartbeat: number | undefined): Promise<unknown> {
    pending.heartbeat = this.clock.now();
    for (;;) {
      const silence = heartbeat === undefined ? Infinity : pending.heartbeat + 1000 * heartbeat;
      const deadline = Math.min(this.deadline, silence);
      const outcome = await waitFor(this.clock, this.visit.frame.lifeline, { task: { promise: pending.callback }, deadline });
      if (!outcome.late) return outcome.value;
      if (this.clock.now() >= this.deadline) throw new StatesError('States.Timeout', undefined);
      if (pending.heartbeat + 1000 * heartbeat! <= this.clock.now()) throw new StatesError('States.HeartbeatTimeout', undefined);
    }
  }

  /** "Run a Job (.sync)": until the job has ended; a job that nobody waits for any more is stopped. */
  private async job(job: Job, resource: TaskResource & { kind: 'optimized' }, call: ApiCall, answer: Json): Promise<unknown> {
    const nested = resource.api.service === 'sfn';
    const arn = nested ? (answer.executionArn as string) : undefined;
    const subject = nested ? { executionArn: arn } : { [job.name]: (call.input as Json)[job.name] };
    try {
      for (;;) {
        await this.jobMoves(arn);
        const described = await this.describe(job, resource, subject);
        if (!described) continue;
        const status = String(described[job.status]);
        if (status === 'Completed' || status === 'SUCCEEDED') return described;
        if (ENDED.has(status)) throw new StatesError('States.TaskFailed', asText(described));
      }
    } catch (error) {
      if (!(error instanceof StatesError) || error.error === 'States.Timeout') this.stop(job, resource, subject);
      throw error;
    }
  }

  private async jobMoves(executionArn: string | undefined): Promise<void> {
    const { lifeline } = this.visit.frame;
    const execution = executionArn === undefined ? undefined : this.interpreter.host.find(executionArn);
    const next = execution ? Infinity : this.clock.now() + POLL_INTERVAL;
    await waitFor(this.clock, lifeline, { task: execution?.closed ?? this.interpreter.host.jobs.next, deadline: Math.min(next, this.deadline) });
    if (this.clock.now() >= this.deadline) throw new StatesError('States.Timeout', undefined);
  }

  /**
   * Description as the result of `.sync`; `.sync:2` of a nested execution gives its output as JSON instead of text.
   * @returns undefined when the answer was lost: the job goes on, and Step Functions looks again
   */
  private async describe(job: Job, resource: TaskResource & { kind: 'optimized' }, subject: Json): Promise<Json | undefined> {
    let answer: Json;
    try {
      answer = await this.request({ service: resource.api.service, operation: job.describe, input: subject });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.statusCode >= 500 || /^(Throttl|TooManyRequests|RequestTimeout|TimeoutError|NetworkingError)/.test(error.code)) return undefined;
      throw this.failure(error);
    }
    const shape = apiOf(resource)?.service.operations.get(job.describe)?.output;
    const described = (await toJson(answer, shape, 'milliseconds')) as Json;
    if (resource.pattern !== 'sync:2') return described;
    for (const member of ['Input', 'Output']) if (typeof described[member] === 'string') described[member] = JSON.parse(described[member]) as unknown;
    return described;
  }

  /** Best effort: the job may have ended, or the role may not be allowed to (guide, "Discover service integration patterns"). */
  private stop(job: Job, resource: TaskResource & { kind: 'optimized' }, subject: Json): void {
    this.clock.at(this.clock.now(), async () => {
      try {
        await this.simulation.gateway.call(this.principal, resource.api.service, job.stop, subject);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
      }
    });
  }

  private get names(): Json {
    const { resource } = this;
    if (resource.kind === 'function') return {};
    const [type, name] =
      resource.kind === 'sdk' ? [`aws-sdk:${resource.service.id.replaceAll('-', '')}`, resource.operation] : resource.id.split(':');
    const action = name![0]!.toLowerCase() + name!.slice(1);
    return { resourceType: type, resource: resource.pattern === '' ? action : `${action}.${resource.pattern}` };
  }

  private record(what: 'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut', details: Json): void {
    const isFunction = this.resource.kind === 'function';
    const { parameters, region: _region, ...rest } = details;
    const scheduled = what === 'Scheduled' ? { resource: this.visit.state.Resource, input: parameters as string } : {};
    const members = isFunction ? { ...rest, ...scheduled } : details;
    const known = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
    const type = `${isFunction ? 'LambdaFunction' : 'Task'}${what}`;
    this.interpreter.execution.history.add(this.visit.frame.thread, type, Object.keys(known).length > 0 ? known : undefined);
  }
}

/** Status words of jobs and executions that have ended without success. */
const ENDED = new Set(['Failed', 'Stopped', 'FAILED', 'TIMED_OUT', 'ABORTED']);
