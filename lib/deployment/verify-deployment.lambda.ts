import { DescribeEndpointConfigCommand, DescribeModelCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { AnalysisState, DeploymentPlan, VerificationResult } from './deployment-plan.contract';
import { type Deployable, deployable } from './deployment-requests.lambda-shared';
import { type DeploymentSettings, VARIANT_NAME } from './deployment.contract';
import { findEndpoint } from './sagemaker-state.lambda-shared';
import { deploymentSettings } from './settings.lambda-shared';

export interface VerifyEvent {
  readonly plan: DeploymentPlan;
  readonly state: AnalysisState;
}

export interface VerifyClients {
  readonly sagemaker: SageMakerClient;
}

/**
 * Does the endpoint really run what was asked for? After an automatic rollback SageMaker reports `InService` with the old
 * configuration and an empty FailureReason (hashicorp/terraform-provider-aws#48997): only the comparison tells.
 */
export async function verifyDeployment(event: VerifyEvent, { sagemaker }: VerifyClients, settings: DeploymentSettings): Promise<VerificationResult> {
  const plan = deployable(event.plan);
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  if (endpoint?.EndpointStatus !== 'InService') {
    const reason = endpoint?.FailureReason === undefined ? '' : `: ${endpoint.FailureReason}`;
    return { outcome: 'FAILED', reasons: [`endpoint is ${endpoint?.EndpointStatus ?? 'gone'}${reason}`] };
  }
  if (endpoint.EndpointConfigName !== plan.resource) {
    const causes = [...event.state.failures, ...event.state.alarms, ...(endpoint.FailureReason ? [endpoint.FailureReason] : [])];
    return {
      outcome: 'ROLLED_BACK',
      reasons: [
        `endpoint serves ${endpoint.EndpointConfigName}, not ${plan.resource}: SageMaker rolled the deployment back`,
        ...(causes.length > 0 ? causes : ['neither analysis nor alarm was seen failing; SageMaker gave no reason']),
      ],
    };
  }
  const image = endpoint.ProductionVariants?.find((variant) => variant.VariantName === VARIANT_NAME)?.DeployedImages?.[0]?.ResolvedImage;
  const differences = [
    ...(endpoint.ProductionVariants?.some((variant) => variant.VariantName === VARIANT_NAME) ? [] : [`endpoint has no variant ${VARIANT_NAME}`]),
    ...(image === undefined || plan.expected.imageDigest === undefined || image.endsWith(plan.expected.imageDigest)
      ? []
      : [`endpoint runs image ${image}, the version was approved with ${plan.expected.imageDigest}`]),
    ...(await modelDifferences(sagemaker, plan)),
  ];
  if (differences.length > 0) return { outcome: 'FAILED', reasons: differences };
  return { outcome: 'VERIFIED', reasons: [`endpoint serves version ${plan.version} as ${plan.resource}`, ...event.state.reasons] };
}

async function modelDifferences(sagemaker: SageMakerClient, plan: Deployable): Promise<string[]> {
  const config = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: plan.resource }));
  const name = config.ProductionVariants?.[0]?.ModelName;
  const model = name === undefined ? undefined : await sagemaker.send(new DescribeModelCommand({ ModelName: name }));
  const url = model?.PrimaryContainer?.ModelDataUrl;
  return url === plan.expected.modelDataUrl ? [] : [`endpoint configuration ${plan.resource} has model data ${url}, the version was approved with ${plan.expected.modelDataUrl}`];
}

const clients: VerifyClients = { sagemaker: new SageMakerClient({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: VerifyEvent): Promise<VerificationResult> {
  settings ??= deploymentSettings();
  return verifyDeployment(event, clients, settings);
}
