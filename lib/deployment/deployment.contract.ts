/** Input of the deployment state machine, and the champion pointer. Imports nothing. */
export interface DeploymentInput {
  readonly modelPackageArn: string;
  /** `approval` by the registry's event; `rollback` and `manual` by a person; `configuration` by `cdk deploy`. */
  readonly trigger: 'approval' | 'manual' | 'rollback' | 'configuration';
  readonly reason: string;
}

/** Constant: an endpoint update with guardrails must keep the variant's name (deployment-guardrails-exclusions). */
export const VARIANT_NAME = 'AllTraffic';

/** state/<model>/champion.json, written conditionally; names what is really served. */
export interface ChampionPointer {
  readonly version: number;
  readonly modelPackageArn: string;
  readonly endpointName: string;
  readonly endpointConfigName: string;
  /** SageMaker Model. */
  readonly modelName: string;
  /** ISO time. */
  readonly since: string;
  readonly executionArn: string;
  /** Endpoint configurations still kept for a rollback by hand, newest first. */
  readonly previous: readonly { readonly version: number; readonly endpointConfigName: string; readonly modelName: string }[];
}
