import { ModelGovernance } from '../../governance/model-governance';
import { AslDefinition, AslState, AslValue, expr, handlerTask } from '../../private/asl';
import { BUSY_ATTEMPTS, BUSY_WAIT_SECONDS, busyWaitSeconds, executionSeconds, URGENT_ATTEMPTS, URGENT_WAIT_SECONDS } from '../deployment-limits.contract';
import { NO_ANALYSIS } from '../deployment-plan.contract';
import { DeploymentChoices } from '../deployment.contract';
import { choose, DeploymentHandlers, done, HANDLER_SECONDS, wait } from './deployment-states';
import { restorationStates } from './restoration-states';
import { stageStates } from './stage-states';

/** A reconciliation that finds AWS out of order tries again for so long; then it ends as failed, and its own end starts the next one. */
const RECONCILIATION_WAIT_SECONDS = 900;
const RECONCILIATION_ATTEMPTS = 20;

/**
 * The deployment workflow; ARCHITECTURE.md has it as a picture. Every path ends in one recorded outcome; every path that may have touched
 * the endpoint goes through the restoration, which does nothing where the champion serves.
 */
export function deploymentDefinition(governance: ModelGovernance, handlers: DeploymentHandlers, choices: DeploymentChoices): AslDefinition {
  // Whom a rollback has asked to end does so soon; another person waits for minutes, an approval as long as the longest deployment before it.
  const busySeconds = `$input.trigger = 'rollback' and $attempts < ${URGENT_ATTEMPTS} ? ${URGENT_WAIT_SECONDS} : $input.trigger in ['manual', 'rollback'] ? ${BUSY_WAIT_SECONDS} : ${busyWaitSeconds(choices)}`;
  const busy = (next: string): AslState => ({ ...wait(expr(busySeconds), next), Assign: { attempts: expr('$attempts + 1') } });
  const plan = (next: string, payload: Record<string, AslValue> = {}): AslState =>
    handlerTask(handlers.plan, {
      payload: { input: expr('$input'), runId: expr('$run.runId'), ...payload },
      assign: { plan: expr('$states.result.Payload') },
      next,
      onError: 'HandleFailure',
      timeoutSeconds: HANDLER_SECONDS,
    });

  const beginning: Record<string, AslValue> = {
    plan: {},
    stage: { stage: 'RELEASE' },
    stageIndex: 0,
    analysis: NO_ANALYSIS as unknown as AslValue,
    next: 'WAIT',
    history: [],
    attempts: 0,
    looks: 0,
    aborts: 0,
    extensions: 0,
    restores: 0,
    settlings: 0,
    discard: false,
    served: null,
  };

  return {
    Comment: `Deploys an approved version of ${governance.modelName}, watches it, verifies it, and tells what happened`,
    QueryLanguage: 'JSONata',
    StartAt: 'Initialize',
    States: {
      Initialize: {
        Type: 'Pass',
        Assign: {
          input: expr('$states.input'),
          ...beginning,
          repetitions: 0,
          startedAt: expr('$states.context.Execution.StartTime'),
        },
        Next: 'AcquireLock',
      },
      AcquireLock: governance._acquire('deployment', { leaseSeconds: executionSeconds(choices), urgent: expr("$input.trigger = 'rollback'"), next: 'IsLockAcquired', onError: 'FailWithoutLock' }),
      IsLockAcquired: choose([['$run.acquired', 'ResetAttempts'], [`$attempts < ${BUSY_ATTEMPTS}`, 'WaitForLock']], 'GiveUpOnLock'),
      WaitForLock: busy('AcquireLock'),
      GiveUpOnLock: done('SKIPPED', [expr("'another deployment kept the lock until the end of waiting: ' & $run.holder")], true, 'RecordOutcome'),
      ResetAttempts: { Type: 'Pass', Assign: { attempts: 0 }, Next: 'Plan' },

      Plan: plan('ChooseAction'),
      ChooseAction: choose(
        [
          ["$plan.action in ['CREATE', 'UPDATE']", 'BeginStage'],
          ["$plan.action = 'RESUME'", 'ResumeStage'],
          ["$plan.action = 'ADOPT'", 'AdoptStage'],
          ["$plan.action = 'RESTORE'", 'NoteTakenBack'],
          ["$plan.action = 'SKIP'", 'Skip'],
          ["$plan.action = 'REFUSE'", 'Refuse'],
          [`$attempts >= ${BUSY_ATTEMPTS}`, 'GiveUpOnEndpoint'],
          ["$plan.action = 'REMOVE_FAILED'", 'RemoveFailedEndpoint'],
        ],
        'WaitForEndpoint',
      ),
      WaitForEndpoint: busy('Plan'),
      RemoveFailedEndpoint: handlerTask(handlers.apply, {
        payload: { step: 'remove-failed', plan: expr('$plan') },
        next: 'WaitForEndpoint',
        onError: 'HandleFailure',
        timeoutSeconds: HANDLER_SECONDS,
      }),
      GiveUpOnEndpoint: done('FAILED', expr("$append(['the endpoint did not come to rest'], $plan.reasons)"), true),
      Skip: done('SKIPPED', expr('$plan.reasons'), expr('$plan.page')),
      Refuse: done('REFUSED', expr('$plan.reasons'), true),
      NoteTakenBack: done('ROLLED_BACK', expr('$plan.reasons'), true, 'Restore'),

      ...stageStates(handlers, choices, plan),
      MoveChampion: handlerTask(handlers.promote, {
        payload: { plan: expr('$plan'), executionArn: expr('$states.context.Execution.Id'), now: expr('$states.context.State.EnteredTime') },
        assign: { promotion: expr('$states.result.Payload') },
        next: 'IsPromoted',
        onError: 'HandleFailure',
        timeoutSeconds: HANDLER_SECONDS,
      }),
      IsPromoted: choose([['$promotion.promoted', 'NoteDeployed']], 'NoteLostRace'),
      // What shadow and test said is a reason, too.
      NoteDeployed: done('DEPLOYED', expr('$append($append($plan.reasons, $history.analysis.reasons), $verification.reasons)'), expr('$plan.page')),
      NoteLostRace: done('FAILED', expr('$promotion.reasons'), true, 'Restore'),
      ...restorationStates(handlers, choices),

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
        // The event that starts a reconciliation may come twice; what became of the dead run is recorded once.
        eventId: expr("$exists($input.deadExecutionArn) ? $input.deadExecutionArn & '#reconciled' : $states.context.Execution.Id"),
        outcome: expr('$outcome.name'),
        reasons: expr('$outcome.reasons'),
        page: expr('$outcome.page'),
        detail: { input: expr('$input'), plan: expr('$plan'), analysis: expr('$analysis'), history: expr('$history'), served: expr('$served') },
        next: 'ReleaseLock',
        onError: 'ReleaseUnrecorded',
      }),
      ReleaseLock: governance._release('deployment', { next: 'HasFailed' }),
      // A reconciliation never fails as an execution: its failure would start the next one, and so on for ever.
      HasFailed: choose([["$outcome.name = 'FAILED' and $input.trigger != 'reconcile'", 'Failed']], 'Ended'),
      Ended: { Type: 'Succeed', Output: expr('$outcome') },
      Failed: { Type: 'Fail', Error: 'DeploymentFailed', Cause: expr("$join($outcome.reasons, '; ')") },
      ReleaseUnrecorded: governance._release('deployment', { next: 'IsReconciliation' }),
      // Nobody was told and nothing may be done yet, because AWS does not answer: the reconciliation begins again until it does.
      IsReconciliation: choose([[`$input.trigger = 'reconcile' and $repetitions < ${RECONCILIATION_ATTEMPTS}`, 'WaitToReconcile']], 'Unrecorded'),
      WaitToReconcile: { ...wait(RECONCILIATION_WAIT_SECONDS, 'AcquireLock'), Assign: { repetitions: expr('$repetitions + 1'), ...beginning } },
      Unrecorded: { Type: 'Fail', Error: 'OutcomeNotRecorded', Cause: expr("$outcome.name & ': ' & $join($outcome.reasons, '; ')") },
    },
  };
}
