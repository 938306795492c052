import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { lakeKeys } from '../data/data-lake.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJsonIf } from '../private/object-store.lambda-shared';
import { LOCK_ENVIRONMENT, type LockEvent, type LockObject, type LockResult } from './lock.contract';
import { frozenReason } from './freeze.contract';
import { activeFreeze } from './freeze.lambda-shared';
import { runIdOf } from './run-id';
import { isRunning } from './running-execution.lambda-shared';

export interface LockClients {
  readonly s3: S3Client;
  readonly sfn: SFNClient;
}

/** Acquires or releases; repeating either with the same holder changes nothing. Whoever acquires is told of a freeze. */
export async function lock(event: LockEvent, clients: LockClients, bucket: string, modelName: string): Promise<LockResult> {
  const result = await changeLock(event, clients, bucket, modelName);
  const freeze = event.action === 'acquire' && result.acquired ? await activeFreeze(clients.s3, bucket, modelName) : undefined;
  return freeze ? { ...result, frozen: frozenReason(freeze) } : result;
}

async function changeLock(event: LockEvent, clients: LockClients, bucket: string, modelName: string): Promise<LockResult> {
  const runId = runIdOf(event.holder);
  const key = lakeKeys.lock(modelName, event.lock);
  // Two conditional writes may meet; the loser reads again. Five meetings in a row do not happen with the handful of workflows of a model.
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await getJson<LockObject>(clients.s3, bucket, key);
    const holder = stored?.value.holder ?? undefined;
    if (event.action === 'release') {
      if (holder !== event.holder) return { acquired: false, holder, runId };
      const released: LockObject = { holder: null, since: event.now, expires: event.now };
      if (await putJsonIf(clients.s3, bucket, key, released, { etag: stored!.etag })) return { acquired: false, runId };
      continue;
    }
    if (holder === event.holder) return { acquired: true, holder, runId };
    // A holder that ended without releasing (it was stopped, or died) no longer holds anything.
    if (stored && holder !== undefined && event.now < stored.value.expires && (await isRunning(clients.sfn, holder))) {
      if (event.urgent !== true || stored.value.wanted !== undefined) return { acquired: false, holder, runId };
      const wanted: LockObject = { ...stored.value, wanted: event.holder };
      if (await putJsonIf(clients.s3, bucket, key, wanted, { etag: stored.etag })) return { acquired: false, holder, runId };
      continue;
    }
    const expires = new Date(Date.parse(event.now) + event.leaseSeconds * 1000).toISOString();
    const taken: LockObject = { holder: event.holder, since: event.now, expires };
    if (await putJsonIf(clients.s3, bucket, key, taken, stored ? { etag: stored.etag } : 'absent')) {
      return { acquired: true, holder: event.holder, runId };
    }
  }
  throw new Error(`lock ${event.lock} of ${modelName}: five conditional writes in a row met another writer`);
}

const clients: LockClients = { s3: new S3Client({}), sfn: new SFNClient({}) };

export async function handler(event: LockEvent): Promise<LockResult> {
  const environment = requireEnvironment(process.env, LOCK_ENVIRONMENT);
  return lock(event, clients, environment.LAKE_BUCKET, environment.MODEL_NAME);
}
