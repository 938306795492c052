import { Aws } from 'aws-cdk-lib';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ModelGovernance } from '../governance/model-governance';
import { AslState, AslValue, catchAll, expr, handlerTask } from '../private/asl';
import { MonitoringSettings } from './monitoring';

/** An express child execution ends after five minutes (Step Functions quotas); two attempts fit. */
export const PROFILE_SECONDS = 120;
export const DUPLICATES_SECONDS = 140;
export const REDUCE_SECONDS = 120;
export const EVALUATE_SECONDS = 300;
export const CONTROLLER_SECONDS = 60;
/** Files profiled at a time: some S3 reads in parallel, far below the account's concurrency of functions. */
const FILES_AT_ONCE = 40;
const MAP_ITEM = '$states.context.Map.Item.Value';

export interface MonitoringHandlers {
  readonly planWindow: IFunction;
  readonly profileCapture: IFunction;
  readonly findDuplicates: IFunction;
  readonly reduceProfiles: IFunction;
  readonly evaluateDrift: IFunction;
  /** Absent when nothing retrains. */
  readonly controller?: IFunction;
}

export interface WindowStatesProps {
  readonly governance: ModelGovernance;
  readonly handlers: MonitoringHandlers;
  readonly settings: MonitoringSettings;
  readonly samplingPercentage: number;
  readonly bucketName: string;
  /** State after the window's verdict has been recorded. */
  readonly next: string;
  /** State after an error, which `$failure` holds. */
  readonly onError: string;
}

/** One window, `$plan`: profile, count each event once, reduce, judge, tell the controller, record. What a window does not need is passed over. */
export function windowStates(props: WindowStatesProps): Record<string, AslState> {
  const { governance, handlers, settings, next, onError } = props;
  const choose = (condition: string, then: string, otherwise: string): AslState => ({
    Type: 'Choice',
    Choices: [{ Condition: expr(condition), Next: then }],
    Default: otherwise,
  });
  const windowId = expr('$plan.window.id');
  const findDuplicates = (payload: Record<string, AslValue>, then: string): AslState =>
    handlerTask(handlers.findDuplicates, {
      payload: { windowId, ...payload },
      assign: { duplicates: expr('$states.result.Payload') },
      next: then,
      onError,
      timeoutSeconds: DUPLICATES_SECONDS,
    });
  /** A distributed map over a list in S3; what thousands of children answer is of no use. */
  const forEach = (label: string, key: string, [item, value]: [string, string], [name, child, seconds]: [string, IFunction, number], then: string): AslState => ({
    Type: 'Map',
    Label: label,
    ItemReader: {
      Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Arguments: { Bucket: props.bucketName, Key: expr(key) },
    },
    ItemSelector: { windowId, [item]: expr(value) },
    MaxConcurrency: FILES_AT_ONCE,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
      StartAt: name,
      States: {
        [name]: handlerTask(child, { payload: { windowId: expr('$states.input.windowId'), [item]: expr(`$states.input.${item}`) }, timeoutSeconds: seconds }),
      },
    },
    Output: {},
    Catch: catchAll(onError),
    Next: then,
  });
  return {
    HasNewFiles: choose('$plan.filesToProfile > 0', 'ProfileFiles', 'HasSeveralFiles'),
    ProfileFiles: forEach('profile', '$plan.batchesKey', ['files', MAP_ITEM], ['ProfileCapture', handlers.profileCapture, PROFILE_SECONDS], 'HasSeveralFiles'),
    HasSeveralFiles: choose('$plan.searchDuplicates', 'FindDuplicates', 'HasManyProfiles'),
    FindDuplicates: findDuplicates({}, 'IsSearchSplit'),
    IsSearchSplit: choose("$duplicates.status = 'SPLIT'", 'SearchRanges', 'HasDuplicates'),
    SearchRanges: forEach('search', '$duplicates.rangesKey', ['range', MAP_ITEM], ['SearchRange', handlers.findDuplicates, DUPLICATES_SECONDS], 'CombineRanges'),
    CombineRanges: findDuplicates({ combine: expr('$duplicates.ranges') }, 'HasDuplicates'),
    HasDuplicates: choose('$duplicates.files > 0', 'ProfileAgain', 'HasManyProfiles'),
    ProfileAgain: forEach('again', '$duplicates.filesKey', ['files', `[${MAP_ITEM}]`], ['ProfileRest', handlers.profileCapture, PROFILE_SECONDS], 'HasManyProfiles'),
    HasManyProfiles: choose('$plan.groups > 0', 'ReduceProfiles', 'EvaluateDrift'),
    ReduceProfiles: forEach('reduce', '$plan.groupsKey', ['group', MAP_ITEM], ['ReduceGroup', handlers.reduceProfiles, REDUCE_SECONDS], 'EvaluateDrift'),
    EvaluateDrift: handlerTask(handlers.evaluateDrift, {
      payload: { windowId, samplingPercentage: props.samplingPercentage, policy: settings.policy as unknown as Record<string, AslValue> },
      assign: { verdict: expr('$states.result.Payload') },
      next: handlers.controller ? 'IsDeployed' : 'RecordOutcome',
      onError,
      timeoutSeconds: EVALUATE_SECONDS,
    }),
    ...(handlers.controller
      ? { IsDeployed: choose("$verdict.outcome = 'NOT_DEPLOYED'", 'RecordOutcome', 'TellController'), TellController: tellController(handlers.controller, onError) }
      : {}),
    RecordOutcome: governance._record('monitoring', {
      // The window's verdict, whichever execution comes to it: a run that died after this and runs again records nothing twice.
      eventId: expr("'monitoring#' & $verdict.window.id & '#' & $verdict.revision"),
      outcome: expr('$verdict.outcome'),
      reasons: expr('$verdict.reasons'),
      detail: {
        window: expr('$verdict.window'),
        revision: expr('$verdict.revision'),
        version: expr('$verdict.version'),
        rows: expr('$verdict.rows'),
        driftedShare: expr('$verdict.driftedShare'),
        predictionPsi: expr('$verdict.predictionPsi'),
        report: expr('$verdict.reportKey'),
      },
      // Drift and broken data page through their alarms, once per episode and not once per window.
      page: false,
      next,
    }),
  };
}

/** A revision is an event of its own; the controller replaces what it remembers of the window. */
function tellController(controller: IFunction, onError: string): AslState {
  return handlerTask(controller, {
    payload: {
      trigger: 'drift',
      eventId: expr("$verdict.window.id & ($verdict.revision > 1 ? '#' & $verdict.revision : '')"),
      time: expr('$states.context.Execution.StartTime'),
      window: expr('$verdict.window'),
      outcome: expr('$verdict.outcome'),
      version: expr('$verdict.version'),
      reasons: expr('$verdict.reasons'),
      executionArn: expr('$states.context.Execution.Id'),
    },
    assign: { retraining: expr('$states.result.Payload.outcome') },
    next: 'RecordOutcome',
    onError,
    timeoutSeconds: CONTROLLER_SECONDS,
  });
}
