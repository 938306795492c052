/**
 * Where the command line finds what belongs to a model: one parameter per model in the Parameter Store, JSON of `OperationsSettings`.
 * Imports nothing.
 */
export const OPERATIONS_PATH = '/cdk-ml-pipeline';

export function operationsParameter(modelName: string): string {
  return `${OPERATIONS_PATH}/${modelName}`;
}

/** A value of the standard tier has at most 4 KB (Systems Manager guide, "Managing parameter tiers"); these are about 1 KB. */
export interface OperationsSettings {
  /** Of this form; an older command line refuses a newer one. */
  readonly form: 1;
  readonly modelName: string;
  readonly bucket: string;
  readonly endpointName: string;
  readonly modelPackageGroup: string;
  /** Absent when CloudFormation deploys the model. */
  readonly deploymentStateMachineArn?: string;
  readonly trainingStateMachineArn: string;
  /** Absent without monitoring. */
  readonly monitoringStateMachineArn?: string;
  readonly freezeFunctionArn: string;
  /** Names of the model's alarms begin so. */
  readonly alarmPrefix: string;
}
