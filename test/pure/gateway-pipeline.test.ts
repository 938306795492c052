import { Readable } from 'node:stream';
import type * as CloudWatch from '@aws-sdk/client-cloudwatch';
import type * as Kms from '@aws-sdk/client-kms';
import type * as Lambda from '@aws-sdk/client-lambda';
import type * as S3 from '@aws-sdk/client-s3';
import type * as SageMaker from '@aws-sdk/client-sagemaker';
import type * as Sns from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { allow, errorOf, FakeService, fakeIam, fixture, role, root, sdk } from './gateway-fixture';

const model = (): FakeService =>
  new FakeService(
    'sagemaker',
    {
      CreateModel: () => ({ ModelArn: 'arn:aws:sagemaker:us-east-1:111122223333:model/m' }),
      StartPipelineExecution: () => ({}),
      ListModels: () => ({ Models: [] }),
    },
    ({ operation, input }) => [{ action: `sagemaker:${operation}`, resource: `arn:aws:sagemaker:us-east-1:111122223333:model/${input.ModelName ?? '*'}` }],
  );

describe('a direct call', () => {
  test('is checked, answered and recorded', async () => {
    const { gateway, records } = fixture(model());
    expect(await gateway.call(root, 'sagemaker', 'CreateModel', { ModelName: 'm' })).toEqual({ ModelArn: 'arn:aws:sagemaker:us-east-1:111122223333:model/m' });
    expect(records).toEqual([
      { time: '2001-02-01T00:00:00.000Z', principal: root.arn, service: 'sagemaker', operation: 'CreateModel', input: { ModelName: 'm' }, status: 200, error: null },
    ]);
    expect(gateway.counters).toEqual({ total: 1, schemaErrors: 0, denied: 0 });
  });

  test('with a wrong input never reaches the service', async () => {
    const fake = model();
    const { gateway, records } = fixture(fake);
    const error = await errorOf(gateway.call(root, 'sagemaker', 'CreateModel', { ModelNam: 'm' }));
    expect(error).toMatchObject({ name: 'ValidationException', statusCode: 400 });
    expect(error.message).toBe(
      '2 validation errors detected in CreateModel: Unknown member ModelNam in CreateModelInput; did you mean ModelName?; Missing required member ModelName of CreateModelInput',
    );
    expect(fake.requests).toEqual([]);
    expect(gateway.counters).toEqual({ total: 1, schemaErrors: 1, denied: 0 });
    expect(records[0]).toMatchObject({ status: 400, error: 'ValidationException', input: { ModelNam: 'm' } });
  });

  test('of an unknown operation or service is a schema error', async () => {
    const { gateway } = fixture(model());
    expect((await errorOf(gateway.call(root, 'sagemaker', 'CreateModle', {}))).message).toContain("no operation 'CreateModle'");
    expect((await errorOf(gateway.call(root, 'ec2', 'RunInstances', {}))).message).toContain("'ec2' is not known");
    expect(gateway.counters.schemaErrors).toBe(2);
  });

  test('gives and takes text for bytes', async () => {
    const fake = new FakeService('s3', { PutObject: () => ({}), GetObject: () => ({ Body: 'text' }) });
    const { gateway } = fixture(fake);
    await gateway.call(root, 's3', 'PutObject', { Bucket: 'b', Key: 'k', Body: 'ö' });
    expect(Buffer.from(fake.requests[0]!.input.Body)).toEqual(Buffer.from('ö'));
    expect((await gateway.call(root, 's3', 'GetObject', { Bucket: 'b', Key: 'k' })).Body.transformToString()).toBe('text');
  });
});

describe('an SDK client', () => {
  test('meets a schema error before the SDK drops the unknown member, with the SDK exception', async () => {
    const fake = model();
    const { gateway, records } = fixture(fake);
    const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
    const error = await errorOf(new pkg.SageMakerClient({}).send(new pkg.CreateModelCommand({ ModelName: 'm', Container: [] } as never)));
    expect(error).toBeInstanceOf(pkg.SageMakerServiceException);
    expect(error).toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
    expect(error.message).toContain('did you mean Containers?');
    expect(fake.requests).toEqual([]);
    expect(records).toHaveLength(1);
    expect(gateway.counters).toEqual({ total: 1, schemaErrors: 1, denied: 0 });
  });

  test.each([
    ['sns', '@aws-sdk/client-sns', 'InvalidParameterException'],
    ['lambda', '@aws-sdk/client-lambda', 'InvalidParameterValueException'],
  ])('throws what %s throws for a wrong parameter', async (_, name, code) => {
    const { gateway } = fixture();
    const client =
      name === '@aws-sdk/client-sns'
        ? (({ SNSClient, PublishCommand }: typeof Sns) => new SNSClient({}).send(new PublishCommand({} as never)))(sdk(gateway, name))
        : (({ LambdaClient, InvokeCommand }: typeof Lambda) => new LambdaClient({}).send(new InvokeCommand({} as never)))(sdk(gateway, name));
    expect((await errorOf(client)).name).toBe(code);
  });

  test('is the real package but for its clients, which keep their class', () => {
    const { gateway } = fixture();
    const real = require('@aws-sdk/client-s3') as typeof S3;
    const bound = sdk<typeof S3>(gateway, '@aws-sdk/client-s3');
    const replaced = Object.keys(real).filter((name) => real[name as keyof typeof S3] !== bound[name as keyof typeof S3]);
    expect(replaced.sort()).toEqual(['S3', 'S3Client']);
    expect(new bound.S3Client({})).toBeInstanceOf(real.S3Client);
    expect(bound.S3Client.name).toBe('S3Client');
  });

  test('ignores what its caller or the environment says about region and endpoint', async () => {
    const { gateway } = fixture(model());
    process.env.AWS_REGION = 'eu-west-1';
    process.env.AWS_ENDPOINT_URL = 'http://203.0.113.1:1';
    try {
      const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
      const client = new pkg.SageMakerClient({ region: 'eu-central-1', endpoint: 'http://203.0.113.1:1' });
      expect(await client.config.region()).toBe('us-east-1');
      await client.send(new pkg.ListModelsCommand({}));
    } finally {
      delete process.env.AWS_REGION;
      delete process.env.AWS_ENDPOINT_URL;
    }
  });

  test('gives handlers Node, the SDK and nothing else', () => {
    const load = fixture().gateway.requireFor(root);
    expect(load('node:path')).toBe(require('node:path'));
    expect(load('crypto')).toBe(require('node:crypto'));
    expect(() => load('lodash')).toThrow("Cannot load 'lodash': a handler bundles what it needs");
    expect(() => load('@aws-sdk/client-dynamodb')).toThrow('@aws-sdk/client-s3');
  });

  test('of each principal makes requests as that principal', async () => {
    const fake = model();
    const { gateway } = fixture(fake, fakeIam(allow('sagemaker:*')));
    for (const principal of [root, role]) {
      const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker', principal);
      await new pkg.SageMakerClient({}).send(new pkg.ListModelsCommand({}));
    }
    expect(fake.requests.map((request) => request.principal)).toEqual([root, role]);
  });
});

describe('faults', () => {
  test('a throttled request is repeated by the SDK, without waiting, three times at most', async () => {
    const fake = model();
    const { gateway, faults, records } = fixture(fake);
    faults.add({ id: 'throttle', type: 'request', service: 'sagemaker', operation: 'ListModels', code: 'ThrottlingException', times: 2 });
    const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
    const client = new pkg.SageMakerClient({});
    const answer = await client.send(new pkg.ListModelsCommand({}));
    expect(answer.$metadata).toMatchObject({ attempts: 3, totalRetryDelay: 0 });
    expect(records.map((record) => record.error)).toEqual(['ThrottlingException', 'ThrottlingException', null]);
    expect(fake.requests).toHaveLength(1);

    faults.add({ id: 'outage', type: 'request', service: 'sagemaker', code: 'InternalFailure' });
    const error = await errorOf(client.send(new pkg.ListModelsCommand({})));
    expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500, attempts: 3 } });
  });

  test('a lost answer leaves its effect behind', async () => {
    const fake = model();
    const { gateway, faults, records } = fixture(fake);
    faults.add({ id: 'lost', type: 'request', service: 'sagemaker', code: 'TimeoutError', afterEffect: true, times: 1 });
    const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
    await new pkg.SageMakerClient({}).send(new pkg.CreateModelCommand({ ModelName: 'm' }));
    expect(fake.requests).toHaveLength(2);
    expect(records.map(({ status, error }) => [status, error])).toEqual([
      [0, 'TimeoutError'],
      [200, null],
    ]);
  });

  test('strike between schema check and IAM', async () => {
    const { gateway, faults } = fixture(model(), fakeIam());
    faults.add({ id: 'f', type: 'request', service: 'sagemaker', code: 'ServiceUnavailable', inputIncludes: '"ModelName":"m"', times: 1 });
    expect((await errorOf(gateway.call(role, 'sagemaker', 'CreateModel', { ModelNam: 'm' }))).name).toBe('ValidationException');
    expect(await errorOf(gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'm' }))).toMatchObject({ name: 'ServiceUnavailable', statusCode: 503 });
    expect((await errorOf(gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'm' }))).name).toBe('AccessDeniedException');
  });
});

describe('IAM', () => {
  test('a role may do what its policies allow; what they do not is denied, counted and shown', async () => {
    const fake = model();
    const { gateway, timeline, records } = fixture(fake, fakeIam(allow('sagemaker:CreateModel', 'arn:aws:sagemaker:us-east-1:111122223333:model/flight-*')));
    await gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'flight-1' });
    const error = await errorOf(gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'other' }));
    expect(error).toMatchObject({ name: 'AccessDeniedException', statusCode: 403 });
    expect(error.message).toBe(
      'User: arn:aws:sts::111122223333:assumed-role/Trainer/rehearsal is not authorized to perform: sagemaker:CreateModel on resource: ' +
        'arn:aws:sagemaker:us-east-1:111122223333:model/other because no identity-based policy allows the sagemaker:CreateModel action',
    );
    expect(fake.requests).toHaveLength(1);
    expect(gateway.counters).toEqual({ total: 2, schemaErrors: 0, denied: 1 });
    expect(records[1]).toMatchObject({ status: 403, error: 'AccessDeniedException' });
    expect(timeline.events).toMatchObject([{ kind: 'request-denied', subject: role.arn, data: { action: 'sagemaker:CreateModel' } }]);
  });

  test('every permission that the request needs has to be there', async () => {
    const fake = new FakeService('sagemaker', { CreateModel: () => ({ ModelArn: 'a' }) }, () => [
      { action: 'sagemaker:CreateModel', resource: 'arn:aws:sagemaker:us-east-1:111122223333:model/m' },
      { action: 'iam:PassRole', resource: role.arn, context: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    ]);
    const create = allow('sagemaker:CreateModel');
    expect((await errorOf(fixture(fake, fakeIam(create)).gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'm' }))).message).toContain('iam:PassRole');
    const pass = (service: string) => ({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow' as const,
        Action: 'iam:PassRole',
        Resource: role.arn,
        Condition: { StringEquals: { 'iam:PassedToService': service } },
      },
    });
    await errorOf(fixture(fake, fakeIam(create, pass('lambda.amazonaws.com'))).gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'm' }));
    await fixture(fake, fakeIam(create, pass('sagemaker.amazonaws.com'))).gateway.call(role, 'sagemaker', 'CreateModel', { ModelName: 'm' });
  });

  test('S3 says AccessDenied, SNS AuthorizationError, as their SDK clients throw them', async () => {
    const denied = (id: string): FakeService => new FakeService(id, {}, () => [{ action: `${id}:X`, resource: `arn:aws:${id}:::r` }]);
    const { gateway } = fixture(denied('s3'), denied('sns'), denied('kms'), fakeIam());
    const s3 = sdk<typeof S3>(gateway, '@aws-sdk/client-s3', role);
    const error = await errorOf(new s3.S3Client({}).send(new s3.GetObjectCommand({ Bucket: 'b', Key: 'k' })));
    expect(error).toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    expect(error.message).toContain('on resource: "arn:aws:s3:::r" because no identity-based policy allows');
    const sns = sdk<typeof Sns>(gateway, '@aws-sdk/client-sns', role);
    expect((await errorOf(new sns.SNSClient({}).send(new sns.PublishCommand({ Message: 'm' })))).name).toBe('AuthorizationErrorException');
    const kms = sdk<typeof Kms>(gateway, '@aws-sdk/client-kms', role);
    expect((await errorOf(new kms.KMSClient({}).send(new kms.DescribeKeyCommand({ KeyId: 'k' })))).name).toBe('AccessDeniedException');
  });

  test('a service principal needs a resource policy; the root of the account only the absence of a Deny', async () => {
    const events = { arn: 'events.amazonaws.com', service: 'events.amazonaws.com', context: { 'aws:SourceArn': 'arn:aws:events:us-east-1:111122223333:rule/r' } };
    const topic = (...Statement: any[]): FakeService =>
      new FakeService('sns', { Publish: () => ({}) }, () => [{ action: 'sns:Publish', resource: 'arn:aws:sns:us-east-1:111122223333:t' }], { Version: '2012-10-17', Statement });
    const publish = (fake: FakeService, principal = events as typeof root): Promise<unknown> =>
      fixture(fake, fakeIam(allow('*'))).gateway.call(principal, 'sns', 'Publish', { Message: 'm' });
    const grant = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: '*',
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/r' }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
    };
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sns:*', Resource: '*' };
    await publish(topic(grant));
    expect((await errorOf(publish(topic()))).message).toContain('no resource-based policy allows');
    expect((await errorOf(publish(topic(grant, deny)))).message).toContain('explicit deny in a resource-based policy');
    await publish(topic(), root);
    expect((await errorOf(publish(topic(deny), root))).message).toContain('explicit deny');
  });
});

describe('records', () => {
  test('show the input as the caller gave it, without what the SDK adds', async () => {
    const fake = model();
    const { gateway, records } = fixture(fake);
    const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
    const input = { PipelineName: 'p', ClientRequestToken: undefined };
    fake.handle = ({ input: received }) => (expect(received).toEqual({ PipelineName: 'p' }), {});
    await new pkg.SageMakerClient({}).send(new pkg.StartPipelineExecutionCommand(input));
    expect(records[0]!.input).toEqual({ PipelineName: 'p' });
  });

  test('write dates, text, bytes, streams and large bodies so that JSON can hold them', async () => {
    const fake = new FakeService('s3', { PutObject: () => ({}) });
    const { gateway, records } = fixture(fake);
    const pkg = sdk<typeof S3>(gateway, '@aws-sdk/client-s3');
    const client = new pkg.S3Client({});
    const bodies = ['text', Buffer.from('utf-8 ö'), new Uint8Array([255, 0]), Readable.from([Buffer.from('streamed')]), 'x'.repeat(4096), 'x'.repeat(4097)];
    for (const Body of bodies) await client.send(new pkg.PutObjectCommand({ Bucket: 'b', Key: 'k', Body, ContentLength: undefined, Expires: new Date(0) }));
    expect(records.map((record) => (record.input as any).Body)).toEqual([
      'text',
      'utf-8 ö',
      '/wA=',
      'streamed',
      'x'.repeat(4096),
      expect.stringMatching(/^<4097 bytes, sha256 [0-9a-f]{64}>$/),
    ]);
    expect(records[0]!.input).toEqual({ Bucket: 'b', Key: 'k', Body: 'text', Expires: '1970-01-01T00:00:00.000Z' });
  });

  test('stand in the order of arrival, whichever request ends first', async () => {
    const release: (() => void)[] = [];
    const fake = new FakeService('sagemaker', { ListModels: () => new Promise((resolve) => release.push(() => resolve({ Models: [] }))) });
    const { gateway, records } = fixture(fake);
    const calls = ['a', 'b', 'c', 'd'].map((NameContains) => gateway.call(root, 'sagemaker', 'ListModels', { NameContains }));
    for (const i of [2, 1, 0]) release[i]!();
    await Promise.all(calls.slice(0, 3));
    expect(records.map((record) => (record.input as any).NameContains)).toEqual(['a', 'b', 'c']);
    gateway.close();
    expect(records[3]).toMatchObject({ input: { NameContains: 'd' }, status: 0, error: null });
  });
});

describe('concurrent requests of one handler', () => {
  test('arrive in the order in which they were sent, whatever the SDK does on their way', async () => {
    const fake = new FakeService('s3', { PutObject: () => ({}), GetObject: () => ({ Body: 'x' }), ListBuckets: () => ({}) });
    const metrics = new FakeService('cloudwatch', { PutMetricData: () => ({}) });
    const { gateway, records, faults } = fixture(fake, metrics);
    const s3 = sdk<typeof S3>(gateway, '@aws-sdk/client-s3');
    const cloudwatch = sdk<typeof CloudWatch>(gateway, '@aws-sdk/client-cloudwatch');
    const client = new s3.S3Client({});
    const MetricData = Array.from({ length: 300 }, (_, i) => ({ MetricName: `m${i}`, Value: i }));
    faults.add({ id: 't', type: 'request', service: 's3', operation: 'GetObject', code: 'SlowDown', times: 1 });
    await Promise.all([
      client.send(new s3.PutObjectCommand({ Bucket: 'b', Key: '1', Body: 'x'.repeat(50_000) })),
      new cloudwatch.CloudWatchClient({}).send(new cloudwatch.PutMetricDataCommand({ Namespace: '2', MetricData })),
      client.send(new s3.ListBucketsCommand({})),
      errorOf(client.send(new s3.PutObjectCommand({ Bucket: 'b' } as never))),
      client.send(new s3.GetObjectCommand({ Bucket: 'b', Key: '4' })),
      new s3.S3Client({}).send(new s3.ListBucketsCommand({ Prefix: '5' })),
    ]);
    const seen = records.map((record) => `${record.operation} ${record.error ?? 'ok'}`);
    // The wrong input is answered before it is sent; the repeated GetObject comes last.
    expect(seen).toEqual([
      'PutObject InvalidRequest',
      'PutObject ok',
      'PutMetricData ok',
      'ListBuckets ok',
      'GetObject SlowDown',
      'ListBuckets ok',
      'GetObject ok',
    ]);
  });

  test('do not wait for a body that streams out of a later request', async () => {
    const fake = new FakeService('s3', { PutObject: () => ({}), GetObject: () => ({ Body: 'content' }) });
    const { gateway } = fixture(fake);
    const s3 = sdk<typeof S3>(gateway, '@aws-sdk/client-s3');
    const client = new s3.S3Client({});
    async function* later(): AsyncGenerator<Uint8Array> {
      yield await (await client.send(new s3.GetObjectCommand({ Bucket: 'b', Key: 'from' }))).Body!.transformToByteArray();
    }
    await client.send(new s3.PutObjectCommand({ Bucket: 'b', Key: 'to', Body: Readable.from(later()), ContentLength: 7 }));
    expect(Buffer.from(fake.requests.at(-1)!.input.Body).toString()).toBe('content');
  });
});

describe('a defect of the simulator', () => {
  test('is no AWS error: it is kept, and thrown as it is', async () => {
    const fake = new FakeService('sagemaker', {
      ListModels: () => {
        throw new TypeError('x is not a function');
      },
      CreateModel: () => ({ ModelArm: 'a' }),
    });
    const { gateway, records } = fixture(fake);
    const pkg = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
    expect(await errorOf(new pkg.SageMakerClient({}).send(new pkg.ListModelsCommand({})))).toBeInstanceOf(TypeError);
    const answer = await errorOf(gateway.call(root, 'sagemaker', 'CreateModel', { ModelName: 'm' }));
    expect(answer.message).toContain('answers CreateModel with what AWS cannot answer: Unknown member ModelArm');
    expect(gateway.defects).toHaveLength(2);
    expect(records.map((record) => record.error)).toEqual(['SimulatorDefect', 'SimulatorDefect']);
  });

  test('a service that is not there is said so', async () => {
    const error = await errorOf(fixture().gateway.call(root, 'ssm', 'GetParameter', { Name: 'n' }));
    expect(error).toBeInstanceOf(AwsError);
    expect(error.message).toBe('ssm is not simulated (GetParameter)');
  });
});
