import type { DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker';
import { frozenReason } from '../../governance/freeze.contract';
import type { DeploymentPlan } from '../deployment-plan.contract';
import { type ChampionPointer, type PlanAction, resourceVersion } from '../deployment.contract';
import { isTransitional } from '../sagemaker-state.lambda-shared';
import { planBase, type PlanFacts, reasonToRefuse, resume, takeUp } from './deployment-plan.lambda-shared';

/** What is left of a run that ended without an end of its own. */
export interface ReconciliationFacts extends Omit<PlanFacts, 'modelPackage'> {
  /** Of the version that `unfinishedConfig` belongs to; undefined when there is none, or when the version was deleted. */
  readonly modelPackage?: PlanFacts['modelPackage'];
  /** The ledger has an outcome of the dead run: whoever had to be paged was. */
  readonly isRecorded: boolean;
}

/** The configuration that a deployment of this model has brought, or is bringing, to the endpoint without making it the champion. */
export function unfinishedConfig(modelName: string, endpoint: DescribeEndpointCommandOutput | undefined, champion: ChampionPointer | undefined): string | undefined {
  const reached = [endpoint?.PendingDeploymentSummary?.EndpointConfigName, endpoint?.EndpointConfigName];
  return reached.find((config) => config !== undefined && config !== champion?.endpointConfigName && resourceVersion(modelName, config) !== undefined);
}

/** Finishes what a dead run began and starts nothing: goes on, adopts, or puts the champion back. Pure. */
export function planReconciliation(facts: ReconciliationFacts): DeploymentPlan {
  const { input, settings, champion, endpoint, isRecorded } = facts;
  const config = unfinishedConfig(settings.modelName, endpoint, champion?.value);
  const version = (config === undefined ? champion?.value.version : resourceVersion(settings.modelName, config)) ?? 0;
  const full: PlanFacts = { ...facts, modelPackage: facts.modelPackage ?? ({} as PlanFacts['modelPackage']) };
  const decide = (action: PlanAction, page: boolean, reason: string): DeploymentPlan => ({ ...planBase(full, version), action, page, reasons: [reason, input.reason] });
  const because = (plan: DeploymentPlan): DeploymentPlan => ({ ...plan, reasons: [...plan.reasons, input.reason] });

  // Whoever stopped the run, or let it run out of time, knows nothing of what became of its version: a person has to decide.
  if (endpoint === undefined) return decide('SKIP', !isRecorded, 'there is no endpoint: nothing of the run is left to finish');
  const pending = endpoint.PendingDeploymentSummary?.EndpointConfigName;
  const refused = facts.modelPackage === undefined ? `version ${version} is no longer registered` : reasonToRefuse(full, version);
  if (isTransitional(endpoint.EndpointStatus)) {
    const resumed = endpoint.EndpointStatus === 'Updating' && pending !== undefined && pending === config && refused === undefined ? resume(full, version, pending) : undefined;
    return resumed === undefined ? decide('WAIT', false, `endpoint is ${endpoint.EndpointStatus}`) : because(resumed);
  }
  if (endpoint.EndpointStatus === 'Failed') return decide('REMOVE_FAILED', false, `endpoint could not be created: ${endpoint.FailureReason ?? 'no reason given'}`);
  if (endpoint.EndpointStatus !== 'InService') return decide('REFUSE', true, `endpoint is ${endpoint.EndpointStatus}; see the runbook`);

  if (config === undefined) {
    const serving = `endpoint serves ${endpoint.EndpointConfigName}`;
    return endpoint.EndpointConfigName === champion?.value.endpointConfigName
      ? decide('SKIP', !isRecorded, `${serving}, which is the champion: nothing of the run is left to finish`)
      : decide('SKIP', true, `${serving}, which no deployment of this model made`);
  }
  // Taking up what serves changes nothing of a model that has no champion: there is nothing else that could serve.
  const frozen = facts.freeze !== undefined && champion !== undefined && planBase(full, version).automatic ? frozenReason(facts.freeze) : undefined;
  const takenUp = refused === undefined && frozen === undefined ? takeUp(full, version, config) : undefined;
  if (takenUp !== undefined) return because(takenUp);
  const reason = refused ?? frozen ?? `version ${version} cannot go on as ${config}: the deployment no longer has this stage`;
  return champion === undefined ? decide('REFUSE', true, `${reason}; there is no champion to put back`) : decide('RESTORE', true, reason);
}
