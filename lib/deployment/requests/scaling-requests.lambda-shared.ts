import type { PutScalingPolicyCommandInput, PutScheduledActionCommandInput, RegisterScalableTargetCommandInput } from '@aws-sdk/client-application-auto-scaling';
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { ENDPOINT_METRICS, ENDPOINT_NAMESPACE } from '../../monitoring/metric-catalogue.contract';
import {
  deploymentNames,
  type DeploymentSettings,
  type ScaleFromZeroSettings,
  type ScalingPolicySettings,
  type ScalingScheduleSettings,
  type ScalingSettings,
  type TargetTrackingSettings,
  VARIANT_NAME,
} from '../deployment.contract';

type Dimension = ScalingSettings['dimension'];

/** An endpoint has one of them; after a change from serverless to instances the other may still be registered. */
export const SCALING_DIMENSIONS: readonly Dimension[] = ['sagemaker:variant:DesiredInstanceCount', 'sagemaker:variant:DesiredProvisionedConcurrency'];

export function scalableTarget({ endpointName }: Pick<DeploymentSettings, 'endpointName'>, ScalableDimension: Dimension) {
  return { ServiceNamespace: 'sagemaker', ResourceId: deploymentNames.scalableTarget(endpointName), ScalableDimension } as const;
}

/** Capacity must hold still while two fleets are compared. Without minimum and maximum the registered ones stay. */
export function suspendScalingRequest(settings: DeploymentSettings, dimension: Dimension): RegisterScalableTargetCommandInput {
  return { ...scalableTarget(settings, dimension), SuspendedState: suspended(true) };
}

export function registerScalingRequest(settings: DeploymentSettings, scaling: ScalingSettings): RegisterScalableTargetCommandInput {
  return { ...scalableTarget(settings, scaling.dimension), MinCapacity: scaling.minimum, MaxCapacity: scaling.maximum, SuspendedState: suspended(false) };
}

function suspended(value: boolean) {
  return { DynamicScalingInSuspended: value, DynamicScalingOutSuspended: value, ScheduledScalingSuspended: value };
}

export function scalingPolicyRequest(settings: DeploymentSettings, { dimension }: ScalingSettings, policy: ScalingPolicySettings): PutScalingPolicyCommandInput {
  const common = { ...scalableTarget(settings, dimension), PolicyName: deploymentNames.scalingPolicy(settings.modelName, policy.name) };
  if (policy.type === 'TARGET_TRACKING') return { ...common, PolicyType: 'TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration: targetTracking(settings, policy) };
  // async-inference-autoscale, "Define a scaling policy that scales up from zero for new requests".
  return {
    ...common,
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      MetricAggregationType: 'Average',
      Cooldown: policy.cooldownSeconds,
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
    },
  };
}

function targetTracking({ endpointName }: DeploymentSettings, policy: TargetTrackingSettings): PutScalingPolicyCommandInput['TargetTrackingScalingPolicyConfiguration'] {
  const { metric } = policy;
  const cooldown = { TargetValue: policy.target, ScaleInCooldown: policy.scaleInCooldownSeconds, ScaleOutCooldown: policy.scaleOutCooldownSeconds };
  if ('predefined' in metric) {
    return { ...cooldown, PredefinedMetricSpecification: { PredefinedMetricType: metric.predefined as 'SageMakerVariantInvocationsPerInstance' } };
  }
  const Dimensions = [{ Name: 'EndpointName', Value: endpointName }, ...(metric.variant ? [{ Name: 'VariantName', Value: VARIANT_NAME }] : [])];
  return { ...cooldown, CustomizedMetricSpecification: { Namespace: metric.namespace, MetricName: metric.metricName, Statistic: metric.statistic, Dimensions } };
}

/** What a policy that does not track a target needs: an alarm that starts it. Same page as the policy. */
export function scaleFromZeroAlarmRequest(settings: DeploymentSettings, policy: ScaleFromZeroSettings, policyArn: string): PutMetricAlarmCommandInput {
  return {
    AlarmName: deploymentNames.scalingPolicy(settings.modelName, policy.name),
    AlarmDescription: `Requests wait for ${settings.endpointName}, which has no instance: starts one. Not a page. ${settings.runbookUrl}#scale-from-zero`,
    Namespace: ENDPOINT_NAMESPACE,
    MetricName: ENDPOINT_METRICS.backlogWithoutCapacity,
    Dimensions: [{ Name: 'EndpointName', Value: settings.endpointName }],
    Statistic: 'Average',
    Period: 60,
    EvaluationPeriods: 2,
    DatapointsToAlarm: 2,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    TreatMissingData: 'missing',
    AlarmActions: [policyArn],
  };
}

export function scheduledActionRequest(settings: DeploymentSettings, { dimension }: ScalingSettings, action: ScalingScheduleSettings): PutScheduledActionCommandInput {
  return {
    ...scalableTarget(settings, dimension),
    ScheduledActionName: deploymentNames.scalingPolicy(settings.modelName, action.name),
    Schedule: action.schedule,
    ...(action.timezone === undefined ? {} : { Timezone: action.timezone }),
    ScalableTargetAction: {
      ...(action.minimum === undefined ? {} : { MinCapacity: action.minimum }),
      ...(action.maximum === undefined ? {} : { MaxCapacity: action.maximum }),
    },
  };
}
