import { type DeploymentSettings, partialSteps, type RoutingSettings, type StageName, totalWaitSeconds } from './deployment.contract';

/** How often and how long a deployment looks and waits; workflow and plan must agree on it. */
type Timed = Pick<DeploymentSettings, 'maximumSeconds' | 'terminationWaitSeconds' | 'routing' | 'analysis' | 'shadow' | 'test'>;

/** API_TrafficRoutingConfig, WaitIntervalInSeconds; and API_BlueGreenUpdatePolicy, MaximumExecutionTimeoutInSeconds. */
const LONGEST_WAIT_SECONDS = 3600;
const LONGEST_UPDATE_SECONDS = 28_800;
/** SageMaker's own clean-up after MaximumExecutionTimeout, or creating an endpoint at all: it has no timeout of ours. */
const SETTLE_SECONDS = 3600;
/** For provisioning two fleets, beside all waiting. */
const SLACK_SECONDS = 3600;

/** Step Functions quotas: an execution may run for a year. */
const LONGEST_EXECUTION_SECONDS = 364 * 86_400;

/** Between two questions of a person's run for the lock, or for an endpoint that somebody else is changing. */
export const BUSY_WAIT_SECONDS = 300;
export const BUSY_ATTEMPTS = 100;
/** The first questions of a rollback, whose turn it is as soon as the deployment under way has taken back what it began. */
export const URGENT_WAIT_SECONDS = 60;
export const URGENT_ATTEMPTS = 30;
/** Between two questions whether SageMaker has rolled back, or has put the champion back. */
export const SETTLING_WAIT_SECONDS = 120;
/**
 * An execution may have 25,000 history events (Step Functions quotas). A look makes 9: Wait 2, Task 5, Choice 2. The rest is for waiting,
 * for rolling back, and for retries, which make 3 each.
 */
export const LOOKS = 1_800;
/** Most of the looks, when there are other stages too. */
const RELEASE_LOOKS = 0.8 * LOOKS;

/** Twice the baking period, as far as SageMaker allows it and all of them together. */
export function extendedRouting(timed: Timed, routing: RoutingSettings): RoutingSettings {
  const shifts = partialSteps(routing.type, routing.percent) + 1;
  const possible = routing.type === 'UNGUARDED' ? LONGEST_WAIT_SECONDS : Math.floor((LONGEST_UPDATE_SECONDS - SLACK_SECONDS - timed.terminationWaitSeconds) / shifts);
  return { ...routing, waitSeconds: Math.max(routing.waitSeconds, Math.min(2 * routing.waitSeconds, LONGEST_WAIT_SECONDS, possible)) };
}

/** MaximumExecutionTimeoutInSeconds of a release: as chosen, longer when an extension needs it. */
export function updateSeconds(timed: Timed, routing: RoutingSettings): number {
  const needed = totalWaitSeconds({ routing, terminationWaitSeconds: timed.terminationWaitSeconds }) + SLACK_SECONDS;
  return Math.max(timed.maximumSeconds, routing.waitSeconds > timed.routing.waitSeconds ? Math.min(LONGEST_UPDATE_SECONDS, needed) : 0);
}

/** Longest time of one stage, with SageMaker's own. */
export function stageSeconds(timed: Timed, stage: StageName, routing = timed.routing): number {
  if (stage === 'SHADOW') return (timed.shadow?.maximumSeconds ?? 0) + SETTLE_SECONDS;
  if (stage === 'AB_TEST') return (timed.test?.maximumSeconds ?? 0) + SETTLE_SECONDS;
  return (routing.type === 'UNGUARDED' ? routing.waitSeconds : updateSeconds(timed, routing)) + SETTLE_SECONDS;
}

/** Of the release and all of its extensions. */
function releaseSeconds(timed: Timed): number {
  const extensions = timed.analysis.inconclusive === 'EXTEND' ? timed.analysis.maximumExtensions : 0;
  let routing = timed.routing;
  let seconds = stageSeconds(timed, 'RELEASE');
  for (let extension = 0; extension < extensions; extension++) {
    routing = extendedRouting(timed, routing);
    seconds += stageSeconds(timed, 'RELEASE', routing);
  }
  return seconds;
}

/** Pause between two looks: as the user chose, longer when a test of weeks would not fit into the history of one execution. */
export function lookInterval(timed: Timed, stage: StageName): number {
  const release = Math.max(timed.analysis.intervalSeconds, Math.ceil(releaseSeconds(timed) / RELEASE_LOOKS));
  if (stage === 'RELEASE') return release;
  const others = [timed.shadow, timed.test].filter((settings) => settings !== undefined).length;
  const looks = Math.floor((LOOKS - releaseSeconds(timed) / release) / Math.max(1, others));
  const chosen = stage === 'SHADOW' ? timed.shadow?.intervalSeconds : timed.test?.intervalSeconds;
  return Math.max(chosen ?? release, Math.ceil(stageSeconds(timed, stage) / looks));
}

export function maximumLooks(timed: Timed, stage: StageName, routing = timed.routing): number {
  return Math.ceil(stageSeconds(timed, stage, routing) / lookInterval(timed, stage));
}

/** Longest time in which one run changes the endpoint. */
export function longestSeconds(timed: Timed): number {
  return (timed.shadow ? stageSeconds(timed, 'SHADOW') : 0) + (timed.test ? stageSeconds(timed, 'AB_TEST') : 0) + releaseSeconds(timed);
}

/** Pause before an automatic run asks again: all attempts together last as long as a whole other deployment, so that no approval is lost. */
export function busyWaitSeconds(timed: Timed): number {
  return Math.max(BUSY_WAIT_SECONDS, Math.ceil(longestSeconds(timed) / BUSY_ATTEMPTS));
}

/** Questions after an abort or a restoration: SageMaker may need as long for going back as for going on. */
export function settlingAttempts(timed: Timed): number {
  return Math.ceil((updateSeconds(timed, extendedRouting(timed, timed.routing)) + SETTLE_SECONDS) / SETTLING_WAIT_SECONDS);
}

/** Waiting for the lock, for an endpoint that changes, deploying, aborting, restoring; with an hour for everything else. */
export function executionSeconds(timed: Timed): number {
  const seconds = longestSeconds(timed) + 2 * BUSY_ATTEMPTS * busyWaitSeconds(timed) + 2 * settlingAttempts(timed) * SETTLING_WAIT_SECONDS + 3600;
  return Math.min(seconds, LONGEST_EXECUTION_SECONDS);
}
