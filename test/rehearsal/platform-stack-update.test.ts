import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REPLACING_PROPERTIES } from '../../lib/rehearsal/assembly/replacements';
import type { RequestRecord } from '../../lib/rehearsal/aws/record';
import type { StackResult } from '../../lib/rehearsal/assembly/stack-result';
import { synthesize } from '../../lib/cli/synthesize';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import { LogsService } from '../../lib/rehearsal/services/logs';
import { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import { SsmService } from '../../lib/rehearsal/services/ssm';
import { endpoint, lambda, MINUTE, PlatformWorld, role, START, type Resources } from './platform-world';

let world: PlatformWorld;
beforeEach(() => {
  world = new PlatformWorld();
});
afterEach(() => world.close());

const actions = ({ changes }: StackResult): string[] => changes.map(({ action, logicalId }) => `${action} ${logicalId}`);
const alarm = (Threshold: number, more: Record<string, unknown> = {}): Resources[string] => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { Namespace: 'Test', MetricName: 'Errors', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold, ComparisonOperator: 'GreaterThanThreshold', ...more },
});
const parameter = (Value: unknown): Resources[string] => ({ Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Name: '/test/value', Value } });
const WORKFLOW = (Output: string, RoleId = 'Role'): Resources[string] => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    RoleArn: { 'Fn::GetAtt': [RoleId, 'Arn'] },
    Definition: { QueryLanguage: 'JSONata', StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, Next: 'End' }, End: { Type: 'Succeed', Output } } },
  },
});

/** A provider that logs its event, and does what the properties of the resource say. */
const PROVIDER = (label: string): string => `exports.handler = async (event) => {
  const { RequestType, ResourceProperties: now, OldResourceProperties: old, PhysicalResourceId } = event;
  console.log(JSON.stringify({ by: '${label}', RequestType, now: now.Value, old: old && old.Value, PhysicalResourceId }));
  const ok = !(now.FailOn || '').split(',').includes(RequestType);
  const body = JSON.stringify({ Status: ok ? 'SUCCESS' : 'FAILED', Reason: 'told to', PhysicalResourceId: now.Id || 'thing', Data: { Value: now.Value } });
  await fetch(event.ResponseURL, { method: 'PUT', body });
};`;
const custom = (properties: Record<string, unknown>): Resources[string] => ({
  Type: 'Custom::Thing',
  Properties: { ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] }, ...properties },
});
const withProvider = (more: Resources, asset = 'provider'): Resources => ({ Role: role('lambda.amazonaws.com'), Provider: lambda(asset, 'Role'), ...more });
const requests = (simulation: RunningSimulation): any[] =>
  simulation
    .service<LogsService>('logs')
    .events(`/aws/lambda/${simulation.resource('Provider').ref}`)
    .map(({ message }) => JSON.parse(message.replace(/^INFO\t/, '')));

describe('update of a stack', () => {
  test('changes in place what can be, and what refers to it; creates and deletes the rest', async () => {
    const before: Resources = {
      Role: role('lambda.amazonaws.com', { Action: 's3:GetObject', Resource: '*' }),
      F: lambda('f', 'Role', { WORD: 'old' }),
      Alarm: alarm(1),
      Value: parameter({ Ref: 'Alarm' }),
      Gone: { Type: 'AWS::SNS::Topic' },
    };
    const simulation = await world.deploy(before, { f: 'exports.handler = async () => process.env.WORD;' });
    const { ref } = simulation.resource('F');
    expect((await world.invoke('F')).value).toBe('old');
    const { Gone: _gone, ...kept } = before;
    const result = await world.update(
      { ...kept, F: lambda('f2', 'Role', { WORD: 'new' }), Alarm: alarm(2), New: { Type: 'AWS::SNS::Topic' } },
      { f2: 'exports.handler = async () => process.env.WORD + "!";' },
    );
    expect(result).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(actions(result)).toEqual(['UPDATED F', 'UPDATED Alarm', 'CREATED New', 'DELETED Gone']);
    expect(result.changes[0]!.detail).toBe('Code, Environment');
    expect((await world.invoke('F')).value).toBe('new!');
    expect(simulation.resource('F').ref).toBe(ref);
    expect(simulation.service<CloudWatchService>('cloudwatch').alarms.get(simulation.resource('Alarm').ref)!.input.Threshold).toBe(2);
    expect(simulation.resources.map(({ logicalId }) => logicalId).sort()).toEqual(['Alarm', 'F', 'New', 'Role', 'Value']);
    expect(simulation.timeline.events.filter(({ kind }) => kind === 'stack').map(({ status }) => status)).toEqual(['UPDATED', 'UPDATED', 'CREATED', 'DELETED', 'UPDATE_COMPLETE']);
    expect((await world.update({ ...kept, F: lambda('f2', 'Role', { WORD: 'new' }), Alarm: alarm(2), New: { Type: 'AWS::SNS::Topic' } }, { f2: '' })).status).toBe('UNCHANGED');
  });

  test('replaces what cannot be changed, under a new name that references follow, and keeps what the template retains', async () => {
    const template = (lock: boolean, policy?: string): Resources => ({
      Bucket: { Type: 'AWS::S3::Bucket', ...(policy === undefined ? {} : { UpdateReplacePolicy: policy }), Properties: { ...(lock ? { ObjectLockEnabled: true } : {}) } },
      Value: parameter({ Ref: 'Bucket' }),
    });
    const simulation = await world.deploy(template(false));
    const first = simulation.resource('Bucket').ref;
    const retained = await world.update(template(true, 'Retain'));
    const second = simulation.resource('Bucket').ref;
    expect(actions(retained)).toEqual(['REPLACED Bucket', 'UPDATED Value', 'RETAINED Bucket']);
    expect(second).not.toBe(first);
    expect(simulation.service<SsmService>('ssm').value('/test/value')).toBe(second);
    expect([...simulation.service<S3Service>('s3').buckets.keys()]).toEqual(expect.arrayContaining([first, second]));
    expect(actions(await world.update(template(false)))).toEqual(['REPLACED Bucket', 'UPDATED Value', 'DELETED Bucket']);
    const third = simulation.resource('Bucket').ref;
    expect([...simulation.service<S3Service>('s3').buckets.keys()].sort()).toEqual([first, third].sort());
  });

  test('does not replace what the template names, nor change a type', async () => {
    const bucket = (more: Record<string, unknown>): Resources => ({ Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake', ...more } } });
    await world.deploy(bucket({}));
    expect(await world.update(bucket({ ObjectLockEnabled: true }))).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
      reason: expect.stringMatching(/^Test\/Bucket \(Bucket, AWS::S3::Bucket\): .*custom-named resource requires replacing. Rename lake/),
    });
    expect(await world.update({ Bucket: { Type: 'AWS::SNS::Topic' } })).toMatchObject({ reason: expect.stringContaining('Update of resource type is not permitted') });
  });

  test('lets executions that run go on with their definition', async () => {
    const template = (output: string): Resources => ({ Role: role('states.amazonaws.com'), Workflow: WORKFLOW(output) });
    const simulation = await world.deploy(template('old'));
    const stateMachineArn = simulation.resource('Workflow').ref;
    const run = async (): Promise<string> => (await world.call('sfn', 'StartExecution', { stateMachineArn })).executionArn;
    const first = await run();
    expect((await world.update(template('new'))).status).toBe('UPDATE_COMPLETE');
    const second = await run();
    await world.advance(11);
    const output = async (executionArn: string): Promise<unknown> => JSON.parse((await world.call('sfn', 'DescribeExecution', { executionArn })).output);
    expect([await output(first), await output(second)]).toEqual(['old', 'new']);
  });

  test('an update that the rehearsal does not know is an error, never a guess', async () => {
    const version = (more: Record<string, unknown>): Resources => ({
      Role: role('lambda.amazonaws.com'),
      F: lambda('f', 'Role'),
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'F' }, ...more } },
    });
    await world.deploy(version({}), { f: '' });
    await expect(world.update(version({ FunctionScalingConfig: { MinExecutionEnvironments: 1 } }), { f: '' })).rejects.toThrow(
      'Test/Version (Version, AWS::Lambda::Version): the rehearsal does not simulate an update of this resource type (changed: FunctionScalingConfig)',
    );
  });

  test('an export that another stack uses can neither change nor go', async () => {
    const template = (name: string): Resources => ({ Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: name } } });
    const outputs = { Outputs: { Url: { Value: { Ref: 'Queue' }, Export: { Name: 'Url' } } } };
    const simulation = await world.deploy(template('one'), {}, outputs);
    await world.update({ Value: parameter({ 'Fn::ImportValue': 'Url' }) }, {}, {}, 'Other');
    const changed = await world.update(template('two'), {}, outputs);
    expect(changed).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', reason: 'Export Url cannot be updated as it is in use by Other' });
    expect(simulation.resource('Queue').attributes!.QueueName).toBe('one');
    expect(await simulation.destroy('Test')).toMatchObject([{ status: 'DELETE_FAILED', reason: 'Export Url cannot be deleted as it is in use by Other' }]);
    expect((await simulation.destroy()).map(({ stackName, status }) => `${stackName} ${status}`)).toEqual(['Other DELETE_COMPLETE', 'Test DELETE_COMPLETE']);
  });
});

describe('custom resources', () => {
  test('get Update with the old properties, and Delete of an id that they gave up', async () => {
    const simulation = await world.deploy(withProvider({ Thing: custom({ Value: 'a' }) }), { provider: PROVIDER('v1') });
    expect(actions(await world.update(withProvider({ Thing: custom({ Value: 'b' }) }), { provider: PROVIDER('v1') }))).toEqual(['UPDATED Thing']);
    expect(actions(await world.update(withProvider({ Thing: custom({ Value: 'c', Id: 'other' }) }), { provider: PROVIDER('v1') }))).toEqual(['REPLACED Thing', 'DELETED Thing']);
    expect(requests(simulation).slice(1)).toEqual([
      { by: 'v1', RequestType: 'Update', now: 'b', old: 'a', PhysicalResourceId: 'thing' },
      { by: 'v1', RequestType: 'Update', now: 'c', old: 'b', PhysicalResourceId: 'thing' },
      { by: 'v1', RequestType: 'Delete', now: 'b', PhysicalResourceId: 'thing' },
    ]);
    expect(simulation.resource('Thing').attributes).toEqual({ Value: 'c' });
  });

  test('that fail undo everything: old code first, then Update back to the old properties, then what is new goes', async () => {
    const template = (asset: string, value: string, more: Resources = {}, failOn = ''): Resources =>
      withProvider({ Before: parameter(value), Thing: custom({ Value: value, FailOn: failOn }), ...more }, asset);
    const simulation = await world.deploy(template('one', 'a'), { one: PROVIDER('v1') });
    const result = await world.update(template('two', 'b', { Late: { Type: 'AWS::SNS::Topic', DependsOn: 'Before' } }, 'Update'), { two: PROVIDER('v2') });
    expect(result).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', reason: 'Test/Thing (Thing, Custom::Thing): custom resource failed to update: told to' });
    expect(actions(result)).toEqual(['UPDATED Provider', 'UPDATED Before', 'UPDATE_FAILED Thing', 'UPDATED Provider', 'UPDATED Before', 'UPDATED Thing']);
    expect(requests(simulation).slice(1)).toEqual([
      { by: 'v2', RequestType: 'Update', now: 'b', old: 'a', PhysicalResourceId: 'thing' },
      { by: 'v1', RequestType: 'Update', now: 'a', old: 'b', PhysicalResourceId: 'thing' },
    ]);
    expect(simulation.service<SsmService>('ssm').value('/test/value')).toBe('a');
    expect((await world.update(template('one', 'a'), { one: PROVIDER('v1') })).status).toBe('UNCHANGED');
  });

  test('a failed creation is deleted again, and so are replacements and whatever else is new', async () => {
    const bucket = (lock: boolean): Resources[string] => ({ Type: 'AWS::S3::Bucket', Properties: lock ? { ObjectLockEnabled: true } : {} });
    const simulation = await world.deploy(withProvider({ Bucket: bucket(false) }), { provider: PROVIDER('v1') });
    const before = simulation.inventory();
    const result = await world.update(
      withProvider({ Bucket: bucket(true), New: { Type: 'AWS::SNS::Topic' }, Kept: { Type: 'AWS::SQS::Queue', DeletionPolicy: 'RetainExceptOnCreate' }, Thing: custom({ Id: 'half', FailOn: 'Create' }) }),
      { provider: PROVIDER('v1') },
    );
    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(actions(result)).toEqual(['REPLACED Bucket', 'CREATED New', 'CREATED Kept', 'CREATE_FAILED Thing', 'DELETED Thing', 'DELETED Bucket', 'DELETED Kept', 'DELETED New']);
    expect(requests(simulation).at(-1)).toMatchObject({ RequestType: 'Delete', PhysicalResourceId: 'half' });
    expect(simulation.inventory().filter((arn) => !arn.includes(':log-group:'))).toEqual(before);
  });

  test('whose rollback fails leave the stack in UPDATE_ROLLBACK_FAILED', async () => {
    const thing = (value: string): Resources => withProvider({ Thing: custom({ Value: value, FailOn: 'Update' }) });
    await world.deploy(thing('a'), { provider: PROVIDER('v1') });
    expect(await world.update(thing('b'), { provider: PROVIDER('v1') })).toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED', reason: expect.stringContaining('; rollback: ') });
  });
});

describe('an endpoint that CloudFormation owns', () => {
  const canary = {
    DeploymentConfig: {
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 600 },
        TerminationWaitInSeconds: 0,
        MaximumExecutionTimeoutInSeconds: 7200,
      },
    },
    RetainAllVariantProperties: true,
  };
  const shop = (InstanceType: string): Resources => endpoint({}, { InstanceType, InitialInstanceCount: 2 }, canary);
  const serving = async (): Promise<any> => world.call('sagemaker', 'DescribeEndpoint', { EndpointName: 'shop' });

  test('is updated with its guardrails, which take their time, and deleted with the stack', async () => {
    const simulation = await world.deploy(shop('ml.m5.large'));
    const first = simulation.resource('Config').attributes!.EndpointConfigName;
    expect(simulation.clock.now() - START).toBe(5 * MINUTE);
    expect((await world.call('sagemaker-runtime', 'InvokeEndpoint', { EndpointName: 'shop', Body: Buffer.from('1') })).InvokedProductionVariant).toBe('AllTraffic');
    const before = simulation.clock.now();
    const result = await world.update(shop('ml.m5.xlarge'));
    expect(result.status).toBe('UPDATE_COMPLETE');
    expect(actions(result)).toEqual(['REPLACED Config', 'UPDATED Endpoint', 'DELETED Config']);
    expect(simulation.clock.now() - before).toBe(15 * MINUTE);
    const { EndpointConfigName, EndpointStatus } = await serving();
    expect([EndpointConfigName, EndpointStatus]).toEqual([simulation.resource('Config').attributes!.EndpointConfigName, 'InService']);
    expect(EndpointConfigName).not.toBe(first);
    expect((await simulation.destroy())[0]!.status).toBe('DELETE_COMPLETE');
    expect(simulation.inventory()).toEqual([]);
  });

  test('that SageMaker silently rolled back counts as updated: the old configuration goes although it serves', async () => {
    const simulation = await world.deploy(shop('ml.m5.large'));
    const first = simulation.resource('Config').attributes!.EndpointConfigName;
    simulation.faults.add({ id: 'silent', type: 'silent-rollback', endpointName: 'shop' });
    expect(await world.update(shop('ml.m5.xlarge'))).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect((await serving()).EndpointConfigName).toBe(first);
    await expect(world.call('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName: first })).rejects.toThrow(/Could not find/);
  });

  test('goes back when a custom resource that checks it fails', async () => {
    const checked = (InstanceType: string, failOn = ''): Resources => ({
      ...shop(InstanceType),
      ...withProvider({ Check: custom({ Value: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] }, FailOn: failOn, Order: { Ref: 'Endpoint' } }) }),
    });
    const simulation = await world.deploy(checked('ml.m5.large'), { provider: PROVIDER('v1') });
    const first = simulation.resource('Config').attributes!.EndpointConfigName;
    const result = await world.update(checked('ml.m5.xlarge', 'Update'), { provider: PROVIDER('v1') });
    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(actions(result)).toEqual(['REPLACED Config', 'UPDATED Endpoint', 'UPDATE_FAILED Check', 'UPDATED Endpoint', 'UPDATED Check', 'DELETED Config']);
    expect((await serving()).EndpointConfigName).toBe(first);
  });

  test('that does not come up is deleted again', async () => {
    const simulation = await world.deploy({ Topic: { Type: 'AWS::SNS::Topic' } });
    simulation.faults.add({ id: 'sick', type: 'container', modelNamePrefix: 'Test-Model', neverHealthy: true });
    const result = await world.update({ Topic: { Type: 'AWS::SNS::Topic' }, ...shop('ml.m5.large') });
    expect(result).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', reason: expect.stringMatching(/^Test\/Endpoint .*did not pass the ping health check/) });
    expect(simulation.inventory()).toEqual([simulation.resource('Topic').ref]);
  });
});

describe('deletion of a stack', () => {
  test('goes backwards, asks custom resources, keeps what is retained, and stops what runs', async () => {
    const simulation = await world.deploy(
      withProvider({
        Thing: custom({ Value: 'a' }),
        Lake: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain', Properties: { BucketName: 'lake' } },
        WorkflowRole: role('states.amazonaws.com'),
        Workflow: WORKFLOW('x', 'WorkflowRole'),
        Queue: { Type: 'AWS::SQS::Queue' },
      }),
      { provider: PROVIDER('v1') },
    );
    const { executionArn } = await world.call('sfn', 'StartExecution', { stateMachineArn: simulation.resource('Workflow').ref });
    const provider = `/aws/lambda/${simulation.resource('Provider').ref}`;
    const [result] = await simulation.destroy();
    expect(result!.status).toBe('DELETE_COMPLETE');
    expect(actions(result!)).toEqual(['DELETED Queue', 'DELETED Workflow', 'DELETED WorkflowRole', 'RETAINED Lake', 'DELETED Thing', 'DELETED Provider', 'DELETED Role']);
    expect(simulation.resources).toEqual([]);
    expect(simulation.inventory()).toEqual(['arn:aws:logs:us-east-1:111122223333:log-group:' + provider, 'arn:aws:s3:::lake']);
    expect(simulation.service<any>('sfn').execution(executionArn).status).toBe('ABORTED');
    await expect(simulation.destroy('Test')).rejects.toThrow(/there is no stack Test/);
  });

  test('leaves a bucket that is not empty, and what it needs', async () => {
    const simulation = await world.deploy({
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [] } } },
      Bucket: {
        Type: 'AWS::S3::Bucket',
        Properties: { BucketName: 'lake', BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { Ref: 'Key' } } }] } },
      },
      Topic: { Type: 'AWS::SNS::Topic' },
    });
    simulation.service<S3Service>('s3').putObject('lake', 'a', 'x');
    const [result] = await simulation.destroy();
    expect(result).toMatchObject({ status: 'DELETE_FAILED', reason: 'Test/Bucket: The bucket you tried to delete is not empty: lake' });
    expect(actions(result!)).toEqual(['DELETED Topic', 'DELETE_FAILED Bucket', 'DELETE_SKIPPED Key']);
    expect(simulation.resources.map(({ logicalId }) => logicalId)).toEqual(['Key', 'Bucket']);
    simulation.service<S3Service>('s3').deleteObject('lake', 'a');
    expect((await simulation.destroy())[0]!.status).toBe('DELETE_COMPLETE');
  });
});

describe('the quickstart', () => {
  const root = join(__dirname, '..', '..');
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quickstart-test-'));
    await synthesize('npx tsx examples/quickstart/app.ts', root, join(folder, 'first'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('another instance type reaches the function that deploys the champion again; destroy leaves what is retained', async () => {
    cpSync(join(folder, 'first'), join(folder, 'second'), { recursive: true });
    const file = join(folder, 'second', 'Churn.template.json');
    const template = readFileSync(file, 'utf8');
    expect(template).toContain('ml.m5.large');
    writeFileSync(file, template.replaceAll('ml.m5.large', 'ml.m5.xlarge'));
    const invoked: string[] = [];
    const record = ({ operation, input }: RequestRecord): unknown => operation === 'Invoke' && invoked.push(String((input as { Payload: unknown }).Payload));
    const simulation = await createSimulation({ assembly: join(folder, 'first'), start: START, seed: 1, record });
    try {
      const [updated] = await simulation.deploy(join(folder, 'second'));
      expect(updated).toMatchObject({ stackName: 'Churn', status: 'UPDATE_COMPLETE' });
      expect(updated!.changes.filter(({ action }) => action !== 'UPDATED')).toEqual([]);
      expect(updated!.changes.map(({ type }) => type)).toContain('Custom::SageMakerEndpointLifecycle');
      const update = invoked.map((payload) => JSON.parse(payload)).find(({ RequestType }) => RequestType === 'Update');
      expect(update).toMatchObject({ ResourceType: 'Custom::SageMakerEndpointLifecycle', OldResourceProperties: { ServingConfiguration: expect.stringContaining('ml.m5.large') } });
      expect(update.ResourceProperties.ServingConfiguration).toContain('ml.m5.xlarge');
      const [destroyed] = await simulation.destroy();
      expect(destroyed).toMatchObject({ stackName: 'Churn', status: 'DELETE_COMPLETE' });
      const retained = destroyed!.changes.filter(({ action }) => action === 'RETAINED').map(({ detail }) => detail);
      expect(retained.length).toBeGreaterThan(0);
      expect(simulation.inventory().filter((arn) => !retained.some((kept) => arn.endsWith(kept)))).toEqual([]);
    } finally {
      await simulation.close();
    }
  });
});

test('the properties that replace a resource are those of the resource specification', () => {
  const file = join(__dirname, '..', '..', 'node_modules', 'aws-cdk', 'db.json.gz');
  const { schema } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as any;
  const types = new Map<string, any>(Object.values(schema.resource.entities as any[]).map((entity) => [entity.cloudFormationType, entity.properties]));
  const specified = (type: string): string[] => Object.entries<any>(types.get(type)).filter(([, property]) => property.causesReplacement === 'yes').map(([name]) => name);
  const own = Object.entries(REPLACING_PROPERTIES).filter(([type]) => types.has(type));
  expect(own.length).toBeGreaterThan(35);
  for (const [type, properties] of own) expect({ [type]: [...properties].sort() }).toEqual({ [type]: specified(type).sort() });
});
