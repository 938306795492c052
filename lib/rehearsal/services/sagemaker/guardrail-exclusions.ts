import type { DeploymentConfig } from '@aws-sdk/client-sagemaker';
import type { Fleet } from './fleet';

/**
 * Why an update has no guardrails and falls back to blue/green, all at once, without baking; undefined when it has them (guide:
 * deployment-guardrails-exclusions; of serverless: model-deploy-feature-matrix, "All-at-once traffic fall back"). AWS says nothing of it in
 * any answer, which is why the timeline does. Marketplace containers are excluded too; the rehearsal has none.
 */
export function guardrailExclusion(old: Fleet, next: Fleet, config: DeploymentConfig | undefined): string | undefined {
  const names = (fleet: Fleet): string => fleet.variants.map((variant) => variant.name).sort().join(', ');
  if (names(old) !== names(next)) return `the variant names change from ${names(old)} to ${names(next)}`;
  if ([old, next].some((fleet) => fleet.config.kind === 'serverless')) return 'the endpoint is serverless';
  if ([old, next].some((fleet) => fleet.all.some((variant) => variant.instanceType?.startsWith('ml.inf1.')))) return 'it uses Inf1 instances';
  if (config?.RollingUpdatePolicy && next.variants.length > 1) return 'a rolling deployment needs a single variant';
  return undefined;
}
