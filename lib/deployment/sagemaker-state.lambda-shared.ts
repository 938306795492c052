import {
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  DescribeEndpointConfigCommand,
  ListEndpointConfigsCommand,
  ListModelsCommand,
  type ProductionVariant,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { deploymentNames, resourceVersion, VARIANT_NAME } from './deployment.contract';

/** Statuses in which somebody (SageMaker, or an update of ours) is at work on the endpoint. */
const TRANSITIONAL = new Set(['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting']);

export function isTransitional(status: string | undefined): boolean {
  return status !== undefined && TRANSITIONAL.has(status);
}

/** SageMaker answers a plain ValidationException for what does not exist and for what exists already; only the message tells. */
export function isMissing(error: unknown): boolean {
  return (error as Error).name === 'ResourceNotFound' || says(error, /could not find|does not exist/i);
}

export function isExisting(error: unknown): boolean {
  return says(error, /already exist/i);
}

/** UpdateEndpoint and DeleteEndpoint while somebody else's update runs: `Cannot update in-progress endpoint "arn:…"`. */
export function isInProgress(error: unknown): boolean {
  return says(error, /in-progress/i);
}

function says(error: unknown, expected: RegExp): boolean {
  const { name, message } = error as Error;
  return name === 'ValidationException' && expected.test(message);
}

/** The endpoint, or undefined when there is none. */
export async function findEndpoint(sagemaker: SageMakerClient, name: string): Promise<DescribeEndpointCommandOutput | undefined> {
  return ignoring(isMissing, () => sagemaker.send(new DescribeEndpointCommand({ EndpointName: name })));
}

/** The variant that users hear, as its configuration describes it. */
export async function describeFleet(sagemaker: SageMakerClient, EndpointConfigName: string): Promise<ProductionVariant | undefined> {
  const { ProductionVariants } = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
  return ProductionVariants?.find((variant) => variant.VariantName === VARIANT_NAME);
}

/** Whether a registered variant could not be updated from one to the other (endpoint-scaling-update). */
export function isOtherType(before: ProductionVariant | undefined, after: ProductionVariant | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const isProvisioned = (variant: ProductionVariant): boolean => variant.ServerlessConfig?.ProvisionedConcurrency !== undefined;
  return before.InstanceType !== after.InstanceType || isProvisioned(before) !== isProvisioned(after);
}

export function instancesOf(endpoint: DescribeEndpointCommandOutput): number | undefined {
  return endpoint.ProductionVariants?.find((variant) => variant.VariantName === VARIANT_NAME)?.DesiredInstanceCount;
}

export async function ignoring<T>(expected: (error: unknown) => boolean, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (expected(error)) return undefined;
    throw error;
  }
}

/** Names of all endpoint configurations that deployments of this model made. */
export async function listConfigs(sagemaker: SageMakerClient, model: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await sagemaker.send(new ListEndpointConfigsCommand({ NameContains: deploymentNames.prefix(model), NextToken: token }));
    names.push(...(page.EndpointConfigs ?? []).map((config) => config.EndpointConfigName!));
    token = page.NextToken;
  } while (token !== undefined);
  return names.filter((name) => resourceVersion(model, name) !== undefined).sort();
}

/** Names of all SageMaker Models that deployments of this model made. */
export async function listModels(sagemaker: SageMakerClient, model: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await sagemaker.send(new ListModelsCommand({ NameContains: deploymentNames.prefix(model), NextToken: token }));
    names.push(...(page.Models ?? []).map((found) => found.ModelName!));
    token = page.NextToken;
  } while (token !== undefined);
  return names.filter((name) => resourceVersion(model, name) !== undefined).sort();
}
