import { Aws } from 'aws-cdk-lib';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ModelGovernance } from '../governance/model-governance';
import { AslDefinition, AslState, AslValue, catchAll, expr, handlerTask } from '../private/asl';
import { QualitySettings } from './model-quality.contract';

export interface ModelQualityHandlers {
  readonly plan: IFunction;
  readonly extract: IFunction;
  readonly join: IFunction;
  readonly judge: IFunction;
  readonly publish: IFunction;
  /** Absent when nothing retrains. */
  readonly controller?: IFunction;
}

export interface ModelQualityDefinitionProps {
  readonly governance: ModelGovernance;
  readonly handlers: ModelQualityHandlers;
  readonly settings: QualitySettings;
  readonly watermarkSeconds: number;
  readonly bucketName: string;
  readonly executionSeconds: number;
}

export const PLAN_SECONDS = 300;
/** An express child execution ends after five minutes (Step Functions quotas); two attempts fit. */
export const MAP_SECONDS = 140;
export const JUDGE_SECONDS = 300;
export const PUBLISH_SECONDS = 120;
export const CONTROLLER_SECONDS = 60;
const AT_ONCE = 40;

/** The model-quality workflow: lock, plan, extract what is new, join by ranges of hashes, judge, tell the controller, publish, unlock, record. */
export function modelQualityDefinition(props: ModelQualityDefinitionProps): AslDefinition {
  const { governance, handlers, settings } = props;
  const lock = 'model-quality';
  const skip = (reason: string, next: string): AslState => ({ Type: 'Pass', Assign: { skipped: reason }, Next: next });
  const map = (label: string, key: string, selector: Record<string, AslValue>, state: string, task: AslState, next: string): AslState => ({
    Type: 'Map',
    Label: label,
    ItemReader: {
      Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Arguments: { Bucket: props.bucketName, Key: expr(key) },
    },
    ItemSelector: selector,
    MaxConcurrency: AT_ONCE,
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }, StartAt: state, States: { [state]: task } },
    // What was written lies in S3.
    Output: {},
    Catch: catchAll('ReleaseAfterFailure'),
    Next: next,
  });
  return {
    Comment: `Judges the predictions of ${governance.modelName} by their labels`,
    QueryLanguage: 'JSONata',
    StartAt: 'AcquireLock',
    States: {
      AcquireLock: governance._acquire(lock, { leaseSeconds: props.executionSeconds, next: 'IsLockAcquired', onError: 'ReleaseAfterFailure' }),
      IsLockAcquired: { Type: 'Choice', Choices: [{ Condition: expr('$run.acquired'), Next: 'PlanQuality' }], Default: 'Busy' },
      Busy: skip('Another execution judges the predictions of this model.', 'RecordSkipped'),
      PlanQuality: handlerTask(handlers.plan, {
        payload: {
          runId: expr('$run.runId'),
          scheduledTime: expr('$states.context.Execution.Input.scheduledTime'),
          watermarkSeconds: props.watermarkSeconds,
          settings: settings as unknown as AslValue,
        },
        assign: { plan: expr('$states.result.Payload') },
        next: 'IsThereWork',
        onError: 'ReleaseAfterFailure',
        timeoutSeconds: PLAN_SECONDS,
      }),
      IsThereWork: {
        Type: 'Choice',
        Choices: [
          { Condition: expr("$plan.status = 'NOT_DEPLOYED'"), Next: 'ReleaseUndeployed' },
          { Condition: expr("$plan.status = 'NOTHING_NEW'"), Next: 'NothingNew' },
          { Condition: expr('$plan.batches = 0'), Next: 'JoinLabels' },
        ],
        Default: 'ExtractFiles',
      },
      ReleaseUndeployed: governance._release(lock, { next: 'RecordUndeployed' }),
      RecordUndeployed: governance._record(lock, { outcome: 'NOT_DEPLOYED', reasons: ['No model version is deployed.'], page: false, next: 'Done' }),
      NothingNew: skip('There are no new predictions and no new labels, and the time of no window is over.', 'ReleaseUnused'),
      ReleaseUnused: governance._release(lock, { next: 'RecordSkipped' }),
      RecordSkipped: governance._record(lock, { outcome: 'SKIPPED', reasons: [expr('$skipped')], page: false, next: 'Done' }),
      ExtractFiles: map(
        'extract',
        '$plan.batchesKey',
        { runId: expr('$plan.runId'), batch: expr('$states.context.Map.Item.Value') },
        'ExtractQuality',
        handlerTask(handlers.extract, { payload: { runId: expr('$states.input.runId'), batch: expr('$states.input.batch') }, timeoutSeconds: MAP_SECONDS }),
        'JoinLabels',
      ),
      JoinLabels: map(
        'join',
        '$plan.rangesKey',
        { range: expr('$states.context.Map.Item.Value') },
        'JoinRange',
        handlerTask(handlers.join, {
          payload: { runId: expr('$states.input.range.runId'), from: expr('$states.input.range.from'), to: expr('$states.input.range.to') },
          timeoutSeconds: MAP_SECONDS,
        }),
        'JudgeQuality',
      ),
      JudgeQuality: handlerTask(handlers.judge, {
        payload: { runId: expr('$plan.runId') },
        assign: { verdict: expr('$states.result.Payload') },
        next: handlers.controller ? 'TellController' : 'PublishReports',
        onError: 'ReleaseAfterFailure',
        timeoutSeconds: JUDGE_SECONDS,
      }),
      ...(handlers.controller ? { TellController: tellController(handlers.controller) } : {}),
      PublishReports: handlerTask(handlers.publish, {
        payload: { runId: expr('$plan.runId') },
        next: 'ReleaseLock',
        onError: 'ReleaseAfterFailure',
        timeoutSeconds: PUBLISH_SECONDS,
      }),
      ReleaseLock: governance._release(lock, { next: 'RecordOutcome' }),
      RecordOutcome: governance._record(lock, {
        outcome: expr('$verdict.outcome'),
        reasons: expr('$verdict.reasons'),
        detail: {
          version: expr('$verdict.version'),
          // In brackets: told nothing, the path alone would be undefined, which is an error.
          windows: expr('[$verdict.told.{"window": window.start, "outcome": outcome}]'),
          modelQuality: expr('$verdict.modelQuality'),
          labelCoverage: expr('$verdict.labelCoverage'),
          reports: expr('$verdict.reportKeys'),
        },
        // Concept drift pages through its alarm.
        page: false,
        next: 'Done',
      }),
      Done: { Type: 'Succeed' },
      ReleaseAfterFailure: governance._release(lock, { next: 'RecordFailure' }),
      RecordFailure: governance._record(lock, {
        outcome: 'FAILED',
        reasons: [expr("'The predictions could not be judged by their labels: ' & $failure.Error & ': ' & $substring($string($failure.Cause), 0, 500)")],
        page: true,
        next: 'Failed',
      }),
      Failed: { Type: 'Fail', Error: 'ModelQualityFailed', Cause: expr("$failure.Error & ': ' & $substring($string($failure.Cause), 0, 500)") },
    },
  };
}

/** Window by window, oldest first. */
function tellController(controller: IFunction): AslState {
  return {
    Type: 'Map',
    Items: expr('$verdict.told'),
    ItemSelector: { told: expr('$states.context.Map.Item.Value') },
    MaxConcurrency: 1,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: 'TellWindow',
      States: {
        TellWindow: handlerTask(controller, {
          payload: {
            trigger: 'drift',
            kind: 'concept',
            eventId: expr('$states.input.told.eventId'),
            time: expr('$states.context.Execution.StartTime'),
            window: expr('$states.input.told.window'),
            outcome: expr('$states.input.told.outcome'),
            version: expr('$states.input.told.version'),
            reasons: expr('$states.input.told.reasons'),
            executionArn: expr('$states.context.Execution.Id'),
          },
          timeoutSeconds: CONTROLLER_SECONDS,
        }),
      },
    },
    Output: {},
    Catch: catchAll('ReleaseAfterFailure'),
    Next: 'PublishReports',
  };
}
