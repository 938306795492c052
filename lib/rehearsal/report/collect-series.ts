import { DIMENSION_MODEL, METRIC_NAMESPACE, METRICS, type CatalogueMetric } from '../../monitoring/metric-catalogue.contract';
import type { Rehearsal } from '../driver';
import type { SummaryAlarm } from '../summary';
import type { MetricSeries } from './report-data';

/** What the report draws, in this order. */
const DRAWN: readonly CatalogueMetric[] = [METRICS.driftedShare, METRICS.predictionPsi, METRICS.rowsEvaluated, METRICS.captureRatio];
/** Smallest period that CloudWatch keeps for weeks; monitoring windows are longer. */
const PERIOD = 3600;
/** GetMetricData takes at most 100,800 points; this many days of hours per request stay far below. */
const DAYS_PER_REQUEST = 90;

/** The monitor's metrics of a model with threshold and alarm times. */
export async function collectSeries(rehearsal: Rehearsal, model: string, start: number, alarms: readonly SummaryAlarm[]): Promise<MetricSeries[]> {
  const described = await rehearsal.awsAll('cloudwatch', 'DescribeAlarms', {}, 'MetricAlarms');
  const series: MetricSeries[] = [];
  for (const metric of DRAWN) {
    const points = await metricPoints(rehearsal, metric, model, start);
    if (points.length === 0) continue;
    const watching = described.filter((alarm) => watches(alarm, metric, model));
    const raised = watching.flatMap(({ AlarmName }) => alarmSpans(alarms.find(({ name }) => name === AlarmName), rehearsal.now));
    const direct = watching.find((alarm) => alarm.MetricName === metric.name && alarm.Threshold !== undefined);
    const limit = direct === undefined ? {} : { threshold: direct.Threshold as number, low: String(direct.ComparisonOperator).startsWith('Less') };
    series.push({ title: capitalized(metric.description), points, alarms: raised, ...limit });
  }
  return series;
}

async function metricPoints(rehearsal: Rehearsal, metric: CatalogueMetric, model: string, start: number): Promise<{ time: number; value: number }[]> {
  const points: { time: number; value: number }[] = [];
  const stride = DAYS_PER_REQUEST * 24 * 3_600_000;
  for (let from = start; from < rehearsal.now; from += stride) {
    const MetricStat = {
      Metric: { Namespace: METRIC_NAMESPACE, MetricName: metric.name, Dimensions: [{ Name: DIMENSION_MODEL, Value: model }] },
      Period: PERIOD,
      Stat: 'Maximum',
    };
    const input = {
      MetricDataQueries: [{ Id: 'm', MetricStat }],
      StartTime: new Date(from),
      EndTime: new Date(Math.min(from + stride, rehearsal.now + PERIOD * 1000)),
      ScanBy: 'TimestampAscending',
    };
    for (const result of await rehearsal.awsAll('cloudwatch', 'GetMetricData', input, 'MetricDataResults')) {
      (result.Timestamps as Date[]).forEach((time, i) => points.push({ time: time.getTime(), value: result.Values[i] }));
    }
  }
  return points;
}

interface DescribedAlarm {
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

function watches(alarm: DescribedAlarm, metric: CatalogueMetric, model: string): boolean {
  const own = alarm.Namespace === METRIC_NAMESPACE && (alarm.Dimensions ?? []).some(({ Name, Value }) => Name === DIMENSION_MODEL && Value === model);
  // The alarm on the verdict (0 or 1) belongs to the number that the verdict follows from.
  const names: Record<string, string> = { [METRICS.drift.name]: METRICS.driftedShare.name, [METRICS.predictionDrift.name]: METRICS.predictionPsi.name };
  return own && alarm.MetricName !== undefined && (names[alarm.MetricName] ?? alarm.MetricName) === metric.name;
}

function alarmSpans(alarm: SummaryAlarm | undefined, end: number): { from: number; to: number; name: string }[] {
  const spans: { from: number; to: number; name: string }[] = [];
  alarm?.transitions.forEach(({ time, state }, i, all) => {
    const next = all[i + 1];
    if (state === 'ALARM') spans.push({ from: Date.parse(time), to: next === undefined ? end : Date.parse(next.time), name: alarm.name });
  });
  return spans;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
