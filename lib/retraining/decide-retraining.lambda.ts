import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { lakeKeys } from '../data/data-lake.contract';
import { type ChampionPointer } from '../deployment/deployment.contract';
import { activeFreeze } from '../governance/freeze.lambda-shared';
import { type OutcomeEvent } from '../governance/outcome.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJsonIf } from '../private/object-store.lambda-shared';
import { type TrainingInput } from '../training/training-workflow.contract';
import { type Decided, decideRetraining } from './decision';
import {
  type ControllerState,
  type DeliveredEvent,
  EMPTY_STATE,
  RETRAINING_ENVIRONMENT,
  type RetrainingDecision,
  type RetrainingEvent,
  type RetrainingPolicy,
  type RetrainingStart,
  type TrainingRun,
} from './retraining.contract';
import { retrainingEvent } from './retraining-event';
import { monthOf, spentSeconds } from './training-budget';
import { executionState, measureRun } from './training-runs.lambda-shared';

export interface DecideRetrainingClients {
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
  readonly sagemaker: SageMakerClient;
}

type Environment = Record<(typeof RETRAINING_ENVIRONMENT)[number], string>;

export interface DecideRetrainingResult {
  readonly outcome: RetrainingDecision['outcome'];
  readonly reasons: readonly string[];
  readonly executionArn: string | null;
}

/** EventBridge and Lambda repeat an event for at most a day; what was decided and not started by then will not be. */
const REPAIR_WITHIN = 24 * 3_600_000;

/**
 * Decides, remembers, then acts: the decision is written (conditionally) before the execution is started, under a name that follows from
 * the event. So a crash between the two is repaired by the repetition, or by the next event whatever it is, and neither two events nor the
 * same event twice start two runs.
 */
export async function decide(raw: RetrainingEvent | DeliveredEvent, clients: DecideRetrainingClients, environment: Environment): Promise<DecideRetrainingResult> {
  const event = retrainingEvent(raw);
  const policy = JSON.parse(environment.POLICY) as RetrainingPolicy;
  const { decision, state } = await remember(event, policy, clients, environment);
  const executionArn = decision.start ? executionArnOf(environment, decision.start) : null;
  if (decision.start) await startTraining(decision.start, decision.reasons, clients.sfn, environment);
  await record(
    {
      eventId: `retraining#${decision.eventId}`,
      workflow: 'retraining',
      outcome: decision.outcome,
      executionArn: executionArn ?? (event.trigger === 'drift' ? event.executionArn : environment.TRAINING_STATE_MACHINE_ARN),
      time: decision.time,
      reasons: decision.reasons,
      detail: {
        trigger: decision.start?.trigger ?? event.trigger,
        event: event.eventId,
        ...(policy.budget ? { trainingSeconds: { month: monthOf(event.time), used: spentSeconds(state, event.time), allowed: policy.budget.secondsPerMonth } } : {}),
      },
      page: decision.outcome === 'LOOP_GUARD',
      // One line per quiet window; a metric or an event of it would cost more than the line and tell nobody anything.
      ...(decision.outcome === 'NOT_NEEDED' ? { silent: true } : {}),
    },
    clients.lambda,
    environment,
  );
  return { outcome: decision.outcome, reasons: decision.reasons, executionArn };
}

async function remember(event: RetrainingEvent, policy: RetrainingPolicy, clients: DecideRetrainingClients, environment: Environment): Promise<Decided> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: modelName } = environment;
  const key = lakeKeys.controllerState(modelName);
  // Two events may meet; the loser reads again and decides on what the winner wrote.
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await getJson<ControllerState>(clients.s3, bucket, key);
    const state = stored?.value ?? EMPTY_STATE;
    const champion = (await getJson<ChampionPointer>(clients.s3, bucket, lakeKeys.championPointer(modelName)))?.value;
    const running = await isTraining(event, state, clients, environment);
    const freeze = await activeFreeze(clients.s3, bucket, modelName);
    const runs = policy.budget && !running ? await newRuns(event, state, clients, environment) : [];
    const decided = decideRetraining(event, state, { modelName, champion, running, freeze, runs }, policy);
    if (decided.repeated || (await putJsonIf(clients.s3, bucket, key, decided.state, stored ? { etag: stored.etag } : 'absent'))) return decided;
  }
  throw new Error(`retraining controller of ${modelName}: five conditional writes in a row met another writer`);
}

/** The last execution that the controller started, or any other that holds the training lock. */
async function isTraining(event: RetrainingEvent, state: ControllerState, clients: DecideRetrainingClients, environment: Environment): Promise<boolean> {
  const last = state.starts[state.starts.length - 1];
  if (last) {
    const execution = await executionState(clients.sfn, executionArnOf(environment, last));
    if (execution === 'RUNNING') return true;
    if (execution === 'UNKNOWN' && Math.abs(Date.parse(event.time) - Date.parse(last.time)) < REPAIR_WITHIN) {
      // Whoever decided this one died before starting it.
      const decision = state.decisions.find(({ start }) => start?.executionName === last.executionName);
      await startTraining(last, decision?.reasons ?? [], clients.sfn, environment);
      return true;
    }
  }
  const lock = await getJson<{ readonly holder: string | null }>(clients.s3, environment.LAKE_BUCKET, lakeKeys.lock(environment.MODEL_NAME, 'training'));
  const holder = lock?.value.holder ?? undefined;
  return holder !== undefined && (await executionState(clients.sfn, holder)) === 'RUNNING';
}

/** Training time that the state does not know yet: of the run that has just ended, of those whose end nobody told, of jobs that were still stopping. */
async function newRuns(event: RetrainingEvent, state: ControllerState, { sagemaker }: DecideRetrainingClients, environment: Environment): Promise<TrainingRun[]> {
  const known = new Map((state.runs ?? []).map((run) => [run.executionArn, run]));
  const started = state.starts.filter(({ time }) => monthOf(time) === monthOf(event.time)).map((start) => ({ executionArn: executionArnOf(environment, start), time: start.time }));
  const ended = event.trigger === 'resume' && event.run ? [{ executionArn: event.run.executionArn, time: event.run.started }] : [];
  const all = new Map([...known.values(), ...started, ...ended].map(({ executionArn, time }) => [executionArn, time]));
  const unsettled = [...all].filter(([executionArn]) => known.get(executionArn)?.settled !== true);
  return Promise.all(unsettled.map(([executionArn, time]) => measureRun(sagemaker, environment.MODEL_NAME, { executionArn, time }, event.time)));
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

const clients: DecideRetrainingClients = { s3: new S3Client({}), sfn: new SFNClient({}), lambda: new LambdaClient({}), sagemaker: new SageMakerClient({}) };

export async function handler(event: RetrainingEvent | DeliveredEvent): Promise<DecideRetrainingResult> {
  return decide(event, clients, requireEnvironment(process.env, RETRAINING_ENVIRONMENT));
}
