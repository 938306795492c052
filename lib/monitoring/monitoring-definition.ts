import { MonitoredFeature } from '../capture/capture.contract';
import { ModelGovernance } from '../governance/model-governance';
import { AslDefinition, AslState, AslValue, expr, handlerTask } from '../private/asl';
import { MonitoringSettings } from './monitoring';
import { MonitoringHandlers, windowStates } from './window-states';

export interface MonitoringDefinitionProps {
  readonly governance: ModelGovernance;
  readonly handlers: MonitoringHandlers;
  readonly settings: MonitoringSettings;
  readonly samplingPercentage: number;
  readonly features: readonly MonitoredFeature[];
  readonly bucketName: string;
  readonly executionSeconds: number;
}

export const PLAN_SECONDS = 300;

/**
 * The monitoring workflow: lock, then window by window (window-states.ts) until the plan finds nothing left to do: what was missed, what late
 * files have changed, then the window that is complete. A window that fails is recorded and paged; the others are done all the same.
 */
export function monitoringDefinition(props: MonitoringDefinitionProps): AslDefinition {
  const { governance, handlers, settings } = props;
  const choose = (condition: string, next: string, otherwise: string): AslState => ({
    Type: 'Choice',
    Choices: [{ Condition: expr(condition), Next: next }],
    Default: otherwise,
  });
  const skip = (reason: string, next: string): AslState => ({ Type: 'Pass', Assign: { skipped: reason }, Next: next });
  const describedFailure = "$failure.Error & ': ' & $substring($string($failure.Cause), 0, 500)";
  const failed = (eventId: string, next: string): AslState =>
    governance._record('monitoring', {
      eventId: expr(eventId),
      outcome: 'FAILED',
      reasons: [expr(`'The window could not be judged: ' & ${describedFailure}`)],
      page: true,
      next,
    });
  return {
    Comment: `Monitors the predictions of ${governance.modelName}, window by window`,
    QueryLanguage: 'JSONata',
    StartAt: 'AcquireLock',
    States: {
      AcquireLock: governance._acquire('monitoring', { leaseSeconds: props.executionSeconds, next: 'IsLockAcquired', onError: 'ReleaseAfterFailure' }),
      IsLockAcquired: choose('$run.acquired', 'Begin', 'Busy'),
      Busy: skip('Another monitoring execution is running.', 'RecordSkipped'),
      Begin: { Type: 'Pass', Assign: { settled: [], completed: null, failures: 0 }, Next: 'PlanWindow' },
      PlanWindow: handlerTask(handlers.planWindow, {
        payload: {
          scheduledTime: expr('$states.context.Execution.Input.scheduledTime'),
          intervalSeconds: settings.intervalSeconds,
          watermarkSeconds: settings.watermarkSeconds,
          lookbackSeconds: settings.policy.maximumLookbackSeconds,
          features: props.features as unknown as AslValue,
          settled: expr('$settled'),
          completed: expr('$completed'),
        },
        assign: { plan: expr('$states.result.Payload') },
        next: 'IsWindowLeft',
        onError: 'ReleaseAfterFailure',
        timeoutSeconds: PLAN_SECONDS,
      }),
      IsWindowLeft: {
        Type: 'Choice',
        Choices: [
          { Condition: expr("$plan.status = 'PLANNED'"), Next: 'HasNewFiles' },
          { Condition: expr('$count($settled) = 0'), Next: 'WindowDone' },
          { Condition: expr('$failures > 0'), Next: 'ReleaseAfterWindowFailure' },
        ],
        Default: 'ReleaseLock',
      },
      WindowDone: skip('The window has its report already, and nothing has changed.', 'ReleaseUnused'),
      ReleaseUnused: governance._release('monitoring', { next: 'RecordSkipped' }),
      RecordSkipped: governance._record('monitoring', { outcome: 'SKIPPED', reasons: [expr('$skipped')], page: false, next: 'Done' }),
      ...windowStates({ ...props, next: 'SettleWindow', onError: 'RecordWindowFailure' }),
      SettleWindow: { Type: 'Pass', Assign: { settled: expr('$append($settled, [$plan.window.id])'), completed: expr('$plan.window.id') }, Next: 'PlanWindow' },
      // A window that fails again in every run pages once; that it goes on, the alarm monitoring-failures says.
      RecordWindowFailure: failed("'monitoring#' & $plan.window.id & '#' & $plan.revision & '#failed'", 'SettleFailedWindow'),
      SettleFailedWindow: {
        Type: 'Pass',
        Assign: { settled: expr('$append($settled, [$plan.window.id])'), completed: null, failures: expr('$failures + 1') },
        Next: 'PlanWindow',
      },
      ReleaseLock: governance._release('monitoring', { next: 'Done' }),
      Done: { Type: 'Succeed' },
      ReleaseAfterWindowFailure: governance._release('monitoring', { next: 'Failed' }),
      ReleaseAfterFailure: governance._release('monitoring', { next: 'RecordFailure' }),
      RecordFailure: failed('$states.context.Execution.Id', 'Failed'),
      Failed: { Type: 'Fail', Error: 'MonitoringFailed', Cause: expr(describedFailure) },
    },
  };
}
