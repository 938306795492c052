import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, type MetricDataQuery, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ENDPOINT_METRICS, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import type { FleetMinute } from './analysis/verdict';
import { type AnalysisEvent, type AnalysisResult, type AnalysisState, type DeploymentPlan } from './deployment-plan.contract';
import { analysisDimensions, fleetDimensions, rollbackAlarms, rollbackAlarmTypes } from './deployment-requests.lambda-shared';
import type { DeploymentSettings } from './deployment.contract';
import { bakingSince, look } from './look.lambda-shared';
import { findEndpoint, isTransitional } from './sagemaker-state.lambda-shared';
import { deploymentSettings } from './settings.lambda-shared';

export interface AnalysisClients {
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
}

/** All-at-once leaves no old fleet to compare with at the same time; the hour before stands in. */
const HISTORY_MILLISECONDS = 3_600_000;

/** One look at a deployment under way: compares the fleets, publishes 0 or 1 for the rollback alarm, remembers what it saw. */
export async function analyzeDeployment(event: AnalysisEvent, clients: AnalysisClients, settings: DeploymentSettings): Promise<AnalysisResult> {
  const { plan, state } = event;
  const endpoint = await findEndpoint(clients.sagemaker, settings.endpointName);
  if (!endpoint || !isTransitional(endpoint.EndpointStatus)) {
    // A rollback may begin and end between two looks: the alarm behind it is still there, and is the reason that people want.
    const isRolledBack = plan.previousConfig !== undefined && plan.resource !== undefined && endpoint !== undefined && endpoint.EndpointConfigName !== plan.resource;
    return { settled: true, next: 'VERIFY', state: isRolledBack ? await withAlarms(state, clients, settings, plan.resource!) : state };
  }
  if (plan.previousConfig === undefined || plan.resource === undefined || endpoint.EndpointStatus !== 'Updating') return { settled: false, next: 'WAIT', state };
  if (event.abort) {
    await publish(clients.cloudWatch, settings, plan.resource, 1, event.now);
    return { settled: false, next: 'WAIT', state };
  }
  const fleets = await readFleets(event, clients.cloudWatch, settings);
  const since = state.bakingSince ?? bakingSince(endpoint, fleets.challenger, event.startedAt);
  const next = look({ ...fleets, state: { ...state, bakingSince: since }, now: event.now, settings });
  if (since !== undefined) await publish(clients.cloudWatch, settings, plan.resource, next.failures.length > 0 ? 1 : 0, event.now);
  return { settled: false, next: 'WAIT', state: await withAlarms(next, clients, settings, plan.resource) };
}

async function withAlarms(state: AnalysisState, clients: AnalysisClients, settings: DeploymentSettings, resource: string): Promise<AnalysisState> {
  return { ...state, alarms: [...new Set([...state.alarms, ...(await inAlarm(clients.cloudWatch, settings, resource))])] };
}

interface Fleets {
  readonly champion: readonly FleetMinute[];
  readonly challenger: readonly (FleetMinute & { readonly time: string })[];
}

async function readFleets({ plan, startedAt, now }: AnalysisEvent, cloudWatch: CloudWatchClient, settings: DeploymentSettings): Promise<Fleets> {
  const history = settings.routing.type === 'ALL_AT_ONCE' ? HISTORY_MILLISECONDS : 0;
  const start = floorToMinute(startedAt);
  // The minute that is still running would be half counted.
  const end = floorToMinute(now);
  if (end.getTime() <= start.getTime()) return { champion: [], challenger: [] };
  const [champion, challenger] = await Promise.all([
    readFleet(cloudWatch, settings, plan.previousConfig!, new Date(start.getTime() - history), end),
    readFleet(cloudWatch, settings, plan.resource!, start, end),
  ]);
  return { champion, challenger };
}

async function readFleet(cloudWatch: CloudWatchClient, settings: DeploymentSettings, config: string, StartTime: Date, EndTime: Date): Promise<Fleets['challenger']> {
  const query = (Id: string, MetricName: string, Stat: string): MetricDataQuery => ({
    Id,
    MetricStat: { Metric: { Namespace: ENDPOINT_NAMESPACE, MetricName, Dimensions: fleetDimensions(settings.endpointName, config) }, Period: 60, Stat },
  });
  const MetricDataQueries = [
    query('requests', ENDPOINT_METRICS.invocations, 'Sum'),
    query('errors', ENDPOINT_METRICS.errors5xx, 'Sum'),
    query('latency', ENDPOINT_METRICS.modelLatency, `p${settings.rollback.latencyPercentile}`),
  ];
  const values: Record<string, Map<number, number>> = { requests: new Map(), errors: new Map(), latency: new Map() };
  let NextToken: string | undefined;
  do {
    const page = await cloudWatch.send(new GetMetricDataCommand({ MetricDataQueries, StartTime, EndTime, ScanBy: 'TimestampAscending', NextToken }));
    for (const result of page.MetricDataResults ?? []) {
      result.Timestamps?.forEach((timestamp, index) => values[result.Id!]!.set(timestamp.getTime(), result.Values![index]!));
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return [...values['requests']!]
    .sort(([a], [b]) => a - b)
    .map(([time, requests]) => ({
      time: new Date(time).toISOString(),
      requests,
      errors: values['errors']!.get(time) ?? 0,
      latency: values['latency']!.get(time),
    }));
}

async function inAlarm(cloudWatch: CloudWatchClient, settings: DeploymentSettings, resource: string): Promise<string[]> {
  const found = await cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: rollbackAlarms(settings, resource), StateValue: 'ALARM', AlarmTypes: rollbackAlarmTypes(settings) }),
  );
  return [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])].map((alarm) => `rollback alarm ${alarm.AlarmName} went into ALARM: ${alarm.StateReason ?? 'no reason given'}`);
}

async function publish(cloudWatch: CloudWatchClient, settings: DeploymentSettings, resource: NonNullable<DeploymentPlan['resource']>, value: 0 | 1, now: string): Promise<void> {
  await cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: METRIC_NAMESPACE,
      MetricData: [
        {
          MetricName: METRICS.analysisFailed.name,
          Dimensions: analysisDimensions(settings.modelName, resource),
          Timestamp: new Date(now),
          Value: value,
          Unit: METRICS.analysisFailed.unit,
        },
      ],
    }),
  );
}

function floorToMinute(time: string): Date {
  return new Date(Math.floor(Date.parse(time) / 60_000) * 60_000);
}

const clients: AnalysisClients = { sagemaker: new SageMakerClient({}), cloudWatch: new CloudWatchClient({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: AnalysisEvent): Promise<AnalysisResult> {
  settings ??= deploymentSettings();
  return analyzeDeployment(event, clients, settings);
}
