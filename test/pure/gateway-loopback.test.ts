import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateModelCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { NotFoundException, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLoopback, type Loopback } from '../../lib/rehearsal/aws/loopback';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { errorOf, FakeService, fixture, root } from './gateway-fixture';

const objects = new Map<string, Record<string, any>>();
const s3 = new FakeService('s3', {
  PutObject: (input) => (objects.set(`${input.Bucket}/${input.Key}`, input), { ETag: '"e"' }),
  GetObject: (input) => {
    const found = objects.get(`${input.Bucket}/${input.Key}`);
    if (!found) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    return { Body: found.Body, ContentEncoding: found.ContentEncoding, Metadata: found.Metadata };
  },
  HeadObject: () => ({ ContentLength: 12345 }),
  ListObjectsV2: () => ({ Name: 'b', KeyCount: 0, IsTruncated: false }),
});
const sagemaker = new FakeService('sagemaker', { CreateModel: ({ ModelName }) => ({ ModelArn: `arn:${ModelName}` }) });
const runtime = new FakeService('sagemaker-runtime', { InvokeEndpoint: ({ Body }) => ({ Body, ContentType: 'text/csv' }) });
const sns = new FakeService('sns', {
  Publish: ({ TopicArn }) => {
    if (TopicArn !== 'arn:t') throw new AwsError('NotFound', 'Topic does not exist', 404);
    return { MessageId: 'm' };
  },
});
const cloudwatch = new FakeService('cloudwatch', { PutMetricData: () => ({}) });
const sfn = new FakeService('sfn', { ListStateMachines: () => ({ stateMachines: [] }) });
const { gateway, records, faults } = fixture(s3, sagemaker, runtime, sns, cloudwatch, sfn);

let loopback: Loopback;
const settings = (): object => ({ endpoint: loopback.url, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, maxAttempts: 1 });

beforeAll(async () => {
  loopback = await startLoopback(gateway, { account: '111122223333', partition: 'aws' });
});

afterAll(() => loopback.close());

describe('SDK clients with the endpoint of the loopback port', () => {
  test('S3: path-style and virtual-hosted, text, bytes and streams', async () => {
    const client = new S3Client({ ...settings(), forcePathStyle: true });
    const Key = 'a b/ü+c.txt';
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: 'héllo', Metadata: { a: 'b' } }));
    const answer = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key }));
    expect(await answer.Body!.transformToString()).toBe('héllo');
    expect(answer.Metadata).toEqual({ a: 'b' });
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'stream', Body: Readable.from([Buffer.alloc(70_000, 'y')]), ContentLength: 70_000 }));
    expect(objects.get('bucket/stream')!.Body.byteLength).toBe(70_000);
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'zip', Body: Buffer.from([31, 139, 8]), ContentEncoding: 'gzip' }));
    expect(objects.get('bucket/zip')).toMatchObject({ ContentEncoding: 'gzip', Body: expect.objectContaining({ byteLength: 3 }) });
    expect((await client.send(new HeadObjectCommand({ Bucket: 'bucket', Key }))).ContentLength).toBe(12345);
    expect(await errorOf(client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'none' })))).toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    expect((await client.send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'p' }))).KeyCount).toBe(0);
    expect(s3.requests.at(-1)!.input).toEqual({ Bucket: 'bucket', Prefix: 'p' });
  });

  test('SageMaker and its runtime, which sign alike', async () => {
    expect((await new SageMakerClient(settings()).send(new CreateModelCommand({ ModelName: 'm' }))).ModelArn).toBe('arn:m');
    const answer = await new SageMakerRuntimeClient(settings()).send(new InvokeEndpointCommand({ EndpointName: 'e', Body: '1,2' }));
    expect(Buffer.from(answer.Body!).toString()).toBe('1,2');
  });

  test('SNS', async () => {
    const client = new SNSClient(settings());
    expect((await client.send(new PublishCommand({ TopicArn: 'arn:t', Message: 'a&b' }))).MessageId).toBe('m');
    expect(await errorOf(client.send(new PublishCommand({ TopicArn: 'arn:u', Message: 'm' })))).toBeInstanceOf(NotFoundException);
  });

  test('Step Functions and CloudWatch, which sign under other names; a compressed request', async () => {
    expect((await new SFNClient(settings()).send(new ListStateMachinesCommand({}))).stateMachines).toEqual([]);
    const MetricData = Array.from({ length: 400 }, (_, i) => ({ MetricName: `metric-${i}`, Value: i }));
    await new CloudWatchClient(settings()).send(new PutMetricDataCommand({ Namespace: 'n', MetricData }));
    expect(cloudwatch.requests[0]!.input.MetricData).toHaveLength(400);
  });

  test('make requests as the root of the account, recorded like any other', () => {
    expect(s3.requests[0]!.principal).toEqual(root);
    expect(records.map((record) => record.service)).toContain('sns');
  });

  test('meet schema errors and lost answers as well', async () => {
    const client = new SageMakerClient(settings());
    expect((await errorOf(client.send(new CreateModelCommand({} as never)))).name).toBe('ValidationException');
    faults.add({ id: 'lost', type: 'request', service: 'sagemaker', code: 'ECONNRESET', times: 1 });
    expect(await errorOf(client.send(new CreateModelCommand({ ModelName: 'm' })))).toMatchObject({ code: 'ECONNRESET' });
  });
});

test('requests run as actions of the virtual clock when the rehearsal says so', async () => {
  const order: string[] = [];
  const clocked = await startLoopback(gateway, {
    account: '111122223333',
    partition: 'aws',
    run: async (action) => {
      order.push('before');
      const result = await action();
      order.push('after');
      return result;
    },
  });
  await new SNSClient({ ...settings(), endpoint: clocked.url }).send(new PublishCommand({ TopicArn: 'arn:t', Message: 'm' }));
  await clocked.close();
  expect(order).toEqual(['before', 'after']);
});

describe('plain HTTP', () => {
  function send(path: string, headers: Record<string, string>, body = '', method = 'POST'): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(`${loopback.url}${path}`, { method, headers }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        incoming.on('end', () => resolve({ status: incoming.statusCode!, body: text }));
      });
      outgoing.on('error', reject).end(body);
    });
  }

  test('an unsigned request is found by its target or its host', async () => {
    const answer = await send('/', { 'x-amz-target': 'SageMaker.CreateModel' }, '{"ModelName":"x"}');
    expect(answer).toEqual({ status: 200, body: '{"ModelArn":"arn:x"}' });
    const hosted = await send('/', { host: 'sns.us-east-1.amazonaws.com' }, 'Action=Publish&TopicArn=arn:t&Message=hi');
    expect(hosted.body).toContain('<MessageId>m</MessageId>');
    expect((await send('/bucket/zip', { host: 'localhost' }, '', 'GET')).status).toBe(200);
    expect((await send('/zip', { host: 'bucket.s3.us-east-1.amazonaws.com' }, '', 'GET')).status).toBe(200);
  });

  test('what no operation answers to is an error of the protocol', async () => {
    expect(await send('/', { 'x-amz-target': 'SageMaker.Nothing' }, '{}')).toMatchObject({ status: 400, body: expect.stringContaining('UnknownOperationException') });
    expect(await send('/', { 'x-amz-target': 'SageMaker.CreateModel' }, '{"ModelName"')).toMatchObject({ status: 400, body: expect.stringContaining('SerializationException') });
    expect(await send('/', { host: 'sns.us-east-1.amazonaws.com' }, 'Action=Nothing')).toMatchObject({ status: 400, body: expect.stringContaining('InvalidAction') });
    expect(await send('/b/k?acl&x=<', {}, '', 'PATCH')).toMatchObject({ status: 404, body: expect.stringContaining('<Code>UnknownOperationException</Code>') });
    const scope = 'AWS4-HMAC-SHA256 Credential=a/20010201/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0';
    expect(await send('/', { authorization: scope })).toMatchObject({ status: 404, body: expect.stringContaining('names no AWS service') });
  });
});
