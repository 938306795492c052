import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import { featureColumns, findPredictionQuery, FIXED_COLUMNS } from '../../lib/prediction-log/prediction-columns';
import { DAY_COLUMN } from '../../lib/prediction-log/prediction-log.contract';

const root = resolve(__dirname, '../..');
const FEATURES = [
  { name: 'Distance', type: ml.ColumnType.INTEGER },
  { name: 'passenger', type: ml.ColumnType.STRING },
  { name: 'shadow', type: ml.ColumnType.BOOLEAN },
];

function build(predictionLog?: ml.PredictionLog, lakeProps: ml.DataLakeProps = {}, app = new App()): { stack: Stack; pipeline: ml.MlPipeline } {
  const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const columns = [{ name: 'delayed', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL }, ...FEATURES.map((feature) => ({ ...feature, role: ml.ColumnRole.FEATURE }))];
  const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
    modelName: 'flight-delay',
    owner: ml.ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake', lakeProps), { contract: ml.DataContract.of({ columns }) }),
    training: ml.Training.container(ml.ContainerImage.fromUri('111122223333.dkr.ecr.us-east-1.amazonaws.com/flight-delay:1')),
    predictionLog,
  });
  return { stack, pipeline };
}

function rules(stack: Stack): Record<string, any>[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::S3::Bucket', { Properties: { VersioningConfiguration: { Status: 'Enabled' } } }))[0]!['Properties'].LifecycleConfiguration.Rules;
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('the prediction log', () => {
  it('is there by default, for a year, and leaves captured data to the lake', () => {
    const { stack, pipeline } = build();
    expect(pipeline.predictionLog?.tableName).toBe('flight_delay');
    expect(rules(stack)).toContainEqual({ Id: 'predictions-flight-delay', Prefix: 'predictions/flight-delay/', ExpirationInDays: 365, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' });
    expect(rules(stack).filter(({ Id }) => Id.startsWith('captured-'))).toEqual([]);
  });

  it('has a table with the columns of the contract, and partitions from the calendar', () => {
    const { stack } = build(ml.PredictionLog.standard({ retention: Duration.days(30) }));
    const { TableInput } = Object.values(Template.fromStack(stack).findResources('AWS::Glue::Table'))[0]!['Properties'];
    expect(TableInput.StorageDescriptor.Columns.map(({ Name, Type }: Record<string, string>) => `${Name} ${Type}`)).toEqual([
      ...FIXED_COLUMNS.map(({ name, type }) => `${name} ${type}`),
      'distance bigint',
      'passenger string',
      'feature_shadow boolean',
    ]);
    expect(TableInput.PartitionKeys).toMatchObject([{ Name: 'inference_date', Type: 'date' }]);
    expect(TableInput.Parameters).toMatchObject({ 'projection.enabled': 'true', 'projection.inference_date.type': 'date', 'projection.inference_date.range': 'NOW-31DAYS,NOW+1DAYS' });
    expect(JSON.stringify(TableInput.Parameters['storage.location.template'])).toContain('/predictions/flight-delay/inference_date=${inference_date}/');
  });

  it('prepares the documented query in a workgroup that encrypts, and that nobody can override', () => {
    const template = Template.fromStack(build().stack);
    template.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'flight-delay-predictions',
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: { EnforceWorkGroupConfiguration: true, ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS' } } },
    });
    const statement = Object.values(template.findResources('AWS::Athena::PreparedStatement'))[0]!['Properties'].QueryStatement;
    const text = (statement['Fn::Join'][1] as unknown[]).map((part) => (typeof part === 'string' ? part : 'DATABASE')).join('');
    expect(text).toBe(findPredictionQuery('"DATABASE"."flight_delay"', featureColumns(FEATURES, [], [DAY_COLUMN])));
    const documented = findPredictionQuery('"<database>"."<model>"', featureColumns([{ name: 'distance', type: 'integer' }], [], [DAY_COLUMN]));
    expect(readFileSync(join(root, 'docs/prediction-log.md'), 'utf8')).toContain(`\`\`\`sql\n${documented}\n\`\`\``);
  });

  it('names every column in its documentation', () => {
    const text = readFileSync(join(root, 'docs/prediction-log.md'), 'utf8');
    for (const { name } of FIXED_COLUMNS) expect(text).toContain(`\`${name}\``);
  });

  it('drops columns from table, query and function, and keeps raw captured data for thirty days then', () => {
    const { stack } = build(ml.PredictionLog.standard({ droppedColumns: ['passenger'] }));
    const template = Template.fromStack(stack);
    expect(JSON.stringify(template.findResources('AWS::Glue::Table'))).not.toContain('passenger');
    expect(JSON.stringify(template.findResources('AWS::Athena::PreparedStatement'))).not.toContain('passenger');
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ DROPPED_COLUMNS: '["passenger"]' }) } });
    expect(rules(stack)).toContainEqual({ Id: 'captured-flight-delay', Prefix: 'captured/flight-delay/', ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' });
  });

  it('hears of captured files of its own model only', () => {
    Template.fromStack(build().stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ source: ['aws.s3'], detail: { bucket: Match.anyValue(), object: { key: [{ wildcard: 'captured/flight-delay/*.jsonl' }] } } }),
    });
  });

  it('lets a person query this table and nothing else, without a finding of cdk-nag', () => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks());
    const { stack, pipeline } = build(ml.PredictionLog.standard(), {}, app);
    pipeline.grants.queryPredictions(new iam.Role(stack, 'Auditor', { assumedBy: new iam.AccountRootPrincipal() }));
    expect(() => app.synth()).not.toThrow();
    const [policy] = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Auditor'));
    const text = JSON.stringify(policy![1]['Properties'].PolicyDocument);
    for (const part of ['workgroup/flight-delay-predictions', '/flight_delay"', '/predictions/flight-delay/*', '/queries/flight-delay/*']) expect(text).toContain(part);
    expect(text).not.toMatch(/captured|s3:DeleteObject|glue:(Create|Update|Delete)/);
  });

  it('can be left out', () => {
    const { stack, pipeline } = build(ml.PredictionLog.none());
    expect(pipeline.predictionLog).toBeUndefined();
    Template.fromStack(stack).resourceCountIs('AWS::Glue::Table', 0);
    expect(pipeline.grants.queryPredictions(new iam.Role(stack, 'Auditor', { assumedBy: new iam.AccountRootPrincipal() })).success).toBe(false);
  });

  it('shares one database per lake', () => {
    const { stack, pipeline } = build();
    new ml.MlPipeline(stack, 'Second', {
      modelName: 'fare',
      owner: ml.ModelOwner.team('flight-ops'),
      trainingData: ml.TrainingData.fromBucket(pipeline.lake, { contract: ml.DataContract.fromFile(join(root, 'examples/quickstart/contract.yaml')) }),
      training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    });
    Template.fromStack(stack).resourceCountIs('AWS::Glue::Database', 1);
    Template.fromStack(stack).resourceCountIs('AWS::Glue::Table', 2);
  });

  it('fails on columns that are no features, on retentions that S3 or monitoring cannot keep, all at once', () => {
    const log = ml.PredictionLog.standard({ retention: Duration.hours(36), captureRetention: Duration.days(1), droppedColumns: ['pasenger', 'delayed'] });
    const message = messageOf(() => build(log));
    expect(message).toMatch(/predictionLog\.retention: must be whole days, at least 1 day, got "1 day 12 hours"/);
    expect(message).toMatch(/predictionLog\.captureRetention: must be whole days, at least 2 days, got "1 day"/);
    expect(message).toMatch(/predictionLog\.droppedColumns\[0\]: must be a feature of the contract, got "pasenger"; did you mean 'passenger'\?/);
    expect(message).toMatch(/predictionLog\.droppedColumns\[1\]: .*requests hold features only/);
    expect(messageOf(() => build(ml.PredictionLog.standard({ captureRetention: Duration.days(60) }), { capturedExpiration: Duration.days(30) }))).toContain('[CaptureRetentionBeyondLake]');
  });
});
