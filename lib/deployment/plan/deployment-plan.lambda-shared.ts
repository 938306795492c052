import type { DescribeEndpointCommandOutput, DescribeModelPackageCommandOutput } from '@aws-sdk/client-sagemaker';
import { type FreezeState, frozenReason } from '../../governance/freeze.contract';
import { modelPackageVersion, PACKAGE_METADATA } from '../../registry/model-package.contract';
import type { DeploymentPlan, ExpectedModel } from '../deployment-plan.contract';
import { type ChampionPointer, configResource, configStage, type DeploymentInput, deploymentNames, type DeploymentSettings, type PlanAction, resourceVersion } from '../deployment.contract';
import { isTransitional } from '../sagemaker-state.lambda-shared';
import { deploymentStages, remainingStages } from './deployment-stages.lambda-shared';
import { isMarketplace, marketplaceReason } from './marketplace.lambda-shared';

export interface PlanFacts {
  readonly input: DeploymentInput & { readonly modelPackageArn: string };
  readonly runId: string;
  readonly settings: DeploymentSettings;
  readonly modelPackage: DescribeModelPackageCommandOutput;
  readonly champion?: { readonly value: ChampionPointer; readonly etag: string };
  readonly endpoint?: DescribeEndpointCommandOutput;
  readonly freeze?: FreezeState;
}

/** What to do about this request, given what is registered, recorded and really serving. Pure. */
export function planDeployment(facts: PlanFacts): DeploymentPlan {
  const { modelName } = facts.settings;
  const { input, champion, endpoint, runId } = facts;
  const version = modelPackageVersion(input.modelPackageArn);
  const { EndpointConfigName: effective, EndpointStatus: status } = endpoint ?? {};
  const pending = endpoint?.PendingDeploymentSummary?.EndpointConfigName;
  const decide = (action: PlanAction, page: boolean, reason: string, resource?: string): DeploymentPlan => ({ ...planBase(facts, version, resource), action, page, reasons: [reason] });

  const refused = reasonToRefuse(facts, version);
  if (refused !== undefined) return decide('REFUSE', true, refused);
  const skipped = reasonToSkip(facts, version);
  if (skipped !== undefined) return decide('SKIP', false, skipped);

  const resource = deploymentNames.resource(modelName, version, runId);
  if (isTransitional(status)) {
    // The run that began this update has died (we hold the lock), or it is our own: its baking period deserves an analysis all the same.
    const isOurs = pending !== undefined && configResource(pending) === resource;
    if (pending !== undefined && status === 'Updating' && pending !== champion?.value.endpointConfigName && (isOurs || isOfVersion(facts, version, pending))) {
      const resumed = resume(facts, version, pending);
      if (resumed !== undefined) return resumed;
    }
    return decide('WAIT', false, `endpoint is ${status}`);
  }
  if (status === 'Failed') return decide('REMOVE_FAILED', false, `endpoint could not be created: ${endpoint?.FailureReason ?? 'no reason given'}`);
  if (status !== undefined && status !== 'InService') {
    return decide('REFUSE', true, `endpoint is ${status}; see the runbook before deploying to it`);
  }
  const unrecorded = effective !== undefined && effective !== champion?.value.endpointConfigName && isOfVersion(facts, version, effective);
  const takenUp = unrecorded ? takeUp(facts, version, effective) : undefined;
  if (takenUp !== undefined) return takenUp;
  const reason = endpoint === undefined ? `there is no endpoint yet: version ${version} is deployed without a canary` : `version ${version} replaces ${effective}: ${input.reason}`;
  const plan = decide(endpoint === undefined ? 'CREATE' : 'UPDATE', false, reason, resource);
  return { ...plan, stages: deploymentStages(facts.settings, plan, input.trigger) };
}

/** What a dead run has brought to the endpoint and nobody has recorded: a finished release is verified, an unfinished stage is gone on with. */
export function takeUp(facts: PlanFacts, version: number, effective: string): DeploymentPlan | undefined {
  // Without guardrails nobody has watched the new version yet: its baking period begins when somebody does.
  if (configStage(effective) !== 'RELEASE' || (isUnguarded(facts) && facts.champion !== undefined)) return resume(facts, version, effective);
  const plan = planBase(facts, version, effective);
  return {
    ...plan,
    action: 'ADOPT',
    page: true,
    reasons: [`version ${version} serves already as ${effective}: the run that deployed it ended before it was recorded`],
    stages: remainingStages(facts.settings, plan, facts.input.trigger, 'RELEASE')!,
  };
}

function isUnguarded({ settings, modelPackage }: PlanFacts): boolean {
  return settings.routing.type === 'UNGUARDED' || isMarketplace(modelPackage);
}

/** @returns undefined when this run would not go through the stage that the configuration belongs to */
export function resume(facts: PlanFacts, version: number, config: string): DeploymentPlan | undefined {
  const plan = planBase(facts, version, configResource(config));
  const stages = remainingStages(facts.settings, plan, facts.input.trigger, configStage(config));
  if (stages === undefined) return undefined;
  const since = facts.endpoint?.PendingDeploymentSummary?.StartTime ?? facts.endpoint?.LastModifiedTime;
  return {
    ...plan,
    action: 'RESUME',
    page: false,
    reasons: [`version ${version} is being deployed already as ${config}; going on with that`],
    stages,
    ...(since === undefined ? {} : { resumedSince: since.toISOString() }),
  };
}

/** What every plan has. The champion's configuration is what to go back to, also when a dead run's stage serves beside it. */
export function planBase(facts: PlanFacts, version: number, resource?: string): Omit<DeploymentPlan, 'action' | 'page' | 'reasons'> {
  const { input, modelPackage, champion, endpoint } = facts;
  const previousConfig = champion?.value.endpointConfigName ?? endpoint?.EndpointConfigName;
  const isRollback = input.trigger === 'rollback' || (input.trigger === 'reconcile' && champion !== undefined && version < champion.value.version);
  return {
    modelPackageArn: input.modelPackageArn,
    version,
    noted: modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.deploymentOutcome] !== undefined,
    championEtag: champion?.etag ?? 'absent',
    automatic: input.trigger !== 'manual' && !isRollback,
    stages: [],
    ...(isMarketplace(modelPackage) ? { marketplace: true } : {}),
    ...(isRollback ? { alarms: [] } : {}),
    ...(resource === undefined ? {} : { resource, expected: expectedModel(modelPackage) }),
    ...(previousConfig === undefined || previousConfig === resource || endpoint === undefined ? {} : { previousConfig }),
    ...(champion === undefined || endpoint === undefined
      ? {}
      : { champion: { version: champion.value.version, modelName: champion.value.modelName, endpointConfigName: champion.value.endpointConfigName } }),
  };
}

/** A configuration that `cdk deploy` has changed must not end as the one that was there before. */
function isOfVersion({ settings, input }: PlanFacts, version: number, config: string): boolean {
  return input.trigger !== 'configuration' && resourceVersion(settings.modelName, config) === version;
}

export function reasonToRefuse({ settings, input, modelPackage }: Pick<PlanFacts, 'settings' | 'input' | 'modelPackage'>, version: number): string | undefined {
  if (modelPackage.ModelPackageGroupName !== settings.modelName) {
    return `model package ${input.modelPackageArn} belongs to group ${modelPackage.ModelPackageGroupName}, not to ${settings.modelName}`;
  }
  if (modelPackage.ModelApprovalStatus !== 'Approved') return `version ${version} is not approved: its status is ${modelPackage.ModelApprovalStatus}`;
  const containers = modelPackage.InferenceSpecification?.Containers?.length ?? 0;
  if (containers !== 1) return `version ${version} must have exactly one container, it has ${containers}`;
  return isMarketplace(modelPackage) ? marketplaceReason(settings, version, input.trigger === 'rollback') : undefined;
}

function reasonToSkip({ input, champion, endpoint, settings, modelPackage, freeze }: PlanFacts, version: number): string | undefined {
  // Before everything else that could be noted or begun: nothing of a frozen model happens by itself.
  if (freeze !== undefined && (input.trigger === 'approval' || input.trigger === 'configuration')) return `version ${version} is not deployed: ${frozenReason(freeze)}`;
  const serving = champion !== undefined && endpoint?.EndpointConfigName === champion.value.endpointConfigName;
  // A retried run finds its own update under way or finished; neither is a reason to skip.
  if (champion?.value.version === version && serving && endpoint?.EndpointStatus === 'InService' && input.trigger !== 'configuration' && input.again !== true) {
    return `version ${version} is already serving`;
  }
  if (input.trigger !== 'approval') return undefined;
  if (champion !== undefined && version < champion.value.version && endpoint !== undefined) {
    return `version ${version} is older than the champion, version ${champion.value.version}; start a deployment with trigger "rollback" to go back`;
  }
  // Events may come twice (automating-sagemaker-with-eventbridge): a version that was turned away does not get a second chance by accident.
  const outcome = modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.deploymentOutcome];
  const reached = [endpoint?.EndpointConfigName, endpoint?.PendingDeploymentSummary?.EndpointConfigName];
  if ((outcome === 'ROLLED_BACK' || outcome === 'REJECTED') && !reached.some((config) => resourceVersion(settings.modelName, config ?? '') === version)) {
    return `version ${version} was ${outcome === 'REJECTED' ? 'rejected' : 'rolled back'} before; start a deployment with trigger "manual" to try it again`;
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
