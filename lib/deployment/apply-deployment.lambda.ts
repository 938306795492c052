import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import type { DeploymentPlan } from './deployment-plan.contract';
import {
  alarmRequests,
  createEndpointConfigRequest,
  createModelRequest,
  type Deployable,
  deployable,
  rollbackAlarms,
  rollbackAlarmTypes,
  scalableTarget,
  suspendScalingRequest,
  updateEndpointRequest,
} from './deployment-requests.lambda-shared';
import type { DeploymentSettings } from './deployment.contract';
import { findEndpoint, ignoring, isExisting, isMissing } from './sagemaker-state.lambda-shared';
import { deploymentSettings } from './settings.lambda-shared';

export interface ApplyEvent {
  /** `prepare` makes everything but does not touch the endpoint, `start` does; `remove-failed` clears an endpoint that never served. */
  readonly step: 'prepare' | 'start' | 'remove-failed';
  readonly plan: DeploymentPlan;
}

export interface ApplyResult {
  /** Why the endpoint must not be touched; empty = go on. */
  readonly refused: readonly string[];
}

export interface ApplyClients {
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly autoScaling: ApplicationAutoScalingClient;
}

/** Each step may be repeated: what exists already under a name of this run was made by the first attempt. */
export async function applyDeployment(event: ApplyEvent, clients: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult> {
  if (event.step === 'remove-failed') return removeFailed(clients, settings);
  const plan = deployable(event.plan);
  if (event.step === 'prepare') return prepare(plan, clients, settings);
  await (plan.action === 'CREATE' ? create(plan, clients, settings) : update(plan, clients, settings));
  return { refused: [] };
}

async function prepare(plan: Deployable, { sagemaker, cloudWatch, autoScaling }: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult> {
  await ignoring(isExisting, () => sagemaker.send(new CreateModelCommand(createModelRequest(settings, plan))));
  await ignoring(isExisting, () => sagemaker.send(new CreateEndpointConfigCommand(createEndpointConfigRequest(settings, plan))));
  // There is nothing to roll back to, and SageMaker runs no guardrails when it creates an endpoint.
  if (plan.action === 'CREATE') return { refused: [] };
  for (const request of alarmRequests(settings, plan)) await cloudWatch.send(new PutMetricAlarmCommand(request));
  const names = rollbackAlarms(settings, plan.resource);
  const found = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes: rollbackAlarmTypes(settings) }));
  const alarms = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])];
  const refused = [
    // SageMaker would roll back at once (deployment-guardrails-configuration): say why before two fleets are paid for.
    ...alarms.filter((alarm) => alarm.StateValue === 'ALARM').map((alarm) => `rollback alarm ${alarm.AlarmName} is in ALARM already: ${alarm.StateReason ?? 'no reason given'}`),
    ...names.filter((name) => !alarms.some((alarm) => alarm.AlarmName === name)).map((name) => `rollback alarm ${name} does not exist`),
  ];
  if (refused.length > 0) return { refused };
  const targets = await autoScaling.send(
    new DescribeScalableTargetsCommand({
      ServiceNamespace: 'sagemaker',
      ResourceIds: [scalableTarget(settings).ResourceId],
      ScalableDimension: scalableTarget(settings).ScalableDimension,
    }),
  );
  if ((targets.ScalableTargets ?? []).length > 0) await autoScaling.send(new RegisterScalableTargetCommand(suspendScalingRequest(settings, true)));
  return { refused: [] };
}

async function create(plan: Deployable, { sagemaker }: ApplyClients, settings: DeploymentSettings): Promise<void> {
  await ignoring(isExisting, () => sagemaker.send(new CreateEndpointCommand({ EndpointName: settings.endpointName, EndpointConfigName: plan.resource })));
}

async function update(plan: Deployable, { sagemaker }: ApplyClients, settings: DeploymentSettings): Promise<void> {
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  const started = endpoint?.PendingDeploymentSummary?.EndpointConfigName === plan.resource || endpoint?.EndpointConfigName === plan.resource;
  if (!started) await sagemaker.send(new UpdateEndpointCommand(updateEndpointRequest(settings, plan)));
}

async function removeFailed({ sagemaker }: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult> {
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  if (endpoint?.EndpointStatus === 'Failed') await ignoring(isMissing, () => sagemaker.send(new DeleteEndpointCommand({ EndpointName: settings.endpointName })));
  return { refused: [] };
}

const clients: ApplyClients = { sagemaker: new SageMakerClient({}), cloudWatch: new CloudWatchClient({}), autoScaling: new ApplicationAutoScalingClient({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: ApplyEvent): Promise<ApplyResult> {
  settings ??= deploymentSettings();
  return applyDeployment(event, clients, settings);
}
