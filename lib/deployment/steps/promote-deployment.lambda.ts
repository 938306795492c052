import { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../../data/data-lake.contract';
import { getJson, putJsonIf } from '../../private/object-store.lambda-shared';
import type { DeploymentPlan, PromotionResult } from '../deployment-plan.contract';
import type { ChampionPointer, DeploymentSettings } from '../deployment.contract';
import { deployable } from '../requests/endpoint-config-requests.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';

export interface PromoteEvent {
  readonly plan: DeploymentPlan;
  readonly executionArn: string;
  readonly now: string;
}

export interface PromoteClients {
  readonly s3: S3Client;
}

/** Moves the champion pointer, unless it is no longer the one that the plan was made with. */
export async function promote(event: PromoteEvent, { s3 }: PromoteClients, settings: DeploymentSettings): Promise<PromotionResult> {
  const plan = deployable(event.plan);
  const key = lakeKeys.championPointer(settings.modelName);
  const stored = await getJson<ChampionPointer>(s3, settings.bucket, key);
  if (stored?.value.executionArn === event.executionArn) return { promoted: true, reasons: [] };
  const etag = plan.championEtag ?? 'absent';
  if ((stored?.etag ?? 'absent') === etag) {
    const pointer: ChampionPointer = {
      version: plan.version,
      modelPackageArn: plan.modelPackageArn,
      endpointName: settings.endpointName,
      endpointConfigName: plan.resource,
      modelName: plan.resource,
      since: event.now,
      executionArn: event.executionArn,
      previous: previousChampions(plan.version, stored?.value, settings.keepVersions),
    };
    if (await putJsonIf(s3, settings.bucket, key, pointer, etag === 'absent' ? 'absent' : { etag })) return { promoted: true, reasons: [] };
  }
  return { promoted: false, reasons: [`the champion pointer was moved by somebody else while version ${plan.version} was deployed; the endpoint serves ${plan.resource}`] };
}

/** Newest first, each version once: changed configurations of the champion must not push out what one could go back to. */
export function previousChampions(promoted: number, champion: ChampionPointer | undefined, keep: number): ChampionPointer['previous'] {
  if (champion === undefined) return [];
  const { version, endpointConfigName, modelName, previous } = champion;
  const all = [{ version, endpointConfigName, modelName }, ...previous].filter((entry) => entry.version !== promoted);
  return all.filter((entry, index) => all.findIndex((other) => other.version === entry.version) === index).slice(0, keep);
}

const clients: PromoteClients = { s3: new S3Client({}) };
let settings: DeploymentSettings | undefined;

export async function handler(event: PromoteEvent): Promise<PromotionResult> {
  settings ??= deploymentSettings();
  return promote(event, clients, settings);
}
