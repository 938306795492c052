import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
});
afterEach(() => world.close());

const ENDPOINT = { EndpointName: 'shop' };
const VARIANT = { ...ENDPOINT, VariantName: 'AllTraffic' };
const SUCCESS = 'arn:aws:sns:us-east-1:111122223333:done';
const ERROR = 'arn:aws:sns:us-east-1:111122223333:failed';

function asynchronous(model: string, instances = 1, output: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: model, InitialInstanceCount: instances, InstanceType: 'ml.m5.large' }],
    AsyncInferenceConfig: {
      ClientConfig: { MaxConcurrentInvocationsPerInstance: 2 },
      OutputConfig: { S3OutputPath: 's3://lake/out', S3FailurePath: 's3://lake/failed', NotificationConfig: { SuccessTopic: SUCCESS, ErrorTopic: ERROR }, ...output },
    },
  };
}

async function serve(instances = 1, output: Record<string, unknown> = {}): Promise<void> {
  await world.model('v1', { mean: 100 });
  await world.config('v1', asynchronous('v1', instances, output));
  await world.serve('v1');
}

async function scale(instances: number): Promise<void> {
  await world.call('UpdateEndpointWeightsAndCapacities', { ...ENDPOINT, DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: instances }] });
  await world.minutes(3);
}

function put(key: string, body = '1'): string {
  world.objects.set(`lake/${key}`, Buffer.from(body));
  return `s3://lake/${key}`;
}

const output = (location: string): string | undefined => world.objects.get(location.replace('s3://', ''))?.toString();

describe('asynchronous endpoint', () => {
  test('takes a request, writes its result where it said, and tells the topic', async () => {
    await serve();
    expect(await world.describe()).toMatchObject({ AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://lake/out' } } });
    const answer = await world.invokeAsync({ InputLocation: put('in/1.csv', '1\n2'), InferenceId: 'order-7' });
    expect(answer).toEqual({
      InferenceId: 'order-7',
      OutputLocation: expect.stringMatching(/^s3:\/\/lake\/out\/[0-9a-f-]{36}\.out$/),
      FailureLocation: expect.stringMatching(/^s3:\/\/lake\/failed\/[0-9a-f-]{36}-error\.out$/),
    });
    expect(output(answer.OutputLocation)).toBeUndefined();
    await world.minutes(1);
    expect(output(answer.OutputLocation)).toBe('101\n102\n');
    expect(world.published).toEqual([
      {
        topic: SUCCESS,
        time: expect.any(Number),
        message: {
          awsRegion: 'us-east-1',
          eventTime: expect.stringMatching(/^2001-02-01T00:10:00\.0\d\dZ$/),
          receivedTime: '2001-02-01T00:10:00.000Z',
          invocationStatus: 'Completed',
          requestParameters: { contentType: 'text/csv', endpointName: 'shop', inputLocation: 's3://lake/in/1.csv' },
          responseParameters: { contentType: 'text/csv; charset=utf-8', outputLocation: answer.OutputLocation },
          inferenceId: 'order-7',
          eventVersion: '1.0',
          eventSource: 'aws:sagemaker',
          eventName: 'InferenceResult',
        },
      },
    ]);
  });

  test('takes a small payload in the request itself, and a name for its result', async () => {
    await serve();
    const answer = await world.invokeAsync({ Body: Buffer.from('5'), S3OutputPathExtension: 'today', Filename: 'five.csv' });
    expect(answer).toMatchObject({ InferenceId: expect.stringMatching(/^[0-9a-f-]{36}$/), OutputLocation: 's3://lake/out/today/five.csv' });
    await world.minutes(1);
    expect(world.text('lake/out/today/five.csv')).toBe('105\n');
  });

  test('publishes the metrics of its list and no others', async () => {
    await serve();
    await world.invokeAsync({ InputLocation: put('in/1.csv') });
    await world.minutes(2);
    expect([...new Set(world.metrics.map((metric) => metric.name))].sort()).toEqual([
      'ApproximateAgeOfOldestRequest',
      'ApproximateBacklogSize',
      'ApproximateBacklogSizePerInstance',
      'HasBacklogWithoutCapacity',
      'Invocation4XXErrors',
      'Invocation5XXErrors',
      'InvocationsProcessed',
      'ModelLatency',
      'RequestDownloadLatency',
      'ResponseUploadLatency',
      'TimeInBacklog',
      'TotalProcessingTime',
    ]);
    expect(world.values('ModelLatency', { ...VARIANT, EndpointConfigName: 'v1' })).toHaveLength(1);
    expect(world.values('InvocationsProcessed', VARIANT)).toEqual([1]);
  });

  test('works on so many requests at once; the others wait', async () => {
    await serve();
    world.faults.add({ id: 'slow', type: 'container', modelNamePrefix: 'v1', addedLatencyMilliseconds: 90_000 });
    for (let i = 0; i < 5; i++) await world.invokeAsync({ InputLocation: put(`in/${i}.csv`) });
    const results = (): number => [...world.objects.keys()].filter((key) => key.startsWith('lake/out/')).length;
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) {
      await world.minutes(1);
      seen.push(results());
    }
    expect(seen).toEqual([0, 2, 2, 4, 5]);
    expect(world.values('ApproximateBacklogSize', ENDPOINT).slice(-5)).toEqual([5, 3, 3, 1, 0]);
    expect(world.values('TimeInBacklog', VARIANT).map((value) => Math.floor(value / 90_000))).toEqual([0, 0, 1, 1, 2]);
  });

  test('scales to zero, keeps the requests, and works on them when it has instances again', async () => {
    await serve();
    await scale(0);
    expect((await world.describe()).ProductionVariants[0]).toMatchObject({ CurrentInstanceCount: 0 });
    const answer = await world.invokeAsync({ InputLocation: put('in/1.csv') });
    const before = world.values('ApproximateBacklogSizePerInstance', ENDPOINT).length;
    await world.minutes(5);
    expect(output(answer.OutputLocation)).toBeUndefined();
    expect(world.values('HasBacklogWithoutCapacity', ENDPOINT).slice(-5)).toEqual([1, 1, 1, 1, 1]);
    expect(world.values('ApproximateBacklogSize', ENDPOINT).at(-1)).toBe(1);
    expect(world.values('ApproximateAgeOfOldestRequest', ENDPOINT).at(-1)).toBe(300);
    expect(world.values('ApproximateBacklogSizePerInstance', ENDPOINT)).toHaveLength(before);
    await scale(1);
    expect(output(answer.OutputLocation)).toBe('101\n');
    await world.minutes(1);
    expect(world.values('HasBacklogWithoutCapacity', ENDPOINT).at(-1)).toBe(0);
  });

  test('is updated at zero instances, and stays at zero when asked to', async () => {
    await serve(4);
    await scale(0);
    await world.model('v2', { mean: 200 });
    await world.config('v2', asynchronous('v2', 4));
    const DeploymentConfig = { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 25 }, WaitIntervalInSeconds: 600 } } };
    await world.call('UpdateEndpoint', { ...ENDPOINT, EndpointConfigName: 'v2', RetainAllVariantProperties: true, DeploymentConfig });
    await world.minutes(6);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v2', ProductionVariants: [{ CurrentInstanceCount: 0 }] });
  });

  test('has guardrails: a canary answers its share and an alarm rolls it back', async () => {
    await serve(4);
    world.alarms.set('errors', 'OK');
    await world.model('v2', { mean: 200 });
    await world.config('v2', asynchronous('v2', 4));
    const DeploymentConfig = {
      BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 }, WaitIntervalInSeconds: 1200 } },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
    };
    await world.call('UpdateEndpoint', { ...ENDPOINT, EndpointConfigName: 'v2', DeploymentConfig });
    await world.minutes(6);
    const locations: string[] = [];
    for (let i = 0; i < 40; i++) locations.push((await world.invokeAsync({ InputLocation: put('in/1.csv') })).OutputLocation);
    await world.minutes(1);
    const byNew = locations.filter((location) => output(location) === '201\n').length;
    expect(byNew).toBeGreaterThan(8);
    expect(byNew).toBeLessThan(32);
    expect(world.values('ModelLatency', { ...VARIANT, EndpointConfigName: 'v2' })).toHaveLength(byNew);
    world.alarms.set('errors', 'ALARM');
    await world.minutes(5);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
  });
});

test('the same seed gives the same names, times and metrics', async () => {
  const other = new SageMakerWorld();
  const run = async (of: SageMakerWorld): Promise<unknown> => {
    await of.model('v1', { mean: 100 });
    await of.config('v1', asynchronous('v1', 2));
    await of.serve('v1');
    of.objects.set('lake/in/1.csv', Buffer.from('1'));
    for (let i = 0; i < 6; i++) await of.invokeAsync({ InputLocation: 's3://lake/in/1.csv' });
    await of.minutes(2);
    return [[...of.objects.keys()].sort(), of.published, of.metrics];
  };
  try {
    expect(await run(world)).toEqual(await run(other));
  } finally {
    await other.close();
  }
});

describe('asynchronous request that fails', () => {
  const failure = (): any => world.published.find(({ topic }) => topic === ERROR)?.message;

  test('in the container: leaves the reason in the failure path and with the topic', async () => {
    await serve();
    const answer = await world.invokeAsync({ InputLocation: put('in/1.csv', 'boom,500'), InferenceId: 'bad' });
    await world.minutes(1);
    expect(output(answer.FailureLocation)).toContain('Received server error (500) from primary with message "boom"');
    expect(output(answer.OutputLocation)).toBeUndefined();
    expect(failure()).toMatchObject({ invocationStatus: 'Failed', inferenceId: 'bad', failureReason: expect.stringContaining('Received server error (500)') });
    expect(failure()).not.toHaveProperty('responseParameters');
    expect([world.values('Invocation5XXErrors', VARIANT), world.values('InvocationFailures', VARIANT)]).toEqual([[1], [1]]);
  });

  test('because its payload is not there', async () => {
    await serve();
    await world.invokeAsync({ InputLocation: 's3://lake/in/none.csv' });
    await world.minutes(1);
    expect(failure().failureReason).toContain('Could not download the request from s3://lake/in/none.csv');
    expect(world.values('RequestDownloadFailures', VARIANT)).toEqual([1]);
  });

  test('because the role may not write the response, nor tell anybody', async () => {
    await serve();
    world.denied.add('s3:PutObject').add('sns:Publish');
    await world.invokeAsync({ InputLocation: put('in/1.csv') });
    await world.minutes(1);
    expect(world.values('ResponseUploadFailures', VARIANT)).toEqual([1, 1]);
    expect(world.values('NotificationFailures', VARIANT)).toEqual([1]);
    expect(world.published).toEqual([]);
  });

  test('because it waited or worked for too long', async () => {
    await serve();
    world.faults.add({ id: 'slow', type: 'container', modelNamePrefix: 'v1', addedLatencyMilliseconds: 120_000, times: 1 });
    await world.invokeAsync({ InputLocation: put('in/1.csv'), InvocationTimeoutSeconds: 60 });
    await world.minutes(3);
    expect(failure().failureReason).toContain('InvocationTimeoutSeconds (60)');
    await scale(0);
    world.published.length = 0;
    await world.invokeAsync({ InputLocation: put('in/1.csv'), RequestTTLSeconds: 120 });
    await world.minutes(4);
    expect(failure().failureReason).toContain('expired');
    expect(world.values('ExpiredRequests', VARIANT)).toEqual([1]);
    expect(world.values('ApproximateBacklogSize', ENDPOINT).at(-1)).toBe(0);
  });
});

describe('asynchronous and other endpoints', () => {
  test('are invoked each in its own way', async () => {
    await serve();
    await expect(world.invoke('1')).rejects.toMatchObject({ code: 'ValidationError', message: expect.stringContaining('use InvokeEndpointAsync') });
    await world.deployable('real');
    await world.call('CreateEndpoint', { EndpointName: 'real', EndpointConfigName: 'real' });
    await world.minutes(6);
    await expect(world.invokeAsync({ EndpointName: 'real', InputLocation: put('in/1.csv') })).rejects.toMatchObject({ code: 'ValidationError', message: expect.stringContaining('is not asynchronous') });
    const none = { EndpointName: 'real', DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 0 }] };
    await expect(world.call('UpdateEndpointWeightsAndCapacities', none)).rejects.toThrow('greater than or equal to 1');
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['neither payload nor its location', {}, /Exactly one of/],
    ['both', { InputLocation: 's3://lake/in', Body: Buffer.from('1') }, /Exactly one of/],
    ['a payload that is too big for the request', { Body: Buffer.alloc(128_001) }, /exceeds 128000 bytes/],
    ['a time to live below a minute', { InputLocation: 's3://lake/in', RequestTTLSeconds: 59 }, /requestTTLSeconds/],
  ])('refuse a request with %s', async (_what, input, message) => {
    await serve();
    await expect(world.invokeAsync(input)).rejects.toThrow(message);
  });

  const capture = { InitialSamplingPercentage: 100, DestinationS3Uri: 's3://lake/captured', CaptureOptions: [{ CaptureMode: 'Input' }] };
  const [variant] = asynchronous('v1').ProductionVariants as Record<string, unknown>[];
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['data capture', { ...asynchronous('v1'), DataCaptureConfig: capture }, /Not supported for asynchronous endpoints: data capture/],
    ['two variants', { ...asynchronous('v1'), ProductionVariants: [variant, { ...variant, VariantName: 'B' }] }, /more than one production variant/],
    ['a shadow', { ...asynchronous('v1'), ShadowProductionVariants: [{ ...variant, VariantName: 'B' }] }, /shadow variants/],
    ['a topic that is none', asynchronous('v1', 1, { NotificationConfig: { SuccessTopic: 'done' } }), /regular expression/],
    ['nowhere to write', { ...asynchronous('v1'), AsyncInferenceConfig: { OutputConfig: {} } }, /without S3OutputPath/],
  ])('cannot be configured with %s', async (_what, request, message) => {
    await world.model('v1');
    await expect(world.config('wrong', request)).rejects.toThrow(message);
  });

  test('can have data capture that is turned off', async () => {
    await world.model('v1');
    await world.config('v1', { ...asynchronous('v1'), DataCaptureConfig: { ...capture, EnableCapture: false } });
  });
});
