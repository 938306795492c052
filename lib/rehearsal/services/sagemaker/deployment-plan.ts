import type { CapacitySize, DeploymentConfig } from '@aws-sdk/client-sagemaker';
import { Constraints, invalid } from './validation';

/** One shift of traffic: from now on so many instances of the new fleet serve; then bake. */
export interface TrafficStep {
  /** Active instances of the new fleet, of all variants together. */
  readonly instances: number;
  readonly share: number;
  readonly label: 'canary' | 'linear step' | 'batch' | 'full';
  /** `WaitIntervalInSeconds` or `TerminationWaitInSeconds`. */
  readonly waitName: string;
  readonly waitSeconds: number;
}

export interface DeploymentPlan {
  readonly kind: 'all-at-once' | 'canary' | 'linear' | 'rolling';
  readonly steps: readonly TrafficStep[];
  /** Of a rolling deployment: instances of the old fleet that a rollback brings back at a time. Blue/green keeps the old fleet, so it needs none. */
  readonly rollbackBatch?: number;
  readonly alarmNames: readonly string[];
  readonly timeoutSeconds: number;
}

/** Without a limit of its own a deployment may take as long as any may (API_BlueGreenUpdatePolicy: at most 28 800 seconds). */
const MAXIMUM_TIMEOUT = 28_800;

/** @throws ValidationException when the deployment configuration does not fit its own rules (API_DeploymentConfig and its parts) */
export function validateDeploymentConfig(config: DeploymentConfig | undefined): void {
  if (!config) return;
  const { BlueGreenUpdatePolicy: blueGreen, RollingUpdatePolicy: rolling, AutoRollbackConfiguration: rollback } = config;
  const routing = blueGreen?.TrafficRoutingConfiguration;
  const constraints = new Constraints()
    .length('deploymentConfig.autoRollbackConfiguration.alarms', rollback?.Alarms, 1, 10)
    .oneOf('trafficRoutingConfiguration.type', routing?.Type, ['ALL_AT_ONCE', 'CANARY', 'LINEAR'])
    .range('trafficRoutingConfiguration.waitIntervalInSeconds', routing?.WaitIntervalInSeconds, 0, 3600)
    .range('blueGreenUpdatePolicy.terminationWaitInSeconds', blueGreen?.TerminationWaitInSeconds, 0, 3600)
    .range('blueGreenUpdatePolicy.maximumExecutionTimeoutInSeconds', blueGreen?.MaximumExecutionTimeoutInSeconds, 600, MAXIMUM_TIMEOUT)
    .range('rollingUpdatePolicy.waitIntervalInSeconds', rolling?.WaitIntervalInSeconds, 0, 3600)
    .range('rollingUpdatePolicy.maximumExecutionTimeoutInSeconds', rolling?.MaximumExecutionTimeoutInSeconds, 600, MAXIMUM_TIMEOUT);
  for (const alarm of rollback?.Alarms ?? []) constraints.length('deploymentConfig.autoRollbackConfiguration.alarms.alarmName', alarm.AlarmName, 1, 255);
  constraints.check();
  if (blueGreen && rolling) throw invalid('Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified.');
  if (routing?.Type === 'CANARY' && !routing.CanarySize) throw invalid('CanarySize must be specified when traffic routing type is CANARY.');
  if (routing?.Type === 'LINEAR' && !routing.LinearStepSize) throw invalid('LinearStepSize must be specified when traffic routing type is LINEAR.');
  if (routing?.CanarySize && routing.Type !== 'CANARY') throw invalid(`CanarySize cannot be specified when traffic routing type is ${routing.Type}.`);
  const back = rolling?.RollbackMaximumBatchSize;
  if (back?.Type === 'CAPACITY_PERCENT' && (back.Value! < 5 || back.Value! > 100)) {
    throw invalid(`RollbackMaximumBatchSize of ${back.Value}% is out of range: it must be between 5% and 100%.`);
  }
  if (routing?.LinearStepSize && routing.Type !== 'LINEAR') throw invalid(`LinearStepSize cannot be specified when traffic routing type is ${routing.Type}.`);
}

/**
 * Steps of an update (guide: deployment-guardrails and its pages on canary, linear, all at once, rolling).
 * `comparable` is false when guardrails are excluded: then all traffic shifts at once without baking (guardrail-exclusions.ts). A fleet
 * without instances (asynchronous, scaled to zero) has no part of its capacity to begin with, so it is updated at once as well.
 * @throws ValidationException when a size does not fit the number of instances
 */
export function deploymentPlan(config: DeploymentConfig | undefined, instances: number, comparable: boolean): DeploymentPlan {
  const blueGreen = config?.BlueGreenUpdatePolicy;
  const rolling = config?.RollingUpdatePolicy;
  const routing = blueGreen?.TrafficRoutingConfiguration;
  const alarmNames = (config?.AutoRollbackConfiguration?.Alarms ?? []).map((alarm) => alarm.AlarmName!);
  const timeoutSeconds = blueGreen?.MaximumExecutionTimeoutInSeconds ?? rolling?.MaximumExecutionTimeoutInSeconds ?? MAXIMUM_TIMEOUT;
  const step = (active: number, label: TrafficStep['label'], waitName: string, waitSeconds: number): TrafficStep => ({
    instances: active,
    share: instances === 0 ? 1 : active / instances,
    label,
    waitName,
    waitSeconds,
  });
  const last = step(instances, 'full', 'TerminationWaitInSeconds', comparable ? (blueGreen?.TerminationWaitInSeconds ?? 0) : 0);
  let kind: DeploymentPlan['kind'] = 'all-at-once';
  let steps: TrafficStep[] = [last];
  if (comparable && instances > 0 && routing?.Type === 'CANARY') {
    const size = capacity('CanarySize', routing.CanarySize!, instances, 1);
    kind = 'canary';
    steps = [step(size, 'canary', 'WaitIntervalInSeconds', routing.WaitIntervalInSeconds!), last];
  } else if (comparable && instances > 0 && (routing?.Type === 'LINEAR' || rolling)) {
    const size = rolling
      ? capacity('MaximumBatchSize', rolling.MaximumBatchSize!, instances, 5)
      : capacity('LinearStepSize', routing!.LinearStepSize!, instances, 10);
    const wait = rolling?.WaitIntervalInSeconds ?? routing!.WaitIntervalInSeconds!;
    kind = rolling ? 'rolling' : 'linear';
    steps = [];
    for (let active = size; active < instances; active += size) steps.push(step(active, rolling ? 'batch' : 'linear step', 'WaitIntervalInSeconds', wait));
    steps.push(rolling ? step(instances, 'full', 'WaitIntervalInSeconds', wait) : last);
  }
  const waits = steps.reduce((sum, each) => sum + each.waitSeconds, 0);
  if (waits >= timeoutSeconds) {
    throw invalid(`MaximumExecutionTimeoutInSeconds (${timeoutSeconds}) must be larger than the total waiting time of the deployment (${waits} seconds).`);
  }
  const rollbackBatch = kind === 'rolling' ? batchBack(rolling!.RollbackMaximumBatchSize, instances) : undefined;
  return { kind, steps, rollbackBatch, alarmNames: comparable ? alarmNames : [], timeoutSeconds };
}

/** "the default value will be set to 100% of total capacity" (API_RollingUpdatePolicy). */
function batchBack(size: CapacitySize | undefined, instances: number): number {
  if (!size) return instances;
  const count = size.Type === 'CAPACITY_PERCENT' ? Math.max(1, Math.floor((instances * size.Value!) / 100)) : size.Value!;
  if (count < 1 || count > instances) {
    throw invalid(`RollbackMaximumBatchSize of ${count} instance(s) must be between 1 and the variant's total instance count (${instances}).`);
  }
  return count;
}

/** Whole instances, at least one, at most half of the fleet: a percentage is rounded down, a fleet of one has no half. */
function capacity(member: string, size: CapacitySize, instances: number, minimumPercent: number): number {
  const percent = size.Type === 'CAPACITY_PERCENT';
  if (percent && (size.Value! < minimumPercent || size.Value! > 50)) {
    throw invalid(`${member} of ${size.Value}% is out of range: it must be between ${minimumPercent}% and 50% of the variant's total instance count.`);
  }
  const count = percent ? Math.max(1, Math.floor((instances * size.Value!) / 100)) : size.Value!;
  if (count < 1 || count * 2 > instances) {
    throw invalid(`${member} of ${count} instance(s) must be at least 1 and less than or equal to 50% of the variant's total instance count (${instances}).`);
  }
  return count;
}
