import { AwsError } from '../../kernel/aws-error';
import type { Simulation } from '../../kernel/simulation';
import { operation, type Operation } from '../operations';
import type { CloudWatchService } from './cloudwatch-service';
import { dimensionsOf, MetricQueries, type MetricDataQuery } from './metric-query';
import { isStatistic, MINUTE, type MetricStore, type Series } from './metric-store';

/** PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics; none can be scoped to a resource. */
export function metricOperations(service: CloudWatchService, simulation: Simulation): Record<string, Operation> {
  const store = service.metrics;
  return {
    PutMetricData: {
      authorize: (input) => [{ action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': input.Namespace } }],
      handle: (input) => {
        const now = simulation.clock.now();
        if (input.Namespace.startsWith('AWS/')) throw invalid("The value AWS/ for parameter Namespace is invalid: it is reserved");
        const data = (input.MetricData ?? []) as any[];
        if (data.length > 1000) throw invalid('The collection MetricData must not have a size greater than 1000.');
        for (const datum of data) putDatum(store, input.Namespace, datum, now);
        service.alarms.wake();
        return {};
      },
    },
    GetMetricData: operation('cloudwatch:GetMetricData', '*', (input) => getMetricData(store, input)),
    GetMetricStatistics: operation('cloudwatch:GetMetricStatistics', '*', (input) => {
      const series = store.find(input.Namespace, input.MetricName, dimensionsOf(input.Dimensions));
      const wanted = [...((input.Statistics ?? []) as string[]), ...((input.ExtendedStatistics ?? []) as string[])];
      for (const statistic of wanted) if (!isStatistic(statistic)) throw invalid(`The statistic ${statistic} is not simulated`);
      const Datapoints = periodStarts(input.StartTime.getTime(), input.EndTime.getTime(), input.Period).flatMap((start) => {
        const values = wanted.map((statistic): [string, number | undefined] => [statistic, store.statistic(series, statistic, start, start + 1000 * input.Period)]);
        if (values.every(([, value]) => value === undefined)) return [];
        const plain = values.filter(([statistic]) => !statistic.startsWith('p'));
        const extended = values.filter(([statistic]) => statistic.startsWith('p'));
        return [
          {
            Timestamp: new Date(start),
            Unit: series!.unit,
            ...Object.fromEntries(plain),
            ...(extended.length > 0 ? { ExtendedStatistics: Object.fromEntries(extended) } : {}),
          },
        ];
      });
      return { Label: input.MetricName, Datapoints };
    }),
    ListMetrics: operation('cloudwatch:ListMetrics', '*', (input) => {
      const filters = (input.Dimensions ?? []) as { Name: string; Value?: string }[];
      const matches = (series: Series): boolean =>
        (input.Namespace === undefined || series.namespace === input.Namespace) &&
        (input.MetricName === undefined || series.name === input.MetricName) &&
        filters.every(({ Name, Value }) => Name in series.dimensions && (Value === undefined || series.dimensions[Name] === Value));
      return {
        Metrics: store
          .all()
          .filter(matches)
          .map((series) => ({
            Namespace: series.namespace,
            MetricName: series.name,
            Dimensions: Object.entries(series.dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
      };
    }),
  };
}

function putDatum(store: MetricStore, namespace: string, datum: any, now: number): void {
  const time = datum.Timestamp === undefined ? now : (datum.Timestamp as Date).getTime();
  // API reference, MetricDatum: two weeks back, two hours ahead.
  if (time < now - 14 * 86_400_000 || time > now + 7_200_000) throw invalid(`The timestamp of ${datum.MetricName} is too old or too far ahead`);
  if ((datum.Dimensions?.length ?? 0) > 30) throw invalid('The collection Dimensions must not have a size greater than 30.');
  if (datum.StorageResolution !== undefined && datum.StorageResolution !== 60 && datum.StorageResolution !== 1) throw invalid('StorageResolution must be 1 or 60');
  const dimensions = dimensionsOf(datum.Dimensions);
  const unit = datum.Unit ?? 'None';
  if (datum.StatisticValues) return store.putStatistics(namespace, datum.MetricName, dimensions, datum.StatisticValues, unit, time);
  const values = (datum.Values ?? [datum.Value]) as number[];
  if (values.length > 150) throw invalid('The collection Values must not have a size greater than 150.');
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) throw invalid(`The value ${value} of ${datum.MetricName} is not supported`);
    store.put(namespace, datum.MetricName, dimensions, value, datum.Counts?.[index] ?? 1, unit, time);
  });
}

function getMetricData(store: MetricStore, input: Record<string, any>): Record<string, unknown> {
  const requested = input.MetricDataQueries as MetricDataQuery[];
  const queries = new MetricQueries(store, requested);
  const MetricDataResults = requested
    .filter((query) => query.ReturnData !== false)
    .map((query) => {
      const starts = periodStarts(input.StartTime.getTime(), input.EndTime.getTime(), queries.period(query));
      const found = [...queries.values(query, starts)].sort(([a], [b]) => (input.ScanBy === 'TimestampAscending' ? a - b : b - a));
      return {
        Id: query.Id,
        Label: query.Label ?? query.MetricStat?.Metric.MetricName ?? query.Id,
        Timestamps: found.map(([time]) => new Date(time)),
        Values: found.map(([, value]) => value),
        StatusCode: 'Complete',
      };
    });
  return { MetricDataResults, Messages: [] };
}

/** Periods on their own grid that start in [from, to) (API reference, GetMetricData, StartTime). */
function periodStarts(from: number, to: number, period: number): number[] {
  const step = 1000 * period;
  const starts: number[] = [];
  const first = Math.floor(from / MINUTE) * MINUTE;
  for (let start = Math.floor(first / step) * step; start < to; start += step) starts.push(start);
  return starts;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message, 400);
}
