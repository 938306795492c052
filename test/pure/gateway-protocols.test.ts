import { Readable } from 'node:stream';
import type * as ApplicationAutoScaling from '@aws-sdk/client-application-auto-scaling';
import type * as CloudWatch from '@aws-sdk/client-cloudwatch';
import type * as Lambda from '@aws-sdk/client-lambda';
import type * as S3 from '@aws-sdk/client-s3';
import type * as SageMaker from '@aws-sdk/client-sagemaker';
import type * as Runtime from '@aws-sdk/client-sagemaker-runtime';
import type * as Scheduler from '@aws-sdk/client-scheduler';
import type * as Sns from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { errorOf, FakeService, fixture, sdk } from './gateway-fixture';

const time = new Date(Date.UTC(2001, 1, 3, 4, 5, 6, 789));
const wholeSecond = new Date(Date.UTC(2001, 1, 3, 4, 5, 6));
const binary = new Uint8Array([0, 255, 128, 10, 13]);

describe('awsJson 1.1 (SageMaker)', () => {
  test('carries timestamps, nested structures, lists and maps both ways', async () => {
    const fake = new FakeService('sagemaker', {
      ListModels: () => ({ Models: [{ ModelName: 'é', ModelArn: 'arn:aws:sagemaker:us-east-1:111122223333:model/e', CreationTime: time }], NextToken: undefined }),
      CreateModel: ({ ModelName }) => ({ ModelArn: `arn:aws:sagemaker:us-east-1:111122223333:model/${ModelName}` }),
    });
    const { gateway } = fixture(fake);
    const { SageMakerClient, ListModelsCommand, CreateModelCommand } = sdk<typeof SageMaker>(gateway, '@aws-sdk/client-sagemaker');
    const client = new SageMakerClient({});
    const listed = await client.send(new ListModelsCommand({ CreationTimeAfter: time }));
    expect(listed.Models).toEqual([{ ModelName: 'é', ModelArn: 'arn:aws:sagemaker:us-east-1:111122223333:model/e', CreationTime: time }]);
    expect(listed.$metadata.httpStatusCode).toBe(200);
    expect(fake.requests[0]!.input).toEqual({ CreationTimeAfter: time });

    const input = { ModelName: 'm', ExecutionRoleArn: 'r', Containers: [{ Image: 'i', Environment: { A: '1', B: '' } }], EnableNetworkIsolation: true };
    expect((await client.send(new CreateModelCommand(input))).ModelArn).toMatch(/model\/m$/);
    expect(fake.requests[1]!.input).toEqual(input);
  });

  test('throws modelled errors as their class, others by their name', async () => {
    const fake = new FakeService('sagemaker', {
      DescribeEndpoint: () => {
        throw new AwsError('ValidationException', 'Could not find endpoint "e".');
      },
      DeleteEndpoint: () => {
        throw new AwsError('ResourceNotFound', 'not there', 400);
      },
    });
    const { SageMakerClient, DescribeEndpointCommand, DeleteEndpointCommand, ResourceNotFound } = sdk<typeof SageMaker>(
      fixture(fake).gateway,
      '@aws-sdk/client-sagemaker',
    );
    const client = new SageMakerClient({});
    const unmodelled = await errorOf(client.send(new DescribeEndpointCommand({ EndpointName: 'e' })));
    expect(unmodelled).toMatchObject({ name: 'ValidationException', message: 'Could not find endpoint "e".', $metadata: { httpStatusCode: 400 } });
    const modelled = await errorOf(client.send(new DeleteEndpointCommand({ EndpointName: 'e' })));
    expect(modelled).toBeInstanceOf(ResourceNotFound);
    expect(modelled.message).toBe('not there');
  });
});

describe('awsJson 1.0, compatible with the query protocol (CloudWatch)', () => {
  test('carries metrics, and errors under their names', async () => {
    const fake = new FakeService('cloudwatch', {
      PutMetricData: () => ({}),
      GetMetricStatistics: () => ({ Label: 'x', Datapoints: [{ Timestamp: time, Average: 0.25, ExtendedStatistics: { p99: 1e-9 } }] }),
      SetAlarmState: () => {
        throw new AwsError('ResourceNotFound', 'no such alarm', 404);
      },
    });
    const { gateway } = fixture(fake);
    const { CloudWatchClient, PutMetricDataCommand, GetMetricStatisticsCommand, SetAlarmStateCommand } = sdk<typeof CloudWatch>(
      gateway,
      '@aws-sdk/client-cloudwatch',
    );
    const client = new CloudWatchClient({});
    // Long enough to be compressed by default.
    const MetricData = Array.from({ length: 500 }, (_, i) => ({ MetricName: `metric-${i}`, Timestamp: time, Value: i / 3, Unit: 'None' as const }));
    await client.send(new PutMetricDataCommand({ Namespace: 'n', MetricData }));
    expect(fake.requests[0]!.input).toEqual({ Namespace: 'n', MetricData });
    const statistics = await client.send(
      new GetMetricStatisticsCommand({ Namespace: 'n', MetricName: 'm', StartTime: time, EndTime: time, Period: 60, Statistics: ['Average'] }),
    );
    expect(statistics.Datapoints).toEqual([{ Timestamp: time, Average: 0.25, ExtendedStatistics: { p99: 1e-9 } }]);
    const error = await errorOf(client.send(new SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'OK', StateReason: 'r' })));
    expect(error).toMatchObject({ name: 'ResourceNotFound', $metadata: { httpStatusCode: 404 } });
  });

  test('Application Auto Scaling gives its errors by class', async () => {
    const fake = new FakeService('application-auto-scaling', {
      DeregisterScalableTarget: () => {
        throw new AwsError('ObjectNotFoundException', 'No scalable target found', 400);
      },
    });
    const pkg = sdk<typeof ApplicationAutoScaling>(fixture(fake).gateway, '@aws-sdk/client-application-auto-scaling');
    const command = new pkg.DeregisterScalableTargetCommand({
      ServiceNamespace: 'sagemaker',
      ResourceId: 'endpoint/e/variant/AllTraffic',
      ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    });
    expect(await errorOf(new pkg.ApplicationAutoScalingClient({}).send(command))).toBeInstanceOf(pkg.ObjectNotFoundException);
  });
});

describe('restJson1 (Lambda, SageMaker Runtime, Scheduler)', () => {
  test('binds labels, headers, payload and status code of Lambda Invoke', async () => {
    const fake = new FakeService('lambda', {
      Invoke: ({ Payload }) => ({ StatusCode: 200, FunctionError: 'Unhandled', Payload, ExecutedVersion: '$LATEST' }),
    });
    const { LambdaClient, InvokeCommand } = sdk<typeof Lambda>(fixture(fake).gateway, '@aws-sdk/client-lambda');
    const FunctionName = 'arn:aws:lambda:us-east-1:111122223333:function:f';
    const answer = await new LambdaClient({}).send(new InvokeCommand({ FunctionName, InvocationType: 'RequestResponse', Qualifier: 'live', Payload: '{"a":"ö"}' }));
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' });
    expect(answer.Payload!.transformToString()).toBe('{"a":"ö"}');
    expect(fake.requests[0]!.input).toMatchObject({ FunctionName, InvocationType: 'RequestResponse', Qualifier: 'live' });
    expect(Buffer.from(fake.requests[0]!.input.Payload as Uint8Array).toString()).toBe('{"a":"ö"}');
  });

  test('carries bytes through InvokeEndpoint, and the members of ModelError', async () => {
    let fail = false;
    const fake = new FakeService('sagemaker-runtime', {
      InvokeEndpoint: ({ Body }) => {
        if (fail) throw new AwsError('ModelError', 'Received server error (500)', 424, { OriginalStatusCode: 500, OriginalMessage: 'boom', NotAMember: 1 });
        return { Body, ContentType: 'text/csv', InvokedProductionVariant: 'AllTraffic' };
      },
    });
    const pkg = sdk<typeof Runtime>(fixture(fake).gateway, '@aws-sdk/client-sagemaker-runtime');
    const client = new pkg.SageMakerRuntimeClient({});
    const command = new pkg.InvokeEndpointCommand({ EndpointName: 'e', ContentType: 'text/csv', InferenceId: 'i-1', Body: binary });
    const answer = await client.send(command);
    expect(Buffer.from(answer.Body!)).toEqual(Buffer.from(binary));
    expect(answer.ContentType).toBe('text/csv');
    expect(fake.requests[0]!.input).toMatchObject({ EndpointName: 'e', ContentType: 'text/csv', InferenceId: 'i-1' });
    fail = true;
    const error = await errorOf(client.send(command));
    expect(error).toBeInstanceOf(pkg.ModelError);
    expect(error).toMatchObject({ OriginalStatusCode: 500, OriginalMessage: 'boom', $metadata: { httpStatusCode: 424 } });
    expect(error.NotAMember).toBeUndefined();
  });

  test('reads query lists and timestamps of the body', async () => {
    const fake = new FakeService('scheduler', {
      CreateSchedule: () => ({ ScheduleArn: 'arn:aws:scheduler:us-east-1:111122223333:schedule/default/s' }),
      UntagResource: () => ({}),
    });
    const pkg = sdk<typeof Scheduler>(fixture(fake).gateway, '@aws-sdk/client-scheduler');
    const client = new pkg.SchedulerClient({});
    const input = {
      Name: 's',
      ScheduleExpression: 'rate(1 hour)',
      StartDate: wholeSecond,
      FlexibleTimeWindow: { Mode: 'OFF' as const },
      Target: { Arn: 'a', RoleArn: 'r', RetryPolicy: { MaximumRetryAttempts: 0 } },
    };
    await client.send(new pkg.CreateScheduleCommand(input));
    // The SDK fills in ClientToken at random; it is not the caller's.
    expect(fake.requests[0]!.input).toEqual(input);
    await client.send(new pkg.UntagResourceCommand({ ResourceArn: 'arn:aws:scheduler:us-east-1:111122223333:schedule-group/g', TagKeys: ['a', 'b c'] }));
    expect(fake.requests[1]!.input).toEqual({ ResourceArn: 'arn:aws:scheduler:us-east-1:111122223333:schedule-group/g', TagKeys: ['a', 'b c'] });
  });
});

describe('awsQuery (SNS)', () => {
  test('carries lists, maps, bytes and text that XML has to escape', async () => {
    const fake = new FakeService('sns', {
      Publish: ({ Message }) => ({ MessageId: `<${Message}>` }),
      PublishBatch: () => ({ Successful: [{ Id: '1', MessageId: 'm' }], Failed: [{ Id: '2', Code: 'c', SenderFault: true }] }),
      GetTopicAttributes: () => ({ Attributes: { Owner: '111122223333', DisplayName: 'a & b' } }),
      DeleteTopic: () => undefined,
    });
    const pkg = sdk<typeof Sns>(fixture(fake).gateway, '@aws-sdk/client-sns');
    const client = new pkg.SNSClient({});
    const input = { TopicArn: 't', Message: 'a=1&b=<"2">\n', MessageAttributes: { k: { DataType: 'Binary', BinaryValue: binary } } };
    expect((await client.send(new pkg.PublishCommand(input))).MessageId).toBe(`<${input.Message}>`);
    expect(fake.requests[0]!.input).toMatchObject({ TopicArn: 't', Message: input.Message });
    expect(Buffer.from(fake.requests[0]!.input.MessageAttributes.k.BinaryValue as Uint8Array)).toEqual(Buffer.from(binary));
    const entries = [
      { Id: '1', Message: 'x' },
      { Id: '2', Message: 'y' },
    ];
    const batch = await client.send(new pkg.PublishBatchCommand({ TopicArn: 't', PublishBatchRequestEntries: entries }));
    expect(fake.requests[1]!.input).toEqual({ TopicArn: 't', PublishBatchRequestEntries: entries });
    expect(batch).toMatchObject({ Successful: [{ Id: '1', MessageId: 'm' }], Failed: [{ Id: '2', Code: 'c', SenderFault: true }] });
    const attributes = await client.send(new pkg.GetTopicAttributesCommand({ TopicArn: 't' }));
    expect(attributes.Attributes).toEqual({ Owner: '111122223333', DisplayName: 'a & b' });
    expect((await client.send(new pkg.DeleteTopicCommand({ TopicArn: 't' }))).$metadata.httpStatusCode).toBe(200);
  });

  test('throws errors by class, whether the service says the code of the wire or of the SDK', async () => {
    const fake = new FakeService('sns', {
      Publish: ({ TopicArn }) => {
        throw new AwsError(TopicArn as string, 'Topic does not exist', 404);
      },
    });
    const pkg = sdk<typeof Sns>(fixture(fake).gateway, '@aws-sdk/client-sns');
    for (const TopicArn of ['NotFound', 'NotFoundException']) {
      const error = await errorOf(new pkg.SNSClient({}).send(new pkg.PublishCommand({ TopicArn, Message: 'm' })));
      expect(error).toBeInstanceOf(pkg.NotFoundException);
      expect(error).toMatchObject({ message: 'Topic does not exist', $metadata: { httpStatusCode: 404 } });
    }
  });
});

describe('restXml (S3)', () => {
  const stored = new Map<string, Record<string, any>>();
  const fake = new FakeService('s3', {
    PutObject: (input) => {
      stored.set(`${input.Bucket}/${input.Key}`, input);
      return { ETag: '"e"', VersionId: 'v1' };
    },
    GetObject: (input) => {
      const found = stored.get(`${input.Bucket}/${input.Key}`);
      if (!found) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      return { Body: found.Body, ContentType: found.ContentType, Metadata: found.Metadata, LastModified: wholeSecond, ContentLength: found.Body.byteLength };
    },
    HeadObject: () => {
      throw new AwsError('NotFound', 'Not Found', 404);
    },
    ListObjectsV2: () => ({
      Name: 'b',
      KeyCount: 2,
      IsTruncated: false,
      Contents: [
        { Key: 'a&b', Size: 1, ETag: '"x"', LastModified: time },
        { Key: ' c ', Size: 0 },
      ],
      CommonPrefixes: [{ Prefix: 'p/' }],
    }),
    ListObjectVersions: () => ({}),
    ListBuckets: () => ({ Buckets: [{ Name: 'b', CreationDate: time }] }),
    CopyObject: () => ({ CopyObjectResult: { ETag: '"c"', LastModified: time } }),
    DeleteObjects: ({ Delete }) => ({ Deleted: Delete.Objects }),
    PutObjectTagging: () => ({}),
    GetObjectTagging: () => ({ TagSet: [{ Key: 'k', Value: 'v' }] }),
    CreateMultipartUpload: () => ({ UploadId: 'u' }),
    UploadPart: () => ({ ETag: '"p"' }),
    CompleteMultipartUpload: () => ({ ETag: '"m"' }),
    AbortMultipartUpload: () => ({}),
    DeleteObject: () => ({ DeleteMarker: true }),
    GetBucketPolicy: () => ({ Policy: '{"Version":"2012-10-17"}' }),
  });
  const { gateway } = fixture(fake);
  const pkg = sdk<typeof S3>(gateway, '@aws-sdk/client-s3');
  const last = (): Record<string, any> => fake.requests.at(-1)!.input;

  test.each([
    ['virtual-hosted', 'bucket-1', {}],
    ['path-style', 'bucket-1', { forcePathStyle: true }],
    ['with dots in the name', 'a.b.c', {}],
  ])('stores and reads an object: %s', async (_, Bucket, config) => {
    const client = new pkg.S3Client(config);
    const Key = "folder/with space & ümlaut+plus'/x=1.csv";
    await client.send(new pkg.PutObjectCommand({ Bucket, Key, Body: 'héllo', ContentType: 'text/csv', Metadata: { 'Model-Version': '3' }, IfNoneMatch: '*' }));
    expect(last()).toMatchObject({ Bucket, Key, ContentType: 'text/csv', Metadata: { 'model-version': '3' }, IfNoneMatch: '*' });
    const answer = await client.send(new pkg.GetObjectCommand({ Bucket, Key, Range: 'bytes=0-9' }));
    expect(last()).toMatchObject({ Bucket, Key, Range: 'bytes=0-9' });
    expect(await answer.Body!.transformToString()).toBe('héllo');
    expect(answer).toMatchObject({ ContentType: 'text/csv', Metadata: { 'model-version': '3' }, LastModified: wholeSecond, ContentLength: 6 });
  });

  test('reads the chunks and the trailing checksum of a streamed body', async () => {
    const client = new pkg.S3Client({});
    const Body = Readable.from([Buffer.from('part one, '), Buffer.alloc(100_000, 'x'), Buffer.from(binary)]);
    await client.send(new pkg.PutObjectCommand({ Bucket: 'b', Key: 'stream', Body, ContentLength: 100_015, ContentEncoding: 'gzip' }));
    expect(Buffer.from(last().Body)).toEqual(Buffer.concat([Buffer.from('part one, '), Buffer.alloc(100_000, 'x'), Buffer.from(binary)]));
    expect(last()).toMatchObject({ ContentEncoding: 'gzip', ChecksumCRC32: expect.any(String) });
  });

  test('tells apart operations that share method and path', async () => {
    const client = new pkg.S3Client({});
    const at = { Bucket: 'b', Key: 'k' };
    const commands: [string, any][] = [
      ['CopyObject', new pkg.CopyObjectCommand({ ...at, CopySource: 'b/other' })],
      ['PutObjectTagging', new pkg.PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } })],
      ['GetObjectTagging', new pkg.GetObjectTaggingCommand(at)],
      ['CreateMultipartUpload', new pkg.CreateMultipartUploadCommand(at)],
      ['UploadPart', new pkg.UploadPartCommand({ ...at, UploadId: 'u', PartNumber: 2, Body: 'x' })],
      ['CompleteMultipartUpload', new pkg.CompleteMultipartUploadCommand({ ...at, UploadId: 'u', MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"p"' }] } })],
      ['AbortMultipartUpload', new pkg.AbortMultipartUploadCommand({ ...at, UploadId: 'u' })],
      ['DeleteObject', new pkg.DeleteObjectCommand({ ...at, VersionId: 'v' })],
      ['DeleteObjects', new pkg.DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects: [{ Key: 'x' }, { Key: 'y' }], Quiet: false } })],
      ['ListObjectVersions', new pkg.ListObjectVersionsCommand({ Bucket: 'b', Prefix: 'p' })],
      ['ListBuckets', new pkg.ListBucketsCommand({})],
      ['GetBucketPolicy', new pkg.GetBucketPolicyCommand({ Bucket: 'b' })],
    ];
    for (const [operation, command] of commands) {
      await client.send(command);
      expect(fake.requests.at(-1)!.operation).toBe(operation);
    }
    expect(fake.requests.find((request) => request.operation === 'UploadPart')!.input).toMatchObject({ UploadId: 'u', PartNumber: 2 });
    expect(fake.requests.find((request) => request.operation === 'PutObjectTagging')!.input.Tagging).toEqual({ TagSet: [{ Key: 'a', Value: '1' }] });
  });

  test('lists, copies and deletes with XML bodies', async () => {
    const client = new pkg.S3Client({});
    const listed = await client.send(new pkg.ListObjectsV2Command({ Bucket: 'b', Prefix: 'p/', Delimiter: '/', MaxKeys: 5 }));
    expect(last()).toEqual({ Bucket: 'b', Prefix: 'p/', Delimiter: '/', MaxKeys: 5 });
    expect(listed.Contents).toEqual([
      { Key: 'a&b', Size: 1, ETag: '"x"', LastModified: time },
      { Key: ' c ', Size: 0 },
    ]);
    expect(listed.CommonPrefixes).toEqual([{ Prefix: 'p/' }]);
    expect(listed.IsTruncated).toBe(false);
    expect((await client.send(new pkg.ListBucketsCommand({}))).Buckets).toEqual([{ Name: 'b', CreationDate: time }]);
    expect((await client.send(new pkg.GetObjectTaggingCommand({ Bucket: 'b', Key: 'k' }))).TagSet).toEqual([{ Key: 'k', Value: 'v' }]);
    const deleted = await client.send(new pkg.DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects: [{ Key: 'x' }] } }));
    expect(deleted.Deleted).toEqual([{ Key: 'x' }]);
    expect((await client.send(new pkg.GetBucketPolicyCommand({ Bucket: 'b' }))).Policy).toBe('{"Version":"2012-10-17"}');
    expect((await client.send(new pkg.DeleteObjectCommand({ Bucket: 'b', Key: 'k' }))).DeleteMarker).toBe(true);
  });

  test('throws NoSuchKey, and NotFound for a HEAD, whose answer has no body', async () => {
    const client = new pkg.S3Client({});
    const missing = await errorOf(client.send(new pkg.GetObjectCommand({ Bucket: 'b', Key: 'missing' })));
    expect(missing).toBeInstanceOf(pkg.NoSuchKey);
    expect(missing).toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    expect(await errorOf(client.send(new pkg.HeadObjectCommand({ Bucket: 'b', Key: 'missing' })))).toMatchObject({ name: 'NotFound', $metadata: { httpStatusCode: 404 } });
  });
});
