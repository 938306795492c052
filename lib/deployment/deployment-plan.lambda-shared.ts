import type { DescribeEndpointCommandOutput, DescribeModelPackageCommandOutput } from '@aws-sdk/client-sagemaker';
import { modelPackageVersion, PACKAGE_METADATA } from '../registry/model-package.contract';
import type { DeploymentPlan, ExpectedModel } from './deployment-plan.contract';
import { type ChampionPointer, type DeploymentInput, deploymentNames, type PlanAction, resourceVersion } from './deployment.contract';
import { isTransitional } from './sagemaker-state.lambda-shared';

export interface PlanFacts {
  readonly input: DeploymentInput;
  readonly runId: string;
  readonly modelName: string;
  readonly modelPackage: DescribeModelPackageCommandOutput;
  readonly champion?: { readonly value: ChampionPointer; readonly etag: string };
  readonly endpoint?: DescribeEndpointCommandOutput;
}

/** What to do about this request, given what is registered, recorded and really serving. Pure. */
export function planDeployment(facts: PlanFacts): DeploymentPlan {
  const { input, modelName, modelPackage, champion, endpoint, runId } = facts;
  const version = modelPackageVersion(input.modelPackageArn);
  const pending = endpoint?.PendingDeploymentSummary?.EndpointConfigName;
  const effective = endpoint?.EndpointConfigName;
  const status = endpoint?.EndpointStatus;
  const decide = (action: PlanAction, page: boolean, reason: string, resource?: string, previousConfig = effective): DeploymentPlan => ({
    action,
    reasons: [reason],
    page,
    modelPackageArn: input.modelPackageArn,
    version,
    noted: modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.deploymentOutcome] !== undefined,
    championEtag: champion?.etag ?? 'absent',
    stages: [],
    ...(resource === undefined ? {} : { resource, expected: expectedModel(modelPackage) }),
    ...(previousConfig === undefined || previousConfig === resource ? {} : { previousConfig }),
  });

  if (modelPackage.ModelPackageGroupName !== modelName) {
    return decide('REFUSE', true, `model package ${input.modelPackageArn} belongs to group ${modelPackage.ModelPackageGroupName}, not to ${modelName}`);
  }
  if (modelPackage.ModelApprovalStatus !== 'Approved') {
    return decide('REFUSE', true, `version ${version} is not approved: its status is ${modelPackage.ModelApprovalStatus}`);
  }
  if ((modelPackage.InferenceSpecification?.Containers ?? []).length !== 1) {
    return decide('REFUSE', true, `version ${version} must have exactly one container, it has ${modelPackage.InferenceSpecification?.Containers?.length ?? 0}`);
  }
  const skipped = reasonToSkip(facts, version);
  if (skipped !== undefined) return decide('SKIP', false, skipped);

  if (isTransitional(status)) {
    // The run that began this update has died (we hold the lock): its baking period deserves an analysis all the same.
    if (pending !== undefined && status === 'Updating' && resourceVersion(modelName, pending) === version) {
      return decide('RESUME', false, `version ${version} is being deployed already as ${pending}; going on with that`, pending);
    }
    return decide('WAIT', false, `endpoint is ${status}`);
  }
  if (status === 'Failed') return decide('REMOVE_FAILED', false, `endpoint could not be created: ${endpoint?.FailureReason ?? 'no reason given'}`);
  if (status !== undefined && status !== 'InService') {
    return decide('REFUSE', true, `endpoint is ${status}; see the runbook before deploying to it`);
  }
  if (effective !== undefined && resourceVersion(modelName, effective) === version && effective !== champion?.value.endpointConfigName) {
    return decide('ADOPT', true, `version ${version} serves already as ${effective}: the run that deployed it ended before it was recorded`, effective, champion?.value.endpointConfigName);
  }
  const resource = deploymentNames.resource(modelName, version, runId);
  return endpoint === undefined
    ? decide('CREATE', false, `there is no endpoint yet: version ${version} is deployed without a canary`, resource)
    : decide('UPDATE', false, `version ${version} replaces ${effective}: ${input.reason}`, resource);
}

function reasonToSkip({ input, champion, endpoint, modelName, modelPackage }: PlanFacts, version: number): string | undefined {
  const serving = champion !== undefined && endpoint?.EndpointConfigName === champion.value.endpointConfigName;
  // A retried run finds its own update under way or finished; neither is a reason to skip.
  if (champion?.value.version === version && serving && endpoint?.EndpointStatus === 'InService' && input.trigger !== 'configuration') {
    return `version ${version} is already serving`;
  }
  if (input.trigger === 'configuration' && champion !== undefined && champion.value.version !== version) {
    return `version ${version} is no longer the champion, version ${champion.value.version} is`;
  }
  if (input.trigger !== 'approval') return undefined;
  if (champion !== undefined && version < champion.value.version && endpoint !== undefined) {
    return `version ${version} is older than the champion, version ${champion.value.version}; start a deployment with trigger "rollback" to go back`;
  }
  // Events may come twice (automating-sagemaker-with-eventbridge): a version that failed its canary does not get a second one by accident.
  const outcome = modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.deploymentOutcome];
  const reached = endpoint?.EndpointConfigName ?? '';
  if (outcome === 'ROLLED_BACK' && resourceVersion(modelName, reached) !== version) {
    return `version ${version} was rolled back before; start a deployment with trigger "manual" to try it again`;
  }
  return undefined;
}

/** The container that was evaluated, pinned to its digest: a tag may have moved since. */
export function expectedModel(modelPackage: DescribeModelPackageCommandOutput): ExpectedModel {
  const container = modelPackage.InferenceSpecification!.Containers![0]!;
  const digest = container.ImageDigest ?? /@(sha256:[0-9a-f]{64})$/.exec(container.Image!)?.[1];
  return {
    image: digest === undefined ? container.Image! : `${container.Image!.replace(/@.*$/, '').replace(/:[^:/]+$/, '')}@${digest}`,
    ...(digest === undefined ? {} : { imageDigest: digest }),
    ...(container.ModelDataUrl === undefined ? {} : { modelDataUrl: container.ModelDataUrl }),
    environment: { ...container.Environment },
  };
}
