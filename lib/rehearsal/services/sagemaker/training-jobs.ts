import type { CreateTrainingJobRequest, SecondaryStatus, SecondaryStatusTransition, TrainingJobStatus } from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { AwsError } from '../../kernel/aws-error';
import type { Timer } from '../../kernel/virtual-clock';
import { creation, passRole } from './authorizations';
import type { SageMakerContext } from './context';
import { durations } from './durations';
import { page } from './listing';
import type { ObservedMetric } from './training-metrics';
import { type TrainingOutcome, artifactsUri, runTraining } from './training-run';
import { Constraints, PATTERNS, invalid } from './validation';

interface TrainingJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTrainingJobRequest;
  readonly created: number;
  modified: number;
  status: TrainingJobStatus;
  secondary: SecondaryStatus;
  readonly transitions: SecondaryStatusTransition[];
  started?: number;
  ended?: number;
  failureReason?: string;
  metrics: readonly ObservedMetric[];
  timer?: Timer;
}

const MESSAGES: Partial<Record<SecondaryStatus, string>> = {
  Starting: 'Launching requested ML instances',
  Downloading: 'Downloading input data',
  Training: 'Training image download completed. Training in progress.',
  Uploading: 'Uploading generated training model',
  Completed: 'Training job completed',
  Failed: 'Training job failed',
  Stopping: 'Stopping the training job',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Training job runtime exceeded MaxRuntimeInSeconds provided',
};

/** Training jobs: the container's real `train`, at the virtual time at which it would run. */
export class TrainingJobs {
  private readonly jobs = new Map<string, TrainingJob>();

  public constructor(private readonly context: SageMakerContext) {}

  public readonly operations: Record<string, Operation> = {
    CreateTrainingJob: {
      authorize: (input) => creation('CreateTrainingJob', this.arn(input.TrainingJobName), input, ...passRole(input.RoleArn)),
      handle: (input) => this.create(input as CreateTrainingJobRequest),
    },
    DescribeTrainingJob: operation('sagemaker:DescribeTrainingJob', (input) => this.arn(input.TrainingJobName), (input) =>
      this.describe(this.get(input.TrainingJobName)),
    ),
    StopTrainingJob: operation('sagemaker:StopTrainingJob', (input) => this.arn(input.TrainingJobName), (input) => this.stop(this.get(input.TrainingJobName))),
    ListTrainingJobs: operation('sagemaker:ListTrainingJobs', '*', (input) => {
      const { items, NextToken } = page(this.jobs.values(), input);
      return {
        TrainingJobSummaries: items.map((job) => ({
          TrainingJobName: job.name,
          TrainingJobArn: job.arn,
          CreationTime: new Date(job.created),
          TrainingEndTime: job.ended === undefined ? undefined : new Date(job.ended),
          LastModifiedTime: new Date(job.modified),
          TrainingJobStatus: job.status,
          SecondaryStatus: job.secondary,
        })),
        NextToken,
      };
    }),
  };

  public running(): string[] {
    return [...this.jobs.values()].filter((job) => job.status === 'InProgress' || job.status === 'Stopping').map((job) => job.name);
  }

  private create(request: CreateTrainingJobRequest): unknown {
    const name = request.TrainingJobName!;
    this.validate(request);
    if (this.jobs.has(name)) {
      const rule = 'Training job names must be unique within an AWS account and region';
      throw new AwsError('ResourceInUse', `${rule}, and a training job with this name already exists (${this.arn(name)})`);
    }
    this.context.requireAssumable(request.RoleArn!);
    const now = this.context.simulation.clock.now();
    const job: TrainingJob = {
      name,
      arn: this.arn(name),
      request,
      created: now,
      modified: now,
      status: 'InProgress',
      secondary: 'Starting',
      transitions: [],
      metrics: [],
    };
    this.jobs.set(name, job);
    this.context.addTags(job.arn, request.Tags as { Key: string; Value: string }[] | undefined);
    this.enter(job, 'InProgress', 'Starting');
    job.timer = this.later(durations.trainingStart, () => this.run(job));
    return { TrainingJobArn: job.arn };
  }

  private async run(job: TrainingJob): Promise<void> {
    job.started = this.context.simulation.clock.now();
    this.enter(job, 'InProgress', 'Downloading');
    const outcome = await runTraining(this.context, job.request, job.arn);
    job.timer = this.later(durations.trainingDownload(outcome.inputBytes), () => {
      if ('reason' in outcome && outcome.phase === 'download') return this.fail(job, outcome.reason);
      this.enter(job, 'InProgress', 'Training');
      const limit = job.request.StoppingCondition!.MaxRuntimeInSeconds! * 1000;
      const wanted = durations.training(outcome.inputBytes);
      const exceeded = wanted > limit || ('timedOut' in outcome && outcome.timedOut);
      job.timer = this.later(Math.min(wanted, limit), () => (exceeded ? this.exceed(job) : this.finish(job, outcome)));
    });
  }

  private finish(job: TrainingJob, outcome: TrainingOutcome): void {
    if ('reason' in outcome) return this.fail(job, outcome.reason);
    job.metrics = outcome.finalMetrics;
    for (const metric of outcome.observed) {
      this.context.putMetric('/aws/sagemaker/TrainingJobs', metric.name, { TrainingJobName: job.name }, metric.value, 'None');
    }
    this.enter(job, 'InProgress', 'Uploading');
    job.timer = this.later(durations.trainingUpload, async () => {
      const failure = await outcome.upload();
      if (failure !== undefined) return this.fail(job, failure);
      this.end(job, 'Completed', 'Completed');
    });
  }

  private fail(job: TrainingJob, reason: string): void {
    job.failureReason = reason.slice(0, 1024);
    this.end(job, 'Failed', 'Failed');
  }

  /** SageMaker stops the job and keeps no status of its own for it: Stopped, with this secondary status (API_StoppingCondition). */
  private exceed(job: TrainingJob): void {
    this.end(job, 'Stopped', 'MaxRuntimeExceeded');
  }

  private stop(job: TrainingJob): unknown {
    if (job.status !== 'InProgress') throw invalid(`The request was rejected because the training job is in status ${job.status}.`);
    job.timer?.cancel();
    this.enter(job, 'Stopping', 'Stopping');
    job.timer = this.later(durations.jobStop, () => this.end(job, 'Stopped', 'Stopped'));
    return {};
  }

  private end(job: TrainingJob, status: TrainingJobStatus, secondary: SecondaryStatus): void {
    job.ended = this.context.simulation.clock.now();
    this.enter(job, status, secondary);
  }

  private enter(job: TrainingJob, status: TrainingJobStatus, secondary: SecondaryStatus): void {
    const now = this.context.now();
    const previous = job.transitions.at(-1);
    if (previous && previous.EndTime === undefined) previous.EndTime = now;
    job.transitions.push({ Status: secondary, StartTime: now, StatusMessage: MESSAGES[secondary], ...(job.ended === undefined ? {} : { EndTime: now }) });
    job.status = status;
    job.secondary = secondary;
    job.modified = now.getTime();
    this.context.note('job', job.name, `training job: ${MESSAGES[secondary] ?? secondary}${job.failureReason ? `: ${job.failureReason}` : ''}`, status);
    this.context.publish('SageMaker Training Job State Change', job.arn, this.event(job));
  }

  private later(delay: number, action: () => Promise<void> | void): Timer {
    return this.context.simulation.clock.at(this.context.simulation.clock.now() + delay, action);
  }

  /** Shape of the event: guide, automating-sagemaker-with-eventbridge; times are milliseconds. */
  private event(job: TrainingJob): Record<string, unknown> {
    const { TrainingJobName, HyperParameters, AlgorithmSpecification, RoleArn, InputDataConfig, OutputDataConfig, ResourceConfig, StoppingCondition } = job.request;
    return {
      TrainingJobName,
      TrainingJobArn: job.arn,
      TrainingJobStatus: job.status,
      SecondaryStatus: job.secondary,
      ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
      HyperParameters: HyperParameters ?? {},
      AlgorithmSpecification,
      RoleArn,
      InputDataConfig: InputDataConfig ?? [],
      OutputDataConfig,
      ResourceConfig,
      StoppingCondition,
      ...(job.status === 'Completed' ? { ModelArtifacts: { S3ModelArtifacts: artifactsUri(job.request) } } : {}),
      CreationTime: job.created,
      LastModifiedTime: job.modified,
      ...(job.started === undefined ? {} : { TrainingStartTime: job.started }),
      ...(job.ended === undefined ? {} : { TrainingEndTime: job.ended }),
      SecondaryStatusTransitions: job.transitions.map((transition) => ({
        Status: transition.Status,
        StartTime: transition.StartTime!.getTime(),
        ...(transition.EndTime === undefined ? {} : { EndTime: transition.EndTime.getTime() }),
        StatusMessage: transition.StatusMessage,
      })),
      Tags: this.context.tagsOf(job.arn),
    };
  }

  private describe(job: TrainingJob): Record<string, unknown> {
    const { Tags: _tags, ...request } = job.request;
    const seconds = job.started !== undefined && job.ended !== undefined ? (job.ended - job.started) / 1000 : undefined;
    return {
      ...request,
      TrainingJobArn: job.arn,
      TrainingJobStatus: job.status,
      SecondaryStatus: job.secondary,
      // The location is known from the start; whether there is anything the status tells.
      ModelArtifacts: { S3ModelArtifacts: artifactsUri(job.request) },
      FailureReason: job.failureReason,
      EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
      EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
      EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
      CreationTime: new Date(job.created),
      TrainingStartTime: job.started === undefined ? undefined : new Date(job.started),
      TrainingEndTime: job.ended === undefined ? undefined : new Date(job.ended),
      LastModifiedTime: new Date(job.modified),
      SecondaryStatusTransitions: job.transitions.map((transition) => ({ ...transition })),
      FinalMetricDataList: job.metrics.map((metric) => ({ MetricName: metric.name, Value: metric.value, Timestamp: new Date(job.ended ?? job.modified) })),
      TrainingTimeInSeconds: seconds,
      BillableTimeInSeconds: seconds,
    };
  }

  private validate(request: CreateTrainingJobRequest): void {
    const channels = request.InputDataConfig ?? [];
    const constraints = new Constraints()
      .pattern('trainingJobName', request.TrainingJobName, PATTERNS.name)
      .pattern('roleArn', request.RoleArn, PATTERNS.roleArn)
      .required('algorithmSpecification', request.AlgorithmSpecification)
      .required('resourceConfig', request.ResourceConfig)
      .required('stoppingCondition', request.StoppingCondition)
      .length('hyperParameters', request.HyperParameters, 0, 100)
      .length('environment', request.Environment, 0, 100)
      .length('inputDataConfig', channels, 0, 20)
      .range('stoppingCondition.maxRuntimeInSeconds', request.StoppingCondition?.MaxRuntimeInSeconds, 1, 2_592_000)
      .pattern('outputDataConfig.s3OutputPath', request.OutputDataConfig?.S3OutputPath, PATTERNS.s3Uri);
    for (const [key, value] of Object.entries(request.HyperParameters ?? {})) {
      constraints.length(`hyperParameters.${key}`, value, 0, 2500).length('hyperParameters.key', key, 0, 256);
    }
    constraints.check();
    if (!request.AlgorithmSpecification!.TrainingImage) {
      throw invalid('Exactly one of TrainingImage or AlgorithmName must be specified; the rehearsal simulates TrainingImage.');
    }
    if ((request.ResourceConfig!.InstanceCount ?? 1) !== 1) throw invalid('The rehearsal simulates training on one instance.');
    if (request.AlgorithmSpecification!.TrainingInputMode !== 'File') throw invalid('The rehearsal simulates the training input mode File.');
    const names = channels.map((channel) => channel.ChannelName);
    if (new Set(names).size !== names.length) throw invalid(`Duplicate channel names: ${names.join(', ')}`);
  }

  private get(name: string): TrainingJob {
    const job = this.jobs.get(name);
    if (!job) throw invalid('Requested resource not found.');
    return job;
  }

  private arn(name: string): string {
    return this.context.arn(`training-job/${name.toLowerCase()}`);
  }
}
