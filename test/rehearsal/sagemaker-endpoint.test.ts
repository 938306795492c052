import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE, SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
});
afterEach(() => world.close());

const CANARY = {
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 25 }, WaitIntervalInSeconds: 600 },
    TerminationWaitInSeconds: 300,
    MaximumExecutionTimeoutInSeconds: 3600,
  },
  AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
};

async function inService(): Promise<void> {
  world.alarms.set('errors', 'OK');
  await world.deployable('v1', { mean: 100 });
  await world.deployable('v2', { mean: 200 });
  await world.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v1' });
  await world.minutes(10);
}

async function update(config: string, deploymentConfig: unknown = CANARY, more: Record<string, unknown> = {}): Promise<void> {
  await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: config, DeploymentConfig: deploymentConfig, ...more });
}

async function describeEndpoint(): Promise<any> {
  return await world.call('DescribeEndpoint', { EndpointName: 'shop' });
}

/** Share of so many requests that the model with mean 200 answers. */
async function shareOfNew(requests = 400): Promise<number> {
  let count = 0;
  for (let i = 0; i < requests; i++) if ((await world.invoke('1,2')).Body.toString() === '201\n') count++;
  return count / requests;
}

describe('endpoint', () => {
  test('is created, answers through its real container and is deleted', async () => {
    await world.deployable('v1', { mean: 100 });
    await world.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v1' });
    expect((await describeEndpoint()).EndpointStatus).toBe('Creating');
    await expect(world.invoke('1')).rejects.toMatchObject({ code: 'ValidationError' });
    await world.minutes(6);
    const described = await describeEndpoint();
    expect(described).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
    expect(described.FailureReason).toBeUndefined();
    expect(described.PendingDeploymentSummary).toBeUndefined();
    expect(described.ProductionVariants[0]).toMatchObject({
      VariantName: 'AllTraffic',
      CurrentWeight: 1,
      CurrentInstanceCount: 4,
      DeployedImages: [{ SpecifiedImage: expect.stringContaining('assets:abc'), ResolvedImage: expect.stringMatching(/assets@sha256:[0-9a-f]{64}$/) }],
    });
    const answer = await world.invoke('1,2\n3,4\n', { InferenceId: 'i-1' });
    expect(answer).toMatchObject({ ContentType: 'text/csv; charset=utf-8', InvokedProductionVariant: 'AllTraffic' });
    expect(answer.Body.toString()).toBe('101\n103\n');
    await world.call('DeleteEndpoint', { EndpointName: 'shop' });
    await world.minutes(2);
    await expect(describeEndpoint()).rejects.toThrow(/Could not find endpoint/);
    expect(world.events.filter((event) => event.detailType === 'SageMaker Endpoint State Change').map((event) => event.detail.EndpointStatus)).toEqual(['CREATING', 'IN_SERVICE', 'DELETING']);
  });

  test('fails to be created when its container never becomes healthy', async () => {
    await world.deployable('v1');
    world.faults.add({ id: 'sick', type: 'container', modelNamePrefix: 'v1', neverHealthy: true });
    await world.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v1' });
    await world.minutes(20);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'Failed', FailureReason: expect.stringContaining('did not pass the ping health check') });
  });

  test('fails to be created when the execution role may not read the model data', async () => {
    await world.deployable('v1');
    world.denied.add('s3:GetObject');
    await world.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v1' });
    await world.minutes(20);
    expect((await describeEndpoint()).FailureReason).toContain('Failed to download model data');
  });

  test('counts every invocation with the documented metrics, units and dimensions', async () => {
    await inService();
    await world.invoke('1');
    await expect(world.invoke('boom,500')).rejects.toMatchObject({ code: 'ModelError', statusCode: 424, members: { OriginalStatusCode: 500, OriginalMessage: 'boom' } });
    await expect(world.invoke('boom,415')).rejects.toMatchObject({ members: { OriginalStatusCode: 415 } });
    const variant = { EndpointName: 'shop', VariantName: 'AllTraffic' };
    for (const dimensions of [variant, { ...variant, EndpointConfigName: 'v1' }]) {
      const found = world.metrics.filter((metric) => JSON.stringify(metric.dimensions) === JSON.stringify(dimensions));
      const values = (name: string): number[] => found.filter((metric) => metric.name === name).map((metric) => metric.value);
      expect(values('Invocations')).toEqual([1, 1, 1]);
      expect(values('Invocation5XXErrors')).toEqual([0, 1, 0]);
      expect(values('Invocation4XXErrors')).toEqual([0, 0, 1]);
      expect(values('InvocationModelErrors')).toEqual([0, 1, 1]);
      expect(values('InvocationsPerInstance')).toEqual([0.25, 0.25, 0.25]);
      expect(new Set(found.filter((metric) => /Latency$/.test(metric.name)).map((metric) => metric.unit))).toEqual(new Set(['Microseconds']));
      expect(values('ModelLatency').every((value) => value >= 8000 && value < 21_000)).toBe(true);
    }
  });

  test('makes the same latencies and routing with the same seed', async () => {
    await inService();
    for (let i = 0; i < 5; i++) await world.invoke('1');
    const other = new SageMakerWorld();
    try {
      await other.deployable('v1', { mean: 100 });
      await other.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v1' });
      await other.minutes(10);
      for (let i = 0; i < 5; i++) await other.invoke('1');
      const latencies = (of: SageMakerWorld): number[] => of.metrics.filter((metric) => metric.name === 'ModelLatency').map((metric) => metric.value);
      expect(latencies(other)).toEqual(latencies(world));
    } finally {
      await other.close();
    }
  });

  test('slows down and fails as the fault says, in virtual time only', async () => {
    await inService();
    world.faults.add({ id: 'slow', type: 'container', modelNamePrefix: 'v1', errorRate: 0.5, addedLatencyMilliseconds: 2000 });
    let errors = 0;
    for (let i = 0; i < 100; i++) await world.invoke('1').catch(() => errors++);
    expect(errors).toBeGreaterThan(30);
    expect(errors).toBeLessThan(70);
    expect(world.metrics.filter((metric) => metric.name === 'ModelLatency').every((metric) => metric.value > 2_000_000)).toBe(true);
  });
});

describe('canary update', () => {
  test('shifts traffic by capacity, bakes, shifts all of it, bakes and ends the old fleet', async () => {
    await inService();
    await update('v2');
    const pending = (await describeEndpoint()).PendingDeploymentSummary;
    expect(pending).toMatchObject({ EndpointConfigName: 'v2', ProductionVariants: [{ CurrentWeight: 0, DesiredInstanceCount: 4, VariantStatus: [{ Status: 'Creating', StatusMessage: 'Launching 4 instance(s).' }] }] });
    expect(await shareOfNew(20)).toBe(0);
    await world.minutes(6);
    const baking = (await describeEndpoint()).PendingDeploymentSummary.ProductionVariants[0];
    expect(baking).toMatchObject({
      CurrentInstanceCount: 1,
      VariantStatus: [{ Status: 'Baking', StatusMessage: 'Baking for 600 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).' }],
    });
    const share = await shareOfNew();
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.32);
    expect(world.service.endpoint('shop')).toMatchObject({ endpointConfigName: 'v1', fleets: [{ share: 0.75 }, { endpointConfigName: 'v2', share: 0.25 }] });
    await world.minutes(10);
    expect(await shareOfNew(50)).toBe(1);
    expect((await describeEndpoint()).EndpointConfigName).toBe('v1');
    await world.minutes(5);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v2', LastDeploymentConfig: CANARY });
    expect((await describeEndpoint()).PendingDeploymentSummary).toBeUndefined();
    expect(world.service.runningJobs()).toEqual([]);
    const stages = world.events.filter((event) => event.detailType === 'SageMaker Endpoint Deployment State Change');
    expect(stages.map((event) => event.detail.PendingDeploymentSummary.ProductionVariants[0].VariantStatus[0].Status)).toEqual(['Creating', 'ActivatingTraffic', 'Baking', 'ActivatingTraffic', 'Baking']);
    expect(stages.every((event) => event.detail.EndpointStatus === 'UPDATING' && event.detail.EndpointConfigName === 'v1')).toBe(true);
  });

  test('rolls back when an alarm trips while it bakes: old configuration, no reason', async () => {
    await inService();
    await update('v2');
    await world.minutes(8);
    world.alarms.set('errors', 'ALARM');
    await world.minutes(1);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'RollingBack', EndpointConfigName: 'v1' });
    expect(await shareOfNew(50)).toBe(0);
    await world.minutes(2);
    const described = await describeEndpoint();
    expect(described).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
    expect(described.FailureReason).toBeUndefined();
    expect(described.PendingDeploymentSummary).toBeUndefined();
    expect((await world.invoke('1')).Body.toString()).toBe('101\n');
  });

  test('rolls back when an alarm trips in the final baking period', async () => {
    await inService();
    await update('v2');
    await world.minutes(17);
    world.alarms.set('errors', 'ALARM');
    await world.minutes(5);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
  });

  test('rolls back without shifting traffic when an alarm is in ALARM already', async () => {
    await inService();
    world.alarms.set('errors', 'ALARM');
    await update('v2');
    await world.minutes(30);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
    expect(world.simulation.timeline.events.some((event) => event.status === 'ActivatingTraffic')).toBe(false);
  });

  test('returns to the old configuration in silence when the service gives up', async () => {
    await inService();
    world.faults.add({ id: 'silent', type: 'silent-rollback', endpointName: 'shop' });
    await update('v2');
    await world.minutes(30);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
    expect((await describeEndpoint()).FailureReason).toBeUndefined();
    expect(world.events.some((event) => event.detail.EndpointStatus === 'ROLLING_BACK')).toBe(false);
  });

  test('rolls back with a reason when the new fleet never becomes healthy', async () => {
    await inService();
    world.faults.add({ id: 'sick', type: 'container', modelNamePrefix: 'v2', neverHealthy: true });
    await update('v2');
    await world.minutes(10);
    expect((await describeEndpoint()).EndpointStatus).toBe('Updating');
    await world.minutes(10);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1', FailureReason: expect.stringContaining('did not pass the ping health check') });
  });

  test('rolls back with a reason when the container itself does not start', async () => {
    await inService();
    // Without its model the server ends at once.
    world.objects.set('lake/models/v2.tar.gz', Buffer.alloc(0));
    await update('v2');
    await world.minutes(20);
    expect((await describeEndpoint()).FailureReason).toContain('did not pass the ping health check');
    expect(world.simulation.timeline.events.some((event) => event.kind === 'note' && event.message.includes('not healthy'))).toBe(true);
  });

  test('rolls back with a reason when the role may not describe the alarms', async () => {
    await inService();
    world.denied.add('cloudwatch:DescribeAlarms');
    await update('v2');
    await world.minutes(20);
    expect((await describeEndpoint()).FailureReason).toContain('cloudwatch:DescribeAlarms');
  });

  test('fails while another update is under way, and for sizes that do not fit', async () => {
    await inService();
    const routing = (size: unknown, type = 'CANARY'): unknown => ({
      BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: type, [type === 'CANARY' ? 'CanarySize' : 'LinearStepSize']: size, WaitIntervalInSeconds: 60 } },
    });
    await expect(update('v2', routing({ Type: 'CAPACITY_PERCENT', Value: 60 }))).rejects.toMatchObject({ code: 'ValidationException', message: expect.stringContaining('50%') });
    await expect(update('v2', routing({ Type: 'INSTANCE_COUNT', Value: 3 }))).rejects.toThrow(/50%/);
    await expect(update('v2', routing({ Type: 'CAPACITY_PERCENT', Value: 5 }, 'LINEAR'))).rejects.toThrow(/between 10% and 50%/);
    await expect(update('v2', { AutoRollbackConfiguration: { Alarms: Array.from({ length: 11 }, (_, i) => ({ AlarmName: `a${i}` })) } })).rejects.toThrow(/less than or equal to 10/);
    await expect(update('v9')).rejects.toThrow('Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/v9".');
    await update('v2');
    await expect(update('v2')).rejects.toMatchObject({
      code: 'ValidationException',
      message: 'Cannot update in-progress endpoint "arn:aws:sagemaker:us-east-1:111122223333:endpoint/shop".',
    });
    await expect(world.call('DeleteEndpoint', { EndpointName: 'shop' })).rejects.toThrow(/Cannot update in-progress endpoint/);
  });

  test('keeps the capacity that autoscaling made, when asked to', async () => {
    await inService();
    await world.call('UpdateEndpointWeightsAndCapacities', { EndpointName: 'shop', DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 6 }] });
    await world.minutes(5);
    await update('v2', {}, { RetainAllVariantProperties: true });
    await world.minutes(10);
    expect((await describeEndpoint()).ProductionVariants[0].CurrentInstanceCount).toBe(6);
    await update('v1', {});
    await world.minutes(10);
    expect((await describeEndpoint()).ProductionVariants[0].CurrentInstanceCount).toBe(4);
  });
});

describe('data capture', () => {
  const capture = {
    EnableCapture: true,
    InitialSamplingPercentage: 100,
    DestinationS3Uri: 's3://lake/captured/shop/v1',
    CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'] },
  };

  async function serving(changes: Record<string, unknown> = {}): Promise<void> {
    await world.deployable('v1', { mean: 100, capture: { ...capture, ...changes } });
    await world.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v1' });
    await world.minutes(10);
  }

  const captured = (): [string, any[]][] =>
    [...world.objects]
      .filter(([key]) => key.startsWith('lake/captured'))
      .map(([key, body]) => [key, body.toString().trim().split('\n').map((line) => JSON.parse(line) as unknown)]);

  test('writes what was asked and answered, a minute later, below the hour of the inference', async () => {
    await serving();
    await world.invoke('1,2', { InferenceId: 'flight-7', CustomAttributes: 'trace=1' });
    await world.invoke('3,4');
    expect(captured()).toEqual([]);
    await world.minutes(2);
    const [[key, lines]] = captured() as [[string, any[]]];
    expect(key).toMatch(/^lake\/captured\/shop\/v1\/shop\/AllTraffic\/2001\/02\/01\/00\/10-00-000-[0-9a-f-]{36}\.jsonl$/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toEqual({
      captureData: {
        endpointInput: { observedContentType: 'text/csv', mode: 'INPUT', data: '1,2', encoding: 'CSV' },
        endpointOutput: { observedContentType: 'text/csv; charset=utf-8', mode: 'OUTPUT', data: '101\n', encoding: 'CSV' },
      },
      eventMetadata: { eventId: expect.stringMatching(/^[0-9a-f-]{36}$/), customAttributes: ['trace=1'], inferenceId: 'flight-7', inferenceTime: '2001-02-01T00:10:00Z' },
      eventVersion: '0',
    });
    expect(lines[1].eventMetadata).not.toHaveProperty('inferenceId');
  });

  test('encodes what no header names as base64', async () => {
    await serving({ CaptureContentTypeHeader: undefined });
    await world.invoke('1,2');
    await world.minutes(2);
    expect(captured()[0]![1][0].captureData.endpointInput).toEqual({ observedContentType: 'text/csv', mode: 'INPUT', data: Buffer.from('1,2').toString('base64'), encoding: 'BASE64' });
  });

  test('samples', async () => {
    await serving({ InitialSamplingPercentage: 20 });
    for (let i = 0; i < 200; i++) await world.invoke('1,2');
    await world.minutes(2);
    const lines = captured().flatMap(([, found]) => found).length;
    expect(lines).toBeGreaterThan(20);
    expect(lines).toBeLessThan(60);
  });

  test('loses records without an error to the caller when the role may not write', async () => {
    await serving();
    world.denied.add('s3:PutObject');
    expect((await world.invoke('1,2')).Body.toString()).toBe('101\n');
    await world.minutes(2);
    expect(captured()).toEqual([]);
    expect(world.simulation.timeline.events.at(-1)).toMatchObject({ kind: 'note', message: expect.stringContaining('data capture lost 1 records') });
  });
});

describe('other kinds of updates', () => {
  test('linear shifts in equal steps', async () => {
    await inService();
    await update('v2', { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'LINEAR', LinearStepSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 120 } } });
    await world.minutes(5);
    const shares: number[] = [];
    for (let i = 0; i < 4; i++) {
      shares.push(world.service.endpoint('shop')!.fleets.at(-1)!.share);
      await world.clock.runUntil(world.clock.now() + 2 * MINUTE);
    }
    expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test('rolling replaces batches', async () => {
    await inService();
    await update('v2', { RollingUpdatePolicy: { MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 }, WaitIntervalInSeconds: 60 } });
    await world.minutes(5);
    expect(world.service.endpoint('shop')!.fleets[1]!.share).toBe(0.5);
    await world.minutes(10);
    expect((await describeEndpoint()).EndpointConfigName).toBe('v2');
  });

  test('without a deployment configuration all traffic shifts at once', async () => {
    await inService();
    await update('v2', {});
    await world.minutes(6);
    expect(await describeEndpoint()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v2' });
  });
});
