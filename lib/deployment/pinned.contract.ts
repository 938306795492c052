import type { DeploymentChoices } from './deployment.contract';

/**
 * `Deployment.pinned`: CloudFormation owns Model, EndpointConfig and Endpoint, and `cdk deploy` is the release. Nothing starts by itself.
 *
 * The SageMaker Model needs `PrimaryContainer: { ModelPackageName: <ARN> }` and nothing else of the container: image, model data and environment
 * are those of the package (AWS::SageMaker::Model ContainerDefinition, "ModelPackageName"), so no image is named here.
 */
export interface PinnedChoices {
  /** Absent: nothing is deployed yet, because the model has first to be trained. */
  readonly version?: number;
  /** Absent: `version` of the model's own group. Otherwise it ends with `/<version>`. Never a token. */
  readonly modelPackageArn?: string;
  /**
   * Endpoint, routing (CANARY, LINEAR, ROLLING or ALL_AT_ONCE; never UNGUARDED), waits, thresholds and alarms. There is no stage before the
   * release, and the analysis does not run: CloudFormation leaves no room for looks. Setting an option of it is refused at synth.
   */
  readonly choices: DeploymentChoices;
}
