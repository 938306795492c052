import { Problems } from '../../private/errors';
import { extendedRouting } from '../deployment-limits.contract';
import { ALARM_KINDS, decisionMarginSeconds, DeploymentChoices, totalWaitSeconds } from '../deployment.contract';
import { InconclusiveAnalysis } from './deployment-options';
import { captures, hasGuardrails } from './endpoint-facts';
import type { Release } from './release';

/** API_BlueGreenUpdatePolicy and API_RollingUpdatePolicy, MaximumExecutionTimeoutInSeconds: 600 to 28800. */
export const MAXIMUM_SECONDS = 28_800;
/** API_TrafficRoutingConfig and API_RollingUpdatePolicy, WaitIntervalInSeconds. */
export const MAXIMUM_WAIT_SECONDS = 3600;
/** API_AutoRollbackConfig. */
const MAXIMUM_ALARMS = 10;

/** Percentages by API_TrafficRoutingConfig and API_RollingUpdatePolicy, under the property's name. */
const SIZES = {
  CANARY: { name: 'canarySize', code: 'CanarySizeOutOfRange', low: 1, high: 50 },
  LINEAR: { name: 'stepSize', code: 'StepSizeOutOfRange', low: 10, high: 50 },
  ROLLING: { name: 'batchSize', code: 'BatchSizeOutOfRange', low: 5, high: 50 },
} as const;

export function validateSize({ type, percent }: Release, path: string, problems: Problems): void {
  if (type === 'ALL_AT_ONCE') return;
  const { name, code, low, high } = SIZES[type];
  const fix = 'use Deployment.allAtOnce() to shift everything at once';
  problems.require(isIntegerWithin(percent, low, high), code, `${path}.${name}`, percent, `must be an integer from ${low} to ${high}`, fix);
}

export function validateNumbers({ options, alarms, type }: Release, path: string, problems: Problems, choices: DeploymentChoices): void {
  const check = (name: string, value: number | undefined, holds: (value: number) => boolean, rule: string, fix: string): void => {
    if (value !== undefined) problems.require(holds(value), 'DeploymentValueOutOfRange', `${path}.${name}`, value, rule, fix);
  };
  check('keepVersions', options.keepVersions, (value) => isIntegerWithin(value, 0, 20), 'must be an integer from 0 to 20', 'leave it out to keep 3');
  check('rollbackErrorRate', options.rollbackErrorRate, (value) => value > 0 && value < 1, 'must be greater than 0 and less than 1', 'give a share: 0.05 is 5 %');
  check('latencyPercentile', options.latencyPercentile, (value) => isIntegerWithin(value, 50, 99), 'must be an integer from 50 to 99', 'use 95 or 99');
  check('minimumRequests', options.minimumRequests, (value) => Number.isInteger(value) && value >= 10, 'must be an integer of at least 10', 'use 100 unless traffic is very low');
  check('confidence', options.confidence, (value) => value >= 0.5 && value <= 0.999, 'must be from 0.5 to 0.999', 'use 0.95');
  check('predictionDistance', options.predictionDistance, (value) => value > 0, 'must be greater than 0', 'use 1, or comparePredictions: false');
  check('maximumExtensions', options.maximumExtensions, (value) => isIntegerWithin(value, 1, 5), 'must be an integer from 1 to 5', 'use InconclusiveAnalysis.ROLL_BACK for none');

  const own = ALARM_KINDS.length;
  const most = MAXIMUM_ALARMS - own;
  const rule = `must be at most ${most}: SageMaker takes ${MAXIMUM_ALARMS} and ${own} are made for the new fleet`;
  problems.require(alarms.length <= most, 'TooManyRollbackAlarms', `${path}.rollbackAlarms`, alarms.length, rule, 'combine alarms into one cloudwatch.CompositeAlarm');

  const pointless = (code: string, name: string, value: unknown, why: string): void => problems.add(code, `${path}.${name}`, value, why, 'leave it out');
  if (options.maximumExtensions !== undefined && choices.analysis.inconclusive !== InconclusiveAnalysis.EXTEND) {
    pointless('ExtensionsWithoutExtend', 'maximumExtensions', options.maximumExtensions, 'is for inconclusive: InconclusiveAnalysis.EXTEND');
  }
  if (options.comparePredictions === true && !captures(choices.endpoint)) {
    pointless('PredictionsNotCaptured', 'comparePredictions', true, 'needs captured requests: a serverless endpoint has none, others by samplingPercentage');
  }
  if (options.predictionDistance !== undefined && choices.analysis.predictionDistance === undefined) {
    pointless('PredictionsNotCompared', 'predictionDistance', options.predictionDistance, 'needs predictions that are captured and compared');
  }
  if (options.terminationWait !== undefined && (type === 'ROLLING' || choices.routing.type === 'UNGUARDED')) {
    pointless('TerminationWaitWithoutOldFleet', 'terminationWait', `${options.terminationWait.toSeconds()} s`, 'is for deployments that keep the old fleet until the end');
  }
}

/** What the endpoint allows the routing; traffic goes to whole instances (API_CapacitySize). */
export function validateEndpoint(release: Release, path: string, problems: Problems, { endpoint }: DeploymentChoices): void {
  const { type, percent } = release;
  if (type === 'ALL_AT_ONCE') return;
  if (endpoint.kind === 'SERVERLESS') {
    problems.add(
      'EndpointWithoutGuardrails',
      `${path}.endpoint`,
      'Endpoint.serverless()',
      'must be real-time or asynchronous: a serverless endpoint has no fleets between which traffic could be shifted (deployment-guardrails)',
      'use Deployment.allAtOnce(), which watches the new version and puts the old one back, or Endpoint.realTime()',
    );
    return;
  }
  problems.require(
    hasGuardrails(endpoint),
    'InstanceTypeWithoutGuardrails',
    `${path}.endpoint.instanceType`,
    endpoint.instanceType,
    'must not be Inf1: SageMaker silently shifts all traffic at once for it, without baking (deployment-guardrails-exclusions)',
    'use Inf2 or another instance type, or Deployment.allAtOnce(), which watches the new version and puts the old one back',
  );
  // The new fleet is never smaller than this: capacity below it is not retained (deployment-requests.lambda-shared.ts).
  const fewest = endpoint.instanceCount;
  if (!(percent >= 1 && percent <= 50) || !(fewest >= 0)) return;
  const { name } = SIZES[type];
  const possible = Math.ceil(100 / fewest);
  problems.require(
    fewest * percent >= 100,
    'TooFewInstancesForPercentage',
    `${path}.${name}`,
    percent,
    `must be at least one instance of the fleet: traffic is shifted by whole instances, and ${percent} % of ${fewest} is less than one`,
    possible <= 50
      ? `use instanceCount of at least ${release.fewestInstances}, or ${name} ${possible}, which is 1 instance of ${fewest}`
      : `use instanceCount of at least ${release.fewestInstances}, or at least 2 with ${name} 50, or Deployment.allAtOnce()`,
  );
}

export function validateDurations(path: string, problems: Problems, choices: DeploymentChoices): void {
  const { routing, analysis, maximumSeconds, terminationWaitSeconds } = choices;
  const margin = analysis.intervalSeconds + decisionMarginSeconds(analysis.intervalSeconds);
  const require = (holds: boolean, code: string, name: string, seconds: number, rule: string, fix: string): void =>
    problems.require(holds, code, `${path}.${name}`, `${seconds} s`, rule, fix);
  require(routing.waitSeconds <= MAXIMUM_WAIT_SECONDS, 'WaitIntervalTooLong', 'waitInterval', routing.waitSeconds, `must be at most ${MAXIMUM_WAIT_SECONDS} s (API_TrafficRoutingConfig)`, 'use Duration.hours(1) or less');
  require(routing.waitSeconds >= margin, 'WaitIntervalTooShort', 'waitInterval', routing.waitSeconds, `must be at least ${margin} s, for two looks of the analysis and its alarm`, 'bake longer: metrics come once a minute');
  const fits = analysis.intervalSeconds >= 60 && analysis.intervalSeconds <= 600;
  require(fits, 'AnalysisIntervalOutOfRange', 'analysisInterval', analysis.intervalSeconds, 'must be from 60 s to 600 s', 'use Duration.minutes(1): metrics come once a minute');
  const within = maximumSeconds >= 600 && maximumSeconds <= MAXIMUM_SECONDS;
  require(within, 'MaximumDurationOutOfRange', 'maximumDuration', maximumSeconds, `must be from 600 s to ${MAXIMUM_SECONDS} s`, 'use Duration.hours(2)');
  require(terminationWaitSeconds <= 3600, 'TerminationWaitTooLong', 'terminationWait', terminationWaitSeconds, 'must be at most 3600 s', 'use Duration.hours(1) or less');
  const total = totalWaitSeconds(choices);
  require(
    maximumSeconds > total,
    'WaitsExceedMaximumDuration',
    'maximumDuration',
    maximumSeconds,
    `must be longer than all waiting together, ${total} s (API_BlueGreenUpdatePolicy)`,
    'shorten waitInterval or terminationWait, take greater steps, or raise maximumDuration',
  );
  require(
    analysis.inconclusive !== InconclusiveAnalysis.EXTEND || extendedRouting(choices, routing).waitSeconds > routing.waitSeconds,
    'NoRoomToExtend',
    'inconclusive',
    routing.waitSeconds,
    `must leave room for a longer baking period: ${MAXIMUM_WAIT_SECONDS} s each and ${MAXIMUM_SECONDS} s together is what SageMaker allows`,
    'shorten waitInterval, take greater steps, or use InconclusiveAnalysis.ROLL_BACK',
  );
}

function isIntegerWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
