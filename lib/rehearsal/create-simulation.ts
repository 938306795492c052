import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssetCatalogue } from './assembly/asset-catalogue';
import { CloudAssembly, type StackArtifact } from './assembly/cloud-assembly';
import { StackDeployment, type DeployedResource } from './assembly/stack-deployment';
import type { StackResult } from './assembly/stack-result';
import { createGateway, type RehearsalGateway, type RequestCounters } from './aws/gateway';
import type { RequestRecord } from './aws/record';
import { FaultPlan } from './kernel/faults';
import { Random } from './kernel/random';
import type { Principal, SimulatedService, Simulation } from './kernel/simulation';
import { Timeline, type TimelineListener } from './kernel/timeline';
import { VirtualClock, type Action } from './kernel/virtual-clock';
import { ApplicationAutoScalingService } from './services/application-auto-scaling/application-auto-scaling-service';
import { CloudFormationService } from './services/cloudformation';
import { CloudWatchService } from './services/cloudwatch/cloudwatch-service';
import { EventBridgeService } from './services/events/eventbridge-service';
import { IamService } from './services/iam';
import { KmsService } from './services/kms';
import { LambdaService } from './services/lambda/lambda-service';
import { LogsService } from './services/logs';
import { S3Service } from './services/s3/s3-service';
import { createSageMaker, SageMakerService, type ServingSubstitute } from './services/sagemaker';
import { SchedulerService } from './services/scheduler/scheduler-service';
import { createStepFunctions } from './services/sfn/step-functions';
import { SnsService } from './services/sns';
import { SsmService } from './services/ssm';
import { StsService } from './services/sts';

const DEFAULT_ACCOUNT = '111122223333';
const DEFAULT_REGION = 'us-east-1';

/** Newest bootstrap template; assemblies check that theirs is not older. */
const BOOTSTRAP_VERSION = '30';

/** A deployment that takes longer than this hangs: an update of an endpoint may take eight hours (API_DeploymentConfig). */
const DEPLOYMENT_LIMIT = 24 * 3_600_000;

export interface SimulationOptions {
  /** Folder that `cdk synth` wrote. */
  readonly assembly: string;
  /** Virtual time at which the deployment begins; a number is milliseconds since 1970. */
  readonly start: Date | number;
  readonly seed: number;
  /** Gets one record per AWS request. */
  readonly record?: (record: RequestRecord) => void;
  /** Gets every event of the timeline, those of the deployment included. */
  readonly onEvent?: TimelineListener;
  /** Folders of images that are no assets of the assembly, by image URI. */
  readonly imageFolders?: Readonly<Record<string, string>>;
  /** Containers of endpoints that are no local processes. */
  readonly serving?: ServingSubstitute;
  /** Handlers' clients hand their commands to the simulated services without the SDK's serialization and HTTP. @default false */
  readonly direct?: boolean;
  /** Names of stacks to deploy. @default all */
  readonly stacks?: readonly string[];
}

/** A simulation in which the stacks of an assembly are deployed. */
export interface RunningSimulation extends Simulation {
  readonly gateway: RehearsalGateway;
  /** Requests so far. */
  readonly counters: Readonly<RequestCounters>;
  /** Errors of the simulator itself: a rehearsal that has any is not to be believed. */
  readonly defects: readonly Error[];
  /** What the stacks declared, in the order of creation. */
  readonly resources: readonly DeployedResource[];
  /**
   * One resource by construct path (`Stack/Lake/Bucket`, with or without the last `/Resource`), the end of one, or logical id.
   * @throws Error when there is none or more than one
   */
  resource(name: string, type?: string): DeployedResource;
  /** Outputs of a stack. */
  outputs(stackName: string): Readonly<Record<string, unknown>>;
  /** The rehearsal's own user: everything is allowed, everything is recorded. */
  readonly operator: Principal;
  /** A request of the operator. Inside of an action when it takes virtual time (Invoke of a function). */
  invokeOperator(service: string, operation: string, input: Record<string, unknown>): Promise<any>;
  /** Runs an action from outside the clock, which goes on until the action is done. */
  perform<T>(action: Action<T>): Promise<T>;
  /** What `cdk deploy` does with another assembly of the app: stack by stack until one fails. */
  deploy(assembly: string): Promise<StackResult[]>;
  /** What `cdk destroy` does, of one stack or of all: the newest first, until one fails. */
  destroy(stackName?: string): Promise<StackResult[]>;
  /** ARNs of all that exists in the account, whoever created it; what CDK's bootstrap stack and AWS itself have is not counted. */
  inventory(): string[];
  /** Stops local processes and removes the work folder. */
  close(): Promise<void>;
}

export async function createSimulation(options: SimulationOptions): Promise<RunningSimulation> {
  const stacks = selectStacks(CloudAssembly.read(options.assembly), options.stacks);
  const { account, region } = environmentOf(stacks);
  const partition = region.startsWith('cn-') ? 'aws-cn' : 'aws';
  const clock = new VirtualClock(Number(options.start));
  const faults = new FaultPlan();
  const timeline = new Timeline();
  if (options.onEvent) timeline.subscribe(options.onEvent);
  const services = new Map<string, SimulatedService>();
  const gateway = createGateway({ clock, faults, timeline, services, account, region, partition, record: options.record, direct: options.direct });
  const workFolder = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  const base: Simulation = {
    clock,
    random: new Random(options.seed),
    gateway,
    timeline,
    faults,
    account,
    region,
    partition,
    workFolder,
    service: <T extends SimulatedService>(id: string): T => {
      const service = services.get(SHORT_IDS[id] ?? id);
      if (!service) throw new Error(`service ${id} is not simulated`);
      return service as T;
    },
  };
  const assets = new AssetCatalogue(account, region, partition);
  for (const stack of stacks) assets.add(stack);
  for (const [uri, folder] of Object.entries(options.imageFolders ?? {})) assets.imageFolders.set(uri, folder);
  for (const service of makeServices(base, assets, services, options.serving)) services.set(service.id, service);
  announceFaults(base);

  const deployment = new StackDeployment(base, [...services.values()]);
  const operator: Principal = { arn: `arn:${partition}:iam::${account}:root`, root: true };
  const simulation: RunningSimulation = {
    ...base,
    gateway,
    operator,
    counters: gateway.counters,
    defects: gateway.defects,
    resources: deployment.resources,
    resource: (name, type) => findResource(deployment.resources, name, type),
    outputs: (stackName) => deployment.outputs(stackName),
    invokeOperator: (service, operation, input) => gateway.call(operator, service, operation, input),
    perform: (action) => perform(clock, action, Infinity),
    deploy: async (folder) => {
      const next = selectStacks(CloudAssembly.read(folder), options.stacks);
      const there = environmentOf(next);
      if (there.account !== account || there.region !== region) throw new Error(`the stacks of ${folder} are for ${there.account}/${there.region}, not ${account}/${region}`);
      for (const stack of next) assets.add(stack);
      bootstrap(base, next, assets);
      return perform(clock, () => untilFailure(next, (stack) => deployment.deploy(stack)), clock.now() + DEPLOYMENT_LIMIT);
    },
    destroy: (stackName) => {
      const names = stackName === undefined ? deployment.stackNames.reverse() : [stackName];
      return perform(clock, () => untilFailure(names, (name) => deployment.destroy(name)), clock.now() + DEPLOYMENT_LIMIT);
    },
    inventory: () => [...services.values()].flatMap((service) => service.inventory?.() ?? []).sort(),
    close: async () => {
      await base.service<SageMakerService>('sagemaker').close();
      gateway.close();
      rmSync(workFolder, { recursive: true, force: true });
    },
  };
  try {
    bootstrap(base, stacks, assets);
    await perform(clock, () => deployAll(deployment, stacks), clock.now() + DEPLOYMENT_LIMIT);
  } catch (error) {
    await simulation.close();
    throw error;
  }
  return simulation;
}

/** IAM calls EventBridge `events`, and so do its neighbours here; the SDK calls it `eventbridge`. */
const SHORT_IDS: Record<string, string> = { events: 'eventbridge', logs: 'cloudwatch-logs' };

function makeServices(simulation: Simulation, assets: AssetCatalogue, services: ReadonlyMap<string, SimulatedService>, serving?: ServingSubstitute): SimulatedService[] {
  const { clock, account, region, partition } = simulation;
  return [
    new IamService({ clock, services, account, region, partition }),
    new StsService(),
    new KmsService(simulation),
    new SsmService(simulation),
    new LogsService(simulation),
    new CloudWatchService(simulation),
    new SnsService(simulation),
    new EventBridgeService(simulation),
    new SchedulerService(simulation),
    new S3Service(simulation),
    new LambdaService(simulation, assets),
    createStepFunctions(simulation),
    ...createSageMaker(simulation, assets.imageFolders, serving),
    new ApplicationAutoScalingService(simulation),
    new CloudFormationService(simulation),
  ];
}

async function deployAll(deployment: StackDeployment, stacks: readonly StackArtifact[]): Promise<void> {
  for (const stack of stacks) await deployment.create(stack);
}

function selectStacks({ stacks }: CloudAssembly, names: readonly string[] | undefined): StackArtifact[] {
  return stacks.filter(({ stackName }) => names === undefined || names.includes(stackName));
}

async function untilFailure<T>(items: readonly T[], act: (item: T) => Promise<StackResult>): Promise<StackResult[]> {
  const results: StackResult[] = [];
  for (const item of items) {
    const result = await act(item);
    results.push(result);
    if (/ROLLBACK|FAILED/.test(result.status)) break;
  }
  return results;
}

/** What `cdk bootstrap` and the publishing of assets leave in an account. Zipped assets are not unpacked from S3 again, so they are not there. */
function bootstrap(simulation: Simulation, stacks: readonly StackArtifact[], assets: AssetCatalogue): void {
  const ssm = simulation.service<SsmService>('ssm');
  const s3 = simulation.service<S3Service>('s3');
  for (const { template } of stacks) {
    const version = template.Parameters?.BootstrapVersion?.Default;
    if (version !== undefined && ssm.value(String(version)) === undefined) ssm.put(String(version), BOOTSTRAP_VERSION);
  }
  for (const { bucket, key, asset } of assets.allFiles()) {
    if (asset.packaging !== 'file' || key.endsWith('.template.json') || asset.path.endsWith('.template.json')) continue;
    if (!s3.buckets.has(bucket)) s3.createBucket(bucket);
    if (s3.bucket(bucket).current(key) !== undefined) continue;
    s3.putObject(bucket, key, readFileSync(asset.path));
  }
}

/** All stacks of a rehearsal live in one account and one region; environment-agnostic ones go where the others are. */
function environmentOf(stacks: readonly StackArtifact[]): { account: string; region: string } {
  if (stacks.length === 0) throw new Error('the cloud assembly has no stack to rehearse');
  const one = (what: 'account' | 'region'): string | undefined => {
    const named = [...new Set(stacks.flatMap((stack) => stack[what] ?? []))];
    if (named.length > 1) throw new Error(`the stacks name more than one ${what} (${named.join(', ')}): a rehearsal has one`);
    return named[0];
  };
  return { account: one('account') ?? DEFAULT_ACCOUNT, region: one('region') ?? DEFAULT_REGION };
}

async function perform<T>(clock: VirtualClock, action: Action<T>, limit: number): Promise<T> {
  let ended = false;
  const task = clock.spawn(action);
  void task.promise.then(
    () => (ended = true),
    () => (ended = true),
  );
  if (!(await clock.runUntilDone(() => ended, limit))) throw new Error('the action did not end: nothing is left to do that it could wait for');
  return task.promise;
}

function announceFaults({ clock, faults, timeline }: Simulation): void {
  faults.onStrike((fault, what) => timeline.emit({ time: clock.now(), kind: 'fault', subject: fault.id, status: fault.type, message: `${fault.type} fault struck ${what}` }));
}

function findResource(resources: readonly DeployedResource[], name: string, type: string | undefined): DeployedResource {
  const candidates = resources.filter((resource) => type === undefined || resource.type === type);
  const withoutTail = (path: string): string => path.replace(/\/Resource$/, '');
  const exact = candidates.filter(({ logicalId, constructPath }) => logicalId === name || constructPath === name || withoutTail(constructPath) === name);
  const found = exact.length > 0 ? exact : candidates.filter(({ constructPath }) => constructPath.endsWith(`/${name}`) || withoutTail(constructPath).endsWith(`/${name}`));
  if (found.length === 1) return found[0]!;
  const what = `${found.length === 0 ? 'no resource' : `${found.length} resources`} named ${name}${type === undefined ? '' : ` of type ${type}`}`;
  throw new Error(`${what}; there are:\n  ${candidates.map(({ constructPath }) => constructPath).join('\n  ')}`);
}
