import { Aws } from 'aws-cdk-lib';
import { ColumnLayout } from '../data/data-contract.contract';
import { lakeKeys } from '../data/data-lake.contract';
import { AslState, AslValue, expr, SAGEMAKER_RETRY } from '../private/asl';
import { TrainingConfig } from './training';

export interface JobStatesProps {
  readonly modelName: string;
  readonly bucketName: string;
  readonly keyArn: string;
  readonly roleArn: string;
  readonly training: TrainingConfig;
  readonly layout: ColumnLayout;
}

/** Starting and stopping an instance counts for the step, not for the job's own limit. */
export const PROVISIONING_SECONDS = 1800;
export const SCORING_SECONDS = 7200;

/**
 * Instances with a local NVMe disk encrypt it themselves and refuse a volume key (API_ResourceConfig, VolumeKmsKeyId):
 * accelerators, and the families with a `d` behind the generation.
 */
const LOCAL_STORAGE = /^ml\.(p3dn|p4de?|p5\w*|p6\S*|g[4-9]\w*|trn\d\w*|[cmr]\d+[a-z]*d[a-z]*)\./;

/** The SageMaker states of the training workflow: training job, scoring models, batch transform. */
export class JobStates {
  public constructor(private readonly props: JobStatesProps) {}

  /** Environment of the serving container, in scoring and in the model package. */
  public readonly environment: Record<string, string> = {};

  public train(): AslState {
    const { modelName, training } = this.props;
    const channels = ['train', 'validation', ...(training.contractChannel ? ['contract'] : [])];
    return {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createTrainingJob.sync`,
      Arguments: {
        TrainingJobName: expr(`'${modelName}-' & $run.runId`),
        RoleArn: this.props.roleArn,
        AlgorithmSpecification: {
          TrainingImage: training.image.imageUri,
          TrainingInputMode: 'File',
          ...(training.metricDefinitions.length > 0 ? { MetricDefinitions: training.metricDefinitions.map(({ name, regex }) => ({ Name: name, Regex: regex })) } : {}),
        },
        HyperParameters: expr(`$merge([${JSON.stringify(training.hyperparameters)}, $request.hyperparameters])`),
        ...(Object.keys(training.environment).length > 0 ? { Environment: training.environment } : {}),
        InputDataConfig: channels.map((channel) => this.channel(channel)),
        OutputDataConfig: { S3OutputPath: `s3://${this.props.bucketName}/${lakeKeys.artifactsPrefix(modelName).replace(/\/$/, '')}`, KmsKeyId: this.props.keyArn },
        ResourceConfig: {
          InstanceType: training.instanceType,
          InstanceCount: training.instanceCount,
          VolumeSizeInGB: Math.ceil(training.volumeSize.toGibibytes()),
          ...this.volumeKey(),
        },
        StoppingCondition: { MaxRuntimeInSeconds: training.maxRuntime.toSeconds() },
        EnableNetworkIsolation: training.networkIsolation,
        // Instances of one job talk to each other in the clear unless told otherwise.
        ...(training.instanceCount > 1 ? { EnableInterContainerTrafficEncryption: true } : {}),
      },
      TimeoutSeconds: training.maxRuntime.toSeconds() + PROVISIONING_SECONDS,
      Retry: SAGEMAKER_RETRY,
    };
  }

  /**
   * States `<Role>Model` and `<Role>Transform`: the frozen test set through the container that will serve. The model sees the
   * features alone; its answer is joined to the whole row (SageMaker guide, "Associate Prediction Results with Input Records").
   */
  public score(role: 'challenger' | 'champion', prefix: string, image: string, modelDataUrl: string, environment: AslValue): Record<string, AslState> {
    const { modelName, bucketName, training, layout } = this.props;
    const name = expr(`'${modelName}-' & $run.runId & '-${role}'`);
    return {
      [`${prefix}Model`]: {
        Type: 'Task',
        Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createModel`,
        Arguments: {
          ModelName: name,
          ExecutionRoleArn: this.props.roleArn,
          PrimaryContainer: { Image: image, ModelDataUrl: expr(modelDataUrl), Environment: environment },
          EnableNetworkIsolation: training.networkIsolation,
        },
        Output: {},
        TimeoutSeconds: 120,
        Retry: SAGEMAKER_RETRY,
        Next: `${prefix}Transform`,
      },
      [`${prefix}Transform`]: {
        Type: 'Task',
        Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createTransformJob.sync`,
        Arguments: {
          TransformJobName: name,
          ModelName: name,
          BatchStrategy: 'MultiRecord',
          TransformInput: {
            DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: this.curated('test') } },
            ContentType: 'text/csv',
            SplitType: 'Line',
          },
          TransformOutput: {
            S3OutputPath: expr(`'s3://${bucketName}/evaluations/${modelName}/' & $run.runId & '/${role}'`),
            Accept: 'text/csv',
            AssembleWith: 'Line',
            KmsKeyId: this.props.keyArn,
          },
          TransformResources: { InstanceType: training.instanceType, InstanceCount: 1, ...this.volumeKey() },
          DataProcessing: { InputFilter: `$[${layout.passthrough.length + 1}:]`, JoinSource: 'Input' },
        },
        Output: {},
        TimeoutSeconds: SCORING_SECONDS,
        Retry: SAGEMAKER_RETRY,
        End: true,
      },
    };
  }

  private channel(name: string): AslValue {
    return {
      ChannelName: name,
      ContentType: name === 'contract' ? 'application/json' : 'text/csv',
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: this.curated(name), S3DataDistributionType: 'FullyReplicated' } },
    };
  }

  private curated(channel: string): string {
    const [before, after] = lakeKeys.curatedPrefix(this.props.modelName, '\u0000', channel).split('\u0000');
    return expr(`'s3://${this.props.bucketName}/${before}' & $snapshot.snapshotId & '${after}'`);
  }

  private volumeKey(): { [key: string]: string } {
    const { training, keyArn } = this.props;
    return LOCAL_STORAGE.test(training.instanceType) ? {} : { VolumeKmsKeyId: keyArn };
  }
}
