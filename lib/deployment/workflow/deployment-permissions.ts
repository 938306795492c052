import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { DataLake } from '../../data/data-lake';
import { EVIDENCE_FOLDER } from '../../data/data-lake.contract';
import { METRIC_NAMESPACE } from '../../monitoring/metric-catalogue.contract';
import { acknowledgeWildcard } from '../../private/acknowledge';
import { ModelRegistry } from '../../registry/model-registry';
import { Deployment } from '../choices/deployment';
import { deploymentNames, EndpointSettings, ScalingSettings } from '../deployment.contract';

/** @internal */
export interface DeploymentPermissionsProps {
  readonly modelName: string;
  readonly endpointName: string;
  readonly lake: DataLake;
  readonly registry: ModelRegistry;
  readonly deployment: Deployment;
  readonly executionRole: iam.Role;
}

const SCALING_DIMENSIONS: readonly ScalingSettings['dimension'][] = ['sagemaker:variant:DesiredInstanceCount', 'sagemaker:variant:DesiredProvisionedConcurrency'];
const SCALING_ALARMS = 'alarms of one model: those of its deployments, named by version and run, and those of its scaling policies, named by the user';
const NAMED_AT_RUN_TIME = 'deployments of one model, which are named at run time by version and run';
const SCALING_WITHOUT_NAME = 'ids of scalable targets are made by the service; namespace and dimension are conditions (Service Authorization Reference, Application Auto Scaling)';

/** What each part of a deployment may do: actions by handler, names of this model only. @internal */
export class DeploymentPermissions {
  private readonly endpoint: string;
  private readonly configs: string;
  private readonly models: string;
  private readonly alarms: string;

  public constructor(
    private readonly scope: Construct,
    private readonly props: DeploymentPermissionsProps,
  ) {
    const prefix = `${deploymentNames.prefix(props.modelName)}*`;
    this.endpoint = this.arn('sagemaker', 'endpoint', props.endpointName);
    this.configs = this.arn('sagemaker', 'endpoint-config', prefix);
    this.models = this.arn('sagemaker', 'model', prefix);
    this.alarms = this.alarm(prefix);
  }

  /** SageMaker guide, "SageMaker roles", CreateModel API: execution role permissions; and auto-rollback (deployment-guardrails-configuration). */
  public grantExecutionRole(endpoint: EndpointSettings): void {
    const { executionRole: role, lake, modelName, registry, endpointName } = this.props;
    if (endpoint.kind === 'ASYNCHRONOUS') {
      // async-inference-create-invoke-update-delete, "Prerequisites": requests are read, and topics told, with this role.
      lake._grantRead(role, 'captured', modelName);
      const topics = [endpoint.successTopicArn, endpoint.errorTopicArn].filter((arn) => arn !== undefined);
      if (topics.length > 0) this.allow(role, ['sns:Publish'], topics);
    }
    lake._grantRead(role, 'artifacts', modelName);
    lake._grantWrite(role, 'captured', modelName);
    registry._grantPullImages(role);
    for (const topic of this.props.deployment._topics) topic.grantPublish(role);
    const logGroup = this.arn('logs', 'log-group', `/aws/sagemaker/Endpoints/${endpointName}`, ArnFormat.COLON_RESOURCE_NAME);
    this.allow(role, ['logs:CreateLogGroup', 'logs:DescribeLogStreams'], [logGroup]);
    this.allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [`${logGroup}:log-stream:*`], 'log streams of one endpoint are named by its instances');
    this.allow(role, ['cloudwatch:PutMetricData'], ['*'], 'PutMetricData has no resources; the namespace is a condition (Service Authorization Reference, CloudWatch)', {
      StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] },
    });
    this.grantDescribeAlarms(role);
  }

  public grantPlan(handler: IFunction): void {
    this.grantState(handler);
    this.props.registry._grantOnVersions(handler, 'sagemaker:DescribeModelPackage');
    this.allow(handler.role!, ['sagemaker:DescribeEndpoint'], [this.endpoint]);
  }

  public grantApply(handler: IFunction): void {
    const role = handler.role!;
    this.allow(role, ['sagemaker:DescribeEndpoint', 'sagemaker:DeleteEndpoint'], [this.endpoint]);
    this.allow(role, ['sagemaker:CreateEndpoint', 'sagemaker:UpdateEndpoint'], [this.endpoint, this.configs], NAMED_AT_RUN_TIME);
    this.allow(role, ['sagemaker:CreateEndpointConfig'], [this.configs], NAMED_AT_RUN_TIME);
    this.allow(role, ['sagemaker:CreateModel'], [this.models], NAMED_AT_RUN_TIME);
    this.allow(role, ['iam:PassRole'], [this.props.executionRole.roleArn], undefined, { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } });
    this.allow(role, ['cloudwatch:PutMetricAlarm'], [this.alarms], NAMED_AT_RUN_TIME);
    this.grantDescribeAlarms(role);
    this.grantState(handler);
    this.grantScaling(role, ['RegisterScalableTarget', 'DeregisterScalableTarget']);
    this.allow(role, ['sagemaker:DescribeEndpointConfig'], [this.configs], NAMED_AT_RUN_TIME);
  }

  public grantAnalyze(handler: IFunction): void {
    const role = handler.role!;
    const { lake, modelName, deployment } = this.props;
    const { shadow, test, analysis } = deployment._choices();
    // The freeze.
    this.grantState(handler);
    if (shadow !== undefined || test !== undefined || analysis.predictionDistance !== undefined) lake._grantRead(handler, 'captured', modelName);
    if (shadow !== undefined || test?.outcome.type === 'LABELS') lake._grantRead(handler, 'labels', modelName);
    if (shadow !== undefined || test !== undefined) lake._grantWrite(handler, 'state', modelName, EVIDENCE_FOLDER);
    this.allow(role, ['sagemaker:DescribeEndpoint'], [this.endpoint]);
    this.grantDescribeAlarms(role);
    this.allow(role, ['cloudwatch:GetMetricData'], ['*'], 'GetMetricData has no resources (Service Authorization Reference, CloudWatch)');
    this.grantVerdict(role);
  }

  public grantVerify(handler: IFunction): void {
    const role = handler.role!;
    this.allow(role, ['sagemaker:DescribeEndpoint'], [this.endpoint]);
    this.allow(role, ['sagemaker:DescribeEndpointConfig'], [this.configs], NAMED_AT_RUN_TIME);
    this.allow(role, ['sagemaker:DescribeModel'], [this.models], NAMED_AT_RUN_TIME);
  }

  public grantPromote(handler: IFunction): void {
    this.grantState(handler);
    this.props.lake._grantWrite(handler, 'state', this.props.modelName);
  }

  public grantCleanUp(handler: IFunction): void {
    this.grantState(handler);
    this.grantRemoval(handler);
    this.props.registry._grantOnVersions(handler, 'sagemaker:UpdateModelPackage');
    this.grantScaling(handler.role!, [
      'RegisterScalableTarget',
      'DeregisterScalableTarget',
      'PutScalingPolicy',
      'DeleteScalingPolicy',
      'PutScheduledAction',
      'DeleteScheduledAction',
    ]);
    this.allow(handler.role!, ['cloudwatch:PutMetricAlarm'], [this.alarm(deploymentNames.scalingPolicy(this.props.modelName, '*'))], SCALING_ALARMS);
  }

  public grantLifecycle(handler: IFunction, stateMachine: sfn.IStateMachine): void {
    this.grantState(handler);
    this.grantRemoval(handler);
    this.grantScaling(handler.role!, ['DeregisterScalableTarget']);
    this.grantVerdict(handler.role!);
    stateMachine.grantStartExecution(handler);
    this.allow(handler.role!, ['states:ListExecutions'], [stateMachine.stateMachineArn]);
    const executions = Stack.of(this.scope).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${Fn.select(6, Fn.split(':', stateMachine.stateMachineArn))}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.allow(handler.role!, ['states:StopExecution'], [executions], 'executions are named when they start');
  }

  private grantVerdict(role: iam.IRole): void {
    this.allow(role, ['cloudwatch:PutMetricData'], ['*'], 'PutMetricData has no resources; the namespace is a condition (Service Authorization Reference, CloudWatch)', {
      StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE },
    });
  }

  /** The champion pointer and the freeze. */
  private grantState(handler: IFunction): void {
    this.props.lake._grantRead(handler, 'state', this.props.modelName);
  }

  private grantRemoval(handler: IFunction): void {
    const role = handler.role!;
    this.allow(role, ['sagemaker:DescribeEndpoint', 'sagemaker:DeleteEndpoint'], [this.endpoint]);
    this.allow(role, ['sagemaker:DeleteEndpointConfig'], [this.configs], NAMED_AT_RUN_TIME);
    this.allow(role, ['sagemaker:DeleteModel'], [this.models], NAMED_AT_RUN_TIME);
    this.allow(role, ['sagemaker:ListEndpointConfigs', 'sagemaker:ListModels'], ['*'], 'lists have no resources (Service Authorization Reference, SageMaker)');
    this.allow(role, ['cloudwatch:DeleteAlarms'], [this.alarm(deploymentNames.scalingPolicy(this.props.modelName, '*'))], SCALING_ALARMS);
    this.allow(role, ['cloudwatch:DescribeAlarms'], [this.alarm('*')], 'a search by prefix names no alarm that a permission could be scoped to');
  }

  private grantDescribeAlarms(role: iam.IRole): void {
    const added = this.props.deployment._rollbackAlarms.map((alarm) => alarm.alarmArn);
    this.allow(role, ['cloudwatch:DescribeAlarms'], [this.alarms, ...added], NAMED_AT_RUN_TIME);
    if (added.length === 0) return;
    // One of them may be composite, and then a narrower permission returns nothing (API_DescribeAlarms).
    this.allow(role, ['cloudwatch:DescribeAlarms'], ['*'], 'returning composite alarms needs cloudwatch:DescribeAlarms on * (API_DescribeAlarms)');
  }

  /** Endpoint permissions are those that the service uses on behalf of the caller (endpoint-auto-scaling-prerequisites, "Permissions"). */
  private grantScaling(role: iam.IRole, actions: string[]): void {
    const target = this.arn('application-autoscaling', 'scalable-target', '*');
    this.allow(role, actions.map((action) => `application-autoscaling:${action}`), [target], SCALING_WITHOUT_NAME, {
      StringEquals: {
        'application-autoscaling:service-namespace': 'sagemaker',
        'application-autoscaling:scalable-dimension': SCALING_DIMENSIONS,
      },
    });
    const describing = ['DescribeScalableTargets', ...(actions.includes('DeregisterScalableTarget') ? ['DescribeScalingPolicies', 'DescribeScheduledActions'] : [])];
    this.allow(role, describing.map((action) => `application-autoscaling:${action}`), ['*'], 'descriptions have no resources (Service Authorization Reference, Application Auto Scaling)');
    if (!actions.some((action) => action.startsWith('Register') || action.startsWith('Put'))) return;
    this.allow(role, ['sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities'], [this.endpoint]);
    this.allow(role, ['sagemaker:DescribeEndpointConfig'], [this.configs], NAMED_AT_RUN_TIME);
    const tracking = this.alarm(`TargetTracking-${deploymentNames.scalableTarget(this.props.endpointName)}-*`);
    this.allow(role, ['cloudwatch:PutMetricAlarm', 'cloudwatch:DescribeAlarms', 'cloudwatch:DeleteAlarms'], [tracking], 'alarms of target tracking are named by the service');
    const stack = Stack.of(this.scope);
    const linkedRole = stack.formatArn({
      service: 'iam',
      region: '',
      resource: 'role',
      resourceName: 'aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint',
    });
    this.allow(role, ['iam:CreateServiceLinkedRole'], [linkedRole], undefined, {
      StringLike: { 'iam:AWSServiceName': 'sagemaker.application-autoscaling.amazonaws.com' },
    });
  }

  private allow(role: iam.IRole, actions: string[], resources: string[], reason?: string, conditions?: Record<string, unknown>): void {
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
    if (reason === undefined) return;
    for (const resource of resources) if (resource.includes('*')) acknowledgeWildcard(role, resource, reason);
  }

  private alarm(name: string): string {
    return this.arn('cloudwatch', 'alarm', name, ArnFormat.COLON_RESOURCE_NAME);
  }

  private arn(service: string, resource: string, resourceName: string, arnFormat = ArnFormat.SLASH_RESOURCE_NAME): string {
    return Stack.of(this.scope).formatArn({ service, resource, resourceName, arnFormat });
  }
}
