import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { MlPipeline } from './ml-pipeline';
import { acknowledgeWildcard } from './private/acknowledge';

/** Permissions on a model's pipeline, for the roles of applications and people. */
export class MlPipelineGrants {
  /** @internal */
  public constructor(private readonly pipeline: MlPipeline) {}

  /** Sends requests to the model's endpoint. */
  public invokeEndpoint(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['sagemaker:InvokeEndpoint'], resourceArns: [this.pipeline.endpointArn] });
  }

  /** Starts a training run by hand. */
  public startTraining(grantee: iam.IGrantable): iam.Grant {
    return this.pipeline.training.stateMachine.grantStartExecution(grantee);
  }

  /** Starts a deployment by hand: a rollback, or the release of an approved version. Without effect with `Deployment.pinned()`. */
  public startDeployment(grantee: iam.IGrantable): iam.Grant {
    return this.pipeline.deployment?.stateMachine.grantStartExecution(grantee) ?? iam.Grant.drop(grantee, 'CloudFormation deploys the model');
  }

  /** Approves or rejects versions that wait for a person. */
  public approve(grantee: iam.IGrantable): iam.Grant {
    const packages = this.pipeline.registry.modelPackageGroupArn.replace(':model-package-group/', ':model-package/');
    const resource = `${packages}/*`;
    const grant = iam.Grant.addToPrincipal({
      grantee,
      actions: ['sagemaker:DescribeModelPackage', 'sagemaker:UpdateModelPackage'],
      resourceArns: [resource],
    });
    acknowledgeWildcard(this.pipeline, resource, 'every version of this one model package group');
    return grant;
  }

  /** Everything that the command line does: status, history, deploy, rollback, freeze and unfreeze. */
  public operate(grantee: iam.IGrantable): void {
    this.pipeline.operations._grantOperate(grantee);
  }

  /** Queries the model's prediction log with Athena, in its own workgroup. Without effect with `PredictionLog.none()`. */
  public queryPredictions(grantee: iam.IGrantable): iam.Grant {
    return this.pipeline.predictionLog?._grantQuery(grantee) ?? iam.Grant.drop(grantee, 'there is no prediction log');
  }

  /**
   * Starts transform jobs with the version that serves, whose data capture is monitored: docs/capture-sources.md. Requests lie below
   * `captured/<model>/requests/` in the lake, where the model's container may read from then on. Names of jobs begin with the model's.
   */
  public transformBatch(grantee: iam.IGrantable): iam.Grant {
    const { lake, modelName } = this.pipeline;
    const { executionRole } = this.pipeline.pinnedDeployment ?? this.pipeline.deployment!;
    lake._grantRead(executionRole, 'captured', modelName);
    // Which version serves, and the SageMaker Model of it.
    lake._grantRead(grantee, 'state', modelName);
    lake._grantRead(grantee, 'captured', modelName);
    lake._grantWrite(grantee, 'captured', modelName, 'requests/');
    const jobs = Stack.of(this.pipeline).formatArn({ service: 'sagemaker', resource: 'transform-job', resourceName: `${modelName}-*` });
    const actions = ['sagemaker:CreateTransformJob', 'sagemaker:DescribeTransformJob', 'sagemaker:StopTransformJob'];
    const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [jobs] });
    acknowledgeWildcard(this.pipeline, jobs, 'transform jobs of one model, which are named when they are started');
    return grant;
  }

  /** Puts raw data of this model into the lake. */
  public putRawData(grantee: iam.IGrantable): void {
    this.pipeline.lake._grantWrite(grantee, 'raw', this.pipeline.modelName);
  }
}
