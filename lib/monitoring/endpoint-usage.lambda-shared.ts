import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointCommand, type DescribeEndpointCommandOutput, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type EndpointSettings, VARIANT_NAME } from '../deployment/deployment.contract';
import { businessDrop, type BusinessVerdict } from './business-drop';
import { ENDPOINT_METRICS, ENDPOINT_NAMESPACE, REQUEST_COUNT } from './metric-catalogue.contract';
import { type BusinessDropSettings } from './monitoring-choices.contract';
import { type MonitoringPolicy, type MonitoringWindow } from './monitoring.contract';
import { operationalDrift, operationalReach, type OperationalVerdict, type OperationalWindow } from './operational-drift';

export interface UsageClients {
  readonly sagemaker: SageMakerClient;
  readonly cloudwatch: CloudWatchClient;
}

export interface EndpointUsage {
  /** Invocations that SageMaker counted in the window; null when the metric has no data. */
  readonly invocations: number | null;
  /** Which share of them it was asked to capture. */
  readonly samplingPercentage: number;
  /** Absent: nobody asked. */
  readonly operational?: OperationalVerdict;
  readonly business: readonly BusinessVerdict[];
}

export interface UsageQuestion {
  readonly endpointName: string;
  readonly window: MonitoringWindow;
  readonly intervalSeconds: number;
  /** ISO time at which the champion was deployed. */
  readonly since: string;
  /** Of the capture that SageMaker does not do itself. */
  readonly samplingPercentage?: number;
  readonly policy: Pick<MonitoringPolicy, 'business' | 'operational'>;
}

/**
 * What CloudWatch and SageMaker know about the endpoint: one call each. GetMetricData is billed by metrics and not by points, so a week costs
 * what an hour costs, and nothing of it need be kept here (CloudWatch pricing; points of an hour are kept for 455 days).
 */
export async function endpointUsage(question: UsageQuestion, clients: UsageClients): Promise<EndpointUsage> {
  const { window, intervalSeconds, policy } = question;
  const business = policy.business ?? [];
  const endpoint = await clients.sagemaker.send(new DescribeEndpointCommand({ EndpointName: question.endpointName }));
  const start = Date.parse(window.start);
  const { from, gap } = operationalReach(intervalSeconds);
  const earliest = Math.min(start - from, ...business.map(({ againstSeconds }) => start - againstSeconds * 1000));
  const queries = [...endpointQueries(question, kindOf(endpoint)), ...business.map((metric, index) => businessQuery(metric, index, intervalSeconds))];
  const answer = await clients.cloudwatch.send(new GetMetricDataCommand({ StartTime: new Date(earliest), EndTime: new Date(window.end), MetricDataQueries: queries }));
  const series = new Map(
    (answer.MetricDataResults ?? []).map(({ Id, Timestamps, Values }) => [Id, new Map((Timestamps ?? []).map((time, index) => [time.getTime(), Values![index]!]))]),
  );
  const at = (id: string, time: number): number | undefined => series.get(id)?.get(time);
  const observed = (time: number): OperationalWindow => ({
    start: time,
    requests: at('invocations', time) ?? 0,
    errors: at('errors', time) ?? 0,
    ...(at('p50', time) === undefined ? {} : { p50: at('p50', time)! }),
    ...(at('p99', time) === undefined ? {} : { p99: at('p99', time)! }),
  });
  const oldest = Math.max(start - from, Date.parse(question.since));
  const past = [...(series.get('invocations')?.keys() ?? [])].filter((time) => time >= oldest && time < start - gap).sort((a, b) => a - b);
  return {
    invocations: at('invocations', start) ?? null,
    samplingPercentage: endpoint.DataCaptureConfig?.CurrentSamplingPercentage ?? question.samplingPercentage ?? 100,
    ...(policy.operational === undefined ? {} : { operational: operationalDrift(observed(start), past.map(observed), policy.operational) }),
    business: business.map((metric, index) => businessDrop(metric, at(`business${index}`, start) ?? null, at(`business${index}`, start - metric.againstSeconds * 1000) ?? null)),
  };
}

function endpointQueries({ endpointName, intervalSeconds }: UsageQuestion, kind: EndpointSettings['kind']): MetricDataQuery[] {
  const query = (Id: string, MetricName: string, Stat: string): MetricDataQuery => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: ENDPOINT_NAMESPACE,
        MetricName,
        Dimensions: [
          { Name: 'EndpointName', Value: endpointName },
          { Name: 'VariantName', Value: VARIANT_NAME },
        ],
      },
      Period: intervalSeconds,
      Stat,
    },
  });
  const { metricName, statistic } = REQUEST_COUNT[kind];
  return [
    query('invocations', metricName, statistic),
    query('errors', ENDPOINT_METRICS.errors5xx, 'Sum'),
    query('p50', ENDPOINT_METRICS.modelLatency, 'p50'),
    query('p99', ENDPOINT_METRICS.modelLatency, 'p99'),
  ];
}

function businessQuery({ namespace, metricName, dimensions, statistic }: BusinessDropSettings, index: number, intervalSeconds: number): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Id: `business${index}`, MetricStat: { Metric: { Namespace: namespace, MetricName: metricName, Dimensions }, Period: intervalSeconds, Stat: statistic } };
}

/** What it is now: it may have been another kind in the window, and then nothing was captured that could be compared. */
function kindOf({ AsyncInferenceConfig, ProductionVariants }: DescribeEndpointCommandOutput): EndpointSettings['kind'] {
  if (AsyncInferenceConfig !== undefined) return 'ASYNCHRONOUS';
  return ProductionVariants?.some(({ CurrentServerlessConfig }) => CurrentServerlessConfig !== undefined) ? 'SERVERLESS' : 'REAL_TIME';
}
