import {
  type ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { type CloudWatchClient, DeleteAlarmsCommand, DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import type { DeploymentSettings, ScalingSettings } from '../deployment.contract';
import {
  registerScalingRequest,
  scalableTarget,
  scaleFromZeroAlarmRequest,
  SCALING_DIMENSIONS,
  scalingPolicyRequest,
  scheduledActionRequest,
  suspendScalingRequest,
} from '../requests/scaling-requests.lambda-shared';

export interface ScalingClients {
  readonly cloudWatch: CloudWatchClient;
  readonly autoScaling: ApplicationAutoScalingClient;
}

/**
 * @param changesType an update that changes the instance type of a registered variant fails (endpoint-scaling-update): it is registered
 *   again when the deployment ends
 */
export async function holdScaling({ autoScaling }: Pick<ScalingClients, 'autoScaling'>, settings: DeploymentSettings, changesType: boolean): Promise<void> {
  for (const dimension of SCALING_DIMENSIONS) {
    if (!(await isRegistered(autoScaling, settings, dimension))) continue;
    await autoScaling.send(
      changesType ? new DeregisterScalableTargetCommand(scalableTarget(settings, dimension)) : new RegisterScalableTargetCommand(suspendScalingRequest(settings, dimension)),
    );
  }
}

/** Scaling as configured, whatever was registered before. */
export async function restoreScaling(clients: ScalingClients, settings: DeploymentSettings): Promise<void> {
  const { autoScaling, cloudWatch } = clients;
  const { scaling } = settings.endpoint;
  for (const dimension of SCALING_DIMENSIONS) if (dimension !== scaling?.dimension) await removeTarget(clients, settings, dimension);
  if (scaling === undefined) return;
  await autoScaling.send(new RegisterScalableTargetCommand(registerScalingRequest(settings, scaling)));
  for (const policy of scaling.policies) {
    const { PolicyARN } = await autoScaling.send(new PutScalingPolicyCommand(scalingPolicyRequest(settings, scaling, policy)));
    if (policy.type === 'SCALE_FROM_ZERO') await cloudWatch.send(new PutMetricAlarmCommand(scaleFromZeroAlarmRequest(settings, policy, PolicyARN!)));
  }
  for (const action of scaling.schedules) await autoScaling.send(new PutScheduledActionCommand(scheduledActionRequest(settings, scaling, action)));
  await removeFormer(clients, settings, scaling);
}

/** Everything that scales the endpoint. What hangs on a target goes with it (API_DeregisterScalableTarget), but not the alarms of step policies. */
export async function removeScaling(clients: ScalingClients, settings: DeploymentSettings): Promise<void> {
  for (const dimension of SCALING_DIMENSIONS) await removeTarget(clients, settings, dimension);
}

async function removeTarget(clients: ScalingClients, settings: DeploymentSettings, dimension: ScalingSettings['dimension']): Promise<void> {
  if (!(await isRegistered(clients.autoScaling, settings, dimension))) return;
  const former = await policies(clients.autoScaling, settings, dimension);
  await clients.autoScaling.send(new DeregisterScalableTargetCommand(scalableTarget(settings, dimension)));
  await deleteStepAlarms(clients.cloudWatch, former);
}

async function removeFormer({ autoScaling, cloudWatch }: ScalingClients, settings: DeploymentSettings, scaling: ScalingSettings): Promise<void> {
  const target = scalableTarget(settings, scaling.dimension);
  const configured = new Set(scaling.policies.map((policy) => scalingPolicyRequest(settings, scaling, policy).PolicyName));
  const former = (await policies(autoScaling, settings, scaling.dimension)).filter(({ name }) => !configured.has(name));
  for (const { name } of former) await autoScaling.send(new DeleteScalingPolicyCommand({ ...target, PolicyName: name }));
  await deleteStepAlarms(cloudWatch, former);
  const scheduled = new Set(scaling.schedules.map((action) => scheduledActionRequest(settings, scaling, action).ScheduledActionName));
  let NextToken: string | undefined;
  const names: string[] = [];
  do {
    const page = await autoScaling.send(new DescribeScheduledActionsCommand({ ...target, NextToken }));
    names.push(...(page.ScheduledActions ?? []).map((action) => action.ScheduledActionName!));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  for (const ScheduledActionName of names.filter((name) => !scheduled.has(name))) await autoScaling.send(new DeleteScheduledActionCommand({ ...target, ScheduledActionName }));
}

interface FoundPolicy {
  readonly name: string;
  readonly isStep: boolean;
}

async function policies(autoScaling: ApplicationAutoScalingClient, settings: DeploymentSettings, dimension: ScalingSettings['dimension']): Promise<FoundPolicy[]> {
  const found: FoundPolicy[] = [];
  let NextToken: string | undefined;
  do {
    const page = await autoScaling.send(new DescribeScalingPoliciesCommand({ ...scalableTarget(settings, dimension), NextToken }));
    found.push(...(page.ScalingPolicies ?? []).map((policy) => ({ name: policy.PolicyName!, isStep: policy.PolicyType === 'StepScaling' })));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** The alarm has the policy's name; deleting one that is gone already would be an error. */
async function deleteStepAlarms(cloudWatch: CloudWatchClient, former: readonly FoundPolicy[]): Promise<void> {
  const names = former.filter(({ isStep }) => isStep).map(({ name }) => name);
  if (names.length === 0) return;
  const found = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes: ['MetricAlarm'] }));
  const AlarmNames = (found.MetricAlarms ?? []).map((alarm) => alarm.AlarmName!);
  if (AlarmNames.length > 0) await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames }));
}

async function isRegistered(autoScaling: ApplicationAutoScalingClient, settings: DeploymentSettings, dimension: ScalingSettings['dimension']): Promise<boolean> {
  const { ServiceNamespace, ResourceId, ScalableDimension } = scalableTarget(settings, dimension);
  const found = await autoScaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace, ResourceIds: [ResourceId], ScalableDimension }));
  return (found.ScalableTargets ?? []).length > 0;
}
