import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { lakeKeys } from '../data/data-lake.contract';
import { type ChampionPointer } from '../deployment/deployment.contract';
import { activeFreeze } from '../governance/freeze.lambda-shared';
import { type OutcomeEvent } from '../governance/outcome.contract';
import { isRunning } from '../governance/running-execution.lambda-shared';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJsonIf } from '../private/object-store.lambda-shared';
import { type TrainingInput } from '../training/training-workflow.contract';
import { type Decided, decideRetraining } from './decision';
import {
  type ControllerState,
  EMPTY_STATE,
  type ObjectCreatedEvent,
  RETRAINING_ENVIRONMENT,
  type RetrainingDecision,
  type RetrainingEvent,
  type RetrainingPolicy,
  type RetrainingStart,
} from './retraining.contract';

export interface DecideRetrainingClients {
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
}

type Environment = Record<(typeof RETRAINING_ENVIRONMENT)[number], string>;

export interface DecideRetrainingResult {
  readonly outcome: RetrainingDecision['outcome'];
  readonly reasons: readonly string[];
  readonly executionArn: string | null;
}

/**
 * Decides, remembers, then acts: the decision is written (conditionally) before the execution is started, under a name that follows from
 * the event. So a crash between the two is repaired by the repetition, and neither two events nor the same event twice start two runs.
 */
export async function decide(raw: RetrainingEvent | ObjectCreatedEvent, clients: DecideRetrainingClients, environment: Environment): Promise<DecideRetrainingResult> {
  const event = normalize(raw);
  const { decision } = await remember(event, clients, environment);
  const executionArn = decision.start ? executionArnOf(environment, decision.start) : null;
  if (decision.start) await startTraining(decision.start, decision.reasons, clients.sfn, environment);
  if (decision.outcome !== 'NOTHING') {
    await record(
      {
        eventId: `retraining#${decision.eventId}`,
        workflow: 'retraining',
        outcome: decision.outcome,
        executionArn: executionArn ?? (event.trigger === 'drift' ? event.executionArn : environment.TRAINING_STATE_MACHINE_ARN),
        time: decision.time,
        reasons: decision.reasons,
        detail: { trigger: decision.start?.trigger ?? event.trigger, event: event.eventId },
        page: decision.outcome === 'LOOP_GUARD',
      },
      clients.lambda,
      environment,
    );
  }
  return { outcome: decision.outcome, reasons: decision.reasons, executionArn };
}

/** An S3 event names its object and version; putting the marker again is new data, delivering the event again is not. */
function normalize(event: RetrainingEvent | ObjectCreatedEvent): RetrainingEvent {
  if ('detail-type' in event) {
    const { object } = event.detail;
    return { trigger: 'new-data', eventId: `${object.key}#${object['version-id'] ?? object.etag ?? event.time}`, time: event.time, key: object.key };
  }
  const known = ['drift', 'schedule', 'new-data', 'manual'].includes(event.trigger);
  if (!known || !event.eventId || Number.isNaN(Date.parse(event.time))) {
    throw new Error(`a retraining event needs trigger (drift, schedule, new-data or manual), eventId and time, got ${JSON.stringify(event)}`);
  }
  return event;
}

async function remember(event: RetrainingEvent, clients: DecideRetrainingClients, environment: Environment): Promise<Decided> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: modelName } = environment;
  const key = lakeKeys.controllerState(modelName);
  const policy = JSON.parse(environment.POLICY) as RetrainingPolicy;
  // Two events may meet; the loser reads again and decides on what the winner wrote.
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await getJson<ControllerState>(clients.s3, bucket, key);
    const state = stored?.value ?? EMPTY_STATE;
    const champion = (await getJson<ChampionPointer>(clients.s3, bucket, lakeKeys.championPointer(modelName)))?.value;
    const running = await isTraining(state, clients, environment);
    const freeze = await activeFreeze(clients.s3, bucket, modelName);
    const decided = decideRetraining(event, state, { modelName, champion, running, freeze }, policy);
    if (decided.repeated || (await putJsonIf(clients.s3, bucket, key, decided.state, stored ? { etag: stored.etag } : 'absent'))) return decided;
  }
  throw new Error(`retraining controller of ${modelName}: five conditional writes in a row met another writer`);
}

/** The last execution that the controller started, or any other that holds the training lock. */
async function isTraining(state: ControllerState, clients: DecideRetrainingClients, environment: Environment): Promise<boolean> {
  const lock = await getJson<{ readonly holder: string | null }>(clients.s3, environment.LAKE_BUCKET, lakeKeys.lock(environment.MODEL_NAME, 'training'));
  const last = state.starts[state.starts.length - 1];
  const candidates = new Set([lock?.value.holder ?? undefined, last && executionArnOf(environment, last)]);
  for (const executionArn of candidates) {
    if (executionArn !== undefined && (await isRunning(clients.sfn, executionArn))) return true;
  }
  return false;
}

async function startTraining(start: RetrainingStart, reasons: readonly string[], sfn: SFNClient, environment: Environment): Promise<void> {
  const input: TrainingInput = { trigger: start.trigger, reason: reasons.join(' ') };
  try {
    await sfn.send(
      new StartExecutionCommand({ stateMachineArn: environment.TRAINING_STATE_MACHINE_ARN, name: start.executionName, input: JSON.stringify(input) }),
    );
  } catch (error) {
    // It has been started and is over: this is a repeated event.
    if ((error as Error).name !== 'ExecutionAlreadyExists') throw error;
  }
}

/** `…:stateMachine:Name` and an execution name make `…:execution:Name:execution-name` (Step Functions, StartExecution). */
function executionArnOf(environment: Environment, start: RetrainingStart): string {
  return `${environment.TRAINING_STATE_MACHINE_ARN.replace(':stateMachine:', ':execution:')}:${start.executionName}`;
}

async function record(event: OutcomeEvent, lambda: LambdaClient, environment: Environment): Promise<void> {
  const response = await lambda.send(new InvokeCommand({ FunctionName: environment.OUTCOME_FUNCTION, Payload: Buffer.from(JSON.stringify(event)) }));
  if (response.FunctionError !== undefined) throw new Error(`the outcome function failed: ${Buffer.from(response.Payload ?? []).toString()}`);
}

const clients: DecideRetrainingClients = { s3: new S3Client({}), sfn: new SFNClient({}), lambda: new LambdaClient({}) };

export async function handler(event: RetrainingEvent | ObjectCreatedEvent): Promise<DecideRetrainingResult> {
  return decide(event, clients, requireEnvironment(process.env, RETRAINING_ENVIRONMENT));
}
