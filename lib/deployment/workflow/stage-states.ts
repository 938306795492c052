import { AslState, AslValue, expr, handlerTask } from '../../private/asl';
import { BUSY_ATTEMPTS, BUSY_WAIT_SECONDS } from '../deployment-limits.contract';
import { NO_ANALYSIS } from '../deployment-plan.contract';
import { DeploymentChoices } from '../deployment.contract';
import { choose, DeploymentHandlers, done, HANDLER_SECONDS, wait } from './deployment-states';

/** Longest waiting for alarms that are still in ALARM because of the release before its extension, 5 minutes each. */
const QUIET_ATTEMPTS = 12;

/** The loop over `$plan.stages`: prepare, start, look until the look decides, verify, next stage. */
export function stageStates(
  handlers: DeploymentHandlers,
  choices: Pick<DeploymentChoices, 'analysis'>,
  plan: (next: string, payload: Record<string, AslValue>) => AslState,
): Record<string, AslState> {
  const failed = { onError: 'HandleFailure', timeoutSeconds: HANDLER_SECONDS };
  const fresh = { analysis: NO_ANALYSIS as unknown as AslValue, next: 'WAIT', looks: 0 };
  const current = expr('$plan.stages[$stageIndex]');
  const apply = (step: string, next: string): AslState =>
    handlerTask(handlers.apply, {
      ...failed,
      payload: { step, plan: expr('$plan'), stage: expr('$stage.stage') },
      assign: { refused: expr('$states.result.Payload.refused'), progress: expr('$states.result.Payload.progress') },
      next,
    });

  return {
    BeginStage: { Type: 'Pass', Assign: { stage: current, ...fresh }, Next: 'Prepare' },
    ResumeStage: {
      Type: 'Pass',
      Assign: { stage: current, ...fresh, startedAt: expr('$exists($plan.resumedSince) ? $plan.resumedSince : $states.context.State.EnteredTime') },
      Next: 'WaitBetweenLooks',
    },
    AdoptStage: { Type: 'Pass', Assign: { stage: current, ...fresh, next: 'VERIFY' }, Next: 'Verify' },
    Prepare: apply('prepare', 'IsReady'),
    IsReady: choose([['$count($refused) = 0', 'StartStage'], [`$extensions > 0 and $attempts < ${QUIET_ATTEMPTS}`, 'WaitForQuiet']], 'RefuseUnsafe'),
    // An extension that cannot begin leaves the rollback before it as it was.
    RefuseUnsafe: done(expr("$extensions > 0 ? 'ROLLED_BACK' : 'REFUSED'"), expr('$extensions > 0 ? $append($outcome.reasons, $refused) : $refused'), true, 'Restore'),
    StartStage: apply('start', 'IsStarted'),
    IsStarted: choose(
      [
        ["$progress = 'STARTED'", 'NoteStart'],
        [`$attempts >= ${BUSY_ATTEMPTS}`, 'NeverFree'],
        // Before anything was changed the plan may be another one by then.
        ["$progress = 'BUSY' and $stageIndex = 0 and $extensions = 0", 'WaitForEndpoint'],
      ],
      'WaitToStart',
    ),
    WaitToStart: { ...wait(BUSY_WAIT_SECONDS, 'StartStage'), Assign: { attempts: expr('$attempts + 1') } },
    NeverFree: done('FAILED', ['the endpoint was being changed by somebody else until the end of waiting'], true, 'Restore'),
    NoteStart: { Type: 'Pass', Assign: { startedAt: expr('$states.context.State.EnteredTime'), attempts: 0 }, Next: 'WaitBetweenLooks' },
    WaitBetweenLooks: wait(expr('$stage.intervalSeconds'), 'Analyze'),
    Analyze: handlerTask(handlers.analyze, {
      ...failed,
      payload: {
        plan: expr('$plan'),
        stage: expr('$stage.stage'),
        automatic: expr('$plan.automatic'),
        state: expr('$analysis'),
        startedAt: expr('$startedAt'),
        now: expr('$states.context.State.EnteredTime'),
      },
      assign: { analysis: expr('$states.result.Payload.state'), next: expr('$states.result.Payload.next'), looks: expr('$looks + 1') },
      next: 'ChooseNext',
    }),
    ChooseNext: choose(
      [
        ["$next in ['VERIFY', 'NEXT_STAGE']", 'Verify'],
        ["$next = 'RESTORE'", 'NoteTurnedAway'],
        ['$looks < $stage.maximumLooks', 'WaitBetweenLooks'],
      ],
      'NeverSettled',
    ),
    NeverSettled: done('FAILED', [expr("'stage ' & $stage.stage & ' had not ended when the longest time of it was over'")], true, 'Abort'),
    // A stage turns a version away on its merits; a release, or a freeze, only takes it back.
    NoteTurnedAway: done(
      expr("$stage.stage = 'RELEASE' or $analysis.frozen = true ? 'ROLLED_BACK' : 'REJECTED'"),
      expr("$count($analysis.failures) > 0 ? $append($analysis.failures, $analysis.alarms) : $append($append($analysis.reasons, $analysis.alarms), 'the champion is put back')"),
      true,
      'Restore',
    ),
    Verify: handlerTask(handlers.verify, {
      ...failed,
      payload: { plan: expr('$plan'), stage: expr('$stage.stage'), state: expr('$analysis') },
      assign: { verification: expr('$states.result.Payload'), discard: expr('$states.result.Payload.different = true') },
      next: 'IsVerified',
    }),
    IsVerified: choose(
      [
        ["$verification.outcome = 'VERIFIED' and $stage.stage = 'RELEASE'", 'MoveChampion'],
        ["$verification.outcome = 'VERIFIED' and $next = 'NEXT_STAGE'", 'NextStage'],
        ["$verification.outcome = 'VERIFIED'", 'NoteUndecided'],
        ["$verification.outcome = 'ROLLED_BACK'", 'NoteRollback'],
      ],
      'NoteUnverified',
    ),
    NextStage: {
      Type: 'Pass',
      Assign: {
        stageIndex: expr('$stageIndex + 1'),
        history: expr("$append($history, [{'stage': $stage.stage, 'config': $stage.config, 'startedAt': $startedAt, 'analysis': $analysis}])"),
        attempts: 0,
      },
      Next: 'BeginStage',
    },
    NoteUndecided: done('FAILED', [expr("'stage ' & $stage.stage & ' ended without a decision'")], true, 'Restore'),
    NoteRollback: done('ROLLED_BACK', expr('$verification.reasons'), true, 'Restore'),
    NoteUnverified: done('FAILED', expr('$verification.reasons'), true, 'Restore'),

    // Nothing could be said about the release: the same again, baking twice as long.
    Extend: plan('NoteExtension', { extend: expr('$plan') }),
    NoteExtension: { Type: 'Pass', Assign: { extensions: expr('$extensions + 1'), attempts: 0, restores: 0, settlings: 0 }, Next: 'WaitForQuiet' },
    WaitForQuiet: { ...wait(BUSY_WAIT_SECONDS, 'BeginStage'), Assign: { attempts: expr('$attempts + 1') } },
    IsExtended: choose(
      [
        [
          `$outcome.name = 'ROLLED_BACK' and $stage.stage = 'RELEASE' and $analysis.inconclusive = true and $extensions < ${choices.analysis.inconclusive === 'EXTEND' ? choices.analysis.maximumExtensions : 0}`,
          'Extend',
        ],
      ],
      'CleanUp',
    ),
  };
}
