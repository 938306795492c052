import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
});
afterEach(() => world.close());

const CAPTURE = {
  EnableCapture: true,
  InitialSamplingPercentage: 100,
  DestinationS3Uri: 's3://lake/captured',
  CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
  CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'] },
};

function variant(name: string, model: string, weight: number, instances = 1): Record<string, unknown> {
  return { VariantName: name, ModelName: model, InitialVariantWeight: weight, InitialInstanceCount: instances, InstanceType: 'ml.m5.large' };
}

async function models(): Promise<void> {
  await world.model('old', { mean: 100 });
  await world.model('new', { mean: 200 });
}

/** Requests by the variant that answered. */
async function answers(requests: number): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for (let i = 0; i < requests; i++) {
    const { InvokedProductionVariant } = await world.invoke('1');
    count[InvokedProductionVariant] = (count[InvokedProductionVariant] ?? 0) + 1;
  }
  return count;
}

function captured(folder: string): any[] {
  return [...world.objects].filter(([key]) => key.startsWith(`lake/captured/shop/${folder}/`)).flatMap(([, body]) => body.toString().trim().split('\n').map((line) => JSON.parse(line) as unknown));
}

describe('several production variants', () => {
  beforeEach(async () => {
    await models();
    await world.config('test', { ProductionVariants: [variant('AllTraffic', 'old', 3), variant('Challenger', 'new', 1)], DataCaptureConfig: CAPTURE });
    await world.serve('test');
  });

  test('share the requests by their weights, and each captures and counts its own', async () => {
    const share = (await answers(300)).Challenger! / 300;
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.32);
    for (const VariantName of ['AllTraffic', 'Challenger']) {
      const count = world.values('Invocations', { EndpointName: 'shop', VariantName }).length;
      expect(world.values('Invocations', { EndpointName: 'shop', VariantName, EndpointConfigName: 'test' })).toHaveLength(count);
      await world.minutes(2);
      expect(captured(VariantName)).toHaveLength(count);
    }
    const ids = ['AllTraffic', 'Challenger'].flatMap((name) => captured(name).map((line) => line.eventMetadata.eventId));
    expect(new Set(ids).size).toBe(300);
  });

  test('answer the requests that name them, whatever the weights', async () => {
    const answer = await world.invoke('1', { TargetVariant: 'Challenger' });
    expect([answer.InvokedProductionVariant, answer.Body.toString()]).toEqual(['Challenger', '201\n']);
    await expect(world.invoke('1', { TargetVariant: 'Nobody' })).rejects.toMatchObject({ code: 'ValidationError', message: expect.stringContaining('Variant Nobody not found') });
  });

  test('say how many requests each answers at the same time', async () => {
    world.faults.add({ id: 'slow', type: 'container', modelNamePrefix: 'new', addedLatencyMilliseconds: 90_000 });
    for (let i = 0; i < 3; i++) {
      await world.invoke('1', { TargetVariant: 'AllTraffic' });
      await world.invoke('1', { TargetVariant: 'Challenger' });
      await world.minutes(1);
    }
    expect(world.values('ConcurrentRequestsPerModel', { EndpointName: 'shop', VariantName: 'AllTraffic' })).toEqual([1, 1, 1]);
    expect(world.values('ConcurrentRequestsPerModel', { EndpointName: 'shop', VariantName: 'Challenger' })).toEqual([1, 2, 2]);
  });

  test('change their weights, all or none', async () => {
    const change = (name: string, weight: number): unknown => ({ VariantName: name, DesiredWeight: weight });
    await expect(
      world.call('UpdateEndpointWeightsAndCapacities', { EndpointName: 'shop', DesiredWeightsAndCapacities: [change('AllTraffic', 0), change('Nobody', 1)] }),
    ).rejects.toThrow('The variant name(s) "Nobody" is/are not present');
    expect((await world.describe()).ProductionVariants[0].DesiredWeight).toBe(3);
    await world.call('UpdateEndpointWeightsAndCapacities', { EndpointName: 'shop', DesiredWeightsAndCapacities: [change('AllTraffic', 0)] });
    await world.minutes(5);
    expect(await answers(20)).toEqual({ Challenger: 20 });
  });

  test('have no guardrails when an update changes their names, and none for a rolling one', async () => {
    const guardrails = {
      BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 }, TerminationWaitInSeconds: 600 },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] },
    };
    world.alarms.set('errors', 'ALARM');
    await world.config('single', { ProductionVariants: [variant('AllTraffic', 'old', 1)] });
    await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'single', DeploymentConfig: guardrails });
    await world.minutes(6);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'single' });
    await world.config('again', { ProductionVariants: [variant('AllTraffic', 'old', 1), variant('Challenger', 'new', 1)] });
    await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'again' });
    await world.minutes(6);
    const rolling = { RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 600 } };
    await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'test', DeploymentConfig: rolling });
    await world.minutes(6);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'test' });
    const notes = world.simulation.timeline.events.filter((event) => event.message.includes('without guardrails')).map((event) => event.message);
    expect(notes).toEqual([
      'is updated without guardrails: the variant names change from AllTraffic, Challenger to AllTraffic',
      'is updated without guardrails: a rolling deployment needs a single variant',
    ]);
  });
});

describe('shadow variant', () => {
  async function shadowed(weight: number, more: Record<string, unknown> = { DataCaptureConfig: CAPTURE }): Promise<void> {
    await models();
    await world.config('shadow', { ProductionVariants: [variant('AllTraffic', 'old', 1)], ShadowProductionVariants: [variant('Shadow-v2', 'new', weight)], ...more });
    await world.serve('shadow');
  }

  test('gets copies, answers nobody, and is captured beside production under the same inference id', async () => {
    await shadowed(1);
    expect(await world.describe()).toMatchObject({
      ProductionVariants: [{ VariantName: 'AllTraffic' }],
      ShadowProductionVariants: [{ VariantName: 'Shadow-v2', CurrentInstanceCount: 1, DeployedImages: [{ SpecifiedImage: expect.any(String) }] }],
    });
    const answer = await world.invoke('1', { InferenceId: 'flight-7' });
    expect([answer.InvokedProductionVariant, answer.Body.toString()]).toEqual(['AllTraffic', '101\n']);
    await world.minutes(2);
    const [[production], [shadow]] = [captured('AllTraffic'), captured('Shadow-v2')];
    expect(production.captureData.endpointOutput.data).toBe('101\n');
    expect(shadow.captureData.endpointOutput.data).toBe('201\n');
    expect(shadow.captureData.endpointInput).toEqual(production.captureData.endpointInput);
    expect([production.eventMetadata.inferenceId, shadow.eventMetadata.inferenceId]).toEqual(['flight-7', 'flight-7']);
    expect(shadow.eventMetadata.eventId).not.toBe(production.eventMetadata.eventId);
    expect(world.values('ModelLatency', { EndpointName: 'shop', VariantName: 'Shadow-v2' })).toHaveLength(1);
    await expect(world.invoke('1', { TargetVariant: 'Shadow-v2' })).rejects.toMatchObject({ code: 'ValidationError' });
  });

  test('gets the share of its weight', async () => {
    await shadowed(0.25);
    expect(await answers(300)).toEqual({ AllTraffic: 300 });
    const copies = world.values('Invocations', { EndpointName: 'shop', VariantName: 'Shadow-v2' }).length;
    expect(copies).toBeGreaterThan(50);
    expect(copies).toBeLessThan(100);
  });

  test('keeps its errors and its latency to itself', async () => {
    await shadowed(1);
    world.faults.add({ id: 'bad', type: 'container', modelNamePrefix: 'new', errorRate: 1, addedLatencyMilliseconds: 5000 });
    expect((await world.invoke('1')).Body.toString()).toBe('101\n');
    const shadow = { EndpointName: 'shop', VariantName: 'Shadow-v2' };
    expect(world.values('Invocation5XXErrors', shadow)).toEqual([1]);
    expect(world.values('ModelLatency', shadow)[0]).toBeGreaterThan(5_000_000);
    expect(world.values('Invocation5XXErrors', { EndpointName: 'shop', VariantName: 'AllTraffic' })).toEqual([0]);
    expect(world.values('ModelLatency', { EndpointName: 'shop', VariantName: 'AllTraffic' })[0]).toBeLessThan(30_000);
    await world.minutes(2);
    expect(captured('Shadow-v2')).toEqual([]);
  });

  test('does not shift the random numbers of production', async () => {
    await shadowed(0.5, {});
    await answers(20);
    const other = new SageMakerWorld();
    try {
      await other.deployable('v1', { mean: 100, instances: 1 });
      await other.serve('v1');
      for (let i = 0; i < 20; i++) await other.invoke('1');
      const dimensions = { EndpointName: 'shop', VariantName: 'AllTraffic' };
      expect(world.values('ModelLatency', dimensions)).toEqual(other.values('ModelLatency', dimensions));
    } finally {
      await other.close();
    }
  });

  test('leaves the guardrails of the next release alone: the production variant keeps its name', async () => {
    await shadowed(1);
    world.alarms.set('errors', 'ALARM');
    await world.config('release', { ProductionVariants: [variant('AllTraffic', 'new', 1)] });
    const DeploymentConfig = { AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] } };
    await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'release', DeploymentConfig });
    await world.minutes(10);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'shadow' });
  });

  test.each([
    ['two production variants', [variant('A', 'old', 1), variant('B', 'old', 1)], [variant('S', 'new', 1)], 'there can only be one variant'],
    ['two shadows', [variant('A', 'old', 1)], [variant('S', 'new', 1), variant('T', 'new', 1)], 'there can only be one variant'],
    ['the name of production', [variant('A', 'old', 1)], [variant('A', 'new', 1)], 'Duplicate variant names'],
  ])('cannot have %s', async (_what, ProductionVariants, ShadowProductionVariants, message) => {
    await models();
    await expect(world.config('wrong', { ProductionVariants, ShadowProductionVariants })).rejects.toThrow(message);
  });
});
