import type { DesiredWeightAndCapacity } from '@aws-sdk/client-sagemaker';
import { validateConcurrency } from './endpoint-config-rules';
import type { Fleet, FleetVariant } from './fleet';
import { Constraints, invalid } from './validation';

/**
 * What UpdateEndpointWeightsAndCapacities asks for (API_DesiredWeightAndCapacity). No instances at all is for asynchronous endpoints alone
 * (guide: async-inference-autoscale; model-deploy-feature-matrix, "Scale to zero").
 * @throws ValidationException before anything has changed
 */
export function applyDesired(fleet: Fleet, changes: readonly DesiredWeightAndCapacity[]): void {
  const checked = changes.map((change) => {
    const variant = fleet.all.find((candidate) => candidate.name === change.VariantName);
    if (!variant) throw invalid(`The variant name(s) "${change.VariantName}" is/are not present within endpoint configuration "${fleet.config.name}".`);
    check(fleet, variant, change);
    return { variant, change };
  });
  for (const { variant, change } of checked) {
    variant.desiredWeight = change.DesiredWeight ?? variant.desiredWeight;
    variant.desiredInstanceCount = change.DesiredInstanceCount ?? variant.desiredInstanceCount;
    if (variant.serverless) variant.serverless.desired = { ...variant.serverless.desired, ...change.ServerlessUpdateConfig };
  }
}

function check({ config }: Fleet, { name, serverless }: FleetVariant, change: DesiredWeightAndCapacity): void {
  new Constraints()
    .range('desiredInstanceCount', change.DesiredInstanceCount, config.kind === 'asynchronous' ? 0 : 1, Number.MAX_SAFE_INTEGER)
    .range('desiredWeight', change.DesiredWeight, 0, Number.MAX_SAFE_INTEGER)
    .range('serverlessUpdateConfig.maxConcurrency', change.ServerlessUpdateConfig?.MaxConcurrency, 1, 200)
    .range('serverlessUpdateConfig.provisionedConcurrency', change.ServerlessUpdateConfig?.ProvisionedConcurrency, 1, 200)
    .check();
  if (serverless && change.DesiredInstanceCount !== undefined) throw invalid(`Variant ${name} is serverless: it has no instances.`);
  if (!serverless && change.ServerlessUpdateConfig) throw invalid(`Variant ${name} runs on instances: it has no ServerlessUpdateConfig.`);
  if (serverless) validateConcurrency({ ...serverless.desired, ...change.ServerlessUpdateConfig });
}
