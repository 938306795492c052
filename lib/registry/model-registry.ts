import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../private/acknowledge';

export interface ModelRegistryProps {
  /** Also the name of the model package group. */
  readonly modelName: string;
}

/** The versions of one model: a SageMaker model package group, kept when the stack goes. */
export class ModelRegistry extends Construct {
  public readonly modelPackageGroupName: string;
  public readonly modelPackageGroupArn: string;
  private readonly repositories: string[] = [];

  public constructor(scope: Construct, id: string, props: ModelRegistryProps) {
    super(scope, id);
    const group = new sagemaker.CfnModelPackageGroup(this, 'Resource', {
      modelPackageGroupName: props.modelName,
      modelPackageGroupDescription: `Versions of model ${props.modelName}, with their lineage`,
    });
    // Versions are the evidence of what was decided; a group with versions could not be deleted anyway.
    group.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.modelPackageGroupName = props.modelName;
    this.modelPackageGroupArn = group.attrModelPackageGroupArn;
  }

  /**
   * ARN of every version of the model.
   *
   * @internal
   */
  public get _modelPackageArns(): string {
    const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
    return Stack.of(this).formatArn({ service: 'sagemaker', resource: 'model-package', resourceName: `${this.modelPackageGroupName}/*`, arnFormat });
  }

  /**
   * Actions on the versions of this model.
   *
   * @internal
   */
  public _grantOnVersions(grantee: iam.IGrantable, ...actions: string[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources: [this._modelPackageArns] }));
    const principal = grantee.grantPrincipal;
    if (Construct.isConstruct(principal)) acknowledgeWildcard(principal, this._modelPackageArns, 'the versions of one model, which are numbered at run time');
  }

  /**
   * Tells which repository the images of this model's versions come from.
   *
   * @internal
   */
  public _addImageRepository(repositoryArn: string): void {
    if (!this.repositories.includes(repositoryArn)) this.repositories.push(repositoryArn);
  }

  /**
   * Allows to pull the images of this model's versions. To be called after the training workflow, which knows the repository. SageMaker's own images need no permission.
   *
   * @internal
   */
  public _grantPullImages(grantee: iam.IGrantable): void {
    if (this.repositories.length === 0) return;
    const actions = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
    grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources: this.repositories }));
    grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }));
    const principal = grantee.grantPrincipal;
    if (Construct.isConstruct(principal)) acknowledgeWildcard(principal, '*', 'ecr:GetAuthorizationToken has no resources (Service Authorization Reference, Amazon ECR)');
  }
}
