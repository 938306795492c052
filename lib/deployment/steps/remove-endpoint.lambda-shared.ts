import type { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DeleteEndpointCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ListExecutionsCommand, type SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { DeploymentSettings } from '../deployment.contract';
import { publishVerdict } from '../looks/look-metrics.lambda-shared';
import { findEndpoint, ignoring, isInProgress, isMissing } from '../sagemaker-state.lambda-shared';
import { deleteAlarms, deleteResources } from './clean-up.lambda-shared';
import { removeScaling } from './scaling.lambda-shared';

export interface RemovalClients {
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly autoScaling: ApplicationAutoScalingClient;
  readonly sfn: SFNClient;
}

/** An endpoint that is being created or updated cannot be deleted; the function has 14 minutes. */
const ATTEMPTS = 48;
const PAUSE_MILLISECONDS = 15_000;

/** Everything that deployments of the model have made. May be repeated. @param pause between two questions whether the endpoint rests */
export async function removeEndpoint(
  clients: RemovalClients,
  settings: DeploymentSettings,
  stateMachineArn: string,
  pause: (milliseconds: number) => Promise<void>,
): Promise<void> {
  await stopExecutions(clients.sfn, stateMachineArn);
  await removeScaling(clients, settings);
  await deleteEndpoint(clients, settings, pause);
  await deleteAlarms(clients.cloudWatch, settings.modelName);
  await deleteResources(clients.sagemaker, settings.modelName, new Set());
}

/** A deployment that goes on would put back what is removed here. */
async function stopExecutions(sfn: SFNClient, stateMachineArn: string): Promise<void> {
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken }));
    for (const { executionArn } of page.executions ?? []) {
      await sfn.send(new StopExecutionCommand({ executionArn, error: 'StackDeleted', cause: 'the endpoint is removed with its stack' }));
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

async function deleteEndpoint({ sagemaker, cloudWatch }: RemovalClients, settings: DeploymentSettings, pause: (milliseconds: number) => Promise<void>): Promise<void> {
  const name = settings.endpointName;
  for (let attempt = 1; ; attempt++) {
    const endpoint = await findEndpoint(sagemaker, name);
    if (endpoint === undefined) return;
    // SageMaker frees what the endpoint used by itself; its configuration is no longer in use.
    if (endpoint.EndpointStatus === 'Deleting') return;
    try {
      await ignoring(isMissing, () => sagemaker.send(new DeleteEndpointCommand({ EndpointName: name })));
      return;
    } catch (error) {
      if (!isInProgress(error)) throw error;
      if (attempt === ATTEMPTS) {
        throw new Error(`endpoint ${name} is ${endpoint.EndpointStatus} and cannot be deleted until that ends: delete the stack again when it is InService`);
      }
    }
    // Baking takes longer than this function may; the alarm on the analysis makes SageMaker roll back, which does not.
    const pending = endpoint.PendingDeploymentSummary?.EndpointConfigName;
    if (pending !== undefined) await publishVerdict(cloudWatch, settings, pending, 1);
    await pause(PAUSE_MILLISECONDS);
  }
}
