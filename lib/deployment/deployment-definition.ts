import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ModelGovernance } from '../governance/model-governance';
import { AslDefinition, AslState, AslValue, expr, handlerTask } from '../private/asl';
import { NO_ANALYSIS } from './deployment-plan.contract';
import { DeploymentChoices } from './deployment.contract';

export interface DeploymentHandlers {
  readonly plan: IFunction;
  readonly apply: IFunction;
  readonly analyze: IFunction;
  readonly verify: IFunction;
  readonly promote: IFunction;
  readonly cleanUp: IFunction;
}

/** Between two questions for the lock, or for an endpoint that somebody else is changing. */
const BUSY_WAIT_SECONDS = 300;
/** SageMaker's own clean-up after MaximumExecutionTimeout, or creating an endpoint at all: it has no timeout of ours. */
const SETTLE_SECONDS = 3600;
const HANDLER_SECONDS = 120;

export interface DeploymentLimits {
  /** Attempts for the lock and for a still endpoint: as long as a whole other deployment, so that no approval is lost. */
  readonly busyAttempts: number;
  readonly looks: number;
  readonly executionSeconds: number;
}

/** How often and how long; an execution may have 25,000 history events (Step Functions quotas), a look makes 9. */
export function deploymentLimits({ maximumSeconds, analysis }: Pick<DeploymentChoices, 'maximumSeconds' | 'analysis'>): DeploymentLimits {
  const deployment = maximumSeconds + SETTLE_SECONDS;
  const busyAttempts = Math.ceil(deployment / BUSY_WAIT_SECONDS);
  // Waiting for the lock, for an endpoint that changes, deploying, aborting; each once at most, with an hour for everything else.
  return { busyAttempts, looks: Math.ceil(deployment / analysis.intervalSeconds), executionSeconds: 4 * deployment + 3600 };
}

/** The deployment workflow; ARCHITECTURE.md has it as a picture. Every path ends in one recorded outcome. */
export function deploymentDefinition(governance: ModelGovernance, handlers: DeploymentHandlers, choices: DeploymentChoices): AslDefinition {
  const limits = deploymentLimits(choices);
  const interval = choices.analysis.intervalSeconds;
  const failed = { onError: 'HandleFailure', timeoutSeconds: HANDLER_SECONDS };
  const done = (outcome: string, reasons: AslValue, page: AslValue, next = 'CleanUp'): AslState => ({
    Type: 'Pass',
    Assign: { outcome: { name: outcome, reasons, page } },
    Next: next,
  });
  const choose = (rules: [condition: string, next: string][], otherwise: string): AslState => ({
    Type: 'Choice',
    Choices: rules.map(([condition, Next]) => ({ Condition: expr(condition), Next })),
    Default: otherwise,
  });
  const wait = (seconds: number, next: string): AslState => ({ Type: 'Wait', Seconds: seconds, Next: next });
  const apply = (step: string, next: string): AslState =>
    handlerTask(handlers.apply, { ...failed, payload: { step, plan: expr('$plan') }, assign: { refused: expr('$states.result.Payload.refused') }, next });
  const analyze = (next: string, onError: string, more: Record<string, AslValue> = {}): AslState =>
    handlerTask(handlers.analyze, {
      payload: { plan: expr('$plan'), state: expr('$analysis'), startedAt: expr('$startedAt'), now: expr('$states.context.State.EnteredTime'), ...more },
      assign: { analysis: expr('$states.result.Payload.state'), settled: expr('$states.result.Payload.settled'), looks: expr('$looks + 1') },
      next,
      onError,
      timeoutSeconds: HANDLER_SECONDS,
    });

  return {
    Comment: `Deploys an approved version of ${governance.modelName}, watches it, verifies it, and tells what happened`,
    QueryLanguage: 'JSONata',
    StartAt: 'Initialize',
    States: {
      Initialize: {
        Type: 'Pass',
        Assign: {
          input: expr('$states.input'),
          plan: {},
          analysis: NO_ANALYSIS as unknown as AslValue,
          attempts: 0,
          looks: 0,
          aborts: 0,
          served: null,
          startedAt: expr('$states.context.Execution.StartTime'),
        },
        Next: 'AcquireLock',
      },
      AcquireLock: governance._acquire('deployment', { leaseSeconds: limits.executionSeconds, next: 'IsLockAcquired', onError: 'FailWithoutLock' }),
      IsLockAcquired: choose([['$run.acquired', 'ResetAttempts'], [`$attempts < ${limits.busyAttempts}`, 'WaitForLock']], 'GiveUpOnLock'),
      WaitForLock: { ...wait(BUSY_WAIT_SECONDS, 'AcquireLock'), Assign: { attempts: expr('$attempts + 1') } },
      GiveUpOnLock: done('SKIPPED', [expr("'another deployment kept the lock until the end of waiting: ' & $run.holder")], true, 'RecordOutcome'),
      ResetAttempts: { Type: 'Pass', Assign: { attempts: 0 }, Next: 'Plan' },

      Plan: handlerTask(handlers.plan, {
        ...failed,
        payload: { input: expr('$input'), runId: expr('$run.runId') },
        assign: { plan: expr('$states.result.Payload') },
        next: 'ChooseAction',
      }),
      ChooseAction: choose(
        [
          ["$plan.action = 'CREATE' or $plan.action = 'UPDATE'", 'Prepare'],
          ["$plan.action = 'RESUME'", 'NoteStart'],
          ["$plan.action = 'ADOPT'", 'Verify'],
          ["$plan.action = 'SKIP'", 'Skip'],
          ["$plan.action = 'REFUSE'", 'Refuse'],
          [`$attempts >= ${limits.busyAttempts}`, 'GiveUpOnEndpoint'],
          ["$plan.action = 'REMOVE_FAILED'", 'RemoveFailedEndpoint'],
        ],
        'WaitForEndpoint',
      ),
      WaitForEndpoint: { ...wait(BUSY_WAIT_SECONDS, 'Plan'), Assign: { attempts: expr('$attempts + 1') } },
      RemoveFailedEndpoint: apply('remove-failed', 'WaitForEndpoint'),
      GiveUpOnEndpoint: done('FAILED', expr("$append(['the endpoint did not come to rest'], $plan.reasons)"), true),
      Skip: done('SKIPPED', expr('$plan.reasons'), expr('$plan.page')),
      Refuse: done('REFUSED', expr('$plan.reasons'), true),

      Prepare: apply('prepare', 'IsReady'),
      IsReady: choose([['$count($refused) = 0', 'StartDeployment']], 'RefuseUnsafe'),
      RefuseUnsafe: done('REFUSED', expr('$refused'), true),
      StartDeployment: apply('start', 'NoteStart'),
      NoteStart: { Type: 'Pass', Assign: { startedAt: expr('$states.context.State.EnteredTime') }, Next: 'WaitBetweenLooks' },
      WaitBetweenLooks: wait(interval, 'Analyze'),
      Analyze: analyze('HasSettled', 'HandleFailure'),
      HasSettled: choose([['$settled', 'Verify'], [`$looks < ${limits.looks}`, 'WaitBetweenLooks']], 'NeverSettled'),
      NeverSettled: done('FAILED', ['the endpoint was still changing when the longest time of a deployment was over'], true, 'Abort'),
      Verify: handlerTask(handlers.verify, {
        ...failed,
        payload: { plan: expr('$plan'), state: expr('$analysis') },
        assign: { verification: expr('$states.result.Payload') },
        next: 'IsVerified',
      }),
      IsVerified: choose([["$verification.outcome = 'VERIFIED'", 'MoveChampion'], ["$verification.outcome = 'ROLLED_BACK'", 'NoteRollback']], 'NoteUnverified'),
      NoteRollback: done('ROLLED_BACK', expr('$verification.reasons'), true),
      NoteUnverified: done('FAILED', expr('$verification.reasons'), true),
      MoveChampion: handlerTask(handlers.promote, {
        ...failed,
        payload: { plan: expr('$plan'), executionArn: expr('$states.context.Execution.Id'), now: expr('$states.context.State.EnteredTime') },
        assign: { promotion: expr('$states.result.Payload') },
        next: 'IsPromoted',
      }),
      IsPromoted: choose([['$promotion.promoted', 'NoteDeployed']], 'NoteLostRace'),
      NoteDeployed: done('DEPLOYED', expr('$append($plan.reasons, $verification.reasons)'), expr('$plan.page')),
      NoteLostRace: done('FAILED', expr('$promotion.reasons'), true),

      // Whatever broke, the champion goes on serving: the analysis alarm makes SageMaker roll back what it has not finished.
      HandleFailure: done('FAILED', [expr("'workflow error ' & $failure.Error & ': ' & $substring($failure.Cause, 0, 1000)")], true, 'Abort'),
      Abort: { ...analyze('IsAborted', 'CleanUp', { abort: true }) },
      IsAborted: choose([['$settled', 'CleanUp'], [`$aborts < ${Math.ceil(limits.looks / 2)}`, 'WaitForAbort']], 'CleanUp'),
      WaitForAbort: { ...wait(2 * interval, 'Abort'), Assign: { aborts: expr('$aborts + 1') } },

      CleanUp: handlerTask(handlers.cleanUp, {
        payload: { outcome: expr('$outcome.name'), reasons: expr('$outcome.reasons'), plan: expr('$plan') },
        assign: { served: expr('$states.result.Payload.endpointConfigName') },
        next: 'RecordOutcome',
        onError: 'NoteDebris',
        timeoutSeconds: 300,
      }),
      NoteDebris: {
        Type: 'Pass',
        Assign: {
          outcome: {
            name: expr('$outcome.name'),
            reasons: expr("$append($outcome.reasons, ['cleaning up failed, the next deployment does it: ' & $failure.Error & ': ' & $substring($failure.Cause, 0, 500)])"),
            page: true,
          },
        },
        Next: 'RecordOutcome',
      },
      FailWithoutLock: done('FAILED', [expr("'the lock could not be read: ' & $failure.Error & ': ' & $substring($failure.Cause, 0, 1000)")], true, 'RecordOutcome'),
      RecordOutcome: governance._record('deployment', {
        outcome: expr('$outcome.name'),
        reasons: expr('$outcome.reasons'),
        page: expr('$outcome.page'),
        detail: { input: expr('$input'), plan: expr('$plan'), analysis: expr('$analysis'), served: expr('$served') },
        next: 'ReleaseLock',
        onError: 'ReleaseUnrecorded',
      }),
      ReleaseLock: governance._release('deployment', { next: 'HasFailed' }),
      HasFailed: choose([["$outcome.name = 'FAILED'", 'Failed']], 'Ended'),
      Ended: { Type: 'Succeed', Output: expr('$outcome') },
      Failed: { Type: 'Fail', Error: 'DeploymentFailed', Cause: expr("$join($outcome.reasons, '; ')") },
      ReleaseUnrecorded: governance._release('deployment', { next: 'Unrecorded' }),
      Unrecorded: { Type: 'Fail', Error: 'OutcomeNotRecorded', Cause: expr("$outcome.name & ': ' & $join($outcome.reasons, '; ')") },
    },
  };
}
