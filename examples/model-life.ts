import { capturedVersion, type ChampionPointer } from '../lib/deployment/deployment.contract';
import { lakeKeys } from '../lib/data/data-lake.contract';
import type { Verdict } from '../lib/evaluation/verdict.contract';
import type { LedgerEntry } from '../lib/governance/outcome.contract';
import type { Rehearsal } from '../lib/rehearsal/driver';
import { collectPackages } from '../lib/rehearsal/report/collect';
import { modelPackageVersion } from '../lib/registry/model-package.contract';
import { check } from '../lib/rehearsal/scenario';
import type { TrainingInput } from '../lib/training/training-workflow.contract';

export const TRAINING = 'Pipeline/Training/Workflow';
export const DEPLOYMENT = 'Pipeline/Deployment/Workflow';
export const MONITORING = 'Pipeline/Monitoring/Workflow';

export interface ModelPackage {
  readonly ModelPackageArn: string;
  readonly ModelPackageVersion: number;
  readonly ModelApprovalStatus: string;
  readonly ApprovalDescription?: string;
  readonly CustomerMetadataProperties?: Readonly<Record<string, string>>;
}

/** A request that SageMaker captured. */
export interface CapturedRequest {
  /** The model version that answered, from the object's key. */
  readonly version: number;
  readonly variant: string;
  readonly time: number;
  readonly rows: number;
}

/** One model in the rehearsal's hands: what the platform team does, and what can be seen of it. */
export class ModelLife {
  private readonly seen = new Map<string, string>();

  public constructor(
    public readonly rehearsal: Rehearsal,
    public readonly model: string,
  ) {}

  public get bucket(): string {
    return this.rehearsal.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;
  }

  /** Starts a training run by hand. @returns ARN of the execution */
  public train(reason: string, hyperparameters?: Record<string, string>): Promise<string> {
    return this.rehearsal.start(TRAINING, { trigger: 'manual', reason, ...(hyperparameters === undefined ? {} : { hyperparameters }) } satisfies TrainingInput);
  }

  /** Waits for the end of a training run. @returns what the ledger says of it */
  public async trained(execution: string): Promise<LedgerEntry> {
    await this.rehearsal.ended(execution, 240);
    return this.recorded(execution);
  }

  public get deployments(): number {
    return this.rehearsal.started(DEPLOYMENT);
  }

  /** Waits for the deployment that an approval starts, at most that many minutes. @returns what the ledger says of it */
  public async released(deploymentsBefore: number, limit = 300): Promise<LedgerEntry> {
    const arn = await this.deploymentStarted(deploymentsBefore);
    await this.rehearsal.ended(arn, limit);
    return this.recorded(arn);
  }

  public async deploymentStarted(deploymentsBefore: number): Promise<string> {
    await this.rehearsal.waitUntil('an approval starts a deployment', () => this.deployments > deploymentsBefore, 15);
    return this.rehearsal.executions(DEPLOYMENT)[deploymentsBefore]!.arn;
  }

  public async ledger(): Promise<LedgerEntry[]> {
    const keys = await this.rehearsal.keys(this.bucket, `${lakeKeys.ledgerPrefix(this.model)}entries/`);
    const entries: LedgerEntry[] = [];
    for (const key of keys) entries.push(JSON.parse(await this.unchanging(key)) as LedgerEntry);
    return entries;
  }

  public async package(version: number): Promise<ModelPackage> {
    const list = await this.rehearsal.awsAll('sagemaker', 'ListModelPackages', { ModelPackageGroupName: this.model }, 'ModelPackageSummaryList');
    const found = list.find((summary) => summary.ModelPackageVersion === version);
    check(found !== undefined, `version ${version} of ${this.model} is not in the registry, which has ${list.length} versions`);
    return this.rehearsal.aws('sagemaker', 'DescribeModelPackage', { ModelPackageName: found.ModelPackageArn });
  }

  /** The gate's verdict on a run. */
  public verdict(entry: LedgerEntry): Promise<Verdict> {
    return this.rehearsal.json(this.bucket, lakeKeys.verdict(this.model, String(entry.detail?.runId)));
  }

  public champion(): Promise<ChampionPointer> {
    return this.rehearsal.json(this.bucket, lakeKeys.championPointer(this.model));
  }

  /** Endpoint as it is, and the version whose artifact its first variant runs. */
  public async endpoint(): Promise<{ status: string; config: string; version: number }> {
    const { EndpointStatus: status, EndpointConfigName: config } = await this.rehearsal.aws('sagemaker', 'DescribeEndpoint', { EndpointName: this.model });
    const { ProductionVariants } = await this.rehearsal.aws('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName: config });
    const model = await this.rehearsal.aws('sagemaker', 'DescribeModel', { ModelName: ProductionVariants[0].ModelName });
    const { ModelDataUrl, ModelPackageName } = model.PrimaryContainer ?? model.Containers[0];
    // A model that CloudFormation made names its package instead of what is in it.
    if (ModelPackageName !== undefined) return { status, config, version: modelPackageVersion(ModelPackageName) };
    const packages = await collectPackages(this.rehearsal);
    return { status, config, version: packages.find(({ modelDataUrl }) => modelDataUrl === ModelDataUrl)?.version ?? NaN };
  }

  /** Requests that were captured, by the version in the key; keys that name no version under NaN. */
  public async captured(): Promise<CapturedRequest[]> {
    const captured: CapturedRequest[] = [];
    for (const key of await this.rehearsal.keys(this.bucket, 'captured/')) {
      for (const line of (await this.unchanging(key)).split('\n').filter((text) => text !== '')) {
        const { captureData, eventMetadata } = JSON.parse(line);
        captured.push({
          version: capturedVersion(key) ?? NaN,
          variant: key.split('/')[4]!,
          time: Date.parse(eventMetadata.inferenceTime),
          rows: captureData.endpointInput.data.trim().split('\n').length,
        });
      }
    }
    return captured;
  }

  /** Who holds the locks now. */
  public async locks(): Promise<{ key: string; holder: string | null }[]> {
    const found: { key: string; holder: string | null }[] = [];
    for (const key of await this.rehearsal.keys(this.bucket, `state/${this.model}/locks/`)) {
      found.push({ key, holder: (await this.rehearsal.json<{ holder: string | null }>(this.bucket, key)).holder });
    }
    return found;
  }

  /** The ledger's entry of an execution. */
  public async recorded(execution: string): Promise<LedgerEntry> {
    const entry = (await this.ledger()).find(({ eventId }) => eventId === execution);
    check(entry !== undefined, `the ledger has no outcome of ${execution}`);
    return entry;
  }

  /** An object that is never overwritten: read once. */
  private async unchanging(key: string): Promise<string> {
    const text = this.seen.get(key) ?? (await this.rehearsal.text(this.bucket, key));
    this.seen.set(key, text);
    return text;
  }
}
