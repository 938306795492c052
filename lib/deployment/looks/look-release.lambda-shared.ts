import type { Prediction } from '../analysis/prediction-distance';
import { canaryShare } from '../analysis/sample-ratio';
import { analyze, type Observations } from '../analysis/verdict';
import { type AnalysisResult, type AnalysisState, settingsOf } from '../deployment-plan.contract';
import { type DeploymentSettings, type RoutingSettings, VARIANT_NAME, RATE_MINIMUM_REQUESTS } from '../deployment.contract';
import { fleetDimensions, rollbackAlarms } from '../requests/deployment-requests.lambda-shared';
import { isTransitional } from '../sagemaker-state.lambda-shared';
import { type CapturedFleet, readCaptured } from './look-captured.lambda-shared';
import { MINUTE, publishVerdict, readMinutes, type TimedMinute, variantDimensions, withAlarms } from './look-metrics.lambda-shared';
import { atRest, championVersion, changing, elapsedSeconds, frozen, type LookContext, observe, restore, stageOf } from './look-stage.lambda-shared';
import { bakingSince, conclude, look } from './look.lambda-shared';

/** All-at-once leaves no old fleet to compare with at the same time; the hour before stands in. */
const HISTORY = 60 * MINUTE;

export function releaseSettings({ event, settings }: LookContext): DeploymentSettings {
  return settingsOf(settings, event.plan, stageOf(event));
}

/** While SageMaker bakes the new fleet: compares the fleets, publishes 0 or 1 for the rollback alarm, remembers what it saw. */
export async function lookAtGuardedRelease(context: LookContext): Promise<AnalysisResult> {
  const { event, clients, endpoint } = context;
  const settings = releaseSettings(context);
  const { plan, state } = event;
  if (!endpoint || !isTransitional(endpoint.EndpointStatus)) {
    // A rollback may begin and end between two looks: the alarm behind it is still there, and is the reason that people want.
    const isRolledBack = plan.previousConfig !== undefined && plan.resource !== undefined && endpoint !== undefined && endpoint.EndpointConfigName !== plan.resource;
    return atRest('VERIFY', isRolledBack ? await withAlarms(state, clients.cloudWatch, settings, rollbackAlarms(settings, plan.resource!)) : state);
  }
  if (plan.previousConfig === undefined || plan.resource === undefined || endpoint.EndpointStatus !== 'Updating') return changing(state);
  if (event.abort) {
    await publishVerdict(clients.cloudWatch, settings, plan.resource, 1, event.now);
    return changing(state);
  }
  const freeze = state.failures.length > 0 ? undefined : await frozen(context);
  const next = freeze === undefined ? await compareFleets(context, settings) : { ...state, decided: true, frozen: true, failures: [freeze], reasons: [freeze] };
  if (next.bakingSince !== undefined || next.failures.length > 0) {
    await publishVerdict(clients.cloudWatch, settings, plan.resource, next.failures.length > 0 ? 1 : 0, event.now);
  }
  return changing(await withAlarms(next, clients.cloudWatch, settings, rollbackAlarms(settings, plan.resource)));
}

async function compareFleets(context: LookContext, settings: DeploymentSettings): Promise<AnalysisState> {
  const { event, clients, endpoint } = context;
  const { plan, state, startedAt, now } = event;
  if (state.failures.length > 0) return state;
  const start = Date.parse(startedAt);
  const history = settings.routing.type === 'ALL_AT_ONCE' ? HISTORY : 0;
  // After a shadow stage the old fleet has the configuration of that stage, not the champion's own.
  const old = [plan.resource, undefined].includes(endpoint?.EndpointConfigName) ? plan.previousConfig! : endpoint!.EndpointConfigName!;
  const read = (config: string, from: number): Promise<TimedMinute[]> =>
    readMinutes(clients.cloudWatch, settings, fleetDimensions(settings.endpointName, config), from, Date.parse(now));
  const [champion, challenger] = await Promise.all([read(old, start - history), read(plan.resource!, start)]);
  const since = state.bakingSince ?? bakingSince(endpoint!, challenger, startedAt);
  if (since === undefined) return state;
  const predictions = await readPredictions(context, settings, start - history);
  const observations = { ...trafficRatio(champion, challenger, since, state, settings.routing, instancesOf(context)), ...predictions };
  return look({ champion, challenger, observations, state: { ...state, bakingSince: since }, now, settings });
}

/** Only a canary has one share for a known time: from the first whole minute of baking to the decision before the last shift. */
function trafficRatio(
  champion: readonly TimedMinute[],
  challenger: readonly TimedMinute[],
  since: string,
  state: AnalysisState,
  routing: RoutingSettings,
  instances: number | undefined,
): Pick<Observations, 'ratio'> {
  if (routing.type !== 'CANARY' || state.decided || instances === undefined || instances < 1) return {};
  const first = new Date(Date.parse(since) + MINUTE).toISOString();
  const requests = (minutes: readonly TimedMinute[]): number => minutes.reduce((sum, minute) => sum + (minute.time >= first ? minute.requests : 0), 0);
  return { ratio: { champion: requests(champion), challenger: requests(challenger), expected: canaryShare(routing.percent, instances) } };
}

/** Instances of the fleet now, which autoscaling may have changed; undefined for what has none. */
function instancesOf({ endpoint, settings }: LookContext): number | undefined {
  const variant = endpoint?.ProductionVariants?.find(({ VariantName }) => VariantName === VARIANT_NAME);
  return variant?.DesiredInstanceCount ?? variant?.CurrentInstanceCount ?? (settings.endpoint.kind === 'SERVERLESS' ? undefined : settings.endpoint.instanceCount);
}

/** Captured predictions of both fleets, when the user wants them compared and the endpoint captures. */
async function readPredictions({ event, clients }: LookContext, settings: DeploymentSettings, from: number): Promise<Pick<Observations, 'predictions'>> {
  const threshold = settings.analysis.predictionDistance;
  const champion = championVersion(event, settings);
  if (threshold === undefined || champion === undefined || settings.endpoint.kind !== 'REAL_TIME' || settings.endpoint.samplingPercentage === 0) return {};
  const fleet = (version: number): CapturedFleet => ({ version, variant: VARIANT_NAME });
  const start = new Date(from).toISOString();
  // The same version deployed again predicts the same; its captures cannot be told apart, and need not be.
  if (champion === event.plan.version) return {};
  const [old, now] = await readCaptured(clients.s3, settings, [fleet(champion), fleet(event.plan.version)], start, event.now);
  const since = Date.parse(event.startedAt);
  const values = (answers: readonly { time: number; predictions: readonly string[] }[], earliest: number): Prediction[] =>
    answers.flatMap(({ time, predictions }) => (time < earliest ? [] : predictions.map((value) => ({ time, value }))));
  return { predictions: { champion: values(old!.answers, from), challenger: values(now!.answers, since), threshold } };
}


/**
 * Without guardrails the new version has all the traffic at once, and this is all that watches it: the analysis against the hour before,
 * the limits that the rollback alarms would have had (2 of 3 minutes), and the user's own alarms.
 */
export async function lookAtUnguardedRelease(context: LookContext): Promise<AnalysisResult> {
  const { event, clients } = context;
  const { plan, now } = event;
  const settings = releaseSettings(context);
  const found = await observe(context, plan.resource ?? '');
  if ('next' in found) return found;
  if (plan.previousConfig === undefined) return atRest('VERIFY', found.state);
  const dimensions = variantDimensions(settings.endpointName, VARIANT_NAME);
  const start = Date.parse(event.startedAt);
  // The minute in which the update was seen finished belongs to both.
  const [champion, challenger] = await Promise.all([
    readMinutes(clients.cloudWatch, settings, dimensions, start - HISTORY, start),
    readMinutes(clients.cloudWatch, settings, dimensions, Date.parse(found.since) + MINUTE, Date.parse(now)),
  ]);
  const seen = await withAlarms(found.state, clients.cloudWatch, settings, settings.alarms);
  const limits = limitsExceeded(challenger, settings);
  // The alarms' own reasons are told beside the failures.
  if (limits.length + seen.alarms.length > 0) return restore(seen, limits);
  const { analysis, rollback, routing } = settings;
  const rules = { minimumRequests: analysis.minimumRequests, confidence: analysis.confidence, tolerableErrorRate: rollback.errorRate, test: analysis.test };
  const isDue = elapsedSeconds(found.since, now) >= routing.waitSeconds;
  const next = conclude(seen, analyze(champion, challenger, rules), isDue, analysis.inconclusive);
  if (next.failures.length > 0) return atRest('RESTORE', next);
  return atRest(isDue ? 'VERIFY' : 'WAIT', next);
}

function limitsExceeded(minutes: readonly TimedMinute[], { rollback }: DeploymentSettings): string[] {
  const last = minutes.slice(-3);
  const errors = last.filter((minute) => minute.requests >= RATE_MINIMUM_REQUESTS && minute.errors / minute.requests > rollback.errorRate);
  const slow = last.filter((minute) => minute.requests >= RATE_MINIMUM_REQUESTS && minute.latency !== undefined && minute.latency > rollback.latencyMicroseconds);
  return [
    ...(errors.length >= 2 ? [`error rate was over ${rollback.errorRate} in ${errors.length} of the last 3 minutes`] : []),
    ...(slow.length >= 2 ? [`latency was over ${rollback.latencyMicroseconds / 1000} ms in ${slow.length} of the last 3 minutes`] : []),
  ];
}
