import * as applicationautoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ENDPOINT_NAMESPACE } from '../../monitoring/metric-catalogue.contract';
import { deploymentNames, ScaleFromZeroSettings, ScalingPolicySettings, ScalingSettings, TargetTrackingSettings, VARIANT_NAME } from '../deployment.contract';

/** The workflow's scalable target, as CloudFormation properties. @internal */
export function scalableTargetProps(endpointName: string, scaling: ScalingSettings): applicationautoscaling.CfnScalableTargetProps {
  return {
    serviceNamespace: 'sagemaker',
    resourceId: deploymentNames.scalableTarget(endpointName),
    scalableDimension: scaling.dimension,
    minCapacity: scaling.minimum,
    maxCapacity: scaling.maximum,
    scheduledActions: scaling.schedules.map(({ name, schedule, timezone, minimum, maximum }) => ({
      scheduledActionName: name,
      schedule,
      timezone,
      scalableTargetAction: { minCapacity: minimum, maxCapacity: maximum },
    })),
  };
}

/** One of its policies. @internal */
export function scalingPolicyProps(modelName: string, endpointName: string, target: applicationautoscaling.CfnScalableTarget, policy: ScalingPolicySettings): applicationautoscaling.CfnScalingPolicyProps {
  const common = { policyName: deploymentNames.scalingPolicy(modelName, policy.name), scalingTargetId: target.ref };
  if (policy.type === 'TARGET_TRACKING') return { ...common, policyType: 'TargetTrackingScaling', targetTrackingScalingPolicyConfiguration: targetTracking(endpointName, policy) };
  // async-inference-autoscale, "Define a scaling policy that scales up from zero for new requests".
  return {
    ...common,
    policyType: 'StepScaling',
    stepScalingPolicyConfiguration: {
      adjustmentType: 'ChangeInCapacity',
      metricAggregationType: 'Average',
      cooldown: policy.cooldownSeconds,
      stepAdjustments: [{ metricIntervalLowerBound: 0, scalingAdjustment: 1 }],
    },
  };
}

/** What a policy that does not track a target needs: an alarm that starts it. Same page as the policy. @internal */
export function scaleFromZeroAlarmProps(modelName: string, endpointName: string, { name }: ScaleFromZeroSettings, policy: applicationautoscaling.CfnScalingPolicy, runbookUrl: string): cloudwatch.CfnAlarmProps {
  return {
    alarmName: deploymentNames.scalingPolicy(modelName, name),
    alarmDescription: `Requests wait for ${endpointName}, which has no instance: starts one. Not a page. ${runbookUrl}#scale-from-zero`,
    namespace: ENDPOINT_NAMESPACE,
    metricName: 'HasBacklogWithoutCapacity',
    dimensions: [{ name: 'EndpointName', value: endpointName }],
    statistic: 'Average',
    period: 60,
    evaluationPeriods: 2,
    datapointsToAlarm: 2,
    comparisonOperator: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    treatMissingData: 'missing',
    alarmActions: [policy.ref],
  };
}

function targetTracking(endpointName: string, policy: TargetTrackingSettings): applicationautoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty {
  const { metric } = policy;
  const common = { targetValue: policy.target, scaleInCooldown: policy.scaleInCooldownSeconds, scaleOutCooldown: policy.scaleOutCooldownSeconds };
  if ('predefined' in metric) return { ...common, predefinedMetricSpecification: { predefinedMetricType: metric.predefined } };
  const dimensions = [{ name: 'EndpointName', value: endpointName }, ...(metric.variant ? [{ name: 'VariantName', value: VARIANT_NAME }] : [])];
  return { ...common, customizedMetricSpecification: { namespace: metric.namespace, metricName: metric.metricName, statistic: metric.statistic, dimensions } };
}
