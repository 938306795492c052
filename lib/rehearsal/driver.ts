import type { DeployedResource } from './assembly/stack-deployment';
import type { StackResult } from './assembly/stack-result';
import type { RunningSimulation } from './create-simulation';
import type { FaultPlan } from './kernel/faults';
import type { Principal } from './kernel/simulation';
import { check } from './scenario';
import { Traffic, type TrafficOptions } from './driver-traffic';
import type { ExecutionSummary, StepFunctionsService } from './services/sfn';
import type { SnsService, TopicMessage } from './services/sns';

const MINUTE = 60_000;

/**
 * What a scenario holds in its hands: acts as the platform team would, through the AWS API, and lets virtual time pass. Checks read the
 * simulated AWS the same way. Its methods are called one after the other, never two at once.
 */
export class Rehearsal {
  /** Errors to inject. */
  public readonly faults: FaultPlan;
  /** Traffic that was started, for the report. */
  public readonly traffic: Traffic[] = [];
  /** Who asks the endpoint: outside of the rehearsed stacks. */
  private readonly client: Principal;

  public constructor(public readonly simulation: RunningSimulation) {
    this.faults = simulation.faults;
    this.client = { arn: `arn:${simulation.partition}:iam::${simulation.account}:user/client`, root: true };
  }

  /** Virtual time, milliseconds since 1970. */
  public get now(): number {
    return this.simulation.clock.now();
  }

  /** One AWS request of the operator, a person with all permissions. @throws AwsError */
  public aws(service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    return this.simulation.perform(() => this.simulation.invokeOperator(service, operation, input));
  }

  /** All items of a paginated operation. */
  public async awsAll(service: string, operation: string, input: Record<string, unknown>, items: string, token = 'NextToken'): Promise<any[]> {
    const found: any[] = [];
    let next: string | undefined;
    do {
      const page = await this.aws(service, operation, next === undefined ? input : { ...input, [token]: next });
      found.push(...(page[items] ?? []));
      next = page[token];
    } while (next !== undefined);
    return found;
  }

  /** Lets virtual time pass; everything that is due happens. */
  public async advance(minutes: number): Promise<void> {
    await this.simulation.clock.runUntil(this.now + minutes * MINUTE);
  }

  /** Lets virtual time pass until then (ISO); nothing when that is over. */
  public async advanceTo(time: string): Promise<void> {
    await this.simulation.clock.runUntil(Date.parse(time));
  }

  /**
   * Lets virtual time pass until it holds; asked after every action of the simulation, so it must be cheap and must not await.
   * @throws MilestoneFailure after the limit, in minutes
   */
  public async waitUntil(what: string, holds: () => boolean, limit: number): Promise<void> {
    const reached = await this.simulation.clock.runUntilDone(holds, this.now + limit * MINUTE);
    check(reached, `waited ${limit} minutes of virtual time in vain: ${what}`);
  }

  /** The resource of the construct with that path, or path below the stack: `Pipeline/Training/Workflow`. @throws when there is no such one */
  public resource(path: string, type?: string): DeployedResource {
    return this.simulation.resource(path, type);
  }

  public resourcesOfType(type: string): DeployedResource[] {
    return this.simulation.resources.filter((resource) => resource.type === type);
  }

  /**
   * Deploys another assembly of the app over what is there, as `cdk deploy` does; endpoints and custom resources take their virtual time.
   * A failure is no error of the rehearsal: look at `status` and `reason` of the last result.
   */
  public deploy(assemblyFolder: string): Promise<StackResult[]> {
    return this.simulation.deploy(assemblyFolder);
  }

  /** Deletes a stack, or all, the newest first, as `cdk destroy` does. */
  public destroy(stackName?: string): Promise<StackResult[]> {
    return this.simulation.destroy(stackName);
  }

  /** ARNs of all that exists in the account, sorted: resources of stacks, retained ones, and what was created at run time. */
  public inventory(): string[] {
    return this.simulation.inventory();
  }

  /** Executions in the order of their start; of one state machine when its construct path is given. */
  public executions(stateMachinePath?: string): ExecutionSummary[] {
    const all = this.stepFunctions.executions();
    if (stateMachinePath === undefined) return all;
    const { ref } = this.stateMachine(stateMachinePath);
    return all.filter(({ arn }) => arn.startsWith(`${ref.replace(':stateMachine:', ':execution:')}:`));
  }

  /** How many executions of the state machine were started so far. */
  public started(stateMachinePath: string): number {
    const { ref } = this.stateMachine(stateMachinePath);
    return this.stepFunctions.all().filter(({ mapRun, stateMachine }) => mapRun === undefined && stateMachine.arn === ref).length;
  }

  /** Starts an execution as a person would. @returns its ARN */
  public async start(stateMachinePath: string, input: unknown): Promise<string> {
    const { ref } = this.stateMachine(stateMachinePath);
    return (await this.aws('sfn', 'StartExecution', { stateMachineArn: ref, input: JSON.stringify(input) })).executionArn;
  }

  /** Waits until it has ended. @throws MilestoneFailure after the limit, in minutes */
  public async ended(executionArn: string, limit: number): Promise<ExecutionSummary> {
    await this.waitUntil(`${executionArn} ends`, () => this.stepFunctions.execution(executionArn).status !== 'RUNNING', limit);
    return this.stepFunctions.executions().find(({ arn }) => arn === executionArn)!;
  }

  /** Waits until it enters the state for the first time. @throws MilestoneFailure after the limit, in minutes, or when it ends before */
  public async entered(executionArn: string, state: string, limit: number): Promise<void> {
    const execution = this.stepFunctions.execution(executionArn);
    let seen = false;
    this.simulation.timeline.subscribe(({ kind, data }) => {
      seen ||= kind === 'state' && data?.execution === execution.name && data.state === state;
    });
    await this.waitUntil(`${execution.name} enters ${state}`, () => seen || execution.status !== 'RUNNING', limit);
    check(seen, `${execution.name} ended with ${execution.status} and never entered ${state}`);
  }

  /** Waits until no execution (of that state machine) runs. @throws MilestoneFailure after the limit, in minutes */
  public async settled(limit: number, stateMachinePath?: string): Promise<void> {
    const only = stateMachinePath === undefined ? undefined : this.stateMachine(stateMachinePath).ref;
    await this.waitUntil(
      `no execution of ${stateMachinePath ?? 'any workflow'} runs`,
      () => this.stepFunctions.all().every(({ status, stateMachine: { arn } }) => status !== 'RUNNING' || (only !== undefined && arn !== only)),
      limit,
    );
  }

  /** Sends requests to an endpoint from now on, beside everything else, until it is stopped. */
  public send(options: TrafficOptions): Traffic {
    const traffic = new Traffic(this.simulation, this.client, options);
    this.traffic.push(traffic);
    return traffic;
  }

  /** What was published to any topic, in the order of time. */
  public notifications(): TopicMessage[] {
    return this.simulation.service<SnsService>('sns').allMessages();
  }

  public async put(bucket: string, key: string, text: string): Promise<void> {
    await this.aws('s3', 'PutObject', { Bucket: bucket, Key: key, Body: text });
  }

  /** Keys below a prefix, sorted. */
  public async keys(bucket: string, prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.aws('s3', 'ListObjectsV2', { Bucket: bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) });
      keys.push(...((page.Contents ?? []) as { Key: string }[]).map(({ Key }) => Key));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys.sort();
  }

  public async text(bucket: string, key: string): Promise<string> {
    const { Body } = await this.aws('s3', 'GetObject', { Bucket: bucket, Key: key });
    return typeof Body === 'string' ? Body : Buffer.from(Body as Uint8Array).toString('utf8');
  }

  public async json<T>(bucket: string, key: string): Promise<T> {
    return JSON.parse(await this.text(bucket, key)) as T;
  }

  /** A sentence for timeline and report. */
  public note(message: string): void {
    this.simulation.timeline.emit({ time: this.now, kind: 'note', subject: 'scenario', message });
  }

  private stateMachine(path: string): DeployedResource {
    return this.resource(`${path}/Resource`, 'AWS::StepFunctions::StateMachine');
  }

  private get stepFunctions(): StepFunctionsService {
    return this.simulation.service<StepFunctionsService>('sfn');
  }
}
