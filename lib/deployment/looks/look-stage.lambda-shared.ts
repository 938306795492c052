import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { S3Client } from '@aws-sdk/client-s3';
import type { DescribeEndpointCommandOutput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { frozenReason } from '../../governance/freeze.contract';
import { activeFreeze } from '../../governance/freeze.lambda-shared';
import { lockWanted } from '../../governance/lock-wanted.lambda-shared';
import { type AnalysisEvent, type AnalysisResult, type AnalysisState, isRollbackByHand, type NextStep, type StagePlan } from '../deployment-plan.contract';
import { type DeploymentSettings, resourceVersion } from '../deployment.contract';
import type { OpenEvidence } from './look-evidence.lambda-shared';
import { isTransitional } from '../sagemaker-state.lambda-shared';

export interface AnalysisClients {
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly s3: S3Client;
}

/** All that one look has before it. */
export interface LookContext {
  readonly event: AnalysisEvent;
  readonly clients: AnalysisClients;
  readonly settings: DeploymentSettings;
  readonly endpoint?: DescribeEndpointCommandOutput;
}

/** The stage as it was planned; undefined when the plan has none, as that of a first deployment may. */
export function stageOf({ plan, stage }: AnalysisEvent): StagePlan | undefined {
  return plan.stages.find((planned) => planned.stage === stage);
}

export function atRest(next: NextStep, state: AnalysisState): AnalysisResult {
  return { settled: true, next, state };
}

export function changing(state: AnalysisState): AnalysisResult {
  return { settled: false, next: 'WAIT', state };
}

export function restore(state: AnalysisState, reasons: readonly string[]): AnalysisResult {
  return atRest('RESTORE', { ...state, decided: true, failures: reasons, reasons });
}

/** Why a deployment must not go on although nothing is wrong with its version: a rollback by hand takes over, or the model is frozen. */
export async function frozen({ event, clients, settings }: LookContext): Promise<string | undefined> {
  // One rollback waits for the other: who asks twice must not end what was asked for first.
  const wanted = isRollbackByHand(event.plan) ? undefined : await lockWanted(clients.s3, settings.bucket, settings.modelName, 'deployment');
  if (wanted !== undefined) return `a rollback by hand takes over: ${wanted}`;
  if (!event.automatic) return undefined;
  const freeze = await activeFreeze(clients.s3, settings.bucket, settings.modelName);
  return freeze && frozenReason(freeze);
}

/**
 * For stages that are observed while the endpoint is at rest. Either the answer of this look, or since when the stage's configuration
 * has been seen serving; then the look goes on.
 */
export async function observe(context: LookContext, config: string): Promise<AnalysisResult | { readonly since: string; readonly state: AnalysisState }> {
  const { event, endpoint } = context;
  const { state } = event;
  if (isTransitional(endpoint?.EndpointStatus)) return changing(state);
  if (endpoint?.EndpointStatus !== 'InService' || endpoint.EndpointConfigName !== config) return atRest('VERIFY', state);
  if (event.abort) return atRest('RESTORE', state);
  if (state.failures.length > 0) return atRest('RESTORE', state);
  // The first version changes nothing that could be put back.
  const freeze = event.plan.previousConfig === undefined ? undefined : await frozen(context);
  if (freeze !== undefined) return restore({ ...state, frozen: true }, [freeze]);
  const since = state.bakingSince ?? event.now;
  return { since, state: { ...state, bakingSince: since } };
}

/** Since when this run observes a stage that an earlier one began to observe. */
export function continued({ event }: LookContext, { evidence, etag }: OpenEvidence): Pick<AnalysisState, 'continuedAt'> {
  return event.state.bakingSince === undefined && etag !== undefined && evidence.since !== event.now ? { continuedAt: event.now } : {};
}

/** Version whose prefix the stage's captures lie below. */
export function championVersion({ plan }: AnalysisEvent, settings: DeploymentSettings): number | undefined {
  return plan.champion?.version ?? resourceVersion(settings.modelName, plan.previousConfig ?? '');
}

export function elapsedSeconds(since: string, now: string): number {
  return (Date.parse(now) - Date.parse(since)) / 1000;
}
