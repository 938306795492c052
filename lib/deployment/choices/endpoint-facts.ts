import { EndpointSettings } from '../deployment.contract';

/** Whether SageMaker captures any request, which it does of real-time endpoints only (model-deploy-feature-matrix). */
export function captures(endpoint: EndpointSettings): boolean {
  return endpoint.kind === 'REAL_TIME' && endpoint.samplingPercentage > 0;
}

/** Inf1 falls back to all at once without baking and, being excluded, without rollback (deployment-guardrails-exclusions). */
export function isInferentia1(endpoint: EndpointSettings): boolean {
  return endpoint.kind !== 'SERVERLESS' && endpoint.instanceType.startsWith('ml.inf1.');
}

/** Deployment guardrails are for real-time and asynchronous endpoints (deployment-guardrails). */
export function hasGuardrails(endpoint: EndpointSettings): boolean {
  return endpoint.kind !== 'SERVERLESS' && !isInferentia1(endpoint);
}
