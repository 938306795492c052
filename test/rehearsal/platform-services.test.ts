import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningSimulation } from '../../lib/rehearsal/create-simulation';
import { lambda, MINUTE, PlatformWorld, role, START } from './platform-world';

let world: PlatformWorld;
let simulation: RunningSimulation;
beforeEach(async () => {
  world = new PlatformWorld();
  simulation = await world.deploy(
    {
      Role: role('lambda.amazonaws.com'),
      Caller: role('scheduler.amazonaws.com', { Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': ['F', 'Arn'] } }),
      F: lambda('f', 'Role'),
      Key: {
        Type: 'AWS::KMS::Key',
        Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } }, Action: 'kms:*', Resource: '*' }] } },
      },
      Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/lake', TargetKeyId: { Ref: 'Key' } } },
    },
    { f: 'exports.handler = async (event) => { console.log("got", event); return event; };' },
  );
});
afterEach(async () => {
  expect(simulation.defects).toEqual([]);
  await world.close();
});

const call = (service: string, operation: string, input: Record<string, unknown>) => world.call(service, operation, input);

describe('Application Auto Scaling', () => {
  const target = { ServiceNamespace: 'sagemaker', ResourceId: 'endpoint/flights/variant/AllTraffic', ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' };
  const scaling = (operation: string, input: Record<string, unknown> = {}) => call('application-auto-scaling', operation, { ...target, ...input });

  test('keeps a target with its policies, and forgets them with it', async () => {
    await scaling('RegisterScalableTarget', { MinCapacity: 2, MaxCapacity: 6 });
    await scaling('PutScalingPolicy', {
      PolicyName: 'p',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 70, PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' } },
    });
    await scaling('PutScheduledAction', { ScheduledActionName: 'night', Schedule: 'cron(0 0 * * ? *)', ScalableTargetAction: { MinCapacity: 1 } });
    await scaling('RegisterScalableTarget', { SuspendedState: { DynamicScalingInSuspended: true } });
    const describe_ = { ServiceNamespace: 'sagemaker' };
    const { ScalableTargets } = await call('application-auto-scaling', 'DescribeScalableTargets', { ...describe_, ResourceIds: [target.ResourceId] });
    expect(ScalableTargets[0]).toMatchObject({ MinCapacity: 2, MaxCapacity: 6, SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: false } });
    expect((await call('application-auto-scaling', 'DescribeScalingPolicies', describe_)).ScalingPolicies).toHaveLength(1);
    expect((await call('application-auto-scaling', 'DescribeScheduledActions', describe_)).ScheduledActions).toHaveLength(1);
    await scaling('DeregisterScalableTarget');
    expect((await call('application-auto-scaling', 'DescribeScalingPolicies', describe_)).ScalingPolicies).toEqual([]);
  });

  test('refuses what it cannot find or do', async () => {
    await expect(scaling('DeregisterScalableTarget')).rejects.toMatchObject({ code: 'ObjectNotFoundException' });
    await expect(scaling('PutScalingPolicy', { PolicyName: 'p' })).rejects.toMatchObject({ code: 'ObjectNotFoundException' });
    await expect(scaling('RegisterScalableTarget', { MinCapacity: 3, MaxCapacity: 1 })).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(scaling('RegisterScalableTarget', { MinCapacity: 3 })).rejects.toMatchObject({ code: 'ValidationException' });
  });
});

describe('Scheduler', () => {
  const schedule = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    Name: 's',
    ScheduleExpression: 'cron(30 * * * ? *)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: simulation.resource('F').attributes!.Arn, RoleArn: simulation.resource('Caller').attributes!.Arn, Input: '{}' },
    ...more,
  });
  const invocations = (): number[] => simulation.timeline.events.filter(({ kind }) => kind === 'function').map(({ time }) => Math.floor((time - START) / MINUTE));

  test('creates, changes, lists and deletes', async () => {
    await call('scheduler', 'CreateSchedule', schedule());
    await expect(call('scheduler', 'CreateSchedule', schedule())).rejects.toMatchObject({ code: 'ConflictException' });
    await world.advance(60);
    await call('scheduler', 'UpdateSchedule', schedule({ ScheduleExpression: 'cron(45 * * * ? *)' }));
    expect(await call('scheduler', 'GetSchedule', { Name: 's' })).toMatchObject({ ScheduleExpression: 'cron(45 * * * ? *)', State: 'ENABLED' });
    expect((await call('scheduler', 'ListSchedules', {})).Schedules).toHaveLength(1);
    await world.advance(60);
    await call('scheduler', 'DeleteSchedule', { Name: 's' });
    await world.advance(120);
    expect(invocations()).toEqual([30, 105]);
    await expect(call('scheduler', 'GetSchedule', { Name: 's' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  test('refuses a role that it may not assume and expressions that it cannot read', async () => {
    const RoleArn = simulation.resource('Role').attributes!.Arn;
    await expect(call('scheduler', 'CreateSchedule', schedule({ Target: { ...(schedule().Target as object), RoleArn } }))).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(call('scheduler', 'CreateSchedule', schedule({ ScheduleExpression: 'often' }))).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(call('scheduler', 'CreateSchedule', schedule({ ScheduleExpressionTimezone: 'Europe/Nowhere' }))).rejects.toThrow(/is no time zone/);
  });
});

describe('EventBridge', () => {
  test('rules come and go by API; events of others may not claim to be from AWS', async () => {
    await call('eventbridge', 'PutRule', { Name: 'r', EventPattern: '{"source":["app"]}' });
    await call('eventbridge', 'PutTargets', { Rule: 'r', Targets: [{ Id: '1', Arn: simulation.resource('F').attributes!.Arn }] });
    await call('lambda', 'AddPermission', { FunctionName: 'F', StatementId: 'r', Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' });
    const put = (Source: string, Detail = '{"a":1}') => call('eventbridge', 'PutEvents', { Entries: [{ Source, DetailType: 't', Detail }] });
    expect((await put('app')).FailedEntryCount).toBe(0);
    expect((await put('aws.s3')).Entries[0].ErrorCode).toBe('NotAuthorizedForSourceException');
    expect((await put('app', 'no json')).Entries[0].ErrorCode).toBe('MalformedDetail');
    await world.advance(1);
    expect(simulation.timeline.events.filter(({ kind }) => kind === 'function')).toHaveLength(1);
    expect((await call('eventbridge', 'ListTargetsByRule', { Rule: 'r' })).Targets).toHaveLength(1);
    await expect(call('eventbridge', 'DeleteRule', { Name: 'r' })).rejects.toMatchObject({ code: 'ValidationException' });
    await call('eventbridge', 'RemoveTargets', { Rule: 'r', Ids: ['1'] });
    await call('eventbridge', 'DisableRule', { Name: 'r' });
    expect(await call('eventbridge', 'DescribeRule', { Name: 'r' })).toMatchObject({ State: 'DISABLED' });
    await call('eventbridge', 'DeleteRule', { Name: 'r' });
    expect((await call('eventbridge', 'ListRules', {})).Rules).toEqual([]);
  });
});

describe('small services', () => {
  test('KMS opens what it sealed, with the same context only', async () => {
    const EncryptionContext = { model: 'flights' };
    const { CiphertextBlob } = await call('kms', 'Encrypt', { KeyId: 'alias/lake', Plaintext: Buffer.from('secret'), EncryptionContext });
    expect(Buffer.from((await call('kms', 'Decrypt', { CiphertextBlob, EncryptionContext })).Plaintext).toString()).toBe('secret');
    await expect(call('kms', 'Decrypt', { CiphertextBlob })).rejects.toMatchObject({ code: 'InvalidCiphertextException' });
    expect((await call('kms', 'GenerateDataKey', { KeyId: 'alias/lake', KeySpec: 'AES_256' })).Plaintext).toHaveLength(32);
    expect((await call('kms', 'DescribeKey', { KeyId: 'alias/lake' })).KeyMetadata.KeyId).toBe(simulation.resource('Key').ref);
    await expect(call('kms', 'DescribeKey', { KeyId: 'alias/none' })).rejects.toMatchObject({ code: 'NotFoundException' });
  });

  test('parameters have versions', async () => {
    const put = (Overwrite: boolean) => call('ssm', 'PutParameter', { Name: '/a/b', Value: 'x', Type: 'String', Overwrite });
    await put(false);
    await expect(put(false)).rejects.toMatchObject({ code: 'ParameterAlreadyExists' });
    expect((await put(true)).Version).toBe(2);
    expect((await call('ssm', 'GetParametersByPath', { Path: '/a' })).Parameters[0]).toMatchObject({ Name: '/a/b', Value: 'x', Version: 2 });
    await call('ssm', 'DeleteParameter', { Name: '/a/b' });
    expect(await call('ssm', 'GetParameters', { Names: ['/a/b'] })).toMatchObject({ Parameters: [], InvalidParameters: ['/a/b'] });
  });

  test('logs of a function can be read', async () => {
    await world.invoke('F', { a: 1 });
    const logGroupName = `/aws/lambda/${simulation.resource('F').ref}`;
    expect((await call('cloudwatch-logs', 'FilterLogEvents', { logGroupName, filterPattern: 'got' })).events.map(({ message }: any) => message)).toEqual(['INFO\tgot { a: 1 }']);
    expect((await call('cloudwatch-logs', 'DescribeLogGroups', {})).logGroups.map((group: any) => group.logGroupName)).toEqual([logGroupName]);
    const { logStreams } = await call('cloudwatch-logs', 'DescribeLogStreams', { logGroupName });
    expect((await call('cloudwatch-logs', 'GetLogEvents', { logGroupName, logStreamName: logStreams[0].logStreamName })).events).toHaveLength(1);
    await expect(call('cloudwatch-logs', 'DescribeLogStreams', { logGroupName: 'none' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  test('functions and topics describe themselves', async () => {
    expect((await call('lambda', 'GetFunction', { FunctionName: 'F' })).Configuration).toMatchObject({ Handler: 'index.handler', Timeout: 3, MemorySize: 128 });
    const { TopicArn } = await call('sns', 'CreateTopic', { Name: 't' });
    await call('sns', 'Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'team@example.com' });
    await call('sns', 'Publish', { TopicArn, Message: 'hello', MessageAttributes: { severity: { DataType: 'String', StringValue: 'page' } } });
    expect((await call('sns', 'ListSubscriptionsByTopic', { TopicArn })).Subscriptions).toHaveLength(1);
    expect((await call('sns', 'GetTopicAttributes', { TopicArn })).Attributes.TopicArn).toBe(TopicArn);
    await call('sns', 'DeleteTopic', { TopicArn });
    await expect(call('sns', 'Publish', { TopicArn, Message: 'x' })).rejects.toMatchObject({ statusCode: 404 });
  });

  test('an operation that nobody simulates is an error that says so', async () => {
    await expect(call('lambda', 'ListLayers', {})).rejects.toMatchObject({ code: 'OperationNotSimulated', message: 'lambda:ListLayers is not simulated' });
  });

  test('alarms answer what AWS answers', async () => {
    const base = { Namespace: 'N', MetricName: 'm', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' };
    await call('cloudwatch', 'PutMetricAlarm', { AlarmName: 'one', ...base });
    await call('cloudwatch', 'PutCompositeAlarm', { AlarmName: 'both', AlarmRule: 'ALARM(one)' });
    await expect(call('cloudwatch', 'PutCompositeAlarm', { AlarmName: 'x', AlarmRule: 'ALARM(none)' })).rejects.toMatchObject({ code: 'ValidationError' });
    await call('cloudwatch', 'SetAlarmState', { AlarmName: 'one', StateValue: 'ALARM', StateReason: 'test' });
    const found = await call('cloudwatch', 'DescribeAlarms', { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], StateValue: 'ALARM' });
    expect([found.MetricAlarms.length, found.CompositeAlarms.length]).toEqual([1, 1]);
    await call('cloudwatch', 'DisableAlarmActions', { AlarmNames: ['one'] });
    expect((await call('cloudwatch', 'DescribeAlarmHistory', { AlarmName: 'one' })).AlarmHistoryItems).toHaveLength(1);
    await expect(call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['one'] })).rejects.toMatchObject({ code: 'ValidationError' });
    await call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['both'] });
    await call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['one'] });
    expect((await call('cloudwatch', 'DescribeAlarms', {})).MetricAlarms).toEqual([]);
    await call('cloudwatch', 'PutMetricData', { Namespace: 'N', MetricData: [{ MetricName: 'm', Values: [1, 2], Counts: [3, 1] }, { MetricName: 's', StatisticValues: { SampleCount: 2, Sum: 4, Minimum: 1, Maximum: 3 } }] });
    const { Datapoints } = await call('cloudwatch', 'GetMetricStatistics', {
      Namespace: 'N',
      MetricName: 'm',
      StartTime: new Date(START),
      EndTime: new Date(START + MINUTE),
      Period: 60,
      Statistics: ['Sum', 'SampleCount'],
      ExtendedStatistics: ['p50'],
    });
    expect(Datapoints[0]).toMatchObject({ Sum: 5, SampleCount: 4, ExtendedStatistics: { p50: 1 } });
    expect((await call('cloudwatch', 'ListMetrics', { Namespace: 'N' })).Metrics).toHaveLength(2);
    await expect(call('cloudwatch', 'PutMetricData', { Namespace: 'AWS/Mine', MetricData: [{ MetricName: 'm', Value: 1 }] })).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });
});
