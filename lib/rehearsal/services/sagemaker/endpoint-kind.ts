import type { CreateEndpointConfigInput } from '@aws-sdk/client-sagemaker';

/** Inference options of an endpoint; which one it is follows from its configuration (guide: model-deploy-feature-matrix). */
export type EndpointKind = 'real-time' | 'serverless' | 'asynchronous';

export function endpointKind(config: CreateEndpointConfigInput): EndpointKind {
  if (config.AsyncInferenceConfig) return 'asynchronous';
  return config.ProductionVariants!.some((variant) => variant.ServerlessConfig) ? 'serverless' : 'real-time';
}
