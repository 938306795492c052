import { setTimeout } from 'node:timers/promises';
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { lakeKeys } from '../../data/data-lake.contract';
import { requireEnvironment } from '../../private/environment.contract';
import { getJson } from '../../private/object-store.lambda-shared';
import { answerCloudFormation } from '../custom-resource.lambda-shared';
import { type ChampionPointer, type DeploymentInput, type DeploymentSettings, LIFECYCLE_ENVIRONMENT } from '../deployment.contract';
import { ignoring } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';
import { removeEndpoint, type RemovalClients } from './remove-endpoint.lambda-shared';

export interface LifecycleClients extends RemovalClients {
  readonly s3: S3Client;
}

/**
 * What CloudFormation cannot own because it changes with the model: removed when the stack goes; deployed again, through the same
 * canary, when the serving configuration changes. Does not wait for that: a rollback is no failure of the stack.
 */
export async function followStack(
  event: CloudFormationCustomResourceEvent,
  clients: LifecycleClients,
  settings: DeploymentSettings,
  stateMachineArn: string,
  pause: (milliseconds: number) => Promise<void> = setTimeout,
): Promise<void> {
  if (event.RequestType === 'Delete') return removeEndpoint(clients, settings, stateMachineArn, pause);
  if (event.RequestType === 'Create') return;
  if (event.ResourceProperties['ServingConfiguration'] === event.OldResourceProperties['ServingConfiguration']) return;
  const champion = await getJson<ChampionPointer>(clients.s3, settings.bucket, lakeKeys.championPointer(settings.modelName));
  if (champion === undefined) return;
  const input: DeploymentInput = {
    modelPackageArn: champion.value.modelPackageArn,
    trigger: 'configuration',
    reason: 'the serving configuration changed with the stack',
  };
  // The same name for every repetition of the request: StartExecution is idempotent for equal name and input while it runs.
  await ignoring(
    (error) => (error as Error).name === 'ExecutionAlreadyExists',
    () => clients.sfn.send(new StartExecutionCommand({ stateMachineArn, name: `configuration-${event.RequestId}`, input: JSON.stringify(input) })),
  );
}

const clients: LifecycleClients = {
  s3: new S3Client({}),
  sagemaker: new SageMakerClient({}),
  cloudWatch: new CloudWatchClient({}),
  autoScaling: new ApplicationAutoScalingClient({}),
  sfn: new SFNClient({}),
};

export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  await answerCloudFormation(event, 'endpoint-lifecycle', async () => {
    const environment = requireEnvironment(process.env, LIFECYCLE_ENVIRONMENT);
    await followStack(event, clients, deploymentSettings(environment), environment.STATE_MACHINE_ARN);
  });
}
