import { AwsError } from '../../kernel/aws-error';
import type { Principal, Simulation } from '../../kernel/simulation';
import type { ScalableTarget } from './records';

/** Capacity of a variant as DescribeEndpoint shows it. */
export interface VariantCapacity {
  readonly current: number;
  readonly desired: number;
  /** The endpoint is neither created nor updated just now. */
  readonly settled: boolean;
}

/** Dimensions that SageMaker variants are scaled in, with the words of scaling activities. */
const DIMENSIONS: Readonly<Record<string, string>> = {
  'sagemaker:variant:DesiredInstanceCount': 'instance count',
  'sagemaker:variant:DesiredProvisionedConcurrency': 'provisioned concurrency',
};

export function quantityOf(dimension: string): string | undefined {
  return DIMENSIONS[dimension];
}

/** `endpoint/name/variant/variant` */
export function endpointOf(resourceId: string): { endpoint: string; variant: string } {
  const [, endpoint, , variant] = resourceId.split('/');
  return { endpoint: endpoint!, variant: variant! };
}

/** Reads and sets the capacity of SageMaker variants, as the service-linked role does that Application Auto Scaling acts with. */
export class EndpointCapacity {
  public constructor(private readonly simulation: Simulation) {}

  /** @returns undefined when there is no such endpoint or variant, or none yet */
  public async read(target: ScalableTarget): Promise<VariantCapacity | undefined> {
    const { endpoint, variant } = endpointOf(target.ResourceId);
    let found: any;
    try {
      found = await this.call(target, 'DescribeEndpoint', { EndpointName: endpoint });
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
    const summary = (found.ProductionVariants ?? []).find((candidate: any) => candidate.VariantName === variant);
    const settled = found.EndpointStatus === 'InService' || found.EndpointStatus === 'Failed';
    const serverless = target.ScalableDimension.endsWith('ProvisionedConcurrency');
    const current = serverless ? summary?.CurrentServerlessConfig?.ProvisionedConcurrency : summary?.CurrentInstanceCount;
    const desired = serverless ? summary?.DesiredServerlessConfig?.ProvisionedConcurrency : summary?.DesiredInstanceCount;
    return current === undefined || desired === undefined ? undefined : { current, desired, settled };
  }

  /** @throws AwsError */
  public async set(target: ScalableTarget, capacity: number): Promise<void> {
    const { endpoint, variant } = endpointOf(target.ResourceId);
    const change = target.ScalableDimension.endsWith('ProvisionedConcurrency') ? { ServerlessUpdateConfig: { ProvisionedConcurrency: capacity } } : { DesiredInstanceCount: capacity };
    await this.call(target, 'UpdateEndpointWeightsAndCapacities', { EndpointName: endpoint, DesiredWeightsAndCapacities: [{ VariantName: variant, ...change }] });
  }

  private call(target: ScalableTarget, operation: string, input: Record<string, unknown>): Promise<any> {
    // Service-linked roles have a policy of AWS's own (AWSApplicationAutoscalingSageMakerEndpointPolicy), which allows what is asked here.
    const principal: Principal = { arn: target.RoleARN, root: true };
    return this.simulation.gateway.call(principal, 'sagemaker', operation, input);
  }
}
