import type { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import type { S3Client } from '@aws-sdk/client-s3';
import { DeleteEndpointCommand, type SageMakerClient, UpdateEndpointCommand } from '@aws-sdk/client-sagemaker';
import { lakeKeys } from '../../data/data-lake.contract';
import { getJson } from '../../private/object-store.lambda-shared';
import type { DeploymentPlan, RestorationResult } from '../deployment-plan.contract';
import type { ChampionPointer, DeploymentSettings } from '../deployment.contract';
import { plainUpdateRequest } from '../requests/deployment-requests.lambda-shared';
import { describeFleet, findEndpoint, ignoring, instancesOf, isInProgress, isMissing, isOtherType, isTransitional } from '../sagemaker-state.lambda-shared';
import { holdScaling } from './scaling.lambda-shared';

export interface RestoreEvent {
  readonly plan: Pick<DeploymentPlan, 'previousConfig'>;
  readonly attempt?: number;
  readonly discard?: boolean;
}

export interface RestoreClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly autoScaling: ApplicationAutoScalingClient;
}

/** SageMaker may go back silently once; twice is no accident. */
const ATTEMPTS = 2;

/**
 * Makes the endpoint serve what the champion pointer names, whatever the run believed: the pointer may have been moved by the step that
 * failed, or by somebody else. Asked again until it is `DONE` or `FAILED`.
 */
export async function restoreChampion(event: RestoreEvent, clients: RestoreClients, settings: DeploymentSettings): Promise<RestorationResult> {
  const { s3, sagemaker } = clients;
  const pointer = await getJson<ChampionPointer>(s3, settings.bucket, lakeKeys.championPointer(settings.modelName));
  const target = pointer?.value.endpointConfigName ?? event.plan.previousConfig;
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  const failed = (reason: string): RestorationResult => ({ state: 'FAILED', reasons: [reason] });
  if (target === undefined) {
    if (endpoint === undefined || !event.discard) return { state: 'DONE', reasons: [] };
    if (isTransitional(endpoint.EndpointStatus)) return { state: 'WAIT', reasons: [] };
    await ignoring(isMissing, () => sagemaker.send(new DeleteEndpointCommand({ EndpointName: settings.endpointName })));
    return { state: 'DONE', reasons: ['there was no endpoint before this deployment, and there is none now'] };
  }
  if (endpoint === undefined) return failed(`the endpoint is gone: ${target} cannot be put back`);
  if (isTransitional(endpoint.EndpointStatus)) return { state: 'WAIT', reasons: [] };
  const attempt = event.attempt ?? 0;
  const serving = endpoint.EndpointConfigName!;
  const why = endpoint.FailureReason === undefined ? '' : `: ${endpoint.FailureReason}`;
  if (endpoint.EndpointStatus !== 'InService') return failed(`${target} cannot be put back, endpoint is ${endpoint.EndpointStatus}${why}`);
  if (serving === target) return { state: 'DONE', reasons: attempt === 0 ? [] : [`endpoint serves ${target} again`] };
  if (attempt >= ATTEMPTS) return failed(`endpoint serves ${serving}, although ${target} was put back ${attempt} times${why}`);

  const former = await ignoring(isMissing, () => describeFleet(sagemaker, target));
  if (former === undefined) return failed(`${target} cannot be put back: it no longer exists; endpoint serves ${serving}`);
  await holdScaling(clients, settings, isOtherType(await ignoring(isMissing, () => describeFleet(sagemaker, serving)), former));
  const accepted = await ignoring(isInProgress, () => sagemaker.send(new UpdateEndpointCommand(plainUpdateRequest(settings, target, instancesOf(endpoint)))));
  return { state: accepted === undefined ? 'WAIT' : 'STARTED', reasons: [] };
}
