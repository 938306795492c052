import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { AnalysisEvent, AnalysisResult } from '../deployment-plan.contract';
import type { DeploymentSettings } from '../deployment.contract';
import { findEndpoint } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';
import { lookAtGuardedRelease, lookAtUnguardedRelease, releaseSettings } from './look-release.lambda-shared';
import { lookAtShadow } from './look-shadow.lambda-shared';
import type { AnalysisClients, LookContext } from './look-stage.lambda-shared';
import { lookAtTest } from './look-test.lambda-shared';

/** One look at the stage under way. The same state at the same time gives the same answer, so the workflow may repeat it. */
export async function analyzeDeployment(event: AnalysisEvent, clients: AnalysisClients, settings: DeploymentSettings): Promise<AnalysisResult> {
  const context: LookContext = { event, clients, settings, endpoint: await findEndpoint(clients.sagemaker, settings.endpointName) };
  if (event.stage === 'SHADOW') return lookAtShadow(context);
  if (event.stage === 'AB_TEST') return lookAtTest(context);
  return releaseSettings(context).routing.type === 'UNGUARDED' ? lookAtUnguardedRelease(context) : lookAtGuardedRelease(context);
}

const clients: AnalysisClients = { sagemaker: new SageMakerClient({}), cloudWatch: new CloudWatchClient({}), s3: new S3Client({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: AnalysisEvent): Promise<AnalysisResult> {
  settings ??= deploymentSettings();
  return analyzeDeployment(event, clients, settings);
}
