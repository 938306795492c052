import { S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { lakeKeys } from '../data/data-lake.contract';
import { getJson } from '../private/object-store.lambda-shared';
import type { DeploymentPlan } from './deployment-plan.contract';
import { planDeployment } from './deployment-plan.lambda-shared';
import type { ChampionPointer, DeploymentInput, DeploymentSettings } from './deployment.contract';
import { findEndpoint } from './sagemaker-state.lambda-shared';
import { deploymentSettings } from './settings.lambda-shared';

export interface PlanEvent {
  readonly input: DeploymentInput;
  readonly runId: string;
}

export interface PlanClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
}

/** Reads what the decision needs; the decision itself is `planDeployment`. Changes nothing. */
export async function readAndPlan(event: PlanEvent, clients: PlanClients, settings: DeploymentSettings): Promise<DeploymentPlan> {
  const [modelPackage, champion, endpoint] = await Promise.all([
    clients.sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: event.input.modelPackageArn })),
    getJson<ChampionPointer>(clients.s3, settings.bucket, lakeKeys.championPointer(settings.modelName)),
    findEndpoint(clients.sagemaker, settings.endpointName),
  ]);
  return planDeployment({ ...event, modelName: settings.modelName, modelPackage, champion, endpoint });
}

const clients: PlanClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: PlanEvent): Promise<DeploymentPlan> {
  settings ??= deploymentSettings();
  return readAndPlan(event, clients, settings);
}
