import type { DescribeModelPackageCommandOutput } from '@aws-sdk/client-sagemaker';
import type { DeploymentSettings } from '../deployment.contract';

/**
 * A container with an AWS Marketplace product (API_ModelPackageContainerDefinition, ProductId), or from an algorithm of another account: an
 * algorithm is one's own or subscribed to in AWS Marketplace (API_SourceAlgorithm, AlgorithmName).
 */
export function isMarketplace({ InferenceSpecification, SourceAlgorithmSpecification, ModelPackageArn }: DescribeModelPackageCommandOutput): boolean {
  const account = ModelPackageArn?.split(':')[4];
  const isSubscribed = (algorithm: string | undefined): boolean => algorithm?.startsWith('arn:') === true && algorithm.split(':')[4] !== account;
  return (
    (InferenceSpecification?.Containers ?? []).some(({ ProductId }) => ProductId !== undefined) ||
    (SourceAlgorithmSpecification?.SourceAlgorithms ?? []).some(({ AlgorithmName }) => isSubscribed(AlgorithmName))
  );
}

/** Said before two fleets are paid for: SageMaker takes the update, and silently shifts all traffic at once (deployment-guardrails-exclusions). */
export function marketplaceReason({ endpoint, routing, shadow }: Pick<DeploymentSettings, 'endpoint' | 'routing' | 'shadow'>, version: number, byHand: boolean): string | undefined {
  const what = `version ${version} has a container of AWS Marketplace`;
  if (endpoint.kind === 'SERVERLESS') return `${what}, which no serverless endpoint takes (serverless-endpoints); use Endpoint.realTime()`;
  // A rollback by hand goes through no stage and shifts everything at once.
  if (byHand) return undefined;
  if (shadow !== undefined) return `${what}, for which SageMaker has no shadow variants (shadow-tests-exclusions); leave the shadow stage out`;
  if (routing.type === 'ALL_AT_ONCE' || routing.type === 'UNGUARDED') return undefined;
  return `${what}, for which SageMaker has no deployment guardrails: it would shift all traffic at once, without baking (deployment-guardrails-exclusions); use Deployment.allAtOnce()`;
}
