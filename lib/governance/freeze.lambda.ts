import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { lakeKeys } from '../data/data-lake.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJsonIf } from '../private/object-store.lambda-shared';
import { FREEZE_ENVIRONMENT, type FreezeEvent, type FreezeResult, type FreezeState } from './freeze.contract';
import type { OutcomeEvent } from './outcome.contract';

export interface FreezeClients {
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
}

type Environment = Record<(typeof FREEZE_ENVIRONMENT)[number], string>;

/** Repetitions of an invocation come within hours (Lambda: asynchronous events at most six). */
const EVENTS_KEPT = 50;

/**
 * Freezes or releases a model. The state is written first, so that the switch works even while the ledger does not; a repetition of the
 * event finds its id in the state and only completes the record. Freezing what is frozen changes nothing: the first reason stands.
 */
export async function freeze(raw: FreezeEvent, clients: FreezeClients, environment: Environment): Promise<FreezeResult> {
  const event = checked(raw);
  const { changed, recorded, state } = await apply(event, clients.s3, environment);
  if (recorded) await record(event, clients.lambda, environment);
  return { changed, state };
}

interface Applied {
  readonly changed: boolean;
  /** The event is the one that changed the state, now or earlier. */
  readonly recorded: boolean;
  readonly state?: FreezeState;
}

async function apply(event: FreezeEvent, s3: S3Client, environment: Environment): Promise<Applied> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: modelName } = environment;
  const key = lakeKeys.freeze(modelName);
  const frozen = event.action === 'freeze';
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await getJson<FreezeState>(s3, bucket, key);
    const before = stored?.value;
    if (before?.events?.includes(event.id) === true) return { changed: false, recorded: true, state: before };
    if ((before?.frozen ?? false) === frozen) return { changed: false, recorded: false, state: before };
    const events = [event.id, ...(before?.events ?? [])].slice(0, EVENTS_KEPT);
    const state: FreezeState = { frozen, reason: event.reason, by: event.caller, since: event.time, events };
    if (await putJsonIf(s3, bucket, key, state, stored ? { etag: stored.etag } : 'absent')) return { changed: true, recorded: true, state };
  }
  throw new Error(`freeze of ${modelName}: five conditional writes in a row met another writer`);
}

async function record(event: FreezeEvent, lambda: LambdaClient, environment: Environment): Promise<void> {
  const frozen = event.action === 'freeze';
  const outcome: OutcomeEvent = {
    eventId: `freeze#${event.id}`,
    workflow: 'operations',
    outcome: frozen ? 'FROZEN' : 'UNFROZEN',
    executionArn: event.caller,
    time: event.time,
    reasons: [event.reason, `automatic deployment and retraining were ${frozen ? 'frozen' : 'released'} by ${event.caller}`],
    detail: { reason: event.reason, by: event.caller, event: event.id },
    // The owner has to know that nothing happens by itself any more, and when it does again.
    page: true,
  };
  const response = await lambda.send(new InvokeCommand({ FunctionName: environment.OUTCOME_FUNCTION, Payload: Buffer.from(JSON.stringify(outcome)) }));
  if (response.FunctionError === undefined) return;
  const { errorMessage } = JSON.parse(Buffer.from(response.Payload ?? []).toString()) as { errorMessage?: string };
  throw new Error(`the state has changed, but the outcome function failed: ${errorMessage}`);
}

function checked(event: FreezeEvent): FreezeEvent {
  const texts = [event.reason, event.caller, event.time, event.id];
  if (!['freeze', 'unfreeze'].includes(event.action) || texts.some((text) => typeof text !== 'string' || text.trim() === '') || Number.isNaN(Date.parse(event.time))) {
    throw new Error(`a freeze event needs action (freeze or unfreeze), reason, caller, time and id, got ${JSON.stringify(event)}`);
  }
  return { ...event, time: new Date(event.time).toISOString() };
}

const clients: FreezeClients = { s3: new S3Client({}), lambda: new LambdaClient({}) };

export async function handler(event: FreezeEvent): Promise<FreezeResult> {
  return freeze(event, clients, requireEnvironment(process.env, FREEZE_ENVIRONMENT));
}
