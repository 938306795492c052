import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { type Baseline, BaselineBuilder } from '../../lib/drift';
import { type DriftReport } from '../../lib/monitoring/drift-report';
import { evaluateDrift } from '../../lib/monitoring/evaluate-drift.lambda';
import { type MonitoredFeature } from '../../lib/capture/capture.contract';
import { findDuplicates } from '../../lib/monitoring/find-duplicates.lambda';
import { type CapturedFile, type EvaluateDriftResult, type HashRange, type MonitoringPolicy, type PlanWindowResult, type ProfileGroup } from '../../lib/monitoring/monitoring.contract';
import { planWindow } from '../../lib/monitoring/plan-window.lambda';
import { profileCapture } from '../../lib/monitoring/profile-capture.lambda';
import { reduceProfiles } from '../../lib/monitoring/reduce-profiles.lambda';
import { type ObjectSource } from '../../lib/monitoring/window-profiles.lambda-shared';

export const MODEL = 'flight-delay';
export const BUCKET = 'lake';

export const FEATURES: MonitoredFeature[] = [
  { name: 'distance', type: 'numeric', minimum: 0 },
  { name: 'origin', type: 'categorical', categories: ['a', 'b'] },
];

export const POLICY: MonitoringPolicy = {
  minimumSampleSize: 200,
  psiThreshold: 0.2,
  psiWarning: 0.1,
  falseDiscoveryRate: 0.01,
  driftedShare: 0.3,
  weights: {},
  criticalFeatures: [],
  violationShare: 0.1,
  missingShareIncrease: 0.05,
  maximumLookbackSeconds: 86_400,
};

interface CaptureOptions {
  readonly input?: string;
  readonly output?: string;
  readonly encoding?: string;
  readonly contentType?: string;
  readonly time?: string;
  readonly eventId?: string;
}

let events = 0;

/** What the SDK gives for an object: a stream that can also be read at once. */
function body(bytes: Buffer): object {
  return {
    transformToString: async () => bytes.toString(),
    transformToByteArray: async () => new Uint8Array(bytes),
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  };
}

/** A line of data capture. */
export function capture(options: CaptureOptions): { captureData: Record<string, object>; eventMetadata: object; eventVersion: string } {
  const side = (data: string, mode: string): object => ({ observedContentType: options.contentType ?? 'text/csv', mode, data, encoding: options.encoding ?? 'CSV' });
  return {
    captureData: {
      ...(options.input === undefined ? {} : { endpointInput: side(options.input, 'INPUT') }),
      ...(options.output === undefined ? {} : { endpointOutput: side(options.output, 'OUTPUT') }),
    },
    eventMetadata: { eventId: options.eventId ?? `event-${++events}`, inferenceTime: options.time ?? '2001-02-05T10:30:00Z' },
    eventVersion: '0',
  };
}

/** S3, SageMaker, CloudWatch, Step Functions and Lambda in memory, and strict: a command that is not here is an error. */
export class MonitoringWorld {
  public readonly objects = new Map<string, { body: string; etag: string; binary?: boolean }>();
  public readonly packages = new Map<string, Record<string, string>>();
  public readonly metrics: Record<string, any>[] = [];
  public readonly started: { name: string; input: string }[] = [];
  public readonly outcomes: Record<string, any>[] = [];
  public readonly running = new Set<string>();
  public readonly trainingJobs = new Map<string, object>();
  /** Points of CloudWatch by query: time and value. */
  public readonly history: Record<string, [time: number, value: number][]> = {};
  public invocations: number[] = [];
  public readonly queries: Record<string, any>[] = [];
  /** More that DescribeEndpoint says. */
  public endpoint: object = {};
  public samplingPercentage = 100;
  public pageSize = 1000;
  /** Called before the n-th conditional write. */
  public beforeConditionalWrite: () => void = () => undefined;
  private requests = 0;
  private dieAt = Infinity;

  /** Fails the n-th request from now, before it takes effect. */
  public die(after: number): void {
    this.dieAt = this.requests + after;
  }

  public put(key: string, value: unknown): void {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    this.objects.set(key, { body: text, etag: `"${createHash('md5').update(text).digest('hex')}"` });
  }

  public json<T = any>(key: string): T {
    const object = this.objects.get(key);
    if (!object) throw new Error(`no object ${key}`);
    return JSON.parse(object.body) as T;
  }

  /** For every client; the command's class name decides. An S3 client, because the SDK's paginators insist on one. */
  public readonly client: any = Object.assign(new S3Client({ region: 'us-east-1' }), {
    send: (command: { constructor: { name: string }; input: any }) => this.send(command.constructor.name, command.input),
  });

  private async send(command: string, input: any): Promise<any> {
    if (++this.requests === this.dieAt) throw new Error('the function died');
    if (input.Bucket !== undefined && input.Bucket !== BUCKET) throw new Error(`unexpected bucket ${input.Bucket}`);
    switch (command) {
      case 'GetObjectCommand': {
        const object = this.objects.get(input.Key);
        if (!object) throw named('NoSuchKey');
        const whole = Buffer.from(object.body, object.binary === true ? 'latin1' : 'utf8');
        const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(input.Range ?? '') ?? [];
        return { ETag: object.etag, Body: body(first === undefined ? whole : whole.subarray(Number(first), Number(last) + 1)) };
      }
      case 'PutObjectCommand': {
        if (input.IfMatch || input.IfNoneMatch) this.beforeConditionalWrite();
        const present = this.objects.get(input.Key);
        if ((input.IfNoneMatch && present) || (input.IfMatch && present?.etag !== input.IfMatch)) throw named('PreconditionFailed');
        if (typeof input.Body === 'string') this.objects.set(input.Key, { body: input.Body, etag: `"${this.requests}"` });
        else this.objects.set(input.Key, { body: Buffer.from(input.Body as Uint8Array).toString('latin1'), etag: `"${this.requests}"`, binary: true });
        return {};
      }
      case 'ListObjectsV2Command':
        return this.list(input);
      case 'DescribeModelPackageCommand': {
        const metadata = this.packages.get(input.ModelPackageName);
        if (!metadata) throw named('ResourceNotFound');
        return { CustomerMetadataProperties: metadata };
      }
      case 'DescribeTrainingJobCommand': {
        const job = this.trainingJobs.get(input.TrainingJobName);
        if (!job) throw Object.assign(named('ValidationException'), { message: 'Requested resource not found.' });
        return job;
      }
      case 'DescribeEndpointCommand':
        return { DataCaptureConfig: { CurrentSamplingPercentage: this.samplingPercentage }, ...this.endpoint };
      case 'GetMetricDataCommand':
        this.queries.push(...input.MetricDataQueries);
        return { MetricDataResults: this.metricData(input.EndTime.getTime(), input.MetricDataQueries) };
      case 'PutMetricDataCommand':
        this.metrics.push(input);
        return {};
      case 'DescribeExecutionCommand':
        if (this.running.has(input.executionArn)) return { status: 'RUNNING' };
        if (this.started.some(({ name }) => (input.executionArn as string).endsWith(`:${name}`))) return { status: 'SUCCEEDED' };
        throw named('ExecutionDoesNotExist');
      case 'StartExecutionCommand': {
        const known = this.started.find(({ name }) => name === input.name);
        if (known && known.input !== input.input) throw named('ExecutionAlreadyExists');
        if (!known) this.started.push({ name: input.name, input: input.input });
        return { executionArn: `${(input.stateMachineArn as string).replace('stateMachine', 'execution')}:${input.name}` };
      }
      case 'InvokeCommand':
        this.outcomes.push(JSON.parse(Buffer.from(input.Payload).toString()) as Record<string, any>);
        return { Payload: Buffer.from('{"sequence":1}') };
      default:
        throw new Error(`unexpected ${command}`);
    }
  }

  private list(input: { Prefix: string; Delimiter?: string; ContinuationToken?: string; StartAfter?: string }): unknown {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(input.Prefix) && key > (input.StartAfter ?? '')).sort();
    if (input.Delimiter !== undefined) {
      const folders = new Set(keys.map((key) => key.slice(0, key.indexOf(input.Delimiter!, input.Prefix.length) + 1)));
      return { CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })) };
    }
    const from = Number(input.ContinuationToken ?? 0);
    const page = keys.slice(from, from + this.pageSize);
    const next = from + this.pageSize;
    const contents = page.map((Key) => ({ Key, ETag: this.objects.get(Key)!.etag, Size: this.objects.get(Key)!.body.length }));
    return { Contents: contents, IsTruncated: next < keys.length, ...(next < keys.length ? { NextContinuationToken: String(next) } : {}) };
  }

  /** The window's invocations, and what a test says about other metrics and other times. */
  private metricData(end: number, queries: readonly any[]): { Id: string; Timestamps: Date[]; Values: number[] }[] {
    return queries.map(({ Id, MetricStat }) => {
      const points = [...(Id === 'invocations' ? this.invocations.map((value) => [end - MetricStat.Period * 1000, value] as const) : []), ...(this.history[Id] ?? [])];
      return { Id, Timestamps: points.map(([time]) => new Date(time)), Values: points.map(([, value]) => value) };
    });
  }
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

export const ENVIRONMENT = { LAKE_BUCKET: BUCKET, MODEL_NAME: MODEL, ENDPOINT_NAME: MODEL };
export const at = (hour: number): string => new Date(Date.parse('2001-02-05T00:00:00Z') + hour * 3_600_000).toISOString();

export function packageArn(version: number): string {
  return `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/${version}`;
}

function baseline(offset: number): Baseline {
  const builder = new BaselineBuilder([
    { name: 'distance', type: 'numeric' },
    { name: 'origin', type: 'categorical' },
    { name: 'prediction', type: 'numeric' },
  ]);
  for (let i = 0; i < 2000; i++) builder.add([String(offset + ((i * 37) % 500)), 'ab'[i % 2]!, String(((i * 37) % 500) / 500)]);
  return builder.build();
}

/** A model with versions 1 and 2 registered; version 2 was tested on distances that are 10,000 greater. */
export class Model extends MonitoringWorld {
  public constructor(champion?: number) {
    super();
    for (const version of [1, 2]) {
      this.packages.set(packageArn(version), { baselineUri: `s3://${BUCKET}/${lakeKeys.baseline(MODEL, `run${version}`)}` });
      this.put(lakeKeys.baseline(MODEL, `run${version}`), baseline(version === 2 ? 10_000 : 0));
    }
    if (champion !== undefined) this.deploy(champion, at(0));
  }

  public deploy(version: number, since: string): void {
    this.put(lakeKeys.championPointer(MODEL), { version, modelPackageArn: packageArn(version), since });
  }

  /** Captured rows of one version in one hour; `distance` of the i-th row. */
  public serve(version: number, hour: number, rows: number, distance: (i: number) => number | string = (i) => (i * 41) % 500, file = '00-00-000-a'): void {
    const time = new Date(Date.parse(at(hour)) + 60_000).toISOString();
    const folder = `${time.slice(0, 4)}/${time.slice(5, 7)}/${time.slice(8, 10)}/${time.slice(11, 13)}`;
    const lines = Array.from({ length: rows }, (_, i) => capture({ time, input: `${distance(i)},${'ab'[i % 2]!}`, output: String(((i * 41) % 500) / 500) }));
    this.put(`captured/${MODEL}/v${version}/${MODEL}/AllTraffic/${folder}/${file}.jsonl`, lines.map((line) => JSON.stringify(line)).join('\n'));
  }

  public get source(): ObjectSource {
    return { s3: this.client, bucket: BUCKET, model: MODEL };
  }

  public plan(hour: number, settled: readonly string[] = [], completed: string | null = null, profilesAtOnce?: number): Promise<PlanWindowResult> {
    const scheduledTime = new Date(Date.parse(at(hour + 1)) + 900_000).toISOString();
    const times = { scheduledTime, intervalSeconds: 3600, watermarkSeconds: 900, lookbackSeconds: 86_400 };
    return planWindow({ ...times, features: FEATURES, settled, completed }, { s3: this.client, sagemaker: this.client }, ENVIRONMENT, profilesAtOnce);
  }

  public async profile(windowId: string, filesKey: string): Promise<void> {
    for (const files of this.json<CapturedFile[][]>(filesKey)) await profileCapture({ windowId, files: [files].flat() }, this.client, BUCKET, MODEL);
  }

  /** As the state machine does it; `bytesMaximum` as small as a test wants. */
  public async deduplicate({ window: { id: windowId } }: PlanWindowResult, bytesMaximum?: number): Promise<number> {
    let found = await findDuplicates({ windowId }, this.source, bytesMaximum);
    if (found.status === 'SPLIT') {
      for (const range of this.json<HashRange[]>(found.rangesKey)) await findDuplicates({ windowId, range }, this.source);
      found = await findDuplicates({ windowId, combine: found.ranges }, this.source);
    }
    if (found.files > 0) await this.profile(windowId, found.filesKey);
    return found.files;
  }

  public evaluate(plan: PlanWindowResult): Promise<EvaluateDriftResult> {
    const clients = { s3: this.client, sagemaker: this.client, cloudwatch: this.client };
    return evaluateDrift({ windowId: plan.window.id, policy: POLICY }, clients, ENVIRONMENT);
  }

  /** Everything between two plans. */
  public async judge(plan: PlanWindowResult): Promise<EvaluateDriftResult> {
    if (plan.filesToProfile > 0) await this.profile(plan.window.id, plan.batchesKey);
    if (plan.searchDuplicates) await this.deduplicate(plan);
    if (plan.groups > 0) for (const group of this.json<ProfileGroup[]>(plan.groupsKey)) await reduceProfiles({ windowId: plan.window.id, group }, this.source);
    return this.evaluate(plan);
  }

  /** One execution, when the window that starts at the hour is complete: the results of all windows that it did. */
  public async execute(hour: number): Promise<EvaluateDriftResult[]> {
    const results: EvaluateDriftResult[] = [];
    const settled: string[] = [];
    for (let plan = await this.plan(hour); plan.status === 'PLANNED'; plan = await this.plan(hour, settled, settled.at(-1))) {
      results.push(await this.judge(plan));
      settled.push(plan.window.id);
    }
    return results;
  }

  /** The window that starts at the hour. */
  public async monitor(hour: number): Promise<EvaluateDriftResult> {
    return (await this.execute(hour)).at(-1)!;
  }

  /** Ids of captured events begin anew: two worlds can be given the same events. */
  public restartEvents(): void {
    events = 0;
  }

  /** Everything that monitoring has written. */
  public reports(): Record<string, string> {
    return Object.fromEntries([...this.objects].filter(([key]) => key.startsWith('reports/')).map(([key, object]): [string, string] => [key, object.body]).sort());
  }

  public report(result: EvaluateDriftResult): DriftReport {
    return this.json(result.reportKey);
  }

  /** Metrics of the last run. */
  public get emitted(): Record<string, number> {
    return Object.fromEntries((this.metrics[this.metrics.length - 1]!['MetricData'] as any[]).map(({ MetricName, Value }) => [MetricName, Value]));
  }
}
