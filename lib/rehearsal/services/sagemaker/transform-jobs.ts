import type { CreateTransformJobRequest, TransformJobStatus } from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { AwsError } from '../../kernel/aws-error';
import type { Timer } from '../../kernel/virtual-clock';
import { creation } from './authorizations';
import type { SageMakerContext } from './context';
import { fieldSelection } from './csv-filter';
import { durations } from './durations';
import { page } from './listing';
import type { Models } from './models';
import { runTransform } from './transform-run';
import { Constraints, PATTERNS, invalid } from './validation';

interface TransformJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTransformJobRequest;
  readonly created: number;
  modified: number;
  status: TransformJobStatus;
  started?: number;
  ended?: number;
  failureReason?: string;
  timer?: Timer;
}

/** Batch transform jobs: every input object goes through the container that would serve it. */
export class TransformJobs {
  private readonly jobs = new Map<string, TransformJob>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly models: Models,
  ) {}

  public readonly operations: Record<string, Operation> = {
    CreateTransformJob: {
      authorize: (input) => creation('CreateTransformJob', this.arn(input.TransformJobName), input),
      handle: (input) => this.create(input as CreateTransformJobRequest),
    },
    DescribeTransformJob: operation('sagemaker:DescribeTransformJob', (input) => this.arn(input.TransformJobName), (input) =>
      this.describe(this.get(input.TransformJobName)),
    ),
    StopTransformJob: operation('sagemaker:StopTransformJob', (input) => this.arn(input.TransformJobName), (input) =>
      this.stop(this.get(input.TransformJobName)),
    ),
    ListTransformJobs: operation('sagemaker:ListTransformJobs', '*', (input) => {
      const { items, NextToken } = page(this.jobs.values(), input);
      return {
        TransformJobSummaries: items.map((job) => ({
          TransformJobName: job.name,
          TransformJobArn: job.arn,
          CreationTime: new Date(job.created),
          TransformEndTime: job.ended === undefined ? undefined : new Date(job.ended),
          LastModifiedTime: new Date(job.modified),
          TransformJobStatus: job.status,
          FailureReason: job.failureReason,
        })),
        NextToken,
      };
    }),
  };

  public running(): string[] {
    return [...this.jobs.values()].filter((job) => job.status === 'InProgress' || job.status === 'Stopping').map((job) => job.name);
  }

  private create(request: CreateTransformJobRequest): unknown {
    const name = request.TransformJobName!;
    this.validate(request);
    if (this.jobs.has(name)) {
      const rule = 'Job name must be unique within an AWS account and region';
      throw new AwsError('ResourceInUse', `${rule}, and a job with this name already exists (${this.arn(name)})`);
    }
    this.models.require(request.ModelName!);
    const now = this.context.simulation.clock.now();
    const job: TransformJob = { name, arn: this.arn(name), request, created: now, modified: now, status: 'InProgress' };
    this.jobs.set(name, job);
    this.context.addTags(job.arn, request.Tags as { Key: string; Value: string }[] | undefined);
    this.enter(job, 'InProgress');
    job.timer = this.later(durations.transformStart, () => this.run(job));
    return { TransformJobArn: job.arn };
  }

  private async run(job: TransformJob): Promise<void> {
    job.started = this.context.simulation.clock.now();
    const outcome = await runTransform(this.context, job.request, this.models.servable(job.request.ModelName!));
    job.timer = this.later(durations.transform(outcome.inputBytes), async () => {
      const reason = outcome.reason ?? (await outcome.upload());
      job.ended = this.context.simulation.clock.now();
      job.failureReason = reason?.slice(0, 1024);
      this.enter(job, reason === undefined ? 'Completed' : 'Failed');
    });
  }

  private stop(job: TransformJob): unknown {
    if (job.status !== 'InProgress') throw invalid(`The request was rejected because the transform job is in status ${job.status}.`);
    job.timer?.cancel();
    this.enter(job, 'Stopping');
    job.timer = this.later(durations.jobStop, () => {
      job.ended = this.context.simulation.clock.now();
      this.enter(job, 'Stopped');
    });
    return {};
  }

  private enter(job: TransformJob, status: TransformJobStatus): void {
    job.status = status;
    job.modified = this.context.simulation.clock.now();
    this.context.note('job', job.name, `transform job: ${status}${job.failureReason ? `: ${job.failureReason}` : ''}`, status);
    const iso = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');
    const { Tags: _tags, ...request } = job.request;
    this.context.publish('SageMaker Transform Job State Change', job.arn, {
      ...request,
      TransformJobArn: job.arn,
      TransformJobStatus: status,
      ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
      CreationTime: iso(job.created),
      ...(job.started === undefined ? {} : { TransformStartTime: iso(job.started) }),
      ...(job.ended === undefined ? {} : { TransformEndTime: iso(job.ended) }),
      Tags: this.context.tagsOf(job.arn),
    });
  }

  private later(delay: number, action: () => Promise<void> | void): Timer {
    return this.context.simulation.clock.at(this.context.simulation.clock.now() + delay, action);
  }

  private describe(job: TransformJob): unknown {
    const { Tags: _tags, ...request } = job.request;
    return {
      ...request,
      TransformJobArn: job.arn,
      TransformJobStatus: job.status,
      FailureReason: job.failureReason,
      CreationTime: new Date(job.created),
      TransformStartTime: job.started === undefined ? undefined : new Date(job.started),
      TransformEndTime: job.ended === undefined ? undefined : new Date(job.ended),
      DataProcessing: { InputFilter: '$', OutputFilter: '$', JoinSource: 'None', ...request.DataProcessing },
    };
  }

  private validate(request: CreateTransformJobRequest): void {
    new Constraints()
      .pattern('transformJobName', request.TransformJobName, PATTERNS.name)
      .pattern('modelName', request.ModelName, PATTERNS.name)
      .range('maxPayloadInMB', request.MaxPayloadInMB, 0, Number.MAX_SAFE_INTEGER)
      .range('maxConcurrentTransforms', request.MaxConcurrentTransforms, 0, Number.MAX_SAFE_INTEGER)
      .oneOf('batchStrategy', request.BatchStrategy, ['MultiRecord', 'SingleRecord'])
      .pattern('dataCaptureConfig.destinationS3Uri', request.DataCaptureConfig?.DestinationS3Uri, PATTERNS.s3Uri)
      .pattern('transformOutput.s3OutputPath', request.TransformOutput?.S3OutputPath, PATTERNS.s3Uri)
      .range('transformResources.instanceCount', request.TransformResources?.InstanceCount, 1, Number.MAX_SAFE_INTEGER)
      .length('environment', request.Environment, 0, 16)
      .check();
    const input = request.TransformInput!;
    if (!input.DataSource?.S3DataSource) throw invalid('The rehearsal simulates transform input from S3.');
    if (!['Line', 'None'].includes(input.SplitType ?? 'None')) throw invalid('The rehearsal simulates the split types None and Line.');
    if (input.CompressionType !== undefined && input.CompressionType !== 'None') throw invalid('The rehearsal simulates transform input without compression.');
    const generates = request.DataCaptureConfig?.GenerateInferenceId === true;
    if (generates && !['text/csv', 'application/json', 'application/jsonlines'].includes(request.TransformOutput?.Accept ?? '')) {
      throw invalid('The rehearsal simulates GenerateInferenceId for Accept text/csv, application/json and application/jsonlines.');
    }
    const processing = request.DataProcessing;
    const paths = [processing?.InputFilter, processing?.OutputFilter];
    if (processing === undefined || (processing.JoinSource !== 'Input' && paths.every((path) => (path ?? '$') === '$'))) return;
    if (!(input.ContentType ?? '').startsWith('text/csv') || input.SplitType !== 'Line') {
      throw invalid('The rehearsal simulates DataProcessing for ContentType text/csv with SplitType Line.');
    }
    if (processing.JoinSource === 'Input' && request.TransformOutput!.AssembleWith !== 'Line') {
      throw invalid('AssembleWith must be Line when JoinSource is Input and SplitType is Line.');
    }
    for (const path of paths) {
      try {
        fieldSelection(path);
      } catch (error) {
        throw invalid((error as Error).message);
      }
    }
  }

  private get(name: string): TransformJob {
    const job = this.jobs.get(name);
    if (!job) throw new AwsError('ResourceNotFound', 'Requested resource not found.');
    return job;
  }

  private arn(name: string): string {
    return this.context.arn(`transform-job/${name.toLowerCase()}`);
  }
}
