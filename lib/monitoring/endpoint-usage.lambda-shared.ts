import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointCommand, type DescribeEndpointCommandOutput, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type EndpointSettings, VARIANT_NAME } from '../deployment/deployment.contract';
import { ENDPOINT_NAMESPACE, REQUEST_COUNT } from './metric-catalogue.contract';
import { type MonitoringWindow } from './monitoring.contract';

export interface UsageClients {
  readonly sagemaker: SageMakerClient;
  readonly cloudwatch: CloudWatchClient;
}

export interface EndpointUsage {
  readonly invocations: number | null;
  readonly samplingPercentage: number;
}

/** How many invocations SageMaker counted, and which share of them it was asked to capture. */
export async function endpointUsage(window: MonitoringWindow, endpointName: string, configured: number | undefined, { cloudwatch, sagemaker }: UsageClients): Promise<EndpointUsage> {
  const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpointName }));
  const { metricName, statistic } = REQUEST_COUNT[kindOf(endpoint)];
  const metrics = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(window.start),
      EndTime: new Date(window.end),
      MetricDataQueries: [
        {
          Id: 'invocations',
          MetricStat: {
            Metric: {
              Namespace: ENDPOINT_NAMESPACE,
              MetricName: metricName,
              Dimensions: [
                { Name: 'EndpointName', Value: endpointName },
                { Name: 'VariantName', Value: VARIANT_NAME },
              ],
            },
            Period: 3600,
            Stat: statistic,
          },
        },
      ],
    }),
  );
  const values = metrics.MetricDataResults?.find(({ Id }) => Id === 'invocations')?.Values ?? [];
  return {
    invocations: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0),
    samplingPercentage: endpoint.DataCaptureConfig?.CurrentSamplingPercentage ?? configured ?? 100,
  };
}

/** What it is now: it may have been another kind in the window, and then nothing was captured that could be compared. */
function kindOf({ AsyncInferenceConfig, ProductionVariants }: DescribeEndpointCommandOutput): EndpointSettings['kind'] {
  if (AsyncInferenceConfig !== undefined) return 'ASYNCHRONOUS';
  return ProductionVariants?.some(({ CurrentServerlessConfig }) => CurrentServerlessConfig !== undefined) ? 'SERVERLESS' : 'REAL_TIME';
}
