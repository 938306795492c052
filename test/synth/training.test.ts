import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import validate from 'asl-validator';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { ColumnRole, ColumnType, DataContract, type DataContractOptions, TaskType } from '../../lib/data/data-contract';
import { DataLake } from '../../lib/data/data-lake';
import { TrainingData, type TrainingDataOptions } from '../../lib/data/training-data';
import { Approval } from '../../lib/evaluation/approval';
import { EvaluationGate } from '../../lib/evaluation/evaluation-gate';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { Problems } from '../../lib/private/errors';
import { ModelRegistry } from '../../lib/registry/model-registry';
import { checkDefinition } from '../../lib/rehearsal/services/sfn/check';
import { Algorithm } from '../../lib/training/algorithm';
import { ContainerImage } from '../../lib/training/container-image';
import { Training } from '../../lib/training/training';
import { TrainingWorkflow, type TrainingWorkflowProps } from '../../lib/training/training-workflow';

const URI = '111122223333.dkr.ecr.us-east-1.amazonaws.com/models/churn:1.4.2';

const flights: DataContractOptions = {
  columns: [
    { name: 'time', type: ColumnType.TIMESTAMP, role: ColumnRole.TIME },
    { name: 'distance', type: ColumnType.INTEGER, role: ColumnRole.FEATURE, minimum: 0, maximum: 6000 },
    { name: 'origin', type: ColumnType.STRING, roles: [ColumnRole.FEATURE, ColumnRole.SLICE] },
    { name: 'delayed', type: ColumnType.BOOLEAN, role: ColumnRole.LABEL },
  ],
};

interface Built {
  readonly app: App;
  readonly stack: Stack;
  readonly workflow: TrainingWorkflow;
  readonly registry: ModelRegistry;
}

function build(overrides: Partial<TrainingWorkflowProps> & { contract?: DataContract; data?: Partial<TrainingDataOptions> } = {}, env?: { region: string; account: string }): Built {
  const app = new App();
  const stack = new Stack(app, 'Stack', { env });
  const lake = new DataLake(stack, 'Lake');
  const modelName = 'flight-delay';
  const governance = new ModelGovernance(stack, 'Governance', { modelName, lake, owner: ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }) });
  const registry = new ModelRegistry(stack, 'Registry', { modelName });
  const { contract, data, ...props } = overrides;
  const workflow = new TrainingWorkflow(stack, 'Training', {
    modelName,
    lake,
    governance,
    registry,
    trainingData: TrainingData.fromBucket(lake, { contract: contract ?? DataContract.of(flights), ...data }),
    training: Training.container(ContainerImage.fromUri(URI), { hyperparameters: { rounds: '100' } }),
    gates: [EvaluationGate.atLeast('auc', 0.6), EvaluationGate.betterThanChampion('auc', { margin: 0.002 })],
    ...props,
  });
  return { app, stack, workflow, registry };
}

/** The definition with every reference replaced by a text. */
function definitionOf(stack: Stack): { text: string; states: Record<string, Record<string, unknown>> } {
  const machines = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
  const body = machines[0]!.Properties.DefinitionString as { 'Fn::Join': [string, unknown[]] };
  const text = body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part) === '{"Ref":"AWS::Partition"}' ? 'aws' : 'reference')).join('');
  return { text, states: (JSON.parse(text) as { States: Record<string, Record<string, unknown>> }).States };
}

describe('the training workflow', () => {
  let built: Built;
  let states: Record<string, Record<string, any>>;
  let text: string;

  beforeAll(() => {
    built = build();
    ({ states, text } = definitionOf(built.stack));
  });

  it('is well-formed Amazon States Language', () => {
    expect(validate(JSON.parse(text) as object, { checkPaths: true, checkArn: false })).toMatchObject({ isValid: true, errors: [] });
  });

  it('uses only what Step Functions has, with variables that exist where they are read', () => {
    expect(checkDefinition(JSON.parse(text.replaceAll('"reference"', '"arn:aws:lambda:us-east-1:111122223333:function:reference"'))).problems).toEqual([]);
  });

  it('gives every task a retry, a timeout and a way out of errors', () => {
    for (const [name, state] of Object.entries(states)) {
      if (state['Type'] !== 'Task') continue;
      expect(state['TimeoutSeconds'], name).toBeGreaterThan(0);
      expect(state['Retry'], name).not.toHaveLength(0);
      if (!name.startsWith('Record')) expect(state['Catch'], name).not.toHaveLength(0);
    }
  });

  it('ends every path in a recorded outcome', () => {
    const recorded = new Set(['RecordOutcome', 'RecordSkipped']);
    const visit = (name: string, path: string[]): void => {
      if (recorded.has(name)) return;
      const state = states[name]!;
      expect(path, `circle at ${name}`).not.toContain(name);
      expect(state['End'], `${name} ends unrecorded`).toBeUndefined();
      expect(['Succeed', 'Fail'], `${name} ends unrecorded`).not.toContain(state['Type']);
      const targets = [state['Next'], state['Default'], ...(state['Choices'] ?? []).map((choice: any) => choice.Next), ...(state['Catch'] ?? []).map((entry: any) => entry.Next)];
      for (const next of new Set<string>(targets.filter((target) => target !== undefined))) visit(next, [...path, name]);
    };
    visit('ReadRequest', []);
  });

  it('cleans up and unlocks before it records a run that had the lock', () => {
    for (const name of ['DataInvalid', 'Rejected', 'Registered', 'Failed']) expect(states[name]!['Next']).toBe('Conclude');
    expect(states['Conclude']!['Next']).toBe('ReleaseLock');
    expect(states['Conclude']!['Catch'][0].Next).toBe('ReleaseLock');
    expect(states['ReleaseLock']!['Next']).toBe('RecordOutcome');
  });

  it('validates before it trains and pages for bad data, not for a rejection', () => {
    expect(states['DataValid']).toMatchObject({ Choices: [{ Next: 'Snapshot' }], Default: 'DataInvalid' });
    expect(states['DataInvalid']!['Assign'].outcome.page).toBe(true);
    expect(states['Failed']!['Assign'].outcome.page).toBe(true);
    expect(states['Rejected']!['Assign'].outcome.page).toBe(false);
  });

  it('scores the features alone and joins the answer to the whole row', () => {
    const branches = states['Score']!['Branches'] as { States: Record<string, any> }[];
    const transform = branches[0]!.States['ChallengerTransform'].Arguments;
    // time, label, distance, origin: the features start at the third value.
    expect(transform.DataProcessing).toEqual({ InputFilter: '$[2:]', JoinSource: 'Input' });
    expect(transform.TransformOutput).toMatchObject({ Accept: 'text/csv', AssembleWith: 'Line' });
    expect(branches[1]!.States).toHaveProperty('ChampionTransform');
  });

  it('encrypts volumes and outputs with the key of the lake and isolates containers', () => {
    const train = states['Train']!['Arguments'];
    expect(train.ResourceConfig.VolumeKmsKeyId).toBe('reference');
    expect(train.OutputDataConfig.KmsKeyId).toBe('reference');
    expect(train.EnableNetworkIsolation).toBe(true);
    expect(train.InputDataConfig.map((channel: any) => channel.ChannelName)).toEqual(['train', 'validation', 'contract']);
    expect(train.HyperParameters).toContain('$request.hyperparameters');
  });

  it('approves by hand unless told otherwise', () => {
    expect(states['RegisterModel']!['Arguments'].Payload.automaticApproval).toBe(false);
    const automatic = definitionOf(build({ approval: Approval.automatic() }).stack).states;
    expect((automatic['RegisterModel'] as any).Arguments.Payload.automaticApproval).toBe(true);
  });

  it('lets jobs read curated data and write artifacts and scores, nothing else of the lake', () => {
    const policies = Template.fromStack(built.stack).findResources('AWS::IAM::Policy');
    const job = Object.entries(policies).find(([id]) => id.includes('JobRole'))![1];
    const objects = job.Properties.PolicyDocument.Statement.filter((statement: any) => JSON.stringify(statement.Action).includes('s3:')).map((statement: any) =>
      JSON.stringify(statement.Resource),
    );
    for (const forbidden of ['raw/', 'state/', 'captured/', 'snapshots/']) expect(objects.join()).not.toContain(forbidden);
    expect(JSON.stringify(job)).toContain('repository/models/churn');
    expect(JSON.stringify(job)).not.toContain('"Action":"*"');
  });

  it('passes only the job role, and only to SageMaker', () => {
    Template.fromStack(built.stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: 'iam:PassRole', Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } }, Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('JobRole'), 'Arn'] } }),
        ]),
      },
    });
  });

  it('keeps the model package group when the stack goes', () => {
    Template.fromStack(built.stack).hasResource('AWS::SageMaker::ModelPackageGroup', { Properties: { ModelPackageGroupName: 'flight-delay' }, DeletionPolicy: 'Retain' });
  });

  it('synthesizes the same template twice', () => {
    expect(Template.fromStack(build().stack).toJSON()).toEqual(Template.fromStack(built.stack).toJSON());
  });

  it('has no unacknowledged cdk-nag finding', () => {
    const { app, stack } = build();
    const report = new AwsSolutionsChecks(app).validateScope(stack);
    expect(report.violations.map((violation) => `${violation.ruleName} ${violation.violatingResources.map((resource) => resource.resourceLogicalId).join()}`)).toEqual([]);
  });
});

describe('choices of training', () => {
  const problemsOf = (check: (problems: Problems) => void): string[] => {
    const problems = new Problems();
    check(problems);
    return problems.all.map((problem) => `${problem.code} ${problem.path}`);
  };

  it.each([
    ['111122223333.dkr.ecr.us-east-1.amazonaws.com/churn:latest', 'ImageLatest'],
    ['111122223333.dkr.ecr.us-east-1.amazonaws.com/churn', 'ImageWithoutTag'],
    ['docker.io/library/python:3.12', 'ImageNotInEcr'],
    [Token.asString({ Ref: 'Image' }), 'ImageUriUnresolved'],
  ])('refuse the image %s', (uri, code) => {
    expect(problemsOf((problems) => ContainerImage.fromUri(uri)._validate('training.image', problems))).toEqual([`${code} training.image.uri`]);
  });

  it('accept an image by tag or digest', () => {
    for (const uri of [URI, `${URI.split(':')[0]}@sha256:${'a'.repeat(64)}`]) expect(problemsOf((problems) => ContainerImage.fromUri(uri)._validate('image', problems))).toEqual([]);
  });

  it('refuse the tag latest of a repository', () => {
    const repository = ecr.Repository.fromRepositoryName(new Stack(), 'Repository', 'churn');
    expect(problemsOf((problems) => ContainerImage.fromEcrRepository(repository, 'latest')._validate('image', problems))).toEqual(['ImageLatest image.tagOrDigest']);
  });

  it('build local containers for linux/amd64 and name the code by the asset hash', () => {
    const folder = mkdtempSync(join(tmpdir(), 'container-'));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    const { app, stack } = build({ training: Training.container(ContainerImage.fromAsset(folder)) });
    const manifest = app.synth().artifacts.find((artifact) => artifact.id.endsWith('.assets')) as unknown as { contents: { dockerImages: Record<string, { source: { platform: string } }> } };
    expect(Object.values(manifest.contents.dockerImages).map((image) => image.source.platform)).toEqual(['linux/amd64']);
    const { states } = definitionOf(stack);
    expect((states['RegisterModel'] as any).Arguments.Payload.codeVersion).toMatch(/^[0-9a-f]{64}$/);
  });

  it('report everything at once, with paths', () => {
    const contract = DataContract.of({ columns: [{ name: 'a', type: ColumnType.STRING, role: ColumnRole.FEATURE }, { name: 'y', type: ColumnType.NUMBER, role: ColumnRole.LABEL }] });
    const attempt = (): unknown =>
      build({
        contract,
        data: { testWindow: Duration.days(3) },
        modelName: 'Flight_Delay',
        training: Training.builtIn(Algorithm.XGBOOST_1_7, { instanceType: 'm5.large' }),
        gates: [EvaluationGate.atLeast('auc', 0.6), EvaluationGate.atLeast('r2', 0.1), EvaluationGate.noSliceRegression('rmse')],
      });
    expect(attempt).toThrow(/ModelName[\s\S]*TestWindowWithoutTime[\s\S]*InstanceType[\s\S]*HyperparameterMissing[\s\S]*FeaturesNotNumeric[\s\S]*gates\[0\].metric: is no metric of regression[\s\S]*NoSliceColumn/);
  });

  it('find the registry of a built-in algorithm in any region', () => {
    const contract = DataContract.of({ columns: [{ name: 'a', type: ColumnType.NUMBER, role: ColumnRole.FEATURE }, { name: 'y', type: ColumnType.STRING, role: ColumnRole.LABEL, categories: ['x', 'y', 'z'] }] });
    const training = Training.builtIn(Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '50' } });
    const gates = [EvaluationGate.atLeast('macroF1', 0.5)];
    const agnostic = build({ contract, training, gates });
    Template.fromStack(agnostic.stack).hasMapping('*', { 'us-east-1': { account: '683313688378' } });
    const { text, states } = definitionOf(build({ contract, training, gates }, { region: 'eu-west-1', account: '111122223333' }).stack);
    expect(text).toContain('141502667606.dkr.ecr.eu-west-1.');
    expect((states['Train'] as any).Arguments.HyperParameters).toContain('"objective":"multi:softmax","num_class":"3"');
    // Built-in algorithms refuse channels that they do not know.
    expect((states['Train'] as any).Arguments.InputDataConfig).toHaveLength(2);
    expect(() => build({ contract, training, gates }, { region: 'xx-west-1', account: '111122223333' })).toThrow(/AlgorithmNotInRegion/);
  });

  it('leave the volume key to instances that encrypt their own disks', () => {
    const { states } = definitionOf(build({ training: Training.container(ContainerImage.fromUri(URI), { instanceType: 'ml.g5.xlarge' }) }).stack);
    expect((states['Train'] as any).Arguments.ResourceConfig).not.toHaveProperty('VolumeKmsKeyId');
  });

  it.each<[string, EvaluationGate, string]>([
    ['a misspelt metric', EvaluationGate.atLeast('acuracy', 0.5), "did you mean 'accuracy'?"],
    ['a threshold out of range', EvaluationGate.atLeast('auc', 60), 'from 0 to 1'],
    ['a negative margin', EvaluationGate.betterThanChampion('auc', { margin: -1 }), 'gates[0].margin'],
    ['a slice column without that role', EvaluationGate.everySliceAtLeast('auc', 0.5, { column: 'distance' }), 'must be one of the columns with role slice or protected: origin'],
    ['a fraction of rows', EvaluationGate.everySliceAtMost('brier', 0.5, { minimumRows: 0.5 }), 'gates[0].minimumRows'],
  ])('refuse a gate with %s', (_name, gate, message) => {
    expect(() => build({ gates: [gate] })).toThrow(message);
  });

  it('refuse a workflow without gates', () => {
    expect(() => build({ gates: [] })).toThrow(/NoGates/);
  });
});

describe('the data contract', () => {
  const messageOf = (document: unknown): string => {
    try {
      DataContract.fromObject(document)._document();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const good = { name: 'x', type: 'number', role: 'feature' };
  const label = { name: 'y', type: 'boolean', role: 'label' };

  it.each<[string, unknown, string]>([
    ['a list instead of a mapping', [], 'ContractNotAnObject'],
    ['no columns', {}, 'ContractWithoutColumns'],
    ['no label', { columns: [good] }, 'ContractWithoutLabel'],
    ['no feature', { columns: [label] }, 'ContractWithoutFeature'],
    ['two labels', { columns: [good, label, { ...label, name: 'z' }] }, 'RoleGivenTwice'],
    ['a nullable label', { columns: [good, { ...label, nullable: true }] }, 'MustNotBeNullable'],
    ['a name twice', { columns: [good, good, label] }, 'columns[1].name: must be unique, columns[0] has it too'],
    ['an empty range', { columns: [{ ...good, minimum: 2, maximum: 1 }, label] }, 'EmptyRange'],
    ['categories on a number', { columns: [{ ...good, categories: ['a'] }, label] }, 'CategoriesOnNonString'],
    ['a range on a text', { columns: [{ ...good, type: 'string', minimum: 1 }, label] }, 'RangeOnNonNumber'],
    ['an unknown key', { columns: [{ ...good, minium: 1 }, label] }, "did you mean 'minimum'?"],
    ['an unknown type', { columns: [{ ...good, type: 'interger' }, label] }, "did you mean 'integer'?"],
    ['an unknown role', { columns: [{ ...good, role: 'featur' }, label] }, "did you mean 'feature'?"],
    ['a label that is a feature', { columns: [{ ...label, role: undefined, roles: ['label', 'feature'] }, good] }, 'RolesExclude'],
    ['a time that is no timestamp', { columns: [good, label, { name: 't', type: 'string', role: 'time' }] }, 'TimeNotTimestamp'],
    ['the name of the score', { columns: [{ ...good, name: 'prediction' }, label] }, 'ReservedColumnName'],
    ['a share over one', { columns: [{ ...good, maximumNullShare: 2 }, label] }, 'NullShareOutOfRange'],
    ['a text label without classes', { columns: [good, { name: 'y', type: 'string', role: 'label' }] }, 'LabelWithoutCategories'],
    ['a task that the label cannot have', { task: 'regression', columns: [good, label] }, 'TaskDoesNotFitLabel'],
    ['an unknown task', { task: 'classification', columns: [good, label] }, 'UnknownTask'],
  ])('refuses %s', (_name, document, message) => {
    expect(messageOf(document)).toContain(message);
  });

  it('reports all mistakes of a YAML file at once, with lines', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'contract-')), 'contract.yaml');
    writeFileSync(file, 'columns:\n  - name: x\n    type: numbr\n    role: feature\n  - name: y\n    type: boolean\n    role: label\n    nullable: true\n');
    expect(() => DataContract.fromFile(file)._document()).toThrow(/contract\.yaml:3 columns\[0\]\.type[\s\S]*contract\.yaml:8 columns\[1\]\.nullable/);
  });

  it('reports broken YAML with line and column, and a missing file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'contract-')), 'contract.yaml');
    writeFileSync(file, 'columns:\n  - name: "x\n');
    expect(() => DataContract.fromFile(file)._document()).toThrow(/contract\.yaml:\d+:\d+.*\[ContractFileSyntax\]/);
    expect(() => DataContract.fromFile('nowhere.yaml')._document()).toThrow(/ContractFileUnreadable/);
  });

  it('is the same from YAML, JSON and TypeScript', () => {
    const folder = mkdtempSync(join(tmpdir(), 'contract-'));
    writeFileSync(join(folder, 'c.json'), JSON.stringify(flights));
    writeFileSync(
      join(folder, 'c.yaml'),
      'columns:\n- {name: time, type: timestamp, role: time}\n- {name: distance, type: integer, role: feature, minimum: 0, maximum: 6000}\n- {name: origin, type: string, roles: [feature, slice]}\n- {name: delayed, type: boolean, role: label}\n',
    );
    const expected = DataContract.of(flights)._document();
    expect(DataContract.fromFile(join(folder, 'c.json'))._document()).toEqual(expected);
    expect(DataContract.fromFile(join(folder, 'c.yaml'))._document()).toEqual(expected);
    expect(expected.task).toBe(TaskType.BINARY_CLASSIFICATION);
  });

  it('derives the task from the label', () => {
    const taskOf = (column: object): string => DataContract.fromObject({ columns: [good, { name: 'y', role: 'label', ...column }] })._document().task;
    expect(taskOf({ type: 'number' })).toBe('regression');
    expect(taskOf({ type: 'string', categories: ['a', 'b', 'c'] })).toBe('multiclass-classification');
    expect(taskOf({ type: 'boolean' })).toBe('binary-classification');
  });
});
