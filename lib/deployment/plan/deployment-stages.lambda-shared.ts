import { extendedRouting, lookInterval, maximumLooks } from '../deployment-limits.contract';
import type { DeploymentPlan, StagePlan } from '../deployment-plan.contract';
import { deploymentNames, type DeploymentInput, type DeploymentSettings, type RoutingSettings, type StageName } from '../deployment.contract';

/** A rollback by hand is the plan that leaves the user's alarms out. */
type Planned = Pick<DeploymentPlan, 'version' | 'resource' | 'champion' | 'alarms' | 'marketplace'>;

/**
 * What a run goes through. Without a champion there is nothing to compare with; who rolls back cannot wait for a comparison; and a changed
 * configuration is the champion's own, which needs none, also when a person deploys it again.
 */
export function deploymentStages(settings: DeploymentSettings, plan: Planned, trigger: DeploymentInput['trigger']): StagePlan[] {
  const stages: StagePlan[] = [];
  const compares = plan.champion !== undefined && plan.alarms === undefined && trigger !== 'configuration' && plan.champion.version !== plan.version;
  if (compares && settings.shadow) stages.push(stagePlan(settings, plan.resource!, 'SHADOW'));
  if (compares && settings.test) stages.push(stagePlan(settings, plan.resource!, 'AB_TEST'));
  const release = stagePlan(settings, plan.resource!, 'RELEASE', releaseRouting(settings, plan));
  return [...stages, plan.alarms === undefined ? release : { ...release, inconclusive: 'PROMOTE' }];
}

/** The stages from the one that a dead run had reached; undefined when this run would not go through it. */
export function remainingStages(
  settings: DeploymentSettings,
  plan: Planned,
  trigger: DeploymentInput['trigger'],
  reached: StageName,
): StagePlan[] | undefined {
  const stages = deploymentStages(settings, plan, trigger);
  const index = stages.findIndex(({ stage }) => stage === reached);
  return index < 0 ? undefined : stages.slice(index);
}

/** The release again, with twice the baking period. */
export function extendedPlan(settings: DeploymentSettings, plan: DeploymentPlan): DeploymentPlan {
  return {
    ...plan,
    stages: plan.stages.map((stage) =>
      stage.stage === 'RELEASE' ? stagePlan(settings, plan.resource!, 'RELEASE', extendedRouting(settings, stage.routing ?? settings.routing)) : stage,
    ),
  };
}

function releaseRouting({ routing }: DeploymentSettings, plan: Planned): RoutingSettings {
  if (plan.marketplace === true) return { ...routing, type: 'UNGUARDED', percent: 100 };
  return plan.alarms === undefined || routing.type === 'UNGUARDED' ? routing : { ...routing, type: 'ALL_AT_ONCE', percent: 100 };
}

function stagePlan(settings: DeploymentSettings, resource: string, stage: StageName, routing?: RoutingSettings): StagePlan {
  return {
    stage,
    config: stage === 'RELEASE' ? resource : deploymentNames.stageConfig(resource, stage),
    ...(routing === undefined ? {} : { routing }),
    intervalSeconds: lookInterval(settings, stage),
    maximumLooks: maximumLooks(settings, stage, routing),
  };
}
