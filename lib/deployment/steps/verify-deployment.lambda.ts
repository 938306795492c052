import { DescribeEndpointConfigCommand, type DescribeEndpointCommandOutput, DescribeModelCommand, type ProductionVariant, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type AnalysisState, type DeploymentPlan, stageOf, type StagePlan, type VerificationResult } from '../deployment-plan.contract';
import { deploymentNames, type DeploymentSettings, type StageName, VARIANT_NAME } from '../deployment.contract';
import { type Deployable, deployable } from '../requests/endpoint-config-requests.lambda-shared';
import { findEndpoint } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';

export interface VerifyEvent {
  readonly plan: DeploymentPlan;
  readonly stage: StageName;
  readonly state: AnalysisState;
}

export interface VerifyClients {
  readonly sagemaker: SageMakerClient;
}

/**
 * Does the endpoint really run what was asked for? After an automatic rollback SageMaker reports `InService` with the old
 * configuration and an empty FailureReason (hashicorp/terraform-provider-aws#48997): only the comparison tells. Any difference ends as
 * ROLLED_BACK, after the champion was put back.
 */
export async function verifyDeployment(event: VerifyEvent, { sagemaker }: VerifyClients, settings: DeploymentSettings): Promise<VerificationResult> {
  const plan = deployable(event.plan);
  const stage = stageOf(plan, event.stage);
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  if (endpoint?.EndpointStatus !== 'InService') {
    const reason = endpoint?.FailureReason === undefined ? '' : `: ${endpoint.FailureReason}`;
    return { outcome: 'FAILED', reasons: [`endpoint is ${endpoint?.EndpointStatus ?? 'gone'}${reason}`] };
  }
  if (endpoint.EndpointConfigName !== stage.config) {
    const causes = [...event.state.failures, ...event.state.alarms, ...(endpoint.FailureReason ? [endpoint.FailureReason] : [])];
    return {
      outcome: 'ROLLED_BACK',
      reasons: [
        `endpoint serves ${endpoint.EndpointConfigName}, not ${stage.config}: SageMaker rolled the deployment back`,
        ...(causes.length > 0 ? causes : ['neither analysis nor alarm was seen failing; SageMaker gave no reason']),
      ],
    };
  }
  const differences = [...servedDifferences(endpoint, plan, stage), ...(await modelDifferences(sagemaker, plan, stage))];
  if (differences.length > 0) return { outcome: 'ROLLED_BACK', reasons: differences, different: true };
  return { outcome: 'VERIFIED', reasons: [`endpoint serves version ${plan.version} as ${stage.config}`, ...event.state.reasons] };
}

/** The variant in which the new version must be found. */
function challengerName(plan: Deployable, { stage }: StagePlan): string {
  return stage === 'RELEASE' ? VARIANT_NAME : deploymentNames.challengerVariant(stage, plan.version);
}

function servedDifferences(endpoint: DescribeEndpointCommandOutput, plan: Deployable, stage: StagePlan): string[] {
  const production = endpoint.ProductionVariants ?? [];
  const shadows = endpoint.ShadowProductionVariants ?? [];
  const name = challengerName(plan, stage);
  const asked = { production: stage.stage === 'AB_TEST' ? [VARIANT_NAME, name] : [VARIANT_NAME], shadows: stage.stage === 'SHADOW' ? [name] : [] };
  const found = { production: production.map((variant) => variant.VariantName!), shadows: shadows.map((variant) => variant.VariantName!) };
  const image = [...production, ...shadows].find((variant) => variant.VariantName === name)?.DeployedImages?.[0]?.ResolvedImage;
  const { imageDigest } = plan.expected;
  return [
    ...(isSame(found.production, asked.production) ? [] : [`endpoint has the variants ${list(found.production)}, asked for were ${list(asked.production)}`]),
    ...(isSame(found.shadows, asked.shadows) ? [] : [`endpoint has the shadow variants ${list(found.shadows)}, asked for were ${list(asked.shadows)}`]),
    ...(image === undefined || imageDigest === undefined || image.endsWith(imageDigest) ? [] : [`endpoint runs image ${image}, the version was approved with ${imageDigest}`]),
  ];
}

async function modelDifferences(sagemaker: SageMakerClient, plan: Deployable, stage: StagePlan): Promise<string[]> {
  const config = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: stage.config }));
  const variants: ProductionVariant[] = [...(config.ProductionVariants ?? []), ...(config.ShadowProductionVariants ?? [])];
  const name = variants.find((variant) => variant.VariantName === challengerName(plan, stage))?.ModelName;
  const model = name === undefined ? undefined : await sagemaker.send(new DescribeModelCommand({ ModelName: name }));
  const container = model?.PrimaryContainer;
  // A model made from a package names it instead of repeating it (API_ContainerDefinition).
  if (container?.ModelPackageName !== undefined) {
    const found = container.ModelPackageName;
    return found === plan.modelPackageArn ? [] : [`endpoint configuration ${stage.config} has model package ${found}, asked for was ${plan.modelPackageArn}`];
  }
  const url = container?.ModelDataUrl;
  return url === plan.expected.modelDataUrl ? [] : [`endpoint configuration ${stage.config} has model data ${url}, the version was approved with ${plan.expected.modelDataUrl}`];
}

function isSame(found: readonly string[], asked: readonly string[]): boolean {
  return found.length === asked.length && asked.every((name) => found.includes(name));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

const clients: VerifyClients = { sagemaker: new SageMakerClient({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: VerifyEvent): Promise<VerificationResult> {
  settings ??= deploymentSettings();
  return verifyDeployment(event, clients, settings);
}
