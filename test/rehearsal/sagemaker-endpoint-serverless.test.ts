import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
});
afterEach(() => world.close());

const VARIANT = { EndpointName: 'shop', VariantName: 'AllTraffic' };

function serverless(model: string, config: Record<string, unknown> = {}): Record<string, unknown> {
  return { ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: model, ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2, ...config } }] };
}

async function serve(config: Record<string, unknown> = {}): Promise<void> {
  await world.model('v1', { mean: 100 });
  await world.config('v1', serverless('v1', config));
  await world.serve('v1');
}

describe('serverless endpoint', () => {
  test('starts cold, stays warm, gets cold again, and publishes its own list of metrics', async () => {
    await serve();
    expect((await world.describe()).ProductionVariants).toEqual([expect.objectContaining({ CurrentServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 } })]);
    expect((await world.describe()).ProductionVariants[0]).not.toHaveProperty('CurrentInstanceCount');
    expect((await world.invoke('1')).Body.toString()).toBe('101\n');
    await world.minutes(1);
    await world.invoke('1');
    expect(world.values('ModelSetupTime', VARIANT)).toHaveLength(1);
    await world.minutes(20);
    await world.invoke('1');
    const setups = world.values('ModelSetupTime', VARIANT);
    expect(setups).toHaveLength(2);
    const overheads = world.values('OverheadLatency', VARIANT);
    expect(overheads[0]).toBeGreaterThan(setups[0]!);
    expect(overheads[1]).toBeLessThan(10_000);
    expect(world.values('ServerlessConcurrentExecutionsUtilization', VARIANT)).toEqual([0.5, 0.5, 0.5]);
    expect([...new Set(world.metrics.map((metric) => metric.name))].sort()).toEqual([
      'Invocation4XXErrors',
      'Invocation5XXErrors',
      'Invocations',
      'ModelLatency',
      'ModelSetupTime',
      'OverheadLatency',
      'ServerlessConcurrentExecutionsUtilization',
    ]);
  });

  test('throttles what is above its maximum concurrency', async () => {
    await serve();
    await world.invoke('1');
    await world.invoke('1');
    await expect(world.invoke('1')).rejects.toMatchObject({ code: 'ThrottlingException' });
    await world.minutes(1);
    await world.invoke('1');
    expect(world.values('Invocations', VARIANT)).toHaveLength(3);
  });

  test('keeps provisioned concurrency warm, and says what spills over', async () => {
    await serve({ ProvisionedConcurrency: 1 });
    await world.invoke('1');
    await world.invoke('1');
    expect(world.values('ModelSetupTime', VARIANT)).toHaveLength(1);
    expect(world.values('ServerlessProvisionedConcurrencyInvocations', VARIANT)).toEqual([1]);
    expect(world.values('ServerlessProvisionedConcurrencySpilloverInvocations', VARIANT)).toEqual([1]);
    expect(world.values('ServerlessProvisionedConcurrencyUtilization', VARIANT)).toEqual([1, 1]);
    await world.minutes(60);
    await world.invoke('1');
    expect(world.values('ModelSetupTime', VARIANT)).toHaveLength(1);
  });

  test('scales its concurrency, within its maximum, and has no instances', async () => {
    await serve();
    const scale = (change: Record<string, unknown>): Promise<unknown> =>
      world.call('UpdateEndpointWeightsAndCapacities', { EndpointName: 'shop', DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', ...change }] });
    await expect(scale({ ServerlessUpdateConfig: { ProvisionedConcurrency: 3 } })).rejects.toThrow('ProvisionedConcurrency (3) must be less than or equal to MaxConcurrency (2)');
    await expect(scale({ DesiredInstanceCount: 2 })).rejects.toThrow('it has no instances');
    await scale({ ServerlessUpdateConfig: { MaxConcurrency: 5, ProvisionedConcurrency: 3 } });
    expect((await world.describe()).ProductionVariants[0]).toMatchObject({ CurrentServerlessConfig: { MaxConcurrency: 2 }, DesiredServerlessConfig: { MaxConcurrency: 5, ProvisionedConcurrency: 3 } });
    await world.minutes(5);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', ProductionVariants: [{ CurrentServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5, ProvisionedConcurrency: 3 } }] });
  });

  test('is updated all at once whatever guardrails are asked for', async () => {
    await serve();
    world.alarms.set('errors', 'ALARM');
    await world.model('v2', { mean: 200 });
    await world.config('v2', serverless('v2'));
    const DeploymentConfig = {
      BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 10 }, WaitIntervalInSeconds: 600 } },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
    };
    await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v2', DeploymentConfig });
    await world.minutes(3);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v2' });
    expect((await world.invoke('1')).Body.toString()).toBe('201\n');
  });

  test('takes 4 MB, an endpoint on instances 6', async () => {
    await serve();
    const megabytes = (count: number): string => 'x'.repeat(count * 1024 * 1024);
    await expect(world.invoke(megabytes(5))).rejects.toMatchObject({ code: 'ValidationError', message: expect.stringMatching(/^Request [0-9a-f-]{36} has oversize body\.$/) });
    await world.deployable('v2');
    await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'v2' });
    await world.minutes(6);
    await world.invoke(megabytes(5));
    await expect(world.invoke(megabytes(7))).rejects.toMatchObject({ code: '413', statusCode: 413, message: 'HTTP content length exceeded 6291456 bytes.' });
  });

  test('cannot be made of an endpoint on instances', async () => {
    await world.deployable('v1');
    await world.serve('v1');
    await world.config('serverless', serverless('v1'));
    await expect(world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'serverless' })).rejects.toMatchObject({ code: 'ValidationException' });
  });

  const capture = { InitialSamplingPercentage: 100, DestinationS3Uri: 's3://lake/captured', CaptureOptions: [{ CaptureMode: 'Input' }] };
  const [variant] = serverless('v1').ProductionVariants as Record<string, unknown>[];
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['memory between two steps', serverless('v1', { MemorySizeInMB: 1500 }), /Valid values: 1024, 2048/],
    ['too much memory', serverless('v1', { MemorySizeInMB: 7168 }), /less than or equal to 6144/],
    ['too much concurrency', serverless('v1', { MaxConcurrency: 201 }), /less than or equal to 200/],
    ['more provisioned than maximum concurrency', serverless('v1', { ProvisionedConcurrency: 3 }), /less than or equal to MaxConcurrency/],
    ['data capture', { ...serverless('v1'), DataCaptureConfig: capture }, /Not supported for serverless endpoints: data capture/],
    ['network isolation', { ...serverless('v1'), EnableNetworkIsolation: true }, /network isolation/],
    ['a VPC', { ...serverless('v1'), VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] } }, /VpcConfig/],
    ['two variants', { ProductionVariants: [variant, { ...variant, VariantName: 'B' }] }, /more than one production variant/],
    ['a shadow', { ProductionVariants: [variant], ShadowProductionVariants: [{ ...variant, VariantName: 'B' }] }, /shadow variants/],
    ['instances as well', { ProductionVariants: [{ ...variant, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }] }, /together with/],
    ['neither instances nor ServerlessConfig', { ProductionVariants: [{ VariantName: 'A', ModelName: 'v1' }] }, /must specify InstanceType and InitialInstanceCount, or ServerlessConfig/],
  ])('cannot have %s', async (_what, request, message) => {
    await world.model('v1');
    await expect(world.config('wrong', request)).rejects.toThrow(message);
  });

  test('cannot have a model with network isolation', async () => {
    await world.model('v1', { request: { EnableNetworkIsolation: true } });
    await expect(world.config('wrong', serverless('v1'))).rejects.toThrow('network isolation or VpcConfig of model v1');
  });
});
