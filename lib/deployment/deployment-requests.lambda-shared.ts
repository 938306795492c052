import type { AlarmType, PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import type {
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  DeploymentConfig,
  TrafficRoutingConfigType,
  ProductionVariantInstanceType,
  UpdateEndpointCommandInput,
} from '@aws-sdk/client-sagemaker';
import type { PutScalingPolicyCommandInput, RegisterScalableTargetCommandInput } from '@aws-sdk/client-application-auto-scaling';
import { lakeKeys, s3Uri } from '../data/data-lake.contract';
import { DIMENSION_ENDPOINT_CONFIG, DIMENSION_MODEL, ENDPOINT_METRICS, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import type { DeploymentPlan } from './deployment-plan.contract';
import { ALARM_KINDS, deploymentNames, type DeploymentSettings, type InstanceFleetSettings, type TargetTrackingSettings, VARIANT_NAME } from './deployment.contract';

/** A plan that deploys something. */
export type Deployable = DeploymentPlan & Required<Pick<DeploymentPlan, 'resource' | 'expected'>>;

export function deployable(plan: DeploymentPlan): Deployable {
  if (plan.resource === undefined || plan.expected === undefined) throw new Error(`plan ${plan.action} deploys nothing`);
  return plan as Deployable;
}

export function instanceFleet({ endpoint }: DeploymentSettings): InstanceFleetSettings {
  if (endpoint.kind === 'SERVERLESS') throw new Error('a serverless endpoint has no instances');
  return endpoint;
}

export function createModelRequest(settings: DeploymentSettings, plan: Deployable): CreateModelCommandInput {
  const { image, modelDataUrl, environment } = plan.expected;
  return {
    ModelName: plan.resource,
    ExecutionRoleArn: settings.executionRoleArn,
    EnableNetworkIsolation: instanceFleet(settings).networkIsolation,
    PrimaryContainer: { Image: image, Environment: environment, ...(modelDataUrl === undefined ? {} : { ModelDataUrl: modelDataUrl }) },
  };
}

export function createEndpointConfigRequest(settings: DeploymentSettings, plan: Deployable): CreateEndpointConfigCommandInput {
  const fleet = instanceFleet(settings);
  return {
    EndpointConfigName: plan.resource,
    ProductionVariants: [
      {
        VariantName: VARIANT_NAME,
        ModelName: plan.resource,
        InitialInstanceCount: fleet.instanceCount,
        InstanceType: fleet.instanceType as ProductionVariantInstanceType,
        InitialVariantWeight: 1,
      },
    ],
    DataCaptureConfig: {
      EnableCapture: fleet.samplingPercentage > 0,
      InitialSamplingPercentage: fleet.samplingPercentage,
      // Without the closing slash: SageMaker adds its own and would make a double one (amazon-sagemaker-examples#1938).
      DestinationS3Uri: s3Uri(settings.bucket, lakeKeys.capturedPrefix(settings.modelName, plan.version)).replace(/\/$/, ''),
      KmsKeyId: settings.keyArn,
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
      // Content types that are not named are captured as base64 (API_CaptureContentTypeHeader).
      CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'], JsonContentTypes: ['application/json'] },
    },
  };
}

/** Below this many requests in a minute one error is no rate; the analysis counts over the whole baking period instead. */
const RATE_MINIMUM_REQUESTS = 20;

/** Rollback alarms that see the new fleet only: dimension EndpointConfigName (deployment-guardrails-configuration, "latency on the new fleet"). */
export function alarmRequests(settings: DeploymentSettings, plan: Deployable): PutMetricAlarmCommandInput[] {
  const dimensions = fleetDimensions(settings.endpointName, plan.resource);
  const common = {
    ActionsEnabled: false,
    // No data = no traffic to the new fleet. That is the analysis' business: it is inconclusive, these are not.
    TreatMissingData: 'notBreaching',
  };
  const description = (what: string): string => `${what} of ${plan.resource} during its deployment: rolls back. ${settings.runbookUrl}#rollback-alarms`;
  const sum = (id: string, metric: string) => ({
    Id: id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: ENDPOINT_NAMESPACE, MetricName: metric, Dimensions: dimensions }, Period: 60, Stat: 'Sum' },
  });
  return [
    {
      ...common,
      AlarmName: deploymentNames.alarm(plan.resource, 'error-rate'),
      AlarmDescription: description('Error rate'),
      Metrics: [
        sum('requests', ENDPOINT_METRICS.invocations),
        sum('errors', ENDPOINT_METRICS.errors5xx),
        { Id: 'rate', Expression: `IF(requests >= ${RATE_MINIMUM_REQUESTS}, errors / requests, 0)`, Label: 'error rate', ReturnData: true },
      ],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: settings.rollback.errorRate,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    },
    {
      ...common,
      AlarmName: deploymentNames.alarm(plan.resource, 'latency'),
      AlarmDescription: description('Latency'),
      Namespace: ENDPOINT_NAMESPACE,
      MetricName: ENDPOINT_METRICS.modelLatency,
      Dimensions: dimensions,
      ExtendedStatistic: `p${settings.rollback.latencyPercentile}`,
      Period: 60,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: settings.rollback.latencyMicroseconds,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      // A quantile of three requests is noise (PutMetricAlarm, EvaluateLowSampleCountPercentile).
      EvaluateLowSampleCountPercentile: 'ignore',
    },
    {
      ...common,
      AlarmName: deploymentNames.alarm(plan.resource, 'analysis'),
      AlarmDescription: description('Analysis'),
      Namespace: METRIC_NAMESPACE,
      MetricName: METRICS.analysisFailed.name,
      Dimensions: analysisDimensions(settings.modelName, plan.resource),
      Statistic: 'Maximum',
      Period: 60,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
    },
  ];
}

export function rollbackAlarms(settings: DeploymentSettings, resource: string): string[] {
  return [...ALARM_KINDS.map((kind) => deploymentNames.alarm(resource, kind)), ...settings.alarms];
}

/** Composite alarms are asked for only when the user may have added one: they need a permission on all alarms (API_DescribeAlarms). */
export function rollbackAlarmTypes(settings: DeploymentSettings): AlarmType[] {
  return settings.alarms.length === 0 ? ['MetricAlarm'] : ['MetricAlarm', 'CompositeAlarm'];
}

export function fleetDimensions(endpointName: string, config: string): { Name: string; Value: string }[] {
  return [
    { Name: 'EndpointName', Value: endpointName },
    { Name: 'VariantName', Value: VARIANT_NAME },
    { Name: 'EndpointConfigName', Value: config },
  ];
}

export function analysisDimensions(modelName: string, config: string): { Name: string; Value: string }[] {
  return [
    { Name: DIMENSION_MODEL, Value: modelName },
    { Name: DIMENSION_ENDPOINT_CONFIG, Value: config },
  ];
}

export function updateEndpointRequest(settings: DeploymentSettings, plan: Deployable): UpdateEndpointCommandInput {
  return {
    EndpointName: settings.endpointName,
    EndpointConfigName: plan.resource,
    // The default throws autoscaled capacity away at the moment when both fleets are needed. Without scaling the configuration decides.
    RetainAllVariantProperties: true,
    ...(settings.endpoint.scaling ? {} : { ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredInstanceCount' as const }] }),
    DeploymentConfig: deploymentConfig(settings, plan.resource),
  };
}

function deploymentConfig(settings: DeploymentSettings, resource: string): DeploymentConfig {
  const { type, percent, waitSeconds } = settings.routing;
  const size = { Type: 'CAPACITY_PERCENT' as const, Value: percent };
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: type as TrafficRoutingConfigType,
        WaitIntervalInSeconds: waitSeconds,
        ...(type === 'CANARY' ? { CanarySize: size } : {}),
        ...(type === 'LINEAR' ? { LinearStepSize: size } : {}),
      },
      TerminationWaitInSeconds: settings.terminationWaitSeconds,
      MaximumExecutionTimeoutInSeconds: settings.maximumSeconds,
    },
    AutoRollbackConfiguration: { Alarms: rollbackAlarms(settings, resource).map((AlarmName) => ({ AlarmName })) },
  };
}

export const scalableTarget = (settings: DeploymentSettings) =>
  ({
    ServiceNamespace: 'sagemaker',
    ResourceId: deploymentNames.scalableTarget(settings.endpointName),
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  }) as const;

/** Capacity must hold still while two fleets are compared. Without minimum and maximum the registered ones stay. */
export function suspendScalingRequest(settings: DeploymentSettings, suspended: boolean): RegisterScalableTargetCommandInput {
  return {
    ...scalableTarget(settings),
    ...(suspended || !settings.endpoint.scaling ? {} : { MinCapacity: settings.endpoint.scaling.minimum, MaxCapacity: settings.endpoint.scaling.maximum }),
    SuspendedState: { DynamicScalingInSuspended: suspended, DynamicScalingOutSuspended: suspended, ScheduledScalingSuspended: suspended },
  };
}

export function scalingPolicyRequest(settings: DeploymentSettings, policy: TargetTrackingSettings): PutScalingPolicyCommandInput {
  return {
    ...scalableTarget(settings),
    PolicyName: deploymentNames.scalingPolicy(settings.modelName, policy.name),
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: policy.target,
      PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
      ScaleInCooldown: policy.scaleInCooldownSeconds,
      ScaleOutCooldown: policy.scaleOutCooldownSeconds,
    },
  };
}
