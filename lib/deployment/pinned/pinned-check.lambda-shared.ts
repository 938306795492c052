import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DescribeModelPackageCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { modelPackageVersion, PACKAGE_METADATA } from '../../registry/model-package.contract';
import { type DeploymentPlan, NO_ANALYSIS } from '../deployment-plan.contract';
import type { DeploymentSettings } from '../deployment.contract';
import { expectedModel } from '../plan/deployment-plan.lambda-shared';
import { findEndpoint } from '../sagemaker-state.lambda-shared';
import { verifyDeployment } from '../steps/verify-deployment.lambda';
import { alarmsInAlarm } from './pinned-outcome.lambda-shared';
import { PINNED_ALARM_KINDS, pinnedAlarm, type PinnedProperties } from './pinned.contract';

export interface PinnedVerdict {
  readonly verified: boolean;
  readonly reasons: readonly string[];
  /** ISO time of the endpoint's last change. */
  readonly since: string;
  readonly noted: boolean;
}

/** The truth check of every deployment, asked about what CloudFormation has made. */
export async function checkServed(
  clients: { readonly sagemaker: SageMakerClient; readonly cloudWatch: CloudWatchClient },
  settings: DeploymentSettings,
  asked: PinnedProperties,
): Promise<PinnedVerdict> {
  const { sagemaker, cloudWatch } = clients;
  const resource = asked.EndpointConfigName!;
  const modelPackage = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: asked.ModelPackageArn }));
  const alarms = [
    ...(await alarmsInAlarm(cloudWatch, PINNED_ALARM_KINDS.map((kind) => pinnedAlarm(settings.modelName, kind)), false)),
    ...(await alarmsInAlarm(cloudWatch, settings.alarms)),
  ];
  const plan: DeploymentPlan = {
    action: 'UPDATE',
    reasons: [],
    page: false,
    modelPackageArn: asked.ModelPackageArn,
    version: modelPackageVersion(asked.ModelPackageArn),
    resource,
    stages: [{ stage: 'RELEASE', config: resource, intervalSeconds: 0, maximumLooks: 0 }],
    expected: expectedModel(modelPackage),
  };
  const { outcome, reasons } = await verifyDeployment({ plan, stage: 'RELEASE', state: { ...NO_ANALYSIS, alarms } }, { sagemaker }, settings);
  const noted = modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.deploymentOutcome] !== undefined;
  const endpoint = await findEndpoint(sagemaker, settings.endpointName);
  return { verified: outcome === 'VERIFIED', reasons, since: (endpoint?.LastModifiedTime ?? modelPackage.CreationTime)!.toISOString(), noted };
}
