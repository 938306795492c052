import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { DeleteEndpointCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { lakeKeys } from '../../data/data-lake.contract';
import { getJson } from '../../private/object-store.lambda-shared';
import { packageOfVersion } from '../../registry/model-package.contract';
import { type CleanUpEvent, type CleanUpResult, isRollbackByHand } from '../deployment-plan.contract';
import type { ChampionPointer, DeploymentSettings } from '../deployment.contract';
import { findEndpoint, ignoring, isMissing, isTransitional } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';
import { deleteAlarms, deleteResources } from './clean-up.lambda-shared';
import { notePackage } from './package-note.lambda-shared';
import { restoreScaling } from './scaling.lambda-shared';

export interface CleanUpClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly autoScaling: ApplicationAutoScalingClient;
}

/**
 * Ends every deployment, good or bad: scaling as configured, no rollback alarm left, no model or configuration left that neither
 * serves nor is kept. Works from what exists, not from what this run did, so it also removes what a dead run left behind.
 */
export async function cleanUp(event: CleanUpEvent, clients: CleanUpClients, settings: DeploymentSettings): Promise<CleanUpResult> {
  const endpoint = await findEndpoint(clients.sagemaker, settings.endpointName);
  const pending = endpoint?.PendingDeploymentSummary?.EndpointConfigName;
  const champion = (await getJson<ChampionPointer>(clients.s3, settings.bucket, lakeKeys.championPointer(settings.modelName)))?.value;
  const failedToStart = endpoint?.EndpointStatus === 'Failed';
  if (failedToStart) await ignoring(isMissing, () => clients.sagemaker.send(new DeleteEndpointCommand({ EndpointName: settings.endpointName })));
  if (endpoint?.EndpointStatus === 'InService') await restoreScaling(clients, settings);
  // Both fleets serve, and only one of them is named (API_DescribeEndpoint, UpdateRollbackFailed): whatever is deleted now may be in use.
  const isMixed = endpoint?.EndpointStatus === 'UpdateRollbackFailed';
  const keep = new Set(
    [
      ...(failedToStart ? [] : [endpoint?.EndpointConfigName, pending]),
      champion?.endpointConfigName,
      ...(champion?.previous ?? []).slice(0, settings.keepVersions).map((entry) => entry.endpointConfigName),
      // CreateEndpoint may have been accepted while the endpoint does not name its configuration yet.
      ...(isTransitional(endpoint?.EndpointStatus) ? [event.plan.resource, ...(event.plan.stages ?? []).map((stage) => stage.config)] : []),
    ].filter((name) => name !== undefined),
  );
  const deleted = [
    ...(await deleteAlarms(clients.cloudWatch, settings.modelName, isTransitional(endpoint?.EndpointStatus) ? pending : undefined)),
    ...(isMixed ? [] : await deleteResources(clients.sagemaker, settings.modelName, keep)),
  ];
  await note(event, champion?.version, clients.sagemaker);
  return { endpointConfigName: (failedToStart ? undefined : endpoint?.EndpointConfigName) ?? null, deleted };
}

/** The registry remembers how the deployment of a version ended, when that is not simply well. */
async function note({ outcome, reasons, plan }: CleanUpEvent, champion: number | undefined, sagemaker: SageMakerClient): Promise<void> {
  // A reconciliation that found nothing has no version either.
  if (!plan.modelPackageArn) return;
  // The champion whose new configuration was taken back is the champion still: nobody has turned it away.
  const isTurnedAway = (outcome === 'ROLLED_BACK' || outcome === 'REJECTED') && champion !== plan.version;
  if (isTurnedAway || (outcome === 'DEPLOYED' && plan.noted)) await notePackage(sagemaker, plan.modelPackageArn, outcome, reasons);
  // Whoever was rolled back from by hand must not come back with an event that is late or comes twice.
  const left = outcome === 'DEPLOYED' && isRollbackByHand(plan) ? plan.champion?.version : undefined;
  if (left === undefined || left === plan.version) return;
  await notePackage(sagemaker, packageOfVersion(plan.modelPackageArn, left), 'ROLLED_BACK', [`version ${plan.version} was put back by hand`, ...reasons]);
}

const clients: CleanUpClients = {
  s3: new S3Client({}),
  sagemaker: new SageMakerClient({}),
  cloudWatch: new CloudWatchClient({}),
  autoScaling: new ApplicationAutoScalingClient({}),
};
let settings: DeploymentSettings | undefined;

export async function handler(event: CleanUpEvent): Promise<CleanUpResult> {
  settings ??= deploymentSettings();
  return cleanUp(event, clients, settings);
}
