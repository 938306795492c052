import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { DataLake } from '../../data/data-lake';
import { lakeKeys, s3Uri } from '../../data/data-lake.contract';
import { ENDPOINT_METRICS, ENDPOINT_NAMESPACE, REQUEST_COUNT } from '../../monitoring/metric-catalogue.contract';
import { AsynchronousEndpointSettings, DeploymentChoices, RATE_MINIMUM_REQUESTS, RealTimeEndpointSettings, VARIANT_NAME } from '../deployment.contract';
import { pinnedAlarm } from './pinned.contract';

/** Endpoint configuration of the workflow, as CloudFormation properties. @internal */
export function endpointConfigProps(modelName: string, lake: DataLake, choices: DeploymentChoices, version: number, sageMakerModelName: string): sagemaker.CfnEndpointConfigProps {
  const { endpoint } = choices;
  if (endpoint.kind === 'SERVERLESS') throw new Error('a pinned deployment of a serverless endpoint is refused by Deployment.pinned');
  return {
    productionVariants: [
      {
        variantName: VARIANT_NAME,
        modelName: sageMakerModelName,
        initialInstanceCount: endpoint.instanceCount,
        instanceType: endpoint.instanceType,
        initialVariantWeight: 1,
      },
    ],
    ...(endpoint.kind === 'REAL_TIME'
      ? { dataCaptureConfig: dataCaptureConfig(modelName, lake, endpoint, version) }
      : { asyncInferenceConfig: asyncInferenceConfig(modelName, lake, endpoint, version) }),
  };
}

function dataCaptureConfig(modelName: string, lake: DataLake, fleet: RealTimeEndpointSettings, version: number): sagemaker.CfnEndpointConfig.DataCaptureConfigProperty {
  return {
    enableCapture: fleet.samplingPercentage > 0,
    initialSamplingPercentage: fleet.samplingPercentage,
    // Without the closing slash: SageMaker adds its own and would make a double one (amazon-sagemaker-examples#1938).
    destinationS3Uri: s3Uri(lake.bucket.bucketName, lakeKeys.capturedPrefix(modelName, version)).replace(/\/$/, ''),
    kmsKeyId: lake.key.keyArn,
    captureOptions: [{ captureMode: 'Input' }, { captureMode: 'Output' }],
    // Content types that are not named are captured as base64 (API_CaptureContentTypeHeader).
    captureContentTypeHeader: { csvContentTypes: ['text/csv'], jsonContentTypes: ['application/json'] },
  };
}

function asyncInferenceConfig(modelName: string, lake: DataLake, endpoint: AsynchronousEndpointSettings, version: number): sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty {
  const { successTopicArn, errorTopicArn, maximumConcurrentInvocationsPerInstance } = endpoint;
  return {
    outputConfig: {
      s3OutputPath: s3Uri(lake.bucket.bucketName, lakeKeys.asynchronousResponses(modelName, version)),
      s3FailurePath: s3Uri(lake.bucket.bucketName, lakeKeys.asynchronousFailures(modelName, version)),
      kmsKeyId: lake.key.keyArn,
      notificationConfig: successTopicArn === undefined && errorTopicArn === undefined ? undefined : { successTopic: successTopicArn, errorTopic: errorTopicArn },
    },
    clientConfig: maximumConcurrentInvocationsPerInstance === undefined ? undefined : { maxConcurrentInvocationsPerInstance: maximumConcurrentInvocationsPerInstance },
  };
}

/** Guardrails of the workflow, as CloudFormation properties. @internal */
export function deploymentConfigProps(choices: DeploymentChoices, alarmNames: readonly string[]): sagemaker.CfnEndpoint.DeploymentConfigProperty {
  const { type, percent, waitSeconds } = choices.routing;
  const size = { type: 'CAPACITY_PERCENT', value: percent };
  const autoRollbackConfiguration = { alarms: alarmNames.map((alarmName) => ({ alarmName })) };
  if (type === 'ROLLING') {
    return {
      autoRollbackConfiguration,
      rollingUpdatePolicy: { maximumBatchSize: size, waitIntervalInSeconds: waitSeconds, maximumExecutionTimeoutInSeconds: choices.maximumSeconds },
    };
  }
  return {
    autoRollbackConfiguration,
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: {
        type,
        waitIntervalInSeconds: waitSeconds,
        canarySize: type === 'CANARY' ? size : undefined,
        linearStepSize: type === 'LINEAR' ? size : undefined,
      },
      terminationWaitInSeconds: choices.terminationWaitSeconds,
      maximumExecutionTimeoutInSeconds: choices.maximumSeconds,
    },
  };
}

/**
 * Alarms that see the fleet of one endpoint configuration only: they turn to the new one before the endpoint does, because the endpoint waits
 * for them. Their names are fixed, so that a permission can name them without waiting for them. @internal
 */
export function rollbackAlarms(scope: Construct, modelName: string, endpointName: string, config: sagemaker.CfnEndpointConfig, choices: DeploymentChoices, runbookUrl: string): cloudwatch.Alarm[] {
  const dimensionsMap = { EndpointName: endpointName, VariantName: VARIANT_NAME, EndpointConfigName: config.attrEndpointConfigName };
  const metric = (metricName: string, statistic: string): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace: ENDPOINT_NAMESPACE, metricName, dimensionsMap, statistic, period: MINUTE });
  const common = {
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    // No data = no traffic to the new fleet: no reason to roll back.
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  };
  const { errorRate, latencyMicroseconds, latencyPercentile } = choices.rollback;
  const count = REQUEST_COUNT[choices.endpoint.kind];
  return [
    new cloudwatch.Alarm(scope, 'ErrorRate', {
      ...common,
      alarmName: pinnedAlarm(modelName, 'error-rate'),
      alarmDescription: `Error rate of the fleet that CloudFormation deploys: rolls back. ${runbookUrl}#pinned-rollback-alarms`,
      metric: new cloudwatch.MathExpression({
        expression: `IF(requests >= ${RATE_MINIMUM_REQUESTS}, errors / requests, 0)`,
        label: 'error rate',
        period: MINUTE,
        usingMetrics: { requests: metric(count.metricName, count.statistic), errors: metric(ENDPOINT_METRICS.errors5xx, 'Sum') },
      }),
      threshold: errorRate,
    }),
    new cloudwatch.Alarm(scope, 'Latency', {
      ...common,
      alarmName: pinnedAlarm(modelName, 'latency'),
      alarmDescription: `Latency of the fleet that CloudFormation deploys: rolls back. ${runbookUrl}#pinned-rollback-alarms`,
      metric: metric(ENDPOINT_METRICS.modelLatency, `p${latencyPercentile}`),
      threshold: latencyMicroseconds,
      // A quantile of three requests is noise (PutMetricAlarm, EvaluateLowSampleCountPercentile).
      evaluateLowSampleCountPercentile: 'ignore',
    }),
  ];
}

const MINUTE = Duration.minutes(1);

/** @internal */
export function alarmArn(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({ service: 'cloudwatch', resource: 'alarm', resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}
