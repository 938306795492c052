/**
 * What the registry knows of a model version: keys of CustomerMetadataProperties (at most 50 entries, value at most 256 characters;
 * says API_CreateModelPackage). The long form (all reasons, all metrics) lies at `verdictUri` and `lineageUri`. Imports nothing.
 */
export const PACKAGE_METADATA = {
  snapshotId: 'snapshotId',
  codeVersion: 'codeVersion',
  imageDigest: 'imageDigest',
  trainingJobName: 'trainingJobName',
  runId: 'runId',
  trigger: 'trigger',
  verdict: 'verdict',
  verdictUri: 'verdictUri',
  lineageUri: 'lineageUri',
  baselineUri: 'baselineUri',
  /** Set by the deployment workflow when this version was turned away, or rolled back from by hand. */
  deploymentOutcome: 'deploymentOutcome',
  deploymentReason: 'deploymentReason',
} as const;

/** Prefixes of further entries: one per hyperparameter and one per metric of the challenger. */
export const METADATA_HYPERPARAMETER = 'hyperparameter:';
export const METADATA_METRIC = 'metric:';
export const METADATA_VALUE_MAXIMUM = 256;

/** `arn:aws:sagemaker:us-east-1:111122223333:model-package/flight-delay/3` → 3 */
export function modelPackageVersion(arn: string): number {
  const match = /:model-package\/[^/]+\/(\d+)$/.exec(arn);
  if (!match) throw new Error(`not the ARN of a versioned model package: ${JSON.stringify(arn)}`);
  return Number(match[1]);
}

/** ARN of another version of the same group. */
export function packageOfVersion(arn: string, version: number): string {
  return arn.replace(/\d+$/, String(version));
}
