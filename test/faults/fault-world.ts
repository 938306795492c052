import type { ChampionPointer } from '../../lib/deployment/deployment.contract';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import type { FreezeState } from '../../lib/governance/freeze.contract';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { AwsRequest } from '../../lib/rehearsal/kernel/simulation';
import type { ApplicationAutoScalingService } from '../../lib/rehearsal/services/application-auto-scaling/application-auto-scaling-service';
import type { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import type { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import type { EndpointView, SageMakerService } from '../../lib/rehearsal/services/sagemaker';
import type { ExecutionSummary, StepFunctionsService } from '../../lib/rehearsal/services/sfn';
import type { SnsService, TopicMessage } from '../../lib/rehearsal/services/sns';
import { MODEL } from './fault-names';
import type { Mutation } from './mutations';
import { VirtualTraffic } from './virtual-traffic';

export const MINUTE = 60_000;
export const START = Date.UTC(2001, 0, 1);
const IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:v1';
export const VERSIONS = 3;

/** A stack of `fault-stacks.ts` in the real simulator, with three registered versions; fleets answer by arithmetic instead of by containers. */
export class FaultWorld {
  /** Gets every request of the stack that a service accepts, just before it takes effect. */
  public beforeRequest: (request: AwsRequest) => void = () => undefined;
  public afterRequest: (request: AwsRequest) => void = () => undefined;
  public onFreeze: (frozen: boolean) => void = () => undefined;
  public readonly traffic: VirtualTraffic;
  private readonly bucket: string;
  private readonly machine: string;

  public static async create(assembly: string, mutation?: Mutation): Promise<FaultWorld> {
    const simulation = await createSimulation({
      assembly,
      start: START,
      seed: 1,
      direct: true,
      imageFolders: { [IMAGE]: __dirname },
      serving: () => ({ start: async () => undefined, stop: async () => undefined, invoke: () => Promise.reject(new Error('nobody asks this fleet')) }),
    });
    const world = new FaultWorld(simulation, mutation);
    await world.register();
    return world;
  }

  private constructor(
    public readonly simulation: RunningSimulation,
    private readonly mutation?: Mutation,
  ) {
    this.bucket = simulation.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;
    this.machine = simulation.resource('Deployment/Workflow/Resource', 'AWS::StepFunctions::StateMachine').ref;
    this.traffic = new VirtualTraffic(simulation);
    for (const id of ['sagemaker', 's3', 'sns', 'cloudwatch', 'application-auto-scaling']) this.observe(id);
  }

  public get now(): number {
    return this.simulation.clock.now();
  }

  /** What a person does, past the faults: those are for the workflow. */
  public aws(service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    const { operator: principal } = this.simulation;
    return this.simulation.perform(() => this.simulation.service(service).handle({ principal, service, operation, input })) as Promise<any>;
  }

  public async advance(minutes: number): Promise<void> {
    await this.simulation.clock.runUntil(this.now + minutes * MINUTE);
  }

  /** @returns false when something still runs after so many hours */
  public settle(hours: number): Promise<boolean> {
    return this.simulation.clock.runUntilDone(() => this.running().length === 0, this.now + hours * 60 * MINUTE);
  }

  public packageArn(version: number): string {
    return `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/${version}`;
  }

  /** As a person does it in the registry; a version that is approved already is approved anew. */
  public async approve(version: number): Promise<void> {
    const ModelPackageArn = this.packageArn(version);
    const found = await this.aws('sagemaker', 'DescribeModelPackage', { ModelPackageName: ModelPackageArn });
    if (found.ModelApprovalStatus === 'Approved') await this.aws('sagemaker', 'UpdateModelPackage', { ModelPackageArn, ModelApprovalStatus: 'PendingManualApproval' });
    await this.aws('sagemaker', 'UpdateModelPackage', { ModelPackageArn, ModelApprovalStatus: 'Approved' });
  }

  /** Approved, but the event of it is lost. */
  public async approveUnheard(version: number): Promise<void> {
    const id = `approval of ${version} unheard`;
    const fault = { id, type: 'event', detailType: 'SageMaker Model Package State Change', copies: 0 } as const;
    this.simulation.faults.add(fault);
    await this.aws('sagemaker', 'UpdateModelPackage', { ModelPackageArn: this.packageArn(version), ModelApprovalStatus: 'Approved' });
    this.simulation.faults.remove(id);
  }

  public async deploy(version: number, trigger: string): Promise<void> {
    const input = JSON.stringify({ modelPackageArn: this.packageArn(version), trigger, reason: 'a sequence of faults wants it' });
    await this.aws('sfn', 'StartExecution', { stateMachineArn: this.machine, input });
  }

  public async freeze(frozen: boolean): Promise<void> {
    const state: FreezeState = { frozen, reason: 'a sequence of faults wants it', by: 'arn:aws:iam::111122223333:user/operator', since: new Date(this.now).toISOString() };
    await this.aws('s3', 'PutObject', { Bucket: this.bucket, Key: lakeKeys.freeze(MODEL), Body: Buffer.from(JSON.stringify(state)) });
    this.onFreeze(frozen);
  }

  public async stop(execution: ExecutionSummary): Promise<void> {
    await this.aws('sfn', 'StopExecution', { executionArn: execution.arn, error: 'Stopped', cause: 'by a person' });
  }

  /** Somebody else sets the capacity (of a serverless endpoint: the same configuration again), which keeps the endpoint busy for a while. @returns whether that was possible */
  public async foreignUpdate(): Promise<boolean> {
    const endpoint = this.endpoint();
    if (endpoint?.status !== 'InService') return false;
    if (endpoint.kind === 'serverless') {
      await this.aws('sagemaker', 'UpdateEndpoint', { EndpointName: MODEL, EndpointConfigName: endpoint.endpointConfigName });
      return true;
    }
    await this.aws('sagemaker', 'UpdateEndpointWeightsAndCapacities', {
      EndpointName: MODEL,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 3 }],
    });
    return true;
  }

  /** Puts the champion back after a rollback that failed, as the runbook has it. @returns whether that was needed */
  public async repair(): Promise<boolean> {
    if (this.endpoint()?.status !== 'UpdateRollbackFailed') return false;
    await this.aws('sagemaker', 'UpdateEndpoint', { EndpointName: MODEL, EndpointConfigName: this.champion()!.endpointConfigName });
    return true;
  }

  /** As the stack's own rule does it after a run that died; here by a person, for a run that called one. */
  public async reconcile(deadExecutionArn: string): Promise<void> {
    const input = JSON.stringify({ trigger: 'reconcile', reason: 'the runbook says so', deadExecutionArn });
    await this.aws('sfn', 'StartExecution', { stateMachineArn: this.machine, input });
  }

  public executions(): ExecutionSummary[] {
    return this.stepFunctions.executions();
  }

  public running(): ExecutionSummary[] {
    return this.stepFunctions.running();
  }

  public endpoint(): EndpointView | undefined {
    return this.simulation.service<SageMakerService>('sagemaker').endpoint(MODEL);
  }

  public champion(): ChampionPointer | undefined {
    return this.json<ChampionPointer>(lakeKeys.championPointer(MODEL));
  }

  public lockHolder(): string | undefined {
    return this.json<{ holder: string | null }>(lakeKeys.lock(MODEL, 'deployment'))?.holder ?? undefined;
  }

  public ledger(): LedgerEntry[] {
    const s3 = this.simulation.service<S3Service>('s3');
    return s3.list(this.bucket, `${lakeKeys.ledgerPrefix(MODEL)}entries/`).map(({ key }) => JSON.parse(s3.getObject(this.bucket, key).toString()) as LedgerEntry);
  }

  public pages(): readonly TopicMessage[] {
    const sns = this.simulation.service<SnsService>('sns');
    return sns.topicArns().flatMap((topic) => sns.messages(topic));
  }

  /** Rollback alarms that exist now. */
  public rollbackAlarms(): string[] {
    return this.simulation.service<CloudWatchService>('cloudwatch').alarms.all().map(({ name }) => name).filter((name) => name.startsWith(`${MODEL}-v`));
  }

  public async endpointConfigs(): Promise<string[]> {
    const { EndpointConfigs } = await this.aws('sagemaker', 'ListEndpointConfigs', { MaxResults: 100 });
    return EndpointConfigs.map((config: { EndpointConfigName: string }) => config.EndpointConfigName);
  }

  public async models(): Promise<string[]> {
    const { Models } = await this.aws('sagemaker', 'ListModels', { MaxResults: 100 });
    return Models.map((model: { ModelName: string }) => model.ModelName);
  }

  public async approval(version: number): Promise<string> {
    return (await this.aws('sagemaker', 'DescribeModelPackage', { ModelPackageName: this.packageArn(version) })).ModelApprovalStatus;
  }

  public scaling(): Record<string, any> | undefined {
    return this.simulation.service<ApplicationAutoScalingService>('application-auto-scaling').scalableTarget(`endpoint/${MODEL}/variant/AllTraffic`);
  }

  private json<T>(key: string): T | undefined {
    const s3 = this.simulation.service<S3Service>('s3');
    const found = s3.list(this.bucket, key).find((candidate) => candidate.key === key);
    return found && (JSON.parse(s3.getObject(this.bucket, key).toString()) as T);
  }

  private observe(id: string): void {
    const service = this.simulation.service(id);
    const handle = service.handle.bind(service);
    service.handle = (request) => {
      if (request.principal.root === true) return handle(request);
      this.beforeRequest(request);
      if (this.mutation?.forgets?.(request)) return {};
      if (this.mutation?.hides?.(request)) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      const answer = handle(request);
      if (answer instanceof Promise) return answer.then((given: unknown) => (this.afterRequest(request), given));
      this.afterRequest(request);
      return answer;
    };
  }

  private get stepFunctions(): StepFunctionsService {
    return this.simulation.service<StepFunctionsService>('sfn');
  }

  private async register(): Promise<void> {
    for (let version = 1; version <= VERSIONS; version++) {
      const key = `artifacts/${MODEL}/${version}/model.tar.gz`;
      await this.aws('s3', 'PutObject', { Bucket: this.bucket, Key: key, Body: Buffer.from(`model ${version}`) });
      await this.aws('sagemaker', 'CreateModelPackage', {
        ModelPackageGroupName: MODEL,
        InferenceSpecification: { Containers: [{ Image: IMAGE, ModelDataUrl: `s3://${this.bucket}/${key}` }], SupportedContentTypes: ['text/csv'], SupportedResponseMIMETypes: ['text/csv'] },
        ModelApprovalStatus: 'PendingManualApproval',
      });
    }
  }
}
