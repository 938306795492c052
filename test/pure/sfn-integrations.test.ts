import { describe, expect, it } from 'vitest';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { branch, chain, FakeWorld, START } from './sfn-fakes';

const task = (resource: string, args: unknown = {}, rest: Record<string, unknown> = {}): Record<string, any> => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Arguments: args,
  ...rest,
});

/** A training job that ends after so many seconds. */
function training(world: FakeWorld, status: string, seconds: number): { stopped: boolean } {
  const job = { stopped: false };
  let created = 0;
  world.handlers['sagemaker:CreateTrainingJob'] = () => {
    created = world.clock.now();
    return { TrainingJobArn: 'arn:job' };
  };
  world.handlers['sagemaker:DescribeTrainingJob'] = ({ TrainingJobName }) => {
    const over = world.clock.now() >= created + 1000 * seconds;
    return { TrainingJobName, TrainingJobStatus: over ? status : 'InProgress', CreationTime: new Date(created), FailureReason: over && status === 'Failed' ? 'oom' : undefined };
  };
  world.handlers['sagemaker:StopTrainingJob'] = () => {
    job.stopped = true;
    return {};
  };
  return job;
}

const train = (rest: Record<string, unknown> = {}): Record<string, any> => task('sagemaker:createTrainingJob.sync', "{% { 'TrainingJobName': 'j' } %}", rest);

describe('lambda', () => {
  it('gives the whole answer of lambda:invoke', async () => {
    const world = new FakeWorld();
    world.function(() => ({ ok: true }));
    const { output } = await world.run(chain({ T: task('lambda:invoke', { FunctionName: 'f', Payload: 1 }) }));
    expect(output).toMatchObject({ ExecutedVersion: '$LATEST', StatusCode: 200, Payload: { ok: true }, SdkHttpMetadata: { HttpStatusCode: 200 } });
  });

  it('gives only the payload for a function ARN', async () => {
    const world = new FakeWorld();
    world.function((event) => event.n + 1);
    const arn = 'arn:aws:lambda:us-east-1:111122223333:function:f';
    const { output } = await world.run(chain({ T: { Type: 'Task', Resource: arn, Arguments: { n: 1 } } }));
    expect(output).toBe(2);
    expect(world.requests[0]).toMatchObject({ input: { FunctionName: arn }, principal: { arn: 'arn:aws:iam::111122223333:role/states' } });
  });

  it.each([
    ['TooManyRequestsException', 'Lambda.TooManyRequestsException'],
    ['ServiceException', 'Lambda.ServiceException'],
    ['AccessDeniedException', 'Lambda.AWSLambdaException'],
    ['TimeoutError', 'Lambda.SdkClientException'],
  ])('%s becomes %s', async (code, name) => {
    const world = new FakeWorld();
    world.function(() => {
      throw new AwsError(code, 'no');
    });
    expect((await world.run(chain({ T: task('lambda:invoke', { FunctionName: 'f', Payload: {} }) }))).error).toBe(name);
  });
});

describe('AWS SDK integrations', () => {
  it.each([
    ['s3:getObject', 's3:GetObject', 'NoSuchKey', 'S3.NoSuchKeyException'],
    ['s3:getObject', 's3:GetObject', 'AccessDenied', 'S3.S3Exception'],
    ['sagemaker:describeEndpoint', 'sagemaker:DescribeEndpoint', 'ValidationException', 'SageMaker.SageMakerException'],
    ['sagemaker:createEndpoint', 'sagemaker:CreateEndpoint', 'ResourceLimitExceeded', 'SageMaker.ResourceLimitExceededException'],
    ['cloudwatch:putMetricAlarm', 'cloudwatch:PutMetricAlarm', 'LimitExceededFault', 'CloudWatch.LimitExceededException'],
    ['applicationautoscaling:registerScalableTarget', 'application-auto-scaling:RegisterScalableTarget', 'ThrottlingException', 'ApplicationAutoScaling.ApplicationAutoScalingException'],
  ])('aws-sdk:%s → %s: %s becomes %s', async (resource, request, code, name) => {
    const world = new FakeWorld();
    world.handlers[request] = () => {
      throw new AwsError(code, 'no');
    };
    expect((await world.run(chain({ T: task(`aws-sdk:${resource}`, '{% {} %}') }))).error).toBe(name);
  });

  it('gives timestamps as text and bodies as text', async () => {
    const world = new FakeWorld();
    world.handlers['s3:GetObject'] = () => ({ Body: Buffer.from('hello'), LastModified: new Date(START), $metadata: {} });
    expect((await world.run(chain({ T: task('aws-sdk:s3:getObject', { Bucket: 'b', Key: 'k' }) }))).output).toEqual({ Body: 'hello', LastModified: '2001-02-01T00:00:00Z' });
  });

  it('takes timestamps as text', async () => {
    const world = new FakeWorld();
    world.handlers['cloudwatch:GetMetricData'] = ({ StartTime }) => ({ Messages: [{ Value: String((StartTime as Date).getUTCFullYear()) }] });
    expect((await world.run(chain({ T: task('aws-sdk:cloudwatch:getMetricData', { StartTime: '2001-01-01T00:00:00Z', EndTime: '{% $now() %}', MetricDataQueries: [] }) }))).output).toEqual({ Messages: [{ Value: '2001' }] });
  });

  it('speaks PascalCase with an API in camelCase', async () => {
    const world = new FakeWorld();
    const arn = 'arn:aws:states:us-east-1:111122223333:stateMachine:machine';
    const { output } = await world.run(chain({ T: task('aws-sdk:sfn:listExecutions', { StateMachineArn: arn, MaxResults: 1 }) }));
    expect(output).toMatchObject({ Executions: [{ Name: 'execution', Status: 'RUNNING', StartDate: '2001-02-01T00:00:00Z' }] });
  });
});

describe('literal arguments are compared with the API when the state machine is created', () => {
  it.each([
    ['a member that is missing', 'sagemaker:createModel', {}, /\/States\/T\/Arguments: needs ModelName/],
    ['a member that does not exist', 'sagemaker:createModel', { ModelName: 'm', Name: 'n' }, /\/States\/T\/Arguments\/Name: is not a member of CreateModel/],
    ['one deep inside', 'sagemaker:createModel', { ModelName: 'm', Containers: [{ Picture: 'x' }] }, /Arguments\/Containers\/0\/Picture: is not a member/],
    ['an action that does not exist', 'aws-sdk:s3:fetchObject', {}, /s3 has no action fetchObject/],
  ])('%s', async (_, resource, args, message) => {
    await expect(new FakeWorld().machine(chain({ T: task(resource, args) }))).rejects.toThrow(message);
  });

  it('but not where any JSON may stand', async () => {
    await new FakeWorld().machine(chain({ T: task('lambda:invoke', { FunctionName: 'f', Payload: { any: ['thing'] } }) }));
  });
});

describe('sagemaker .sync', () => {
  it('waits for the job and gives its description', async () => {
    const world = new FakeWorld();
    training(world, 'Completed', 600);
    const end = await world.run(chain({ T: train() }));
    expect(end.output).toEqual({ TrainingJobName: 'j', TrainingJobStatus: 'Completed', CreationTime: START });
    expect(end.seconds).toBeGreaterThanOrEqual(600);
    expect(end.seconds).toBeLessThan(660);
    expect(world.requests[0]!.input.Tags).toEqual([{ Key: 'MANAGED_BY_AWS', Value: 'STARTED_BY_STEP_FUNCTIONS' }]);
  });

  it('learns of the end at once when SageMaker announces it', async () => {
    const world = new FakeWorld();
    training(world, 'Completed', 610);
    world.clock.at(START + 610_000, () => world.timeline.emit({ time: world.clock.now(), kind: 'job', subject: 'j', message: '', status: 'Completed' }));
    expect((await world.run(chain({ T: train() }))).seconds).toBe(610);
  });

  it('fails with the description as cause', async () => {
    const world = new FakeWorld();
    training(world, 'Failed', 60);
    const { error, cause } = await world.run(chain({ T: train() }));
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause!)).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: 'oom' });
  });

  it('survives a lost answer while it waits', async () => {
    const world = new FakeWorld();
    training(world, 'Completed', 60);
    const describeJob = world.handlers['sagemaker:DescribeTrainingJob']!;
    let calls = 0;
    world.handlers['sagemaker:DescribeTrainingJob'] = (input, principal) => {
      if (calls++ === 0) throw new AwsError('ThrottlingException', 'slow down');
      return describeJob(input, principal);
    };
    expect((await world.run(chain({ T: train() }))).status).toBe('SUCCEEDED');
  });

  it.each([
    ['StopExecution', (world: FakeWorld, arn: string) => world.sfn.handle({ principal: { arn: 'x' }, service: 'sfn', operation: 'StopExecution', input: { executionArn: arn, error: 'E', cause: 'C' } }), train(), 'ABORTED'],
    ['TimeoutSeconds', () => undefined, train({ TimeoutSeconds: 100 }), 'FAILED'],
  ])('stops the job on %s', async (_, act, state, status) => {
    const world = new FakeWorld();
    const job = training(world, 'Completed', 10_000);
    const { arn } = world.sfn.start(await world.machine(chain({ T: state })));
    await world.clock.runUntil(START + 50_000);
    act(world, arn);
    await world.clock.runUntil(START + 200_000);
    expect(world.sfn.executions()[0]!.status).toBe(status);
    expect(job.stopped).toBe(true);
    expect(world.requests.filter((request) => request.operation === 'DescribeTrainingJob').at(-1)?.time ?? 0).toBeLessThan(100_001);
  });

  it('needs permission for its managed rule when the state machine is created', async () => {
    const world = new FakeWorld();
    world.denied = ({ action, resource }) => action === 'events:PutRule' && resource.endsWith('rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule');
    await expect(world.machine(chain({ T: train() }))).rejects.toThrow(/not authorized to create managed-rule: events:PutRule/);
  });
});

describe('what the rehearsal does not know', () => {
  it('ends the rehearsal instead of passing for a failure of AWS', async () => {
    const world = new FakeWorld();
    world.handlers['sagemaker:CreateModel'] = () => {
      throw new AwsError('OperationNotSimulated', 'sagemaker:CreateModel is not simulated');
    };
    const state = task('sagemaker:createModel', { ModelName: 'm' }, { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }] });
    await expect(world.run(chain({ T: state, Z: { Type: 'Pass' } }))).rejects.toThrow('machine, state T: sagemaker:CreateModel is not simulated');
  });

  it('input that looks like an expression is only data', async () => {
    const world = new FakeWorld();
    world.function((event) => event);
    const { output } = await world.run(chain({ T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:111122223333:function:f' } }), ['{% 1 + 1 %}']);
    expect(output).toEqual(['{% 1 + 1 %}']);
  });
});

describe('other optimized integrations', () => {
  it('sns:publish takes a message as JSON', async () => {
    const world = new FakeWorld();
    world.handlers['sns:Publish'] = ({ Message }) => ({ MessageId: Message });
    expect((await world.run(chain({ T: task('sns:publish', { TopicArn: 't', Message: { a: 1 } }) }))).output).toMatchObject({ MessageId: '{"a":1}' });
  });

  it('events:putEvents adds its ARNs and fails when an entry failed', async () => {
    const world = new FakeWorld();
    world.handlers['eventbridge:PutEvents'] = () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'x' }] });
    const end = await world.run(chain({ T: task('events:putEvents', { Entries: [{ Source: 's', DetailType: 'd', Detail: { a: 1 } }] }) }));
    expect(end.error).toBe('EventBridge.FailedEntry');
    expect(world.requests[0]!.input.Entries[0]).toMatchObject({ Detail: '{"a":1}', Resources: [end.arn, expect.stringContaining(':stateMachine:machine')] });
  });

  it.each([
    ['sync', '{"n":7}'],
    ['sync:2', { n: 7 }],
  ])('states:startExecution.%s waits for the other execution', async (pattern, output) => {
    const world = new FakeWorld();
    const inner = await world.machine(chain({ W: { Type: 'Wait', Seconds: 30 }, A: { Type: 'Pass', Output: { n: '{% $states.input.n %}' } } }), 'inner');
    const end = await world.run(chain({ T: task(`states:startExecution.${pattern}`, { StateMachineArn: inner, Input: { n: 7 } }) }));
    expect(end.output).toMatchObject({ Status: 'SUCCEEDED', Output: output });
    expect(end.seconds).toBe(30);
  });

  it('states:startExecution goes on at once', async () => {
    const world = new FakeWorld();
    const inner = await world.machine(chain({ W: { Type: 'Wait', Seconds: 30 } }), 'inner');
    const start = task('states:startExecution', { StateMachineArn: inner, Name: 'same' }, { Catch: [{ ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'], Next: 'Z' }] });
    const { output } = await world.run(chain({ S: start, W: { Type: 'Wait', Seconds: 60 }, T: start, E: { Type: 'Fail' }, Z: { Type: 'Pass', Output: "{% 'twice' %}" } }));
    expect(output).toBe('twice');
  });
});

describe('waitForTaskToken', () => {
  const waiting = (rest: Record<string, unknown> = {}): Record<string, any> =>
    task('lambda:invoke.waitForTaskToken', { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } }, rest);
  const send = (world: FakeWorld, operation: string, input: Record<string, unknown>): unknown => world.sfn.handle({ principal: { arn: 'x' }, service: 'sfn', operation, input });

  it.each([
    ['SendTaskSuccess', { output: '{"yes":1}' }, { output: { yes: 1 } }],
    ['SendTaskFailure', { error: 'No', cause: 'not today' }, { error: 'No', cause: 'not today' }],
  ])('%s ends the task', async (operation, input, expected) => {
    const world = new FakeWorld();
    world.function(({ token }) => void world.clock.at(START + 5000, () => send(world, operation, { taskToken: token, ...input })));
    const end = await world.run(chain({ T: waiting() }));
    expect(end).toMatchObject({ ...expected, seconds: 5 });
  });

  it('heartbeats keep the task alive', async () => {
    const world = new FakeWorld();
    world.function(({ token }) => void [8, 16].forEach((second) => world.clock.at(START + 1000 * second, () => send(world, 'SendTaskHeartbeat', { taskToken: token }))));
    const end = await world.run(chain({ T: waiting({ HeartbeatSeconds: 10, TimeoutSeconds: 100 }) }));
    expect(end).toMatchObject({ error: 'States.HeartbeatTimeout', seconds: 26 });
  });

  it('a token is good for one answer', async () => {
    const world = new FakeWorld();
    let token = '';
    world.function((event) => {
      token = event.token as string;
      send(world, 'SendTaskSuccess', { taskToken: token, output: '1' });
    });
    await world.run(chain({ T: waiting() }));
    expect(() => send(world, 'SendTaskSuccess', { taskToken: token, output: '1' })).toThrow(expect.objectContaining({ code: 'TaskTimedOut' }));
    expect(() => send(world, 'SendTaskSuccess', { taskToken: 'x', output: '1' })).toThrow(expect.objectContaining({ code: 'InvalidToken' }));
  });
});

describe('distributed map', () => {
  const distributed = (states: Record<string, any>, rest: Record<string, unknown> = {}, ExecutionType = 'STANDARD'): Record<string, any> => ({
    Type: 'Map',
    ItemProcessor: { ...branch(states), ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType } },
    ...rest,
  });
  const reader = (action: string, args: Record<string, unknown>, ReaderConfig?: Record<string, unknown>): Record<string, unknown> => ({
    ItemReader: { Resource: `arn:aws:states:::s3:${action}`, Arguments: { Bucket: 'b', ...args }, ...(ReaderConfig ? { ReaderConfig } : {}) },
  });
  const echo = { A: { Type: 'Pass' } };

  it.each([
    ['JSON', '[{"a":1},{"a":2}]', { InputType: 'JSON' }, [{ a: 1 }, { a: 2 }]],
    ['JSONL', '{"a":1}\n{"a":2}\n', { InputType: 'JSONL' }, [{ a: 1 }, { a: 2 }]],
    ['CSV with its header', 'a,b\n1,"x,y"\n', { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }, [{ a: '1', b: 'x,y' }]],
    ['CSV with a given header', '1|2\n3|4\n', { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a', 'b'], CSVDelimiter: 'PIPE', MaxItems: 1 }, [{ a: '1', b: '2' }]],
  ])('reads %s from S3', async (_, body, config, items) => {
    const world = new FakeWorld();
    world.objects.set('b/k', body);
    expect((await world.run(chain({ M: distributed(echo, reader('getObject', { Key: '{% $states.input.key %}' }, config)) }), { key: 'k' })).output).toEqual(items);
  });

  it('lists objects, page after page', async () => {
    const world = new FakeWorld();
    world.handlers['s3:ListObjectsV2'] = ({ ContinuationToken, Prefix }) => ({
      Contents: [{ Key: `${Prefix}${ContinuationToken ?? '1'}`, ETag: '"e"', Size: 3, LastModified: new Date(START) }],
      IsTruncated: ContinuationToken === undefined,
      NextContinuationToken: ContinuationToken === undefined ? '2' : undefined,
    });
    const item = { Etag: '"e"', LastModified: START / 1000, Size: 3, StorageClass: 'STANDARD' };
    expect((await world.run(chain({ M: distributed(echo, reader('listObjectsV2', { Prefix: 'p' })) }))).output).toEqual([{ ...item, Key: 'p1' }, { ...item, Key: 'p2' }]);
  });

  it('fails with States.ItemReaderFailed', async () => {
    const end = await new FakeWorld().run(chain({ M: distributed(echo, { ...reader('getObject', { Key: 'none' }), Catch: [{ ErrorEquals: ['States.ItemReaderFailed'], Next: 'Z' }] }), Z: { Type: 'Pass' } }));
    expect(end.output).toMatchObject({ Error: 'States.ItemReaderFailed', Cause: expect.stringContaining('NoSuchKey') });
  });

  it('batches items', async () => {
    const state = distributed(echo, { Items: [1, 2, 3], ItemSelector: { n: '{% $states.context.Map.Item.Value %}' }, ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { run: '{% $states.input.run %}' } } });
    expect((await new FakeWorld().run(chain({ M: state }), { run: 'r' })).output).toEqual([
      { BatchInput: { run: 'r' }, Items: [{ n: 1 }, { n: 2 }] },
      { BatchInput: { run: 'r' }, Items: [{ n: 3 }] },
    ]);
  });

  it('runs children of their own', async () => {
    const world = new FakeWorld();
    const state = distributed({ W: { Type: 'Wait', Seconds: 10 }, A: { Type: 'Pass', Output: '{% $states.context.Execution.Id %}' } }, { Items: [1, 2, 3, 4], MaxConcurrency: 2, Label: 'Files' }, 'EXPRESS');
    const end = await world.run(chain({ M: state }));
    expect(end.seconds).toBe(20);
    expect(new Set(end.output as string[]).size).toBe(4);
    expect((end.output as string[])[0]).toMatch(/^arn:aws:states:us-east-1:111122223333:express:machine\/Files:/);
    expect(world.sfn.executions()).toHaveLength(1);
  });

  const someFail = { C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input > 2 %}', Next: 'F' }], Default: 'S' }, F: { Type: 'Fail', Error: 'Big' }, S: { Type: 'Succeed' } };

  it('fails when more items fail than tolerated', async () => {
    for (const tolerated of [{}, { ToleratedFailureCount: 1 }, { ToleratedFailurePercentage: 49 }]) {
      const end = await new FakeWorld().run(chain({ M: distributed(someFail, { Items: [1, 2, 3, 4], ...tolerated }) }));
      expect(end.error, JSON.stringify(tolerated)).toBe('States.ExceedToleratedFailureThreshold');
    }
  });

  it('starts no more children and ends the running ones when it has failed', async () => {
    const world = new FakeWorld();
    const slow = { C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input > 2 %}', Next: 'F' }], Default: 'W' }, F: { Type: 'Fail' }, W: { Type: 'Wait', Seconds: 100, End: true } };
    const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'b' } };
    const end = await world.run(chain({ M: distributed(slow, { Items: [1, 3, 2], MaxConcurrency: 2, ResultWriter }) }));
    expect(end).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold', seconds: 0 });
    const children = world.sfn.all().filter((execution) => execution.mapRun);
    expect(children.map(({ input, status }) => [input, status])).toEqual([
      ['1', 'ABORTED'],
      ['3', 'FAILED'],
    ]);
    const pending = [...world.objects].find(([key]) => key.endsWith('PENDING_0.json'))!;
    expect(JSON.parse(pending[1])).toEqual([expect.objectContaining({ Input: '2', Status: 'PENDING' })]);
  });

  it('tolerates failures and shows them', async () => {
    const { output } = await new FakeWorld().run(chain({ M: distributed(someFail, { Items: [1, 3], ToleratedFailurePercentage: 50 }) }));
    expect(output).toEqual([1, expect.objectContaining({ Status: 'FAILED', Error: 'Big', Input: '3' })]);
  });

  it('exports results to S3', async () => {
    const world = new FakeWorld();
    const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'b', Prefix: 'results' } };
    const { output } = await world.run(chain({ M: distributed(someFail, { Items: [1, 3], ToleratedFailureCount: 1, ResultWriter, Label: 'L' }) }));
    const { MapRunArn, ResultWriterDetails } = output as { MapRunArn: string; ResultWriterDetails: { Bucket: string; Key: string } };
    expect(MapRunArn).toMatch(/:mapRun:machine\/L:[0-9a-f-]{36}$/);
    expect(ResultWriterDetails.Key).toBe(`results/${MapRunArn.split(':').at(-1)!}/manifest.json`);
    const manifest = JSON.parse(world.objects.get(`b/${ResultWriterDetails.Key}`)!);
    const { SUCCEEDED, FAILED, PENDING } = manifest.ResultFiles;
    expect({ ...manifest, ResultFiles: undefined }).toEqual({ DestinationBucket: 'b', MapRunArn, ResultFiles: undefined });
    expect(JSON.parse(world.objects.get(`b/${SUCCEEDED[0].Key}`)!)).toEqual([expect.objectContaining({ Status: 'SUCCEEDED', Input: '1', Output: '1' })]);
    expect(JSON.parse(world.objects.get(`b/${FAILED[0].Key}`)!)).toEqual([expect.objectContaining({ Status: 'FAILED', Error: 'Big' })]);
    expect(PENDING).toEqual([]);
  });

  it('children end with the execution', async () => {
    const world = new FakeWorld();
    const { arn } = world.sfn.start(await world.machine(chain({ M: distributed({ W: { Type: 'Wait', Seconds: 1000 } }, { Items: [1, 2] }) })));
    await world.clock.runUntil(START + 1000);
    world.sfn.abort(world.sfn.execution(arn), {});
    await world.clock.runUntil(START + 2000);
    expect(world.sfn.all().map((execution) => execution.status)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
  });

  it('needs permission to start its children', async () => {
    const world = new FakeWorld();
    world.denied = ({ action }) => action === 'states:StartExecution';
    const { arn } = world.sfn.start(await world.machine(chain({ M: distributed(echo, { Items: [1] }) })));
    await world.clock.runUntil(START + 1000);
    expect(world.sfn.execution(arn)).toMatchObject({ status: 'FAILED', error: 'States.Permissions' });
  });
});
