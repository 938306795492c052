import { Aws } from 'aws-cdk-lib';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ContractDocument } from '../data/data-contract.contract';
import { lakeKeys } from '../data/data-lake.contract';
import { SplitRule } from '../data/raw-file.contract';
import { GateSpecification } from '../evaluation/gate.contract';
import { ModelGovernance } from '../governance/model-governance';
import { AslCatch, AslDefinition, AslState, AslValue, expr, handlerTask, LAMBDA_RETRY } from '../private/asl';
import { JobStates } from './training-jobs';

export interface TrainingHandlers {
  readonly listFiles: IFunction;
  readonly validateFile: IFunction;
  readonly summarizeValidation: IFunction;
  readonly snapshot: IFunction;
  readonly prepareFile: IFunction;
  readonly findChampion: IFunction;
  readonly evaluate: IFunction;
  readonly profileTraining: IFunction;
  readonly completeBaseline: IFunction;
  readonly registerModel: IFunction;
  readonly concludeTraining: IFunction;
}

export interface TrainingDefinitionProps {
  readonly modelName: string;
  readonly bucketName: string;
  readonly rawPrefix: string;
  readonly contract: ContractDocument;
  readonly split: SplitRule;
  readonly gates: GateSpecification[];
  readonly automaticApproval: boolean;
  readonly codeVersion: string;
  readonly image: string;
  readonly governance: ModelGovernance;
  readonly handlers: TrainingHandlers;
  readonly jobs: JobStates;
  readonly leaseSeconds: number;
}

/** Requests to one raw file each; Lambda's default account quota leaves room for everything else. */
const FILES_AT_ONCE = 20;
const FILE_TIMEOUT = 600;

/**
 * The training workflow. Variables: `$run` the lock's answer, `$request` what was asked, `$files` and `$snapshot` the data,
 * `$training` the job's result, `$champion`, `$evaluation`, `$detail` what the ledger keeps, `$failure` what went wrong (or null),
 * `$outcome` how it ends. Every path leads through Conclude, ReleaseLock and RecordOutcome.
 */
export function trainingDefinition(props: TrainingDefinitionProps): AslDefinition {
  const { governance } = props;
  return {
    Comment: `Trains, evaluates and registers model ${props.modelName}`,
    QueryLanguage: 'JSONata',
    StartAt: 'ReadRequest',
    States: {
      ReadRequest: {
        Type: 'Pass',
        Assign: {
          request: {
            trigger: expr("$states.input.trigger ? $states.input.trigger : 'manual'"),
            reason: expr("$states.input.reason ? $states.input.reason : 'started by hand'"),
            hyperparameters: expr('$states.input.hyperparameters ? $states.input.hyperparameters : {}'),
          },
          detail: {},
          failure: null,
        },
        Next: 'AcquireLock',
      },
      AcquireLock: { ...governance._acquire('training', { leaseSeconds: props.leaseSeconds, next: 'LockAcquired' }), Catch: caught('acquire the lock', 'LockFailed') },
      LockAcquired: { Type: 'Choice', Choices: [{ Condition: expr('$run.acquired'), Next: 'Frozen' }], Default: 'RecordSkipped' },
      // What starts by itself declines while a person has frozen the model; what a person starts runs.
      Frozen: { Type: 'Choice', Choices: [{ Condition: expr("$exists($run.frozen) and $request.trigger != 'manual'"), Next: 'DeclineFrozen' }], Default: 'ListFiles' },
      DeclineFrozen: ending('SKIPPED', [expr('$run.frozen')], false, 'ReleaseLock'),
      RecordSkipped: governance._record('training', {
        outcome: 'SKIPPED',
        reasons: [expr("'Another training run holds the lock: ' & $run.holder")],
        detail: expr("{'trigger': $request.trigger, 'reason': $request.reason}"),
        page: false,
        next: 'EndSkipped',
      }),
      // The retraining controller reads it, and does not lose what it started the execution for.
      EndSkipped: { Type: 'Succeed', Output: { outcome: 'SKIPPED' } },
      LockFailed: ending('FAILED', expr("['Could not ' & $failure.step & ': ' & $failure.error & ' ' & $substring($failure.cause, 0, 600)]"), true, 'RecordOutcome'),
      ...dataStates(props),
      ...modelStates(props),
      DataInvalid: ending('DATA_INVALID', expr('$validation.reasons'), true, 'Conclude'),
      Rejected: ending('REJECTED', expr('$evaluation.reasons'), false, 'Conclude'),
      Registered: ending('REGISTERED', expr('$evaluation.reasons'), false, 'Conclude'),
      Failed: ending('FAILED', expr("['Could not ' & $failure.step & ': ' & $failure.error]"), true, 'Conclude'),
      Conclude: {
        ...handlerTask(props.handlers.concludeTraining, {
          payload: { runId: expr('$run.runId'), failure: expr('$failure') },
          assign: { outcome: expr("$merge([$outcome, $count($states.result.Payload.reasons) > 0 ? {'reasons': $states.result.Payload.reasons} : {}])") },
          next: 'ReleaseLock',
          timeoutSeconds: 120,
        }),
        // What cannot be cleaned up costs nothing (a SageMaker Model is a name); the outcome matters more.
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'ReleaseLock' }],
      },
      ReleaseLock: governance._release('training', { next: 'RecordOutcome' }),
      RecordOutcome: governance._record('training', {
        outcome: expr('$outcome.outcome'),
        reasons: expr('$outcome.reasons'),
        detail: expr("$merge([$detail, {'trigger': $request.trigger, 'reason': $request.reason}])"),
        page: expr('$outcome.page'),
        next: 'Succeeded',
      }),
      Succeeded: { Type: 'Choice', Choices: [{ Condition: expr("$outcome.outcome = 'FAILED'"), Next: 'EndFailed' }], Default: 'EndRecorded' },
      EndRecorded: { Type: 'Succeed', Output: expr("$merge([$detail, {'outcome': $outcome.outcome, 'reasons': $outcome.reasons}])") },
      EndFailed: { Type: 'Fail', Error: 'TrainingFailed', Cause: expr('$outcome.reasons[0]') },
    },
  };
}

/** From raw files to the curated parts of a snapshot. */
function dataStates(props: TrainingDefinitionProps): Record<string, AslState> {
  const { handlers, modelName, bucketName } = props;
  const runFilesKey = keyExpression(lakeKeys.runFiles(modelName, '\u0000'), '$run.runId');
  return {
    ListFiles: step(handlers.listFiles, 'list the raw files', {
      payload: { runId: expr('$run.runId'), contract: toAsl(props.contract), prefix: props.rawPrefix },
      assign: { files: expr('$states.result.Payload'), detail: expr("$merge([$detail, {'runId': $run.runId}])") },
      next: 'AnyFiles',
    }),
    AnyFiles: { Type: 'Choice', Choices: [{ Condition: expr('$files.count > 0'), Next: 'ValidateFiles' }], Default: 'SummarizeValidation' },
    ValidateFiles: fileMap({
      bucketName,
      key: runFilesKey,
      selector: { runId: expr('$run.runId'), file: expr('$states.context.Map.Item.Value') },
      state: 'ValidateFile',
      handler: handlers.validateFile,
      step: 'validate the raw files',
      next: 'SummarizeValidation',
    }),
    SummarizeValidation: step(handlers.summarizeValidation, 'summarize the validation', {
      payload: { runId: expr('$run.runId'), split: toAsl(props.split) },
      assign: { validation: expr('$states.result.Payload'), detail: expr("$merge([$detail, {'validationReport': $states.result.Payload.reportUri, 'rows': $states.result.Payload.rows}])") },
      next: 'DataValid',
    }),
    DataValid: { Type: 'Choice', Choices: [{ Condition: expr('$validation.valid'), Next: 'Snapshot' }], Default: 'DataInvalid' },
    Snapshot: step(handlers.snapshot, 'take the snapshot', {
      payload: { runId: expr('$run.runId'), split: toAsl(props.split), time: expr('$states.context.State.EnteredTime') },
      assign: { snapshot: expr('$states.result.Payload'), detail: expr("$merge([$detail, {'snapshotId': $states.result.Payload.snapshotId}])") },
      next: 'Prepared',
    }),
    Prepared: { Type: 'Choice', Choices: [{ Condition: expr('$snapshot.prepared'), Next: 'Train' }], Default: 'PrepareFiles' },
    PrepareFiles: fileMap({
      bucketName,
      key: expr('$snapshot.filesKey'),
      selector: { snapshotId: expr('$snapshot.snapshotId'), file: expr('$states.context.Map.Item.Value') },
      state: 'PrepareFile',
      handler: handlers.prepareFile,
      step: 'prepare the training data',
      next: 'Train',
    }),
  };
}

/** From the training job to the registered model package. */
function modelStates(props: TrainingDefinitionProps): Record<string, AslState> {
  const { handlers, jobs } = props;
  return {
    Train: {
      ...jobs.train(),
      Assign: {
        training: {
          job: expr('$states.result.TrainingJobName'),
          modelDataUrl: expr('$states.result.ModelArtifacts.S3ModelArtifacts'),
          hyperparameters: expr('$merge([$states.result.HyperParameters, {}])'),
        },
        detail: expr("$merge([$detail, {'trainingJobName': $states.result.TrainingJobName}])"),
      },
      Output: {},
      Catch: caught('train the model', 'Failed'),
      Next: 'FindChampion',
    },
    FindChampion: step(handlers.findChampion, 'find the champion', { payload: {}, assign: { champion: expr('$states.result.Payload') }, next: 'Score' }),
    Score: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'ChallengerModel', States: jobs.score('challenger', 'Challenger', props.image, '$training.modelDataUrl', toAsl(jobs.environment)) },
        {
          StartAt: 'ChampionExists',
          States: {
            ChampionExists: { Type: 'Choice', Choices: [{ Condition: expr('$champion.exists'), Next: 'ChampionModel' }], Default: 'NoChampion' },
            NoChampion: { Type: 'Pass', Output: {}, End: true },
            ...jobs.score('champion', 'Champion', expr('$champion.image'), '$champion.modelDataUrl', expr('$champion.environment')),
          },
        },
      ],
      Output: {},
      Catch: caught('score the test set', 'Failed'),
      Next: 'Evaluate',
    },
    Evaluate: step(handlers.evaluate, 'evaluate the model', {
      payload: {
        runId: expr('$run.runId'),
        contract: toAsl(props.contract),
        gates: toAsl(props.gates),
        championVersion: expr('$champion.exists ? $champion.version : null'),
      },
      assign: {
        evaluation: expr('$states.result.Payload'),
        detail: expr("$merge([$detail, {'passed': $states.result.Payload.passed, 'metrics': $states.result.Payload.metrics, 'verdict': $states.result.Payload.verdictUri}])"),
      },
      next: 'WorthProfiling',
    }),
    // What a rejected version was trained on is compared with nothing.
    WorthProfiling: { Type: 'Choice', Choices: [{ Condition: expr('$evaluation.passed'), Next: 'ProfileTrainingData' }], Default: 'RegisterModel' },
    ProfileTrainingData: fileMap({
      bucketName: props.bucketName,
      key: expr('$snapshot.filesKey'),
      selector: { runId: expr('$run.runId'), snapshotId: expr('$snapshot.snapshotId'), file: expr('$states.context.Map.Item.Value') },
      state: 'ProfileTraining',
      handler: handlers.profileTraining,
      step: 'profile the training data',
      next: 'CompleteBaseline',
    }),
    CompleteBaseline: step(handlers.completeBaseline, 'complete the baseline', {
      payload: { runId: expr('$run.runId'), snapshotId: expr('$snapshot.snapshotId') },
      assign: { profiledRows: expr('$states.result.Payload.rows') },
      next: 'RegisterModel',
    }),
    RegisterModel: step(handlers.registerModel, 'register the model', {
      payload: {
        runId: expr('$run.runId'),
        executionArn: expr('$states.context.Execution.Id'),
        time: expr('$states.context.State.EnteredTime'),
        trigger: expr('$request.trigger'),
        reason: expr('$request.reason'),
        snapshotId: expr('$snapshot.snapshotId'),
        codeVersion: props.codeVersion,
        image: props.image,
        modelDataUrl: expr('$training.modelDataUrl'),
        environment: toAsl(jobs.environment),
        trainingJobName: expr('$training.job'),
        hyperparameters: expr('$training.hyperparameters'),
        automaticApproval: props.automaticApproval,
        baselineUri: expr('$evaluation.baselineUri'),
        modelQualityUri: expr('$evaluation.modelQualityUri'),
      },
      assign: {
        registered: expr('$states.result.Payload'),
        detail: expr("$merge([$detail, {'modelPackageArn': $states.result.Payload.modelPackageArn, 'version': $states.result.Payload.version, 'status': $states.result.Payload.status}])"),
      },
      next: 'GatesPassed',
    }),
    GatesPassed: { Type: 'Choice', Choices: [{ Condition: expr('$evaluation.passed'), Next: 'Registered' }], Default: 'Rejected' },
  };
}

/** A handler step of the workflow; an error ends the run, named in words. */
function step(handler: IFunction, words: string, task: { payload: Record<string, AslValue>; assign: Record<string, AslValue>; next: string }): AslState {
  return { ...handlerTask(handler, { ...task, output: {}, timeoutSeconds: FILE_TIMEOUT }), Catch: caught(words, 'Failed') };
}

interface FileMap {
  readonly bucketName: string;
  readonly key: string;
  readonly selector: Record<string, AslValue>;
  readonly state: string;
  readonly handler: IFunction;
  readonly step: string;
  readonly next: string;
}

/** One child execution per file of a list in S3. Children answer nothing: the results of all of them have to fit into one payload. */
function fileMap(map: FileMap): AslState {
  return {
    Type: 'Map',
    ItemReader: {
      Resource: `arn:${Aws.PARTITION}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Arguments: { Bucket: map.bucketName, Key: map.key },
    },
    ItemSelector: map.selector,
    MaxConcurrency: FILES_AT_ONCE,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: map.state,
      States: {
        [map.state]: {
          Type: 'Task',
          Resource: `arn:${Aws.PARTITION}:states:::lambda:invoke`,
          Arguments: { FunctionName: map.handler.functionArn, Payload: expr('$states.input') },
          Output: {},
          TimeoutSeconds: FILE_TIMEOUT,
          Retry: LAMBDA_RETRY,
          End: true,
        },
      },
    },
    Label: map.state,
    Output: {},
    Catch: caught(map.step, 'Failed'),
    Next: map.next,
  };
}

/** Any error leads to `next`; `$failure` then says in words which step it was. */
function caught(step: string, next: string): AslCatch[] {
  const failure = { step, error: expr('$states.errorOutput.Error'), cause: expr("$exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ''") };
  return [{ ErrorEquals: ['States.ALL'], Next: next, Assign: { failure }, Output: {} }];
}

function ending(outcome: string, reasons: AslValue, page: boolean, next: string): AslState {
  return { Type: 'Pass', Assign: { outcome: { outcome, reasons, page } }, Output: {}, Next: next };
}

/** A key whose NUL is replaced by the value of a JSONata expression. */
function keyExpression(key: string, value: string): string {
  const [before, after] = key.split('\u0000');
  return expr(`'${before}' & ${value} & '${after}'`);
}

/** Plain data as a literal of the state language; a copy without undefined members. */
function toAsl(value: unknown): AslValue {
  return JSON.parse(JSON.stringify(value)) as AslValue;
}
