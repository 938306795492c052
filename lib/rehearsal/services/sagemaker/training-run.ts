import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { packModel } from '../../containers/model-archive';
import { TrainingProcess, type TrainingResult } from '../../containers/training-process';
import { AwsError } from '../../kernel/aws-error';
import type { SageMakerContext } from './context';
import type { ExecutionStorage } from './execution-storage';
import { type ObservedMetric, finalMetrics, observedMetrics } from './training-metrics';

export interface TrainingFailure {
  readonly phase: 'download' | 'training';
  readonly reason: string;
  readonly inputBytes: number;
  readonly timedOut?: boolean;
}

export interface TrainingSuccess {
  readonly inputBytes: number;
  readonly observed: readonly ObservedMetric[];
  readonly finalMetrics: readonly ObservedMetric[];
  /** Writes model.tar.gz with the rights of the execution role. @returns why it could not */
  upload(): Promise<string | undefined>;
}

export const CANNOT_PULL = 'ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.';

export type TrainingOutcome = TrainingFailure | TrainingSuccess;

/** Everything that really happens in a training job: input from S3, the container's process, the archive. Takes no virtual time. */
export async function runTraining(context: SageMakerContext, request: CreateTrainingJobRequest, arn: string): Promise<TrainingOutcome> {
  const name = request.TrainingJobName!;
  const storage = context.storage(request.RoleArn!);
  const image = context.pull(request.AlgorithmSpecification!.TrainingImage!, request.RoleArn!);
  if (!image) {
    return { phase: 'download', inputBytes: 0, reason: CANNOT_PULL };
  }
  const training = new TrainingProcess(image.folder, context.folder(name));
  const input = await download(storage, training, request);
  if (input.reason !== undefined) return { phase: 'download', inputBytes: input.bytes, reason: input.reason };
  const started = training.run({
    hyperparameters: request.HyperParameters ?? {},
    inputDataConfig: Object.fromEntries((request.InputDataConfig ?? []).map((channel) => [channel.ChannelName, inputDataConfig(channel)])),
    resourceConfig: resourceConfig(request.ResourceConfig!.InstanceType!),
    environment: { ...request.Environment, TRAINING_JOB_NAME: name, TRAINING_JOB_ARN: arn, AWS_REGION: context.simulation.region },
    maxRuntimeSeconds: request.StoppingCondition!.MaxRuntimeInSeconds!,
  });
  const result = await started.catch((error: Error): TrainingResult => ({ exitCode: 127, stdout: '', tail: error.message, timedOut: false }));
  const reason = failureReason(result);
  if (reason !== undefined) return { phase: 'training', inputBytes: input.bytes, reason, timedOut: result.timedOut };
  const observed = observedMetrics(result.stdout, (request.AlgorithmSpecification!.MetricDefinitions ?? []) as { Name: string; Regex: string }[]);
  const artifacts = artifactsUri(request);
  const archive = await packModel(training.modelFolder);
  return {
    inputBytes: input.bytes,
    observed,
    finalMetrics: finalMetrics(observed),
    upload: () =>
      storage.write(artifacts, archive, request.OutputDataConfig!.KmsKeyId).then(
        () => undefined,
        (error: unknown) => `ClientError: Failed to upload ${artifacts}: ${clientError(error)}`,
      ),
  };
}

/** Where SageMaker writes the model of a training job. */
export function artifactsUri(request: CreateTrainingJobRequest): string {
  return `${request.OutputDataConfig!.S3OutputPath!.replace(/\/+$/, '')}/${request.TrainingJobName}/output/model.tar.gz`;
}

async function download(storage: ExecutionStorage, training: TrainingProcess, request: CreateTrainingJobRequest): Promise<{ bytes: number; reason?: string }> {
  let bytes = 0;
  for (const channel of request.InputDataConfig ?? []) {
    const source = channel.DataSource!.S3DataSource!;
    try {
      const files = await storage.source(source.S3DataType!, source.S3Uri!);
      if (files.length === 0) {
        return { bytes, reason: `ClientError: Data download failed:NoSuchKey (404): No objects found under ${source.S3DataType} s3 url ${source.S3Uri}` };
      }
      for (const file of files) {
        const content = await storage.read(file.uri);
        bytes += content.length;
        training.addFile(channel.ChannelName!, file.name, content);
      }
    } catch (error) {
      return { bytes, reason: `ClientError: Data download failed:Unable to download ${source.S3Uri} (${clientError(error)})` };
    }
  }
  return { bytes };
}

/** `output/failure` is the reason; without it the exit code alone is (guide: your-algorithms-training-algo-output). */
function failureReason(result: TrainingResult): string | undefined {
  if (result.exitCode === 0) return undefined;
  const said = result.failure ?? result.tail.split('\n').at(-1) ?? '';
  return `AlgorithmError: ${said.trim().slice(0, 900)}, exit code: ${result.exitCode}`;
}

/** Which of the service's errors it was; anything else is a defect of the simulation and must not hide as a failed job. */
export function clientError(error: unknown): string {
  if (error instanceof AwsError || (error instanceof Error && typeof (error as { code?: unknown }).code === 'string')) {
    return `${error.name}: ${error.message}`;
  }
  throw error;
}

function inputDataConfig(channel: NonNullable<CreateTrainingJobRequest['InputDataConfig']>[number]): Record<string, unknown> {
  return {
    TrainingInputMode: channel.InputMode ?? 'File',
    ...(channel.ContentType === undefined ? {} : { ContentType: channel.ContentType }),
    S3DistributionType: channel.DataSource?.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
    RecordWrapperType: channel.RecordWrapperType ?? 'None',
  };
}

function resourceConfig(instanceType: string): Record<string, unknown> {
  return {
    current_host: 'algo-1',
    current_instance_type: instanceType,
    current_group_name: 'homogeneousCluster',
    hosts: ['algo-1'],
    instance_groups: [{ instance_group_name: 'homogeneousCluster', instance_type: instanceType, hosts: ['algo-1'] }],
    network_interface_name: 'eth0',
  };
}
