import type { AlarmType, PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import type { DeploymentConfig, TrafficRoutingConfigType, UpdateEndpointCommandInput, VariantProperty } from '@aws-sdk/client-sagemaker';
import { DIMENSION_ENDPOINT_CONFIG, DIMENSION_MODEL, ENDPOINT_METRICS, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, METRICS, REQUEST_COUNT } from '../../monitoring/metric-catalogue.contract';
import { updateSeconds } from '../deployment-limits.contract';
import type { StagePlan } from '../deployment-plan.contract';
import { ALARM_KINDS, type AlarmKind, deploymentNames, type DeploymentSettings, VARIANT_NAME, RATE_MINIMUM_REQUESTS } from '../deployment.contract';

/**
 * Alarms that see the new fleet only: dimension EndpointConfigName (deployment-guardrails-configuration, "latency on the new fleet"). Where
 * SageMaker has no guardrails there are none: the looks have the same limits, and put the champion back themselves.
 *
 * @param settings as `settingsOf` makes them
 */
export function alarmRequests(settings: DeploymentSettings, stage: StagePlan): PutMetricAlarmCommandInput[] {
  return isGuarded(settings, stage) ? ALARM_KINDS.map((kind) => alarmRequest(settings, stage.config, kind)) : [];
}

/** Names of the alarms of one stage: its own and the user's. */
export function stageAlarms(settings: DeploymentSettings, stage: StagePlan): string[] {
  return isGuarded(settings, stage) ? rollbackAlarms(settings, stage.config) : [...settings.alarms];
}

function alarmRequest(settings: DeploymentSettings, config: string, kind: AlarmKind): PutMetricAlarmCommandInput {
  const dimensions = fleetDimensions(settings.endpointName, config);
  const common = (what: string) => ({
    AlarmName: deploymentNames.alarm(config, kind),
    AlarmDescription: `${what} of ${config} during its deployment: rolls back. ${settings.runbookUrl}#rollback-alarms`,
    ActionsEnabled: false,
    // No data = no traffic to the new fleet. That is the analysis' business: it is inconclusive, these are not.
    TreatMissingData: 'notBreaching',
  });
  const metric = (id: string, name: string, Stat: string) => ({
    Id: id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: ENDPOINT_NAMESPACE, MetricName: name, Dimensions: dimensions }, Period: 60, Stat },
  });
  if (kind === 'error-rate') {
    return {
      ...common('Error rate'),
      Metrics: [
        metric('requests', REQUEST_COUNT[settings.endpoint.kind].metricName, REQUEST_COUNT[settings.endpoint.kind].statistic),
        metric('errors', ENDPOINT_METRICS.errors5xx, 'Sum'),
        { Id: 'rate', Expression: `IF(requests >= ${RATE_MINIMUM_REQUESTS}, errors / requests, 0)`, Label: 'error rate', ReturnData: true },
      ],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: settings.rollback.errorRate,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    };
  }
  if (kind === 'latency') {
    return {
      ...common('Latency'),
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
    };
  }
  return {
    ...common('Analysis'),
    Namespace: METRIC_NAMESPACE,
    MetricName: METRICS.analysisFailed.name,
    Dimensions: analysisDimensions(settings.modelName, config),
    Statistic: 'Maximum',
    Period: 60,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
  };
}

/** Alarms that SageMaker watches during a release. */
export function rollbackAlarms(settings: Pick<DeploymentSettings, 'alarms'>, resource: string): string[] {
  return [...ALARM_KINDS.map((kind) => deploymentNames.alarm(resource, kind)), ...settings.alarms];
}

/** Composite alarms are asked for only when the user may have added one: they need a permission on all alarms (API_DescribeAlarms). */
export function rollbackAlarmTypes(settings: Pick<DeploymentSettings, 'alarms'>): AlarmType[] {
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

/** @param instances that the variant has now */
export function updateEndpointRequest(settings: DeploymentSettings, stage: StagePlan, instances?: number): UpdateEndpointCommandInput {
  return { ...plainUpdateRequest(settings, stage.config, instances), ...(isGuarded(settings, stage) ? { DeploymentConfig: deploymentConfig(settings, stage.config) } : {}) };
}

/** A changed set of variants, and serverless endpoints, have no guardrails (deployment-guardrails-exclusions, model-deploy-feature-matrix). */
export function isGuarded({ routing }: Pick<DeploymentSettings, 'routing'>, { stage }: Pick<StagePlan, 'stage'>): boolean {
  return stage === 'RELEASE' && routing.type !== 'UNGUARDED';
}

/** All at once and without baking: for the stages before the release, and for putting the champion back. */
export function plainUpdateRequest(settings: DeploymentSettings, config: string, instances?: number): UpdateEndpointCommandInput {
  const request = { EndpointName: settings.endpointName, EndpointConfigName: config };
  // What can be retained is counts and weights (API_VariantProperty); a serverless variant has neither.
  if (settings.endpoint.kind === 'SERVERLESS') return request;
  // The default throws autoscaled capacity away at the moment when both fleets are needed. Without scaling the configuration decides, and so it
  // does when scaling has left fewer instances than the percentage to be shifted needs, or none at all.
  const { scaling, instanceCount } = settings.endpoint;
  const retained = scaling !== undefined && (instances ?? instanceCount) >= instanceCount;
  const counts: VariantProperty[] = retained ? [] : [{ VariantPropertyType: 'DesiredInstanceCount' }];
  return { ...request, RetainAllVariantProperties: true, ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }, ...counts] };
}

function deploymentConfig(settings: DeploymentSettings, resource: string): DeploymentConfig {
  const { routing } = settings;
  const { type, percent, waitSeconds } = routing;
  const size = { Type: 'CAPACITY_PERCENT' as const, Value: percent };
  const MaximumExecutionTimeoutInSeconds = updateSeconds(settings, routing);
  const AutoRollbackConfiguration = { Alarms: rollbackAlarms(settings, resource).map((AlarmName) => ({ AlarmName })) };
  if (type === 'ROLLING') {
    return { RollingUpdatePolicy: { MaximumBatchSize: size, WaitIntervalInSeconds: waitSeconds, MaximumExecutionTimeoutInSeconds }, AutoRollbackConfiguration };
  }
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: type as TrafficRoutingConfigType,
        WaitIntervalInSeconds: waitSeconds,
        ...(type === 'CANARY' ? { CanarySize: size } : {}),
        ...(type === 'LINEAR' ? { LinearStepSize: size } : {}),
      },
      TerminationWaitInSeconds: settings.terminationWaitSeconds,
      MaximumExecutionTimeoutInSeconds,
    },
    AutoRollbackConfiguration,
  };
}
