import type { ChampionPointer } from '../../lib/deployment/deployment.contract';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import type { FreezeState } from '../../lib/governance/freeze.contract';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { RequestRecord } from '../../lib/rehearsal/aws/record';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import type { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import type { EndpointView, SageMakerService } from '../../lib/rehearsal/services/sagemaker';
import type { ExecutionSummary, StepFunctionsService } from '../../lib/rehearsal/services/sfn';
import type { SnsService, TopicMessage } from '../../lib/rehearsal/services/sns';
import { MODEL } from './fault-stacks';
import { VirtualTraffic } from './virtual-traffic';

export const MINUTE = 60_000;
export const START = Date.UTC(2001, 0, 1);
const IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:v1';
const VERSIONS = 4;

/** A stack of `fault-stacks.ts` in the real simulator, with four registered versions; fleets answer by arithmetic instead of by containers. */
export class FaultWorld {
  public readonly requests: RequestRecord[] = [];
  public readonly traffic: VirtualTraffic;
  private readonly bucket: string;
  private readonly machine: string;

  public static async create(assembly: string): Promise<FaultWorld> {
    const records: RequestRecord[] = [];
    const simulation = await createSimulation({
      assembly,
      start: START,
      seed: 1,
      direct: true,
      record: (record) => records.push(record),
      imageFolders: { [IMAGE]: __dirname },
      serving: () => ({ start: async () => undefined, stop: async () => undefined, invoke: () => Promise.reject(new Error('nobody asks this fleet')) }),
    });
    const world = new FaultWorld(simulation, records);
    await world.register();
    return world;
  }

  private constructor(
    public readonly simulation: RunningSimulation,
    requests: RequestRecord[],
  ) {
    this.requests = requests;
    this.bucket = simulation.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;
    this.machine = simulation.resource('Deployment/Workflow/Resource', 'AWS::StepFunctions::StateMachine').ref;
    this.traffic = new VirtualTraffic(simulation);
  }

  public get now(): number {
    return this.simulation.clock.now();
  }

  public aws(service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    return this.simulation.perform(() => this.simulation.invokeOperator(service, operation, input));
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

  public async deploy(version: number, trigger: string): Promise<void> {
    const input = JSON.stringify({ modelPackageArn: this.packageArn(version), trigger, reason: 'a sequence of faults wants it' });
    await this.aws('sfn', 'StartExecution', { stateMachineArn: this.machine, input });
  }

  public async freeze(frozen: boolean): Promise<void> {
    const state: FreezeState = { frozen, reason: 'a sequence of faults wants it', by: 'arn:aws:iam::111122223333:user/operator', since: new Date(this.now).toISOString() };
    await this.aws('s3', 'PutObject', { Bucket: this.bucket, Key: lakeKeys.freeze(MODEL), Body: JSON.stringify(state) });
  }

  public async stop(execution: ExecutionSummary): Promise<void> {
    await this.aws('sfn', 'StopExecution', { executionArn: execution.arn, error: 'Stopped', cause: 'by a person' });
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

  private json<T>(key: string): T | undefined {
    const s3 = this.simulation.service<S3Service>('s3');
    const found = s3.list(this.bucket, key).find((candidate) => candidate.key === key);
    return found && (JSON.parse(s3.getObject(this.bucket, key).toString()) as T);
  }

  private get stepFunctions(): StepFunctionsService {
    return this.simulation.service<StepFunctionsService>('sfn');
  }

  private async register(): Promise<void> {
    for (let version = 1; version <= VERSIONS; version++) {
      const key = `artifacts/${MODEL}/${version}/model.tar.gz`;
      await this.aws('s3', 'PutObject', { Bucket: this.bucket, Key: key, Body: `model ${version}` });
      await this.aws('sagemaker', 'CreateModelPackage', {
        ModelPackageGroupName: MODEL,
        InferenceSpecification: { Containers: [{ Image: IMAGE, ModelDataUrl: `s3://${this.bucket}/${key}` }], SupportedContentTypes: ['text/csv'], SupportedResponseMIMETypes: ['text/csv'] },
        ModelApprovalStatus: 'PendingManualApproval',
      });
    }
  }
}
