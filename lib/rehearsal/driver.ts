import { closest } from './aws/closest';
import type { FaultPlan } from './kernel/faults';
import type { Principal, Simulation } from './kernel/simulation';
import { check } from './scenario';
import { Traffic, type TrafficOptions } from './driver-traffic';
import type { ExecutionSummary, StepFunctionsService } from './services/sfn';

const MINUTE = 60_000;

/** A resource of the rehearsed stacks. */
export interface DeployedResource {
  readonly constructPath: string;
  readonly type: string;
  readonly logicalId: string;
  /** What `Ref` gives: the bucket's name, the topic's or state machine's ARN. */
  readonly ref: string;
}

/**
 * What a scenario holds in its hands: acts as the platform team would, through the AWS API, and lets virtual time pass. Checks read the
 * simulated AWS the same way. Its methods are called one after the other, never two at once.
 */
export class Rehearsal {
  /** Errors to inject. */
  public readonly faults: FaultPlan;
  /** Traffic that was started, for the report. */
  public readonly traffic: Traffic[] = [];
  private readonly operator: Principal;
  private readonly client: Principal;

  public constructor(
    public readonly simulation: Simulation,
    private readonly resources: readonly DeployedResource[],
  ) {
    this.faults = simulation.faults;
    const account = `arn:${simulation.partition}:iam::${simulation.account}`;
    this.operator = { arn: `${account}:user/operator`, root: true };
    this.client = { arn: `${account}:user/client`, root: true };
  }

  /** Virtual time, milliseconds since 1970. */
  public get now(): number {
    return this.simulation.clock.now();
  }

  /** One AWS request of the operator, a person with all permissions. @throws AwsError */
  public aws(service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    return this.act(() => this.simulation.gateway.call(this.operator, service, operation, input));
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

  /** The resource of the construct with that path, or path below the stack: `Pipeline/DataLake/Bucket`. */
  public resource(path: string): DeployedResource {
    const matches = this.resources.filter(({ constructPath }) => pathForms(constructPath).includes(path));
    if (matches.length === 1) return matches[0]!;
    const hint = closest(path, this.resources.map(({ constructPath }) => pathForms(constructPath).at(-1)!));
    throw new Error(`${matches.length} resources have the construct path ${path}${hint === undefined ? '' : `; did you mean ${hint}?`}`);
  }

  public resourcesOfType(type: string): DeployedResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** Executions in the order of their start; of one state machine when its construct path is given. */
  public executions(stateMachinePath?: string): ExecutionSummary[] {
    const all = this.stepFunctions.executions();
    if (stateMachinePath === undefined) return all;
    const { ref } = this.resource(stateMachinePath);
    return all.filter(({ arn }) => arn.startsWith(`${ref.replace(':stateMachine:', ':execution:')}:`));
  }

  /** Starts an execution as a person would. @returns its ARN */
  public async start(stateMachinePath: string, input: unknown): Promise<string> {
    const { ref } = this.resource(stateMachinePath);
    return (await this.aws('sfn', 'StartExecution', { stateMachineArn: ref, input: JSON.stringify(input) })).executionArn;
  }

  /** Waits until it has ended. @throws MilestoneFailure after the limit, in minutes */
  public async ended(executionArn: string, limit: number): Promise<ExecutionSummary> {
    const find = (): ExecutionSummary => this.stepFunctions.executions().find(({ arn }) => arn === executionArn)!;
    await this.waitUntil(`${executionArn} ends`, () => find().status !== 'RUNNING', limit);
    return find();
  }

  /** Waits until no execution (of that state machine) runs. @throws MilestoneFailure after the limit, in minutes */
  public async settled(limit: number, stateMachinePath?: string): Promise<void> {
    await this.waitUntil(
      `no execution of ${stateMachinePath ?? 'any workflow'} runs`,
      () => this.executions(stateMachinePath).every(({ status }) => status !== 'RUNNING'),
      limit,
    );
  }

  /** Sends requests to an endpoint from now on, beside everything else, until it is stopped. */
  public send(options: TrafficOptions): Traffic {
    const traffic = new Traffic(this.simulation, this.client, options);
    this.traffic.push(traffic);
    return traffic;
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

  private get stepFunctions(): StepFunctionsService {
    return this.simulation.service<StepFunctionsService>('sfn');
  }

  /** Runs it as an action of the simulation: it may wait in virtual time. */
  private async act<T>(action: () => Promise<T>): Promise<T> {
    const { clock } = this.simulation;
    let over = false;
    const task = clock.spawn(action);
    const end = (): void => {
      over = true;
    };
    task.promise.then(end, end);
    await clock.runUntilDone(() => over, Infinity);
    return task.promise;
  }
}

/** A path as CloudFormation metadata has it, without `/Resource`, and both without the stack. */
function pathForms(path: string): string[] {
  const whole = [path, path.replace(/\/Resource$/, '')];
  return [...whole, ...whole.map((form) => form.split('/').slice(1).join('/'))];
}
