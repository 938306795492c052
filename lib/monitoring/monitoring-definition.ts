import { Aws } from 'aws-cdk-lib';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { MonitoredFeature } from '../capture/capture.contract';
import { ModelGovernance } from '../governance/model-governance';
import { AslDefinition, AslState, AslValue, catchAll, expr, handlerTask } from '../private/asl';
import { MonitoringSettings } from './monitoring';

export interface MonitoringHandlers {
  readonly planWindow: IFunction;
  readonly profileCapture: IFunction;
  readonly evaluateDrift: IFunction;
  /** Absent when nothing retrains. */
  readonly controller?: IFunction;
}

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
/** An express child execution ends after five minutes (Step Functions quotas); two attempts fit. */
export const PROFILE_SECONDS = 120;
export const EVALUATE_SECONDS = 300;
export const CONTROLLER_SECONDS = 60;
/** Files profiled at a time: some S3 reads in parallel, far below the account's concurrency of functions. */
const FILES_AT_ONCE = 40;

/** The monitoring workflow: lock, plan, profile, evaluate, tell the controller, unlock, record. */
export function monitoringDefinition(props: MonitoringDefinitionProps): AslDefinition {
  const { governance, handlers, settings } = props;
  const choose = (condition: string, next: string, otherwise: string): AslState => ({
    Type: 'Choice',
    Choices: [{ Condition: expr(condition), Next: next }],
    Default: otherwise,
  });
  const skip = (reason: string, next: string): AslState => ({ Type: 'Pass', Assign: { skipped: reason }, Next: next });
  const policy = settings.policy as unknown as Record<string, AslValue>;
  return {
    Comment: `Monitors the predictions of ${governance.modelName}, window by window`,
    QueryLanguage: 'JSONata',
    StartAt: 'AcquireLock',
    States: {
      AcquireLock: governance._acquire('monitoring', { leaseSeconds: props.executionSeconds, next: 'IsLockAcquired', onError: 'ReleaseAfterFailure' }),
      IsLockAcquired: choose('$run.acquired', 'PlanWindow', 'Busy'),
      Busy: skip('Another monitoring execution is running.', 'RecordSkipped'),
      PlanWindow: handlerTask(handlers.planWindow, {
        payload: {
          scheduledTime: expr('$states.context.Execution.Input.scheduledTime'),
          intervalSeconds: settings.intervalSeconds,
          watermarkSeconds: settings.watermarkSeconds,
          features: props.features as unknown as AslValue,
        },
        assign: { plan: expr('$states.result.Payload') },
        next: 'IsWindowOpen',
        onError: 'ReleaseAfterFailure',
        timeoutSeconds: PLAN_SECONDS,
      }),
      IsWindowOpen: {
        Type: 'Choice',
        Choices: [
          { Condition: expr("$plan.status = 'DONE'"), Next: 'WindowDone' },
          { Condition: expr('$plan.files = 0'), Next: 'EvaluateDrift' },
        ],
        Default: 'ProfileFiles',
      },
      WindowDone: skip('The window has its report already.', 'ReleaseUnused'),
      ReleaseUnused: governance._release('monitoring', { next: 'RecordSkipped' }),
      RecordSkipped: governance._record('monitoring', { outcome: 'SKIPPED', reasons: [expr('$skipped')], page: false, next: 'Done' }),
      ProfileFiles: {
        Type: 'Map',
        Label: 'profile',
        ItemReader: {
          Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
          ReaderConfig: { InputType: 'JSON' },
          Arguments: { Bucket: props.bucketName, Key: expr('$plan.filesKey') },
        },
        ItemSelector: { windowId: expr('$plan.window.id'), file: expr('$states.context.Map.Item.Value') },
        MaxConcurrency: FILES_AT_ONCE,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'ProfileCapture',
          States: {
            ProfileCapture: handlerTask(handlers.profileCapture, {
              payload: { windowId: expr('$states.input.windowId'), file: expr('$states.input.file') },
              timeoutSeconds: PROFILE_SECONDS,
            }),
          },
        },
        // The profiles lie in S3; what thousands of children answered is of no use.
        Output: {},
        Catch: catchAll('ReleaseAfterFailure'),
        Next: 'EvaluateDrift',
      },
      EvaluateDrift: handlerTask(handlers.evaluateDrift, {
        payload: { windowId: expr('$plan.window.id'), samplingPercentage: props.samplingPercentage, policy },
        assign: { verdict: expr('$states.result.Payload') },
        next: handlers.controller ? 'IsDeployed' : 'ReleaseLock',
        onError: 'ReleaseAfterFailure',
        timeoutSeconds: EVALUATE_SECONDS,
      }),
      ...(handlers.controller ? controllerStates(handlers.controller, choose) : {}),
      ReleaseLock: governance._release('monitoring', { next: 'RecordOutcome' }),
      RecordOutcome: governance._record('monitoring', {
        outcome: expr('$verdict.outcome'),
        reasons: expr('$verdict.reasons'),
        detail: {
          window: expr('$verdict.window'),
          version: expr('$verdict.version'),
          rows: expr('$verdict.rows'),
          driftedShare: expr('$verdict.driftedShare'),
          predictionPsi: expr('$verdict.predictionPsi'),
          report: expr('$verdict.reportKey'),
        },
        // Drift and broken data page through their alarms, once per episode and not once per window.
        page: false,
        next: 'Done',
      }),
      Done: { Type: 'Succeed' },
      ReleaseAfterFailure: governance._release('monitoring', { next: 'RecordFailure' }),
      RecordFailure: governance._record('monitoring', {
        outcome: 'FAILED',
        reasons: [expr("'The window could not be judged: ' & $failure.Error & ': ' & $substring($string($failure.Cause), 0, 500)")],
        page: true,
        next: 'Failed',
      }),
      Failed: { Type: 'Fail', Error: 'MonitoringFailed', Cause: expr("$failure.Error & ': ' & $substring($string($failure.Cause), 0, 500)") },
    },
  };
}

function controllerStates(controller: IFunction, choose: (condition: string, next: string, otherwise: string) => AslState): Record<string, AslState> {
  return {
    IsDeployed: choose("$verdict.outcome = 'NOT_DEPLOYED'", 'ReleaseLock', 'TellController'),
    TellController: handlerTask(controller, {
      payload: {
        trigger: 'drift',
        eventId: expr('$verdict.window.id'),
        time: expr('$states.context.Execution.StartTime'),
        window: expr('$verdict.window'),
        outcome: expr('$verdict.outcome'),
        version: expr('$verdict.version'),
        reasons: expr('$verdict.reasons'),
        executionArn: expr('$states.context.Execution.Id'),
      },
      assign: { retraining: expr('$states.result.Payload.outcome') },
      next: 'ReleaseLock',
      onError: 'ReleaseAfterFailure',
      timeoutSeconds: CONTROLLER_SECONDS,
    }),
  };
}
