import type { DeploymentChoices } from '../deployment.contract';

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

/** Environment of the function behind both custom resources. */
export const PINNED_ENVIRONMENT = ['DEPLOYMENT_SETTINGS', 'OUTCOME_FUNCTION'] as const;

/**
 * Two custom resources frame what CloudFormation does. `APPROVAL` comes before the SageMaker Model and lets only approved versions pass;
 * `TRUTH` comes after the endpoint and fails the stack operation when the endpoint does not run what was asked for. A rollback of the stack
 * passes through both again, with the properties of before.
 */
export interface PinnedProperties {
  readonly Step: 'APPROVAL' | 'TRUTH';
  readonly ModelPackageArn: string;
  /** Everything that makes another endpoint configuration: another text is another release. */
  readonly Release: string;
  /** TRUTH only: what must be served. */
  readonly EndpointConfigName?: string;
  /** SageMaker Model. */
  readonly ModelName?: string;
}

/** What is asked for; two that are equal make the same endpoint configuration. */
export interface PinnedRelease {
  readonly modelPackageArn: string;
  readonly release: string;
}

/** `lakeKeys.pinnedAttempt`: the release that a stack operation has begun, and the last one that was proven. */
export interface PinnedAttempt extends PinnedRelease {
  /** Makes the id of the record, whichever of the two resources comes to write it. */
  readonly id: string;
  /** Its outcome is not recorded yet. */
  readonly open: boolean;
  readonly proven?: PinnedRelease;
}

/** Rollback alarms in the template; deployments of the workflow name theirs by version and run, so that neither removes the other's. */
export const PINNED_ALARM_KINDS = ['error-rate', 'latency'] as const;

export function pinnedAlarm(model: string, kind: (typeof PINNED_ALARM_KINDS)[number]): string {
  return `${model}-pinned-${kind}`;
}

/**
 * What a stack operation asks for, given what was asked for before. `RELEASE`: something new, which must be approved and is an attempt until
 * its outcome is recorded. `RETURN`: CloudFormation goes back to what was proven, so the open attempt has failed. `NOTHING`: the same request
 * again, or back to what is proven after the failure was recorded.
 */
export type PinnedIntention = 'RELEASE' | 'RETURN' | 'NOTHING';

export function pinnedIntention(asked: PinnedRelease, attempt: PinnedAttempt | undefined): PinnedIntention {
  if (attempt?.open && isSameRelease(attempt, asked)) return 'NOTHING';
  if (attempt?.proven === undefined || !isSameRelease(attempt.proven, asked)) return 'RELEASE';
  return attempt.open ? 'RETURN' : 'NOTHING';
}

export function isSameRelease(a: PinnedRelease, b: PinnedRelease): boolean {
  return a.modelPackageArn === b.modelPackageArn && a.release === b.release;
}
