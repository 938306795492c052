import { Duration, Size, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { columnLayout } from '../data/data-contract.contract';
import { DataLake } from '../data/data-lake';
import { Area } from '../data/data-lake.contract';
import { TrainingData } from '../data/training-data';
import { Approval } from '../evaluation/approval';
import { EvaluationGate } from '../evaluation/evaluation-gate';
import { ModelGovernance } from '../governance/model-governance';
import { acknowledgeWildcard } from '../private/acknowledge';
import { Problems } from '../private/errors';
import { allowDistributedMap } from '../private/distributed-map';
import { ExecutionFailuresAlarm } from '../private/execution-failures';
import { HandlerFunction } from '../private/handler-function';
import { Workflow } from '../private/workflow';
import { ModelRegistry } from '../registry/model-registry';
import { Training } from './training';
import { trainingDefinition, TrainingHandlers } from './training-definition';
import { JobStates, PROVISIONING_SECONDS, SCORING_SECONDS } from './training-jobs';
import { allowJobs, sagemakerJobRole } from './training-permissions';
import { MODEL_NAME_MAXIMUM, MODEL_NAME_PATTERN } from './training-workflow.contract';

export interface TrainingWorkflowProps {
  /** Lower case letters, digits and hyphens, at most 32. */
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly registry: ModelRegistry;
  readonly trainingData: TrainingData;
  readonly training: Training;
  /** What a trained model has to meet. */
  readonly gates: EvaluationGate[];

  /**
   * Who releases a model that passed its gates.
   *
   * @default Approval.manual()
   */
  readonly approval?: Approval;
}

/** Validation, snapshot and preparation of the data take at most this long together; evaluation and registration as well. */
const HANDLERS_LIMIT = Duration.hours(3);

/**
 * Workflow 1: validates the data before money is spent, snapshots it, trains, scores challenger and champion on the same frozen test set,
 * decides the gates, and registers the model with its lineage and reasons. Every path ends in a recorded outcome.
 */
export class TrainingWorkflow extends Construct {
  public readonly stateMachine: sfn.StateMachine;
  /** Role of training jobs, scoring models and transform jobs. */
  public readonly jobRole: iam.IRole;

  public constructor(scope: Construct, id: string, props: TrainingWorkflowProps) {
    super(scope, id);
    this.validate(props);
    const { modelName, lake, governance, registry } = props;
    const contract = props.trainingData.contract._document();
    const training = props.training._bind(this, contract);
    if (training.image.repositoryArn !== undefined) registry._addImageRepository(training.image.repositoryArn);
    this.jobRole = sagemakerJobRole(this, { modelName, lake, registry });

    const handlers = this.handlers(props);
    const jobs = new JobStates({
      modelName,
      bucketName: lake.bucket.bucketName,
      keyArn: lake.key.keyArn,
      roleArn: this.jobRole.roleArn,
      training,
      layout: columnLayout(contract),
    });
    const limit = Duration.seconds(training.maxRuntime.toSeconds() + PROVISIONING_SECONDS + SCORING_SECONDS).plus(HANDLERS_LIMIT);
    const workflow = new Workflow(this, 'Workflow', {
      definition: trainingDefinition({
        modelName,
        bucketName: lake.bucket.bucketName,
        rawPrefix: props.trainingData._rawPrefix(modelName),
        contract,
        split: props.trainingData._split(),
        gates: props.gates.map((gate) => gate._specification()),
        automaticApproval: (props.approval ?? Approval.manual())._automatic,
        codeVersion: training.codeVersion,
        image: training.image.imageUri,
        governance,
        handlers,
        jobs,
        leaseSeconds: limit.toSeconds(),
      }),
      handlers: [...Object.values(handlers), ...governance._handlers],
      timeout: limit,
    });
    this.stateMachine = workflow.stateMachine;
    new ExecutionFailuresAlarm(this, 'Failures', { governance, stateMachine: this.stateMachine, workflow: 'training' });
    allowJobs(this.stateMachine.role, this, modelName, this.jobRole);
    allowDistributedMap(this, this.stateMachine);
    lake._grantRead(this.stateMachine.role, 'snapshots', modelName);
  }

  private validate(props: TrainingWorkflowProps): void {
    const problems = new Problems();
    const document = props.trainingData.contract._tryDocument();
    if (!Token.isUnresolved(props.modelName)) {
      const valid = MODEL_NAME_PATTERN.test(props.modelName) && props.modelName.length <= MODEL_NAME_MAXIMUM;
      const rule = `must be lower case letters, digits and single hyphens, at most ${MODEL_NAME_MAXIMUM} characters: names of jobs and roles are derived from it`;
      problems.require(valid, 'ModelName', 'modelName', props.modelName, rule, 'shorten or rename it');
    } else problems.add('ModelNameUnresolved', 'modelName', 'a value known only on deployment', 'must be known at synth', 'write the name');
    props.trainingData._validate('trainingData', problems);
    props.training._validate('training', problems, document);
    props.training._validateRegion(this, 'training', problems);
    props.gates.forEach((gate, index) => gate._validate(`gates[${index}]`, problems, document));
    problems.require(props.gates.length > 0, 'NoGates', 'gates', props.gates.length, 'must hold at least one gate', "write for example EvaluationGate.atLeast('accuracy', 0.7)");
    problems.throwIfAny(this);
  }

  private handlers(props: TrainingWorkflowProps): TrainingHandlers {
    const { modelName, lake, registry } = props;
    const environment = { LAKE_BUCKET: lake.bucket.bucketName, MODEL_NAME: modelName };
    const make = (id: string, handler: string, description: string, access: { read?: Area[]; write?: Area[]; large?: boolean }): HandlerFunction => {
      const large = access.large ?? false;
      const fn = new HandlerFunction(this, id, {
        handler,
        description: `${description} of model ${modelName}`,
        environment,
        timeout: Duration.minutes(large ? 10 : 5),
        memory: Size.mebibytes(large ? 2048 : 512),
      });
      for (const area of access.read ?? []) lake._grantRead(fn, area, modelName);
      for (const area of access.write ?? []) lake._grantWrite(fn, area, modelName);
      return fn;
    };
    const handlers = {
      listFiles: make('ListFiles', 'list-files', 'Lists the raw files', { read: ['raw'], write: ['snapshots'] }),
      validateFile: make('ValidateFile', 'validate-file', 'Validates one raw file', { read: ['raw', 'snapshots'], write: ['quarantine'], large: true }),
      summarizeValidation: make('SummarizeValidation', 'summarize-validation', 'Sums up the validation', { read: ['snapshots', 'quarantine'], write: ['quarantine'] }),
      snapshot: make('Snapshot', 'snapshot', 'Takes a snapshot of the data', { read: ['snapshots', 'quarantine', 'curated'], write: ['snapshots', 'curated'] }),
      prepareFile: make('PrepareFile', 'prepare-file', 'Prepares one raw file', { read: ['raw', 'snapshots', 'curated'], write: ['curated'], large: true }),
      findChampion: make('FindChampion', 'find-champion', 'Finds the champion', { read: ['state'] }),
      evaluate: make('Evaluate', 'evaluate', 'Evaluates a version', { read: ['evaluations'], write: ['evaluations', 'baselines'], large: true }),
      profileTraining: make('ProfileTraining', 'profile-training', 'Profiles a part of the training data', { read: ['curated', 'baselines'], write: ['baselines'], large: true }),
      completeBaseline: make('CompleteBaseline', 'complete-baseline', 'Adds the training data to the baseline', { read: ['snapshots', 'baselines'], write: ['baselines'] }),
      registerModel: make('RegisterModel', 'register-model', 'Registers a version', { read: ['evaluations', 'artifacts'], write: ['evaluations'] }),
      concludeTraining: make('ConcludeTraining', 'conclude-training', 'Cleans up after a training run', {}),
    };
    registry._grantOnVersions(handlers.findChampion, 'sagemaker:DescribeModelPackage');
    registry._grantOnVersions(handlers.registerModel, 'sagemaker:CreateModelPackage', 'sagemaker:DescribeModelPackage', 'sagemaker:UpdateModelPackage');
    handlers.registerModel.addToRolePolicy(new iam.PolicyStatement({ actions: ['sagemaker:CreateModelPackage'], resources: [registry.modelPackageGroupArn] }));
    // CreateModelPackage reads the image's digest and the model data in the caller's name.
    registry._grantPullImages(handlers.registerModel);
    const scoringModels = Stack.of(this).formatArn({ service: 'sagemaker', resource: 'model', resourceName: `${modelName}-*` });
    handlers.concludeTraining.addToRolePolicy(new iam.PolicyStatement({ actions: ['sagemaker:DeleteModel'], resources: [scoringModels] }));
    acknowledgeWildcard(handlers.concludeTraining.role!, scoringModels, 'scoring models of one model, whose names end in the id of the run');
    return handlers;
  }
}
