import type { Random } from '../../kernel/random';
import { AwsError } from '../../kernel/aws-error';
import { asBoolean } from '../operations';
import { type ScalingPolicy, targetKey } from './records';

/** CloudWatch metrics behind predefined ones (SageMaker guide, "endpoint-auto-scaling-add-code-define", "serverless-endpoints-autoscale"). */
const PREDEFINED: Readonly<Record<string, { readonly MetricName: string; readonly Statistic: string }>> = {
  SageMakerVariantInvocationsPerInstance: { MetricName: 'InvocationsPerInstance', Statistic: 'Sum' },
  SageMakerVariantProvisionedConcurrencyUtilization: { MetricName: 'ServerlessProvisionedConcurrencyUtilization', Statistic: 'Average' },
  SageMakerVariantConcurrentRequestsPerModelHighResolution: { MetricName: 'ConcurrentRequestsPerModel', Statistic: 'Maximum' },
};

/** "Usually more than 10% lower" than the target before capacity is removed (guide, "Target tracking scaling policies", high utilization). */
const SCALE_IN_SHARE = 0.9;

export type TrackingAlarm = 'AlarmHigh' | 'AlarmLow';

/**
 * Alarms that Application Auto Scaling creates for a target tracking policy. That it takes three minutes above the target and fifteen minutes
 * far below it is in no guide; it is what describe-alarms shows.
 */
export function trackingAlarms(policy: ScalingPolicy, random: Random, arnOf: (name: string) => string): Record<string, unknown>[] {
  const configuration = policy.TargetTrackingScalingPolicyConfiguration!;
  const TargetValue = Number(configuration.TargetValue);
  const common = {
    ...metricOf(policy, configuration),
    AlarmActions: [policy.PolicyARN],
    ActionsEnabled: true,
    AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.PolicyARN}.`,
  };
  const alarm = (kind: TrackingAlarm, rest: Record<string, unknown>): Record<string, unknown> => {
    const AlarmName = `TargetTracking-${policy.ResourceId}-${kind}-${random.stream(`${targetKey(policy)}|${policy.PolicyName}|${kind}`).uuid()}`;
    return { ...common, AlarmName, AlarmArn: arnOf(AlarmName), ...rest };
  };
  const high = alarm('AlarmHigh', { Threshold: TargetValue, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 3 });
  if (asBoolean(configuration.DisableScaleIn)) return [high];
  return [high, alarm('AlarmLow', { Threshold: SCALE_IN_SHARE * TargetValue, ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: 15 })];
}

function metricOf({ ResourceId }: ScalingPolicy, configuration: Record<string, any>): Record<string, unknown> {
  const predefined = configuration.PredefinedMetricSpecification?.PredefinedMetricType;
  const customized = configuration.CustomizedMetricSpecification;
  if ((predefined === undefined) === (customized === undefined)) throw invalid('Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required');
  if (predefined !== undefined) {
    const metric = PREDEFINED[predefined];
    if (!metric) throw invalid(`the predefined metric ${predefined} is not simulated`);
    const [, EndpointName, , VariantName] = ResourceId.split('/');
    const Dimensions = Object.entries({ EndpointName, VariantName }).map(([Name, Value]) => ({ Name, Value }));
    return { Namespace: 'AWS/SageMaker', ...metric, Dimensions, Period: 60 };
  }
  if (customized.Metrics === undefined) {
    const { Namespace, MetricName, Dimensions, Statistic, Unit } = customized;
    return { Namespace, MetricName, Dimensions: Dimensions ?? [], Statistic, Period: 60, ...(Unit === undefined ? {} : { Unit }) };
  }
  const Metrics = (customized.Metrics as any[]).map((query) => (query.MetricStat === undefined ? query : { ...query, MetricStat: { ...query.MetricStat, Period: 60 } }));
  return { Metrics };
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message, 400);
}
