import { S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, type DescribeModelPackageCommandOutput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { lakeKeys } from '../../data/data-lake.contract';
import { activeFreeze } from '../../governance/freeze.lambda-shared';
import { eventKeyPart } from '../../governance/ledger';
import { getJson, getText } from '../../private/object-store.lambda-shared';
import type { DeploymentPlan } from '../deployment-plan.contract';
import { type ChampionPointer, type DeploymentInput, type DeploymentSettings, resourceVersion } from '../deployment.contract';
import { findEndpoint, ignoring, isMissing } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';
import { planDeployment } from './deployment-plan.lambda-shared';
import { planReconciliation, unfinishedConfig } from './deployment-reconciliation.lambda-shared';
import { extendedPlan } from './deployment-stages.lambda-shared';

export interface PlanEvent {
  readonly input: DeploymentInput;
  readonly runId: string;
  /** A plan whose release could say nothing: the same again, baking longer. */
  readonly extend?: DeploymentPlan;
}

export interface PlanClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
}

/** Reads what the decision needs; the decisions themselves are `planDeployment` and `planReconciliation`. Changes nothing. */
export async function readAndPlan(event: PlanEvent, clients: PlanClients, settings: DeploymentSettings): Promise<DeploymentPlan> {
  if (event.extend !== undefined) return extendedPlan(settings, event.extend);
  const [champion, endpoint, freeze] = await Promise.all([
    getJson<ChampionPointer>(clients.s3, settings.bucket, lakeKeys.championPointer(settings.modelName)),
    findEndpoint(clients.sagemaker, settings.endpointName),
    activeFreeze(clients.s3, settings.bucket, settings.modelName),
  ]);
  const { input, runId } = event;
  const facts = { runId, settings, champion, endpoint, freeze };
  if (input.trigger !== 'reconcile') {
    // The configuration changed for whoever is champion when its turn comes; another version may have become it meanwhile, as it was before.
    const modelPackageArn = input.trigger === 'configuration' && champion !== undefined ? champion.value.modelPackageArn : requirePackage(input);
    return planDeployment({ ...facts, input: { ...input, modelPackageArn }, modelPackage: await describePackage(clients.sagemaker, modelPackageArn) });
  }
  const config = unfinishedConfig(settings.modelName, endpoint, champion?.value);
  const modelPackageArn = config === undefined ? (champion?.value.modelPackageArn ?? '') : packageArn(settings.modelName, config, input);
  const [modelPackage, isRecorded] = await Promise.all([
    config === undefined ? undefined : ignoring(isMissing, () => describePackage(clients.sagemaker, modelPackageArn)),
    hasOutcome(clients.s3, settings, input.deadExecutionArn),
  ]);
  return planReconciliation({ ...facts, input: { ...input, modelPackageArn }, modelPackage, isRecorded });
}

async function describePackage(sagemaker: SageMakerClient, ModelPackageName: string): Promise<DescribeModelPackageCommandOutput> {
  return sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName }));
}

function requirePackage({ modelPackageArn, trigger }: DeploymentInput): string {
  if (modelPackageArn === undefined) throw new Error(`a deployment with trigger ${trigger} needs modelPackageArn`);
  return modelPackageArn;
}

/** Partition, region and account are those of the execution that died; the group has the model's name. */
function packageArn(modelName: string, config: string, { deadExecutionArn }: DeploymentInput): string {
  const [, partition, , region, account] = (deadExecutionArn ?? '').split(':');
  if (account === undefined) throw new Error(`a reconciliation needs deadExecutionArn, got ${JSON.stringify(deadExecutionArn)}`);
  return `arn:${partition}:sagemaker:${region}:${account}:model-package/${modelName}/${resourceVersion(modelName, config)}`;
}

async function hasOutcome(s3: S3Client, { bucket, modelName }: DeploymentSettings, executionArn: string | undefined): Promise<boolean> {
  return executionArn !== undefined && (await getText(s3, bucket, lakeKeys.ledgerEvent(modelName, eventKeyPart(executionArn)))) !== undefined;
}

const clients: PlanClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: PlanEvent): Promise<DeploymentPlan> {
  settings ??= deploymentSettings();
  return readAndPlan(event, clients, settings);
}
