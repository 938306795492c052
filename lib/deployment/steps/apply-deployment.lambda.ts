import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  CreateModelCommand,
  DeleteEndpointCommand,
  type DescribeEndpointCommandOutput,
  SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { type ApplyResult, type DeploymentPlan, type RestorationResult, settingsOf, stageOf, type StagePlan } from '../deployment-plan.contract';
import { configStage, type DeploymentSettings, type StageName } from '../deployment.contract';
import { alarmRequests, isGuarded, plainUpdateRequest, rollbackAlarmTypes, stageAlarms, updateEndpointRequest } from '../requests/deployment-requests.lambda-shared';
import { createEndpointConfigRequest, createModelRequest, type Deployable, deployable } from '../requests/endpoint-config-requests.lambda-shared';
import { describeFleet, findEndpoint, ignoring, instancesOf, isExisting, isInProgress, isMissing, isOtherType, isTransitional } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';
import { restoreChampion } from './restore-champion.lambda-shared';
import { holdScaling } from './scaling.lambda-shared';

export interface ApplyEvent {
  /**
   * `prepare` makes everything for a stage but does not touch the endpoint, `start` does; `restore` puts the champion back, one step at a
   * time; `remove-failed` clears an endpoint that never served.
   */
  readonly step: 'prepare' | 'start' | 'restore' | 'remove-failed';
  readonly plan: DeploymentPlan;
  /** Of `prepare` and `start`. */
  readonly stage?: StageName;
  /** Of `restore`: how often this run has put the champion back. */
  readonly attempt?: number;
  /** Of `restore`: what serves is not what was approved, so that an endpoint without a champion is better than with it. */
  readonly discard?: boolean;
}

export interface ApplyClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly autoScaling: ApplicationAutoScalingClient;
}

/** Each step may be repeated: what exists already under a name of this run was made by the first attempt. */
export async function applyDeployment(event: ApplyEvent, clients: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult | RestorationResult> {
  if (event.step === 'remove-failed') return removeFailed(clients, settings);
  if (event.step === 'restore') return restoreChampion(event, clients, settings);
  const plan = deployable(event.plan);
  const stage = stageOf(plan, event.stage ?? 'RELEASE');
  const effective = settingsOf(settings, plan, stage);
  return event.step === 'prepare' ? prepare(plan, stage, clients, effective) : { refused: [], progress: await start(plan, stage, clients, effective) };
}

async function prepare(plan: Deployable, stage: StagePlan, clients: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult> {
  const { sagemaker, cloudWatch } = clients;
  const champion = stage.stage === 'RELEASE' || plan.champion === undefined ? undefined : await describeFleet(sagemaker, plan.champion.endpointConfigName);
  const config = createEndpointConfigRequest(settings, plan, stage, champion);
  await ignoring(isExisting, () => sagemaker.send(new CreateModelCommand(createModelRequest(settings, plan))));
  await ignoring(isExisting, () => sagemaker.send(new CreateEndpointConfigCommand(config)));
  // There is nothing to roll back to, and SageMaker runs no guardrails when it creates an endpoint.
  if (plan.action === 'CREATE') return { refused: [], progress: 'BUSY' };
  for (const request of alarmRequests(settings, stage)) await cloudWatch.send(new PutMetricAlarmCommand(request));
  const refused = await reasonsToRefuse(cloudWatch, settings, stageAlarms(settings, stage));
  if (refused.length === 0) await holdScaling(clients, settings, await changesType(sagemaker, settings, config));
  return { refused, progress: 'BUSY' };
}

/** SageMaker would roll back at once (deployment-guardrails-configuration): say why before two fleets are paid for. */
async function reasonsToRefuse(cloudWatch: CloudWatchClient, settings: DeploymentSettings, names: string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const found = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes: rollbackAlarmTypes(settings) }));
  const alarms = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])];
  return [
    ...alarms.filter((alarm) => alarm.StateValue === 'ALARM').map((alarm) => `rollback alarm ${alarm.AlarmName} is in ALARM already: ${alarm.StateReason ?? 'no reason given'}`),
    ...names.filter((name) => !alarms.some((alarm) => alarm.AlarmName === name)).map((name) => `rollback alarm ${name} does not exist`),
  ];
}

async function changesType(sagemaker: SageMakerClient, settings: DeploymentSettings, config: CreateEndpointConfigCommandInput): Promise<boolean> {
  const serving = (await findEndpoint(sagemaker, settings.endpointName))?.EndpointConfigName;
  return serving !== undefined && isOtherType(await ignoring(isMissing, () => describeFleet(sagemaker, serving)), config.ProductionVariants?.[0]);
}

async function start(plan: Deployable, stage: StagePlan, { sagemaker }: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult['progress']> {
  if (plan.action === 'CREATE') {
    await ignoring(isExisting, () => sagemaker.send(new CreateEndpointCommand({ EndpointName: settings.endpointName, EndpointConfigName: stage.config })));
    return 'STARTED';
  }
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  const pending = endpoint?.PendingDeploymentSummary?.EndpointConfigName;
  if (pending === stage.config || (pending === undefined && endpoint?.EndpointConfigName === stage.config)) return 'STARTED';
  if (endpoint?.EndpointStatus !== 'InService') return pending !== undefined && pending === plan.previousConfig && isTransitional(endpoint?.EndpointStatus) ? 'CLEARING' : 'BUSY';
  const clearing = configToClear(plan, stage, endpoint, settings);
  const request = clearing === undefined ? updateEndpointRequest(settings, stage, instancesOf(endpoint)) : plainUpdateRequest(settings, clearing, instancesOf(endpoint));
  const accepted = await ignoring(isInProgress, () => sagemaker.send(new UpdateEndpointCommand(request)));
  return accepted === undefined ? 'BUSY' : clearing === undefined ? 'STARTED' : 'CLEARING';
}

/** Guardrails need the same variants before and after (deployment-guardrails-exclusions): after a test the champion serves alone first. */
function configToClear(plan: Deployable, stage: StagePlan, endpoint: DescribeEndpointCommandOutput, settings: DeploymentSettings): string | undefined {
  return isGuarded(settings, stage) && configStage(endpoint.EndpointConfigName!) === 'AB_TEST' ? plan.previousConfig : undefined;
}

async function removeFailed({ sagemaker }: ApplyClients, settings: DeploymentSettings): Promise<ApplyResult> {
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  if (endpoint?.EndpointStatus === 'Failed') await ignoring(isMissing, () => sagemaker.send(new DeleteEndpointCommand({ EndpointName: settings.endpointName })));
  return { refused: [], progress: 'BUSY' };
}

const clients: ApplyClients = {
  s3: new S3Client({}),
  sagemaker: new SageMakerClient({}),
  cloudWatch: new CloudWatchClient({}),
  autoScaling: new ApplicationAutoScalingClient({}),
};
let settings: DeploymentSettings | undefined;

export async function handler(event: ApplyEvent): Promise<ApplyResult | RestorationResult> {
  settings ??= deploymentSettings();
  return applyDeployment(event, clients, settings);
}
