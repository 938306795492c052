import { lakeKeys } from '../../lib/data/data-lake.contract';
import type { ChampionPointer } from '../../lib/deployment/deployment.contract';
import type { Verdict } from '../../lib/evaluation/verdict.contract';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { TrainingInput } from '../../lib/training/training-workflow.contract';
import type { Rehearsal } from '../../lib/rehearsal/driver';
import type { Traffic } from '../../lib/rehearsal/driver-traffic';
import { collectPackages } from '../../lib/rehearsal/report/collect';
import { check } from '../../lib/rehearsal/scenario';
import { FlightArchive } from './flights';
import { FlightRequests } from './requests';

export const MODEL = 'flight-delay';
export const TRAINING = 'Pipeline/Training/Workflow';
export const DEPLOYMENT = 'Pipeline/Deployment/Workflow';
export const MONITORING = 'Pipeline/Monitoring/Workflow';

/** Every so-and-so-manieth of the 3 million flights: keeps a rehearsal below a minute. */
const SAMPLE = 16;
/** Requests in quiet times: every two hours, with 100 flights each; a monitoring window of six hours needs 200. */
const QUIET = { intervalSeconds: 7200, rows: 100 };
/** While a version is being released: one a second, so that its analysis has something to judge. */
const BUSY = { intervalSeconds: 1, rows: 3 };

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
  readonly time: number;
  readonly rows: number;
}

/** The flight delay model in the rehearsal's hands: what the platform team and its clients do, and what can be seen of it. */
export class FlightDelayLife {
  public readonly requests: FlightRequests;
  private clients: Traffic | undefined;
  private readonly seen = new Map<string, string>();

  public static async begin(rehearsal: Rehearsal): Promise<FlightDelayLife> {
    return new FlightDelayLife(rehearsal, await FlightArchive.open(SAMPLE));
  }

  private constructor(
    private readonly rehearsal: Rehearsal,
    private readonly archive: FlightArchive,
  ) {
    this.requests = new FlightRequests(archive);
  }

  public get bucket(): string {
    return this.rehearsal.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;
  }

  /** The airline's daily files, as they are or spoilt. */
  public async deliver(from: string, to: string, spoil: (day: string, csv: string) => string = (_, csv) => csv): Promise<number> {
    const days = await this.archive.between(from, to);
    for (const [day, flights] of days) await this.rehearsal.put(this.bucket, `raw/${MODEL}/${day}.csv`, spoil(day, FlightArchive.csv(flights)));
    return days.reduce((sum, [, flights]) => sum + flights.length, 0);
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

  /** Waits for the deployment that an approval starts, with lively traffic when there is an endpoint. @returns what the ledger says of it */
  public async released(deploymentsBefore: number): Promise<LedgerEntry> {
    await this.rehearsal.waitUntil('an approval starts a deployment', () => this.deployments > deploymentsBefore, 15);
    const { arn } = this.rehearsal.executions(DEPLOYMENT)[deploymentsBefore]!;
    this.setPace(BUSY);
    await this.rehearsal.ended(arn, 300);
    this.setPace(QUIET);
    return this.recorded(arn);
  }

  public get deployments(): number {
    return this.rehearsal.started(DEPLOYMENT);
  }

  /** Clients begin to ask. They go on until the end. */
  public async open(): Promise<Traffic> {
    this.requests.rows = QUIET.rows;
    this.clients = this.rehearsal.send({ endpoint: MODEL, intervalSeconds: QUIET.intervalSeconds, rows: (now) => this.requests.next(now) });
    return this.clients;
  }

  /** Lets time pass until then, with the flights that are asked for on the way. */
  public async passTo(time: string): Promise<void> {
    await this.loadUntil(Date.parse(time));
    await this.rehearsal.advanceTo(time);
  }

  public async passHours(hours: number): Promise<void> {
    await this.passTo(new Date(this.rehearsal.now + hours * 3_600_000).toISOString());
  }

  /** Flights that may be asked for until two weeks after then. */
  public async loadUntil(time: number): Promise<void> {
    const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
    await this.requests.load(day(this.rehearsal.now), day(time + 14 * 86_400_000));
  }

  public async ledger(): Promise<LedgerEntry[]> {
    const keys = await this.rehearsal.keys(this.bucket, `${lakeKeys.ledgerPrefix(MODEL)}entries/`);
    const entries: LedgerEntry[] = [];
    for (const key of keys) entries.push(JSON.parse(await this.unchanging(key)) as LedgerEntry);
    return entries;
  }

  public async package(version: number): Promise<ModelPackage> {
    const list = await this.rehearsal.awsAll('sagemaker', 'ListModelPackages', { ModelPackageGroupName: MODEL }, 'ModelPackageSummaryList');
    const found = list.find((summary) => summary.ModelPackageVersion === version);
    check(found !== undefined, `version ${version} of ${MODEL} is not in the registry, which has ${list.length} versions`);
    return this.rehearsal.aws('sagemaker', 'DescribeModelPackage', { ModelPackageName: found.ModelPackageArn });
  }

  /** The gate's verdict on a run. */
  public verdict(entry: LedgerEntry): Promise<Verdict> {
    return this.rehearsal.json(this.bucket, lakeKeys.verdict(MODEL, String(entry.detail?.runId)));
  }

  public champion(): Promise<ChampionPointer> {
    return this.rehearsal.json(this.bucket, lakeKeys.championPointer(MODEL));
  }

  /** Endpoint as it is, and the version whose artifact its configuration runs. */
  public async endpoint(): Promise<{ status: string; config: string; version: number }> {
    const { EndpointStatus: status, EndpointConfigName: config } = await this.rehearsal.aws('sagemaker', 'DescribeEndpoint', { EndpointName: MODEL });
    const { ProductionVariants } = await this.rehearsal.aws('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName: config });
    const model = await this.rehearsal.aws('sagemaker', 'DescribeModel', { ModelName: ProductionVariants[0].ModelName });
    const { ModelDataUrl } = model.PrimaryContainer ?? model.Containers[0];
    const packages = await collectPackages(this.rehearsal);
    return { status, config, version: packages.find(({ modelDataUrl }) => modelDataUrl === ModelDataUrl)?.version ?? NaN };
  }

  /** Requests that were captured, by the version in the key; keys that name no version under NaN. */
  public async captured(): Promise<CapturedRequest[]> {
    const captured: CapturedRequest[] = [];
    for (const key of await this.rehearsal.keys(this.bucket, `captured/`)) {
      const version = Number(new RegExp(`^captured/${MODEL}/v(\\d+)/`).exec(key)?.[1] ?? NaN);
      for (const line of (await this.unchanging(key)).split('\n').filter((text) => text !== '')) {
        const { captureData, eventMetadata } = JSON.parse(line);
        captured.push({ version, time: Date.parse(eventMetadata.inferenceTime), rows: captureData.endpointInput.data.trim().split('\n').length });
      }
    }
    return captured;
  }

  /** Who holds the locks now. */
  public async locks(): Promise<{ key: string; holder: string | null }[]> {
    const found: { key: string; holder: string | null }[] = [];
    for (const key of await this.rehearsal.keys(this.bucket, `state/${MODEL}/locks/`)) {
      found.push({ key, holder: (await this.rehearsal.json<{ holder: string | null }>(this.bucket, key)).holder });
    }
    return found;
  }

  public get traffic(): Traffic {
    check(this.clients !== undefined, 'no client has asked yet');
    return this.clients;
  }

  /** An object that is never overwritten: read once. */
  private async unchanging(key: string): Promise<string> {
    const text = this.seen.get(key) ?? (await this.rehearsal.text(this.bucket, key));
    this.seen.set(key, text);
    return text;
  }

  /** The ledger's entry of an execution. */
  private async recorded(execution: string): Promise<LedgerEntry> {
    const entry = (await this.ledger()).find(({ eventId }) => eventId === execution);
    check(entry !== undefined, `the ledger has no outcome of ${execution}`);
    return entry;
  }

  private setPace(pace: { readonly intervalSeconds: number; readonly rows: number }): void {
    this.requests.rows = pace.rows;
    this.clients?.every(pace.intervalSeconds);
  }
}
