import { type SageMakerClient, UpdateModelPackageCommand } from '@aws-sdk/client-sagemaker';
import { METADATA_VALUE_MAXIMUM, PACKAGE_METADATA } from '../../registry/model-package.contract';

/** The registry remembers how the deployment of a version ended. */
export async function notePackage(sagemaker: SageMakerClient, modelPackageArn: string, outcome: string, reasons: readonly string[]): Promise<void> {
  await sagemaker.send(
    new UpdateModelPackageCommand({
      ModelPackageArn: modelPackageArn,
      CustomerMetadataProperties: {
        [PACKAGE_METADATA.deploymentOutcome]: outcome,
        [PACKAGE_METADATA.deploymentReason]: metadataValue(reasons.join(' - ')),
      },
    }),
  );
}

/** API_UpdateModelPackage allows letters, separators, numbers and `_.:/=+-@` in a value, 256 at most. */
export function metadataValue(text: string): string {
  return text
    .replace(/%/g, 'percent')
    .replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, METADATA_VALUE_MAXIMUM);
}
