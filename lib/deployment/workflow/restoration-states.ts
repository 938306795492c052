import { AslState, expr, handlerTask } from '../../private/asl';
import { SETTLING_WAIT_SECONDS, settlingAttempts } from '../deployment-limits.contract';
import { DeploymentChoices } from '../deployment.contract';
import { choose, DeploymentHandlers, done, HANDLER_SECONDS, wait } from './deployment-states';

/** Whatever broke, the champion goes on serving: what SageMaker has not finished it rolls back, the rest is put back. */
export function restorationStates(handlers: DeploymentHandlers, choices: DeploymentChoices): Record<string, AslState> {
  const attempts = settlingAttempts(choices);
  return {
    HandleFailure: done('FAILED', [expr("'workflow error ' & $failure.Error & ': ' & $substring($failure.Cause, 0, 1000)")], true, 'HasTouched'),
    // Without a plan the endpoint was not touched.
    HasTouched: choose([['$exists($plan.resource)', 'Abort']], 'CleanUp'),
    // The analysis alarm makes SageMaker roll back.
    Abort: handlerTask(handlers.analyze, {
      payload: {
        plan: expr('$plan'),
        stage: expr('$stage.stage'),
        automatic: expr('$plan.automatic'),
        state: expr('$analysis'),
        startedAt: expr('$startedAt'),
        now: expr('$states.context.State.EnteredTime'),
        abort: true,
      },
      assign: { analysis: expr('$states.result.Payload.state'), aborted: expr('$states.result.Payload.settled') },
      next: 'IsAborted',
      onError: 'Restore',
      timeoutSeconds: HANDLER_SECONDS,
    }),
    IsAborted: choose([['$aborted', 'Restore'], [`$aborts < ${attempts}`, 'WaitForAbort']], 'Restore'),
    WaitForAbort: { ...wait(SETTLING_WAIT_SECONDS, 'Abort'), Assign: { aborts: expr('$aborts + 1') } },

    Restore: handlerTask(handlers.apply, {
      payload: { step: 'restore', plan: expr('$plan'), attempt: expr('$restores'), discard: expr('$discard') },
      assign: {
        restoration: expr('$states.result.Payload'),
        restores: expr("$states.result.Payload.state = 'STARTED' ? $restores + 1 : $restores"),
        settlings: expr('$settlings + 1'),
      },
      next: 'IsRestored',
      onError: 'NoteBrokenRestoration',
      timeoutSeconds: HANDLER_SECONDS,
    }),
    IsRestored: choose(
      [
        ["$restoration.state = 'DONE'", 'NoteRestored'],
        ["$restoration.state = 'FAILED'", 'NoteLostRestoration'],
        [`$settlings < ${attempts}`, 'WaitForRestoration'],
      ],
      'NoteEndlessRestoration',
    ),
    WaitForRestoration: wait(SETTLING_WAIT_SECONDS, 'Restore'),
    NoteRestored: done(expr('$outcome.name'), expr('$append($outcome.reasons, $restoration.reasons)'), expr('$outcome.page'), 'IsExtended'),
    NoteLostRestoration: done('FAILED', expr('$append($restoration.reasons, $outcome.reasons)'), true),
    NoteEndlessRestoration: done('FAILED', expr("$append(['the endpoint did not come to rest while the champion was put back'], $outcome.reasons)"), true),
    NoteBrokenRestoration: done(
      'FAILED',
      expr("$append(['the champion could not be put back: ' & $failure.Error & ': ' & $substring($failure.Cause, 0, 1000)], $outcome.reasons)"),
      true,
    ),
  };
}
