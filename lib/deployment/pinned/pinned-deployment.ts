import { ArnFormat, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as applicationautoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { Construct, IDependable } from 'constructs';
import { AsynchronousCapture } from '../../asynchronous-capture/asynchronous-capture';
import { DataLake } from '../../data/data-lake';
import { ModelGovernance } from '../../governance/model-governance';
import { acknowledgeWildcard } from '../../private/acknowledge';
import { Problems } from '../../private/errors';
import { HandlerFunction } from '../../private/handler-function';
import { modelPackageVersion } from '../../registry/model-package.contract';
import { ModelRegistry } from '../../registry/model-registry';
import { Deployment } from '../choices/deployment';
import { DeploymentSettings } from '../deployment.contract';
import { EndpointAlarms } from '../endpoint-alarms';
import { DeploymentPermissions } from '../workflow/deployment-permissions';
import { alarmArn, deploymentConfigProps, endpointConfigProps, rollbackAlarms } from './pinned-resources';
import { scalableTargetProps, scaleFromZeroAlarmProps, scalingPolicyProps } from './pinned-scaling';
import { PINNED_ALARM_KINDS, PINNED_ENVIRONMENT, pinnedAlarm, PinnedChoices, PinnedProperties } from './pinned.contract';

export interface PinnedDeploymentProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly registry: ModelRegistry;
  /** `Deployment.pinned()`. */
  readonly deployment: Deployment;
}

/**
 * The endpoint belongs to CloudFormation: `cdk deploy` with another version is the release, under SageMaker's guardrails and alarms on the new
 * fleet. Before it, only an approved version passes; after it, a check compares what serves with what was asked for, moves the champion
 * pointer, records the outcome, and fails the stack operation when they differ. Nothing is started by an approval.
 */
export class PinnedDeployment extends Construct {
  public readonly endpointName: string;
  /** Role of the containers behind the endpoint. */
  public readonly executionRole: iam.Role;
  /** Undefined until a version is named. */
  public readonly endpoint?: sagemaker.CfnEndpoint;
  /** Page the owner, whichever version serves. */
  public readonly alarms: EndpointAlarms;
  /** Captures the inferences of an asynchronous endpoint; undefined for any other. */
  public readonly asynchronousCapture?: AsynchronousCapture;
  /** Alarms on the new fleet that roll a release back. */
  public readonly rollbackAlarms: cloudwatch.Alarm[];
  private readonly props: PinnedDeploymentProps;

  public constructor(scope: Construct, id: string, props: PinnedDeploymentProps) {
    super(scope, id);
    const problems = new Problems();
    props.deployment._validate('deployment', problems);
    const pinned = props.deployment._pinned;
    problems.require(pinned !== undefined, 'DeploymentNotPinned', 'deployment', 'another deployment', 'must be Deployment.pinned()', 'use DeploymentWorkflow for any other');
    problems.throwIfAny(this);
    this.props = props;
    this.endpointName = props.modelName;
    this.executionRole = new iam.Role(this, 'ExecutionRole', {
      assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com'),
      description: `Containers behind endpoint ${this.endpointName}`,
    });
    new DeploymentPermissions(this, { ...props, endpointName: this.endpointName, executionRole: this.executionRole }).grantExecutionRole(props.deployment._choices().endpoint);
    const alarms = PINNED_ALARM_KINDS.map((kind) => alarmArn(this, pinnedAlarm(props.modelName, kind)));
    this.executionRole.addToPolicy(new iam.PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: alarms }));
    this.alarms = new EndpointAlarms(this, 'Alarms', { endpointName: this.endpointName, governance: props.governance, deployment: props.deployment });
    this.rollbackAlarms = [];
    const { modelName, lake, governance, deployment } = props;
    if (deployment._asynchronousCapture) {
      const { endpointName, executionRole } = this;
      this.asynchronousCapture = new AsynchronousCapture(this, 'Capture', { modelName, lake, governance, deployment, endpointName, executionRole });
    }
    if (pinned?.version !== undefined) this.endpoint = this.release({ ...pinned, version: pinned.version });
  }

  private release(pinned: PinnedChoices & { readonly version: number }): sagemaker.CfnEndpoint {
    const { modelName, lake, governance, deployment } = this.props;
    const { version } = pinned;
    const choices = { ...pinned.choices, endpoint: this.asynchronousCapture?._announced(pinned.choices.endpoint) ?? pinned.choices.endpoint };
    const { endpoint: fleet } = choices;
    const modelPackageArn = pinned.modelPackageArn ?? this.packageArn(version);
    const check = this.checkFunction(choices, modelPackageArn);
    const release = Stack.of(this).toJsonString({ version, endpoint: fleet });
    const approval = this.step('Approval', check, { Step: 'APPROVAL', ModelPackageArn: modelPackageArn, Release: release }, Duration.minutes(15));

    const model = new sagemaker.CfnModel(this, 'Model', {
      executionRoleArn: this.executionRole.roleArn,
      enableNetworkIsolation: fleet.kind === 'SERVERLESS' ? undefined : fleet.networkIsolation,
      // Image, model data and environment are the package's (AWS::SageMaker::Model ContainerDefinition, "ModelPackageName").
      primaryContainer: { modelPackageName: modelPackageArn },
    });
    // With its policy: SageMaker reads model data and image with the role.
    model.node.addDependency(approval, this.executionRole);
    const config = new sagemaker.CfnEndpointConfig(this, 'EndpointConfig', endpointConfigProps(modelName, lake, choices, version, model.attrModelName));
    this.rollbackAlarms.push(...rollbackAlarms(this, modelName, this.endpointName, config, choices, governance.owner.runbookUrl));
    const alarmNames = [...this.rollbackAlarms, ...deployment._rollbackAlarms].map((alarm) => alarm.alarmName);
    const endpoint = new sagemaker.CfnEndpoint(this, 'Endpoint', {
      endpointName: this.endpointName,
      endpointConfigName: config.attrEndpointConfigName,
      // The default throws autoscaled capacity away at the moment when both fleets are needed. Without scaling the configuration decides.
      retainAllVariantProperties: true,
      excludeRetainedVariantProperties: fleet.scaling ? undefined : [{ variantPropertyType: 'DesiredInstanceCount' }],
      deploymentConfig: deploymentConfigProps(choices, alarmNames),
    });
    this.scale(choices, endpoint);
    const truth: PinnedProperties = {
      Step: 'TRUTH',
      ModelPackageArn: modelPackageArn,
      Release: release,
      EndpointConfigName: config.attrEndpointConfigName,
      ModelName: model.attrModelName,
    };
    this.step('Truth', check, truth, Duration.minutes(15)).node.addDependency(endpoint);
    return endpoint;
  }

  private scale({ endpoint: { scaling } }: PinnedChoices['choices'], endpoint: sagemaker.CfnEndpoint): void {
    if (!scaling) return;
    const { modelName, governance } = this.props;
    const target = new applicationautoscaling.CfnScalableTarget(this, 'ScalableTarget', scalableTargetProps(this.endpointName, scaling));
    target.node.addDependency(endpoint);
    for (const settings of scaling.policies) {
      const policy = new applicationautoscaling.CfnScalingPolicy(this, `Scaling-${settings.name}`, scalingPolicyProps(modelName, this.endpointName, target, settings));
      if (settings.type === 'SCALE_FROM_ZERO') new cloudwatch.CfnAlarm(this, `Alarm-${settings.name}`, scaleFromZeroAlarmProps(modelName, this.endpointName, settings, policy, governance.owner.runbookUrl));
    }
  }

  private step(id: string, check: HandlerFunction, properties: PinnedProperties, serviceTimeout: Duration): CustomResource {
    const resource = new CustomResource(this, id, {
      serviceToken: check.functionArn,
      resourceType: `Custom::PinnedRelease${id}`,
      serviceTimeout,
      properties: { ...properties },
    });
    // Its permissions go after it.
    resource.node.addDependency(check.role! as unknown as IDependable);
    return resource;
  }

  private checkFunction(choices: PinnedChoices['choices'], modelPackageArn: string): HandlerFunction {
    const { modelName, lake, governance, registry, deployment } = this.props;
    const stack = Stack.of(this);
    const settings: DeploymentSettings = {
      ...choices,
      modelName,
      endpointName: this.endpointName,
      bucket: lake.bucket.bucketName,
      keyArn: lake.key.keyArn,
      executionRoleArn: this.executionRole.roleArn,
      runbookUrl: governance.owner.runbookUrl,
    };
    const environment: Record<(typeof PINNED_ENVIRONMENT)[number], string> = {
      DEPLOYMENT_SETTINGS: stack.toJsonString(settings),
      OUTCOME_FUNCTION: governance.outcomeFunction.functionArn,
    };
    const check = new HandlerFunction(this, 'Release', {
      handler: 'pinned-release',
      description: `Approval and truth of releases of model ${modelName} by CloudFormation`,
      environment,
      timeout: Duration.minutes(5),
    });
    lake._grantRead(check, 'state', modelName);
    lake._grantWrite(check, 'state', modelName);
    registry._grantOnVersions(check, 'sagemaker:DescribeModelPackage', 'sagemaker:UpdateModelPackage');
    const allow = (actions: string[], resources: string[], reason?: string): void => {
      check.addToRolePolicy(new iam.PolicyStatement({ actions, resources }));
      if (reason !== undefined) for (const resource of resources) acknowledgeWildcard(check.role!, resource, reason);
    };
    // Of another group, perhaps of another account.
    if (modelPackageArn !== this.packageArn(modelPackageVersion(modelPackageArn))) allow(['sagemaker:DescribeModelPackage'], [modelPackageArn]);
    const arn = (resource: string, resourceName: string): string => stack.formatArn({ service: 'sagemaker', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
    allow(['sagemaker:DescribeEndpoint'], [arn('endpoint', this.endpointName)]);
    const named = 'CloudFormation makes the names, and a permission that waited for them could not be there before the model';
    allow(['sagemaker:DescribeEndpointConfig'], [arn('endpoint-config', '*')], named);
    allow(['sagemaker:DescribeModel'], [arn('model', '*')], named);
    allow(['lambda:InvokeFunction'], [governance.outcomeFunction.functionArn]);
    const own = PINNED_ALARM_KINDS.map((kind) => alarmArn(this, pinnedAlarm(modelName, kind)));
    allow(['cloudwatch:DescribeAlarms'], own);
    // One of the user's may be composite, and then a narrower permission returns nothing (API_DescribeAlarms).
    if (deployment._rollbackAlarms.length > 0) allow(['cloudwatch:DescribeAlarms'], ['*'], 'returning composite alarms needs cloudwatch:DescribeAlarms on * (API_DescribeAlarms)');
    return check;
  }

  private packageArn(version: number): string {
    const { registry } = this.props;
    const resourceName = `${registry.modelPackageGroupName}/${version}`;
    return Stack.of(this).formatArn({ service: 'sagemaker', resource: 'model-package', resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  }
}
