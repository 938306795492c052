import { type CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, type MetricDataQuery, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { ENDPOINT_METRICS, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, METRICS, REQUEST_COUNT } from '../../monitoring/metric-catalogue.contract';
import type { FleetMinute } from '../analysis/fleet';
import type { AnalysisState } from '../deployment-plan.contract';
import type { DeploymentSettings } from '../deployment.contract';
import { analysisDimensions, rollbackAlarmTypes } from '../requests/deployment-requests.lambda-shared';

export type TimedMinute = FleetMinute & { readonly time: string };

export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

export const MINUTE = 60_000;

/** A variant of the endpoint, whatever its configuration: metrics of a fleet alone are documented for guarded updates only. */
export function variantDimensions(endpointName: string, variant: string): Dimension[] {
  return [
    { Name: 'EndpointName', Value: endpointName },
    { Name: 'VariantName', Value: variant },
  ];
}

/** Longer stages are read by the hour: CloudWatch keeps minutes for 15 days only, and a month of them is more than anybody wants to add up. */
const MINUTES_MAXIMUM_SECONDS = 86_400;

/** Seconds of one value in a stage of this length. */
export function periodSeconds(from: number, to: number): 60 | 3600 {
  return (to - from) / 1000 <= MINUTES_MAXIMUM_SECONDS ? 60 : 3600;
}

/** Whole minutes (hours of a long stage) between two times: the one that is still running would be half counted. */
export async function readMinutes(cloudWatch: CloudWatchClient, settings: DeploymentSettings, dimensions: readonly Dimension[], from: number, to: number): Promise<TimedMinute[]> {
  const Period = periodSeconds(from, to);
  const StartTime = new Date(floor(from, Period));
  const EndTime = new Date(floor(to, Period));
  if (EndTime.getTime() <= StartTime.getTime()) return [];
  const query = (Id: string, MetricName: string, Stat: string): MetricDataQuery => ({
    Id,
    MetricStat: { Metric: { Namespace: ENDPOINT_NAMESPACE, MetricName, Dimensions: [...dimensions] }, Period, Stat },
  });
  const count = REQUEST_COUNT[settings.endpoint.kind];
  const series = await readSeries(
    cloudWatch,
    [
      query('requests', count.metricName, count.statistic),
      query('errors', ENDPOINT_METRICS.errors5xx, 'Sum'),
      query('latency', ENDPOINT_METRICS.modelLatency, `p${settings.rollback.latencyPercentile}`),
      query('median', ENDPOINT_METRICS.modelLatency, 'p50'),
    ],
    StartTime,
    EndTime,
  );
  return [...series('requests')]
    .sort(([a], [b]) => a - b)
    .map(([time, requests]) => ({
      time: new Date(time).toISOString(),
      requests,
      errors: series('errors').get(time) ?? 0,
      latency: series('latency').get(time),
      median: series('median').get(time),
    }));
}

/** All values of all queries, by id and time. */
export async function readSeries(cloudWatch: CloudWatchClient, MetricDataQueries: MetricDataQuery[], StartTime: Date, EndTime: Date): Promise<(id: string) => Map<number, number>> {
  const values = new Map(MetricDataQueries.map(({ Id }) => [Id!, new Map<number, number>()]));
  let NextToken: string | undefined;
  do {
    const page = await cloudWatch.send(new GetMetricDataCommand({ MetricDataQueries, StartTime, EndTime, ScanBy: 'TimestampAscending', NextToken }));
    for (const result of page.MetricDataResults ?? []) {
      result.Timestamps?.forEach((timestamp, index) => values.get(result.Id!)!.set(timestamp.getTime(), result.Values![index]!));
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return (id) => values.get(id)!;
}

/** Remembers rollback alarms that are in ALARM: their reason is the one that people want. */
export async function withAlarms(state: AnalysisState, cloudWatch: CloudWatchClient, settings: DeploymentSettings, names: readonly string[]): Promise<AnalysisState> {
  if (names.length === 0) return state;
  const found = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [...names], StateValue: 'ALARM', AlarmTypes: rollbackAlarmTypes(settings) }));
  const seen = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])].map(
    (alarm) => `rollback alarm ${alarm.AlarmName} went into ALARM: ${alarm.StateReason ?? 'no reason given'}`,
  );
  return { ...state, alarms: [...new Set([...state.alarms, ...seen])] };
}


/** The verdict as SageMaker can read it: 1 rolls back. @param now without it, the time at which CloudWatch receives the verdict */
export async function publishVerdict(cloudWatch: CloudWatchClient, settings: DeploymentSettings, resource: string, value: 0 | 1, now?: string): Promise<void> {
  await cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: METRIC_NAMESPACE,
      MetricData: [
        {
          MetricName: METRICS.analysisFailed.name,
          Dimensions: analysisDimensions(settings.modelName, resource),
          ...(now === undefined ? {} : { Timestamp: new Date(now) }),
          Value: value,
          Unit: METRICS.analysisFailed.unit,
        },
      ],
    }),
  );
}

export function floor(time: number, periodSeconds: number): number {
  return Math.floor(time / 1000 / periodSeconds) * periodSeconds * 1000;
}
