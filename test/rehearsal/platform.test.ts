import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import { LambdaService } from '../../lib/rehearsal/services/lambda/lambda-service';
import { LogsService } from '../../lib/rehearsal/services/logs';
import { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import { SnsService } from '../../lib/rehearsal/services/sns';
import { lambda, MINUTE, PlatformWorld, role, START } from './platform-world';

let world: PlatformWorld;
beforeEach(() => {
  world = new PlatformWorld();
});
afterEach(() => world.close());

const BUCKET = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake', VersioningConfiguration: { Status: 'Enabled' } } };
const ECHO = 'exports.handler = async (event) => event;';

describe('deployment of an assembly', () => {
  test('creates resources in order and finds them again', async () => {
    const simulation = await world.deploy(
      {
        Function: { ...lambda('echo', 'Role', { BUCKET: { Ref: 'Bucket' } }), Metadata: { 'aws:cdk:path': 'Test/App/Function/Resource' } },
        Bucket: { Type: 'AWS::S3::Bucket', Condition: 'Yes' },
        Skipped: { Type: 'AWS::S3::Bucket', Condition: 'No' },
        Role: role('lambda.amazonaws.com'),
        Metadata: { Type: 'AWS::CDK::Metadata' },
      },
      { echo: ECHO },
      {
        Conditions: { Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }, No: { 'Fn::Not': [{ Condition: 'Yes' }] } },
        Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Function', 'Arn'] }, Export: { Name: 'Arn' } } },
        Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/hnb659fds/version' } },
      },
    );
    const found = simulation.resource('App/Function');
    expect(found.properties.Environment.Variables.BUCKET).toMatch(/^test-bucket-[a-z0-9]{12}$/);
    expect(simulation.outputs('Test').Arn).toBe(found.attributes!.Arn);
    expect(simulation.resources.map(({ logicalId }) => logicalId)).not.toContain('Skipped');
    expect(() => simulation.resource('Nothing')).toThrow(/no resource named Nothing; there are:\n {2}Test/);
  });

  test('fails on a resource type that nobody simulates, naming it', async () => {
    await expect(world.deploy({ Table: { Type: 'AWS::DynamoDB::Table', Metadata: { 'aws:cdk:path': 'Test/Table/Resource' } } })).rejects.toThrow(
      'Test/Table/Resource (Table, AWS::DynamoDB::Table): the rehearsal does not simulate this resource type',
    );
  });

  test('fails when a function may not be assumed by Lambda', async () => {
    await expect(world.deploy({ Role: role('states.amazonaws.com'), F: lambda('echo', 'Role') }, { echo: ECHO })).rejects.toThrow(/cannot be assumed by Lambda/);
  });

  test.each(['fetch', 'https'])('runs custom resources whose functions answer with %s, and deletes them', async (how) => {
    const send =
      how === 'fetch'
        ? 'await fetch(event.ResponseURL, { method: "PUT", body });'
        : `const https = require("https"); const url = new URL(event.ResponseURL);
           await new Promise((ok, no) => { const r = https.request({ hostname: url.hostname, path: url.pathname + url.search, method: "PUT" }, (res) => { res.resume(); ok(); }); r.on("error", no); r.write(body); r.end(); });`;
    const code = `exports.handler = async (event) => {
      console.log(event.RequestType);
      const body = JSON.stringify({ Status: event.ResourceProperties.Fail === "true" ? "FAILED" : "SUCCESS", Reason: "told to", PhysicalResourceId: "physical",
        Data: { Count: event.ResourceProperties.Number, Type: event.RequestType } });
      ${send}
    };`;
    const custom = (Fail: boolean): Record<string, any> => ({
      Role: role('lambda.amazonaws.com'),
      Provider: lambda('provider', 'Role'),
      Custom: { Type: 'Custom::Thing', Properties: { ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] }, Number: 7, Fail } },
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { 'Fn::Join': ['-', ['b', { Ref: 'Custom' }, { 'Fn::GetAtt': ['Custom', 'Count'] }]] } } },
    });
    const simulation = await world.deploy(custom(false), { provider: code });
    expect(simulation.resource('Bucket').ref).toBe('b-physical-7');
    const group = `/aws/lambda/${simulation.resource('Provider').ref}`;
    await simulation.destroy('Test');
    const logs = simulation.service<LogsService>('logs').events(group);
    expect(logs.map(({ message }) => message)).toEqual(['INFO\tCreate', 'INFO\tDelete']);
    await simulation.close();
    await expect(world.deploy(custom(true), { provider: code })).rejects.toThrow(/custom resource failed to create: told to/);
  });
});

describe('functions', () => {
  const deploy = (code: string, ...statements: { Action: string | string[]; Resource: unknown }[]) =>
    world.deploy({ Bucket: BUCKET, Role: role('lambda.amazonaws.com', ...statements), F: lambda('f', 'Role', { BUCKET: { Ref: 'Bucket' } }) }, { f: code });

  test('run their real bundle with virtual time, seeded randomness and the real SDK', async () => {
    const code = `const { S3Client, PutObjectCommand } = require("@aws-sdk/client-s3");
      const s3 = new S3Client({});
      let calls = 0;
      exports.handler = async (event, context) => {
        const random = [Math.random(), require("node:crypto").randomUUID()];
        await s3.send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: "out", Body: JSON.stringify(event) }));
        return { time: new Date().toISOString(), now: Date.now(), isDate: new Date() instanceof Date, calls: ++calls, random, name: context.functionName, region: process.env.AWS_REGION };
      };`;
    const statement = { Action: 's3:PutObject', Resource: { 'Fn::Sub': '${Bucket.Arn}/*' } };
    const simulation = await deploy(code, statement);
    const first = await world.invoke('F', { a: 1 });
    expect(first.value).toMatchObject({ time: '2001-02-01T00:00:00.000Z', now: START, isDate: true, calls: 1, region: 'us-east-1', name: simulation.resource('F').ref });
    expect(simulation.service<S3Service>('s3').getObject('lake', 'out').toString()).toBe('{"a":1}');
    await world.advance(1);
    expect((await world.invoke('F')).value).toMatchObject({ time: '2001-02-01T00:01:00.120Z', calls: 2 });
    simulation.service<LambdaService>('lambda').dropWarmState();
    expect((await world.invoke('F')).value.calls).toBe(1);
    expect(world.records.find(({ service }) => service === 's3')).toMatchObject({ principal: expect.stringContaining(':role/'), operation: 'PutObject', status: 200, error: null });

    const again = new PlatformWorld();
    await again.deploy({ Bucket: BUCKET, Role: role('lambda.amazonaws.com', statement), F: lambda('f', 'Role', { BUCKET: { Ref: 'Bucket' } }) }, { f: code });
    expect((await again.invoke('F')).value.random).toEqual(first.value.random);
    await again.close();
  });

  test('fail without the permission, as a function error', async () => {
    const code = `const { S3Client, GetObjectCommand } = require("@aws-sdk/client-s3");
      exports.handler = () => new S3Client({}).send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: "secret" }));`;
    const simulation = await deploy(code);
    const { error, value } = await world.invoke('F');
    expect(error).toBe('Unhandled');
    expect(value).toMatchObject({ errorType: 'AccessDenied', errorMessage: expect.stringContaining('s3:GetObject') });
    expect(simulation.counters.denied).toBe(1);
  });

  test.each([
    ['require("node:net")', /may not use node:net: the rehearsal has no network/],
    ['await fetch("https://example.com/")', /GET https:\/\/example.com\/: the rehearsal has no network/],
    ['require("lodash")', /lodash/],
  ])('fail when they do %s', async (statement, message) => {
    await deploy(`exports.handler = async () => { ${statement} };`);
    const { error, value } = await world.invoke('F');
    expect(error).toBe('Unhandled');
    expect(value.errorMessage).toMatch(message);
  });

  test('are retried twice when an asynchronous invocation fails', async () => {
    const simulation = await deploy('exports.handler = async () => { throw new RangeError("no"); };');
    await world.call('lambda', 'Invoke', { FunctionName: 'F', InvocationType: 'Event', Payload: Buffer.from('{}') });
    await world.advance(10);
    const times = simulation.timeline.events.filter(({ kind, message }) => kind === 'function' && message.startsWith('RangeError')).map(({ time }) => time - START);
    expect(times).toEqual([120, 120 + MINUTE + 120, 120 + 3 * MINUTE + 240]);
    expect(simulation.timeline.events.at(-1)!.message).toMatch(/^event dropped after 3 attempts/);
  });

  test('refuse payloads over the documented limits and what is no JSON', async () => {
    await deploy(ECHO);
    const invoke = (InvocationType: string, Payload: Buffer) => world.call('lambda', 'Invoke', { FunctionName: 'F', InvocationType, Payload });
    await expect(invoke('Event', Buffer.alloc(1024 * 1024 + 1, '1'))).rejects.toMatchObject({ code: 'RequestTooLargeException', statusCode: 413 });
    await expect(invoke('RequestResponse', Buffer.alloc(6 * 1024 * 1024 + 1, '1'))).rejects.toMatchObject({ code: 'RequestTooLargeException' });
    await expect(invoke('RequestResponse', Buffer.from('{'))).rejects.toMatchObject({ code: 'InvalidRequestContentException' });
    await expect(world.call('lambda', 'Invoke', { FunctionName: 'nobody' })).rejects.toMatchObject({ code: 'ResourceNotFoundException', statusCode: 404 });
  });
});

describe('events, schedules, alarms and topics', () => {
  const functionWith = (code: string, more: Record<string, any>) =>
    world.deploy({ Role: role('lambda.amazonaws.com'), F: lambda('f', 'Role'), ...more }, { f: code });
  const LOGGING = 'exports.handler = async (event) => { console.log(JSON.stringify(event)); };';
  const FUNCTION_ARN = { 'Fn::GetAtt': ['F', 'Arn'] };
  const permission = (source: string, rule: unknown): any => ({
    Type: 'AWS::Lambda::Permission',
    Properties: { FunctionName: FUNCTION_ARN, Action: 'lambda:InvokeFunction', Principal: source, SourceArn: rule },
  });
  const received = (simulation: any): any[] =>
    simulation
      .service('logs')
      .events(`/aws/lambda/${simulation.resource('F').ref}`)
      .map(({ message }: any) => JSON.parse(message.replace(/^INFO\t/, '')));

  test('an object event reaches the function through its rule, twice when a fault says so', async () => {
    const simulation = await functionWith(LOGGING, {
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake', NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } } },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.s3'], 'detail-type': ['Object Created'], detail: { bucket: { name: [{ Ref: 'Bucket' }] }, object: { key: [{ prefix: 'raw/' }] } } },
          Targets: [{ Id: 'T', Arn: FUNCTION_ARN, InputTransformer: { InputPathsMap: { key: '$.detail.object.key' }, InputTemplate: '{"key":<key>}' } }],
        },
      },
      Permission: permission('events.amazonaws.com', { 'Fn::GetAtt': ['Rule', 'Arn'] }),
    });
    await world.call('s3', 'PutObject', { Bucket: 'lake', Key: 'raw/a', Body: 'x' });
    await world.call('s3', 'PutObject', { Bucket: 'lake', Key: 'other/a', Body: 'x' });
    await world.advance(1);
    expect(received(simulation)).toEqual([{ key: 'raw/a' }]);
    simulation.faults.add({ id: 'late', type: 'event', detailType: 'Object Created', copies: 2, delayMilliseconds: 5 * MINUTE, times: 1 });
    await world.call('s3', 'PutObject', { Bucket: 'lake', Key: 'raw/b', Body: 'x' });
    await world.advance(4);
    expect(received(simulation)).toHaveLength(1);
    await world.advance(2);
    expect(received(simulation)).toEqual([{ key: 'raw/a' }, { key: 'raw/b' }, { key: 'raw/b' }]);
  });

  test('a rule without permission on its target says so', async () => {
    const simulation = await functionWith(LOGGING, {
      Rule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)', Targets: [{ Id: 'T', Arn: FUNCTION_ARN }] } },
    });
    await world.advance(61);
    expect(received(simulation)).toEqual([]);
    expect(simulation.timeline.events.find(({ kind, status }) => kind === 'note' && status === 'FAILED')!.message).toMatch(/AccessDenied/);
  });

  test('a schedule invokes its target at once and then at its rate, with context attributes', async () => {
    const simulation = await functionWith(LOGGING, {
      Caller: role('scheduler.amazonaws.com', { Action: 'lambda:InvokeFunction', Resource: FUNCTION_ARN }),
      Schedule: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'rate(6 hours)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: { Arn: FUNCTION_ARN, RoleArn: { 'Fn::GetAtt': ['Caller', 'Arn'] }, Input: '{"time":"<aws.scheduler.scheduled-time>"}' },
        },
      },
    });
    await world.advance(13 * 60);
    expect(received(simulation)).toEqual(['00', '06', '12'].map((hour) => ({ time: `2001-02-01T${hour}:00:00Z` })));
  });

  test('a universal target calls the AWS API with the rights of its role', async () => {
    const target = (operation: string): any => ({
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'at(2001-02-01T01:00:00)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: `arn:aws:scheduler:::aws-sdk:sns:${operation}`, RoleArn: { 'Fn::GetAtt': ['Caller', 'Arn'] }, Input: { 'Fn::Sub': '{"TopicArn":"${Topic}","Message":"hello"}' } },
      },
    });
    const simulation = await world.deploy({
      Topic: { Type: 'AWS::SNS::Topic' },
      Caller: role('scheduler.amazonaws.com', { Action: 'sns:Publish', Resource: { Ref: 'Topic' } }),
      Schedule: target('publish'),
    });
    await world.advance(61);
    expect(simulation.service<SnsService>('sns').messages(simulation.resource('Topic').ref).map(({ message, time }) => [message, time - START])).toEqual([['hello', 60 * MINUTE]]);
  });

  const ALARM = (actions: unknown): any => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: 'errors',
      Namespace: 'Test',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'Model', Value: 'm' }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [actions],
    },
  });
  const TOPIC = { Type: 'AWS::SNS::Topic', Properties: { Subscription: [{ Protocol: 'email', Endpoint: 'team@example.com' }] } };
  const allowCloudWatch = { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish', Resource: { Ref: 'Topic' } };
  const put = (Value: number) => world.call('cloudwatch', 'PutMetricData', { Namespace: 'Test', MetricData: [{ MetricName: 'Errors', Dimensions: [{ Name: 'Model', Value: 'm' }], Value }] });

  test('an alarm goes through its states on the clock, publishes, and tells the bus', async () => {
    const simulation = await functionWith(LOGGING, {
      Topic: TOPIC,
      Policy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [{ Ref: 'Topic' }], PolicyDocument: { Statement: [allowCloudWatch] } } },
      Alarm: ALARM({ Ref: 'Topic' }),
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: { EventPattern: { source: ['aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } }, Targets: [{ Id: 'T', Arn: FUNCTION_ARN, InputPath: '$.detail.alarmName' }] },
      },
      Permission: permission('events.amazonaws.com', { 'Fn::GetAtt': ['Rule', 'Arn'] }),
    });
    const history = () => simulation.service<CloudWatchService>('cloudwatch').history('errors').map(({ state, time }) => [state, (time - START) / MINUTE]);
    await world.advance(10);
    expect(history()).toEqual([['OK', 1]]);
    await put(1);
    await world.advance(1);
    await put(2);
    await world.advance(30);
    expect(history()).toEqual([['OK', 1], ['ALARM', 12], ['OK', 16]]);
    const [message] = simulation.service<SnsService>('sns').messages(simulation.resource('Topic').ref);
    expect(message).toMatchObject({ subject: 'ALARM: "errors" in us-east-1', deliveries: [{ protocol: 'email', endpoint: 'team@example.com' }] });
    expect(JSON.parse(message!.message)).toMatchObject({ AlarmName: 'errors', NewStateValue: 'ALARM', OldStateValue: 'OK' });
    expect(received(simulation)).toEqual(['errors']);
    const { MetricAlarms } = await world.call('cloudwatch', 'DescribeAlarms', { AlarmNames: ['errors'] });
    expect(MetricAlarms[0]).toMatchObject({ StateValue: 'OK', Threshold: 1 });
    const { MetricDataResults } = await world.call('cloudwatch', 'GetMetricData', {
      StartTime: new Date(START),
      EndTime: new Date(START + 60 * MINUTE),
      MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: { Namespace: 'Test', MetricName: 'Errors', Dimensions: [{ Name: 'Model', Value: 'm' }] }, Period: 300, Stat: 'Sum' } }],
    });
    expect(MetricDataResults[0]).toMatchObject({ Values: [3], Timestamps: [new Date(START + 10 * MINUTE)] });
  });

  test('an alarm whose topic does not let CloudWatch in, or whose key does not, says so', async () => {
    const simulation = await world.deploy({
      Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: 'alias/aws/sns' } },
      Policy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [{ Ref: 'Topic' }], PolicyDocument: { Statement: [allowCloudWatch] } } },
      Alarm: ALARM({ Ref: 'Topic' }),
    });
    await world.call('cloudwatch', 'SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'test' });
    await world.advance(1);
    expect(simulation.timeline.events.find(({ status }) => status === 'FAILED')!.message).toMatch(/kms:GenerateDataKey/);
  });

  test('metrics in the embedded format of a log line are published', async () => {
    const emf = { _aws: { Timestamp: START, CloudWatchMetrics: [{ Namespace: 'Emf', Dimensions: [['Model']], Metrics: [{ Name: 'Rows', Unit: 'Count' }] }] }, Model: 'm', Rows: 5 };
    const simulation = await functionWith(`exports.handler = async () => { console.log('${JSON.stringify(emf)}'); };`, {});
    await world.invoke('F');
    const { metrics } = simulation.service<CloudWatchService>('cloudwatch');
    expect(metrics.statistic(metrics.find('Emf', 'Rows', { Model: 'm' }), 'Sum', START, START + MINUTE)).toBe(5);
  });
});
