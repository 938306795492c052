import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
});
afterEach(() => world.close());

const ALARMS = { AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] } };
const CANARY = { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 25 }, WaitIntervalInSeconds: 600 } }, ...ALARMS };

function rolling(back?: Record<string, unknown>): Record<string, unknown> {
  return { RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 120, ...(back ? { RollbackMaximumBatchSize: back } : {}) }, ...ALARMS };
}

async function updating(deploymentConfig: unknown): Promise<void> {
  world.alarms.set('errors', 'OK');
  await world.deployable('v1', { mean: 100 });
  await world.deployable('v2', { mean: 200 });
  await world.serve('v1');
  await update('v2', deploymentConfig);
}

async function update(config: string, deploymentConfig: unknown = {}): Promise<void> {
  await world.call('UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: config, DeploymentConfig: deploymentConfig });
}

/** Share of the newest fleet, minute by minute. */
async function shares(minutes: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < minutes; i++) {
    await world.minutes(1);
    const { fleets } = world.service.endpoint('shop')!;
    seen.push(fleets.length > 1 ? fleets.at(-1)!.share : 0);
  }
  return seen;
}

describe('rolling update', () => {
  test('terminates an instance of the old fleet for each new one', async () => {
    await updating(rolling());
    await world.minutes(6);
    const { ProductionVariants, PendingDeploymentSummary } = await world.describe();
    expect([ProductionVariants[0].CurrentInstanceCount, PendingDeploymentSummary.ProductionVariants[0].CurrentInstanceCount]).toEqual([3, 1]);
  });

  test.each([
    ['all at once by default', undefined, [0.75, 0.75, 0]],
    ['in batches of its size', { Type: 'INSTANCE_COUNT', Value: 1 }, [0.75, 0.75, 0.5, 0.5, 0.25, 0.25, 0]],
    ['in batches of a percentage', { Type: 'CAPACITY_PERCENT', Value: 50 }, [0.75, 0.75, 0.25, 0.25, 0]],
  ])('brings the old fleet back %s', async (_how, size, expected) => {
    await updating(rolling(size));
    await world.minutes(14);
    expect(world.service.endpoint('shop')!.fleets[1]!.share).toBe(0.75);
    world.alarms.set('errors', 'ALARM');
    await world.minutes(0.5);
    expect(await shares(expected.length)).toEqual(expected);
    await world.minutes(2);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1', ProductionVariants: [{ CurrentInstanceCount: 4 }] });
  });

  test.each([
    [{ Type: 'CAPACITY_PERCENT', Value: 4 }, 'between 5% and 100%'],
    [{ Type: 'INSTANCE_COUNT', Value: 5 }, 'between 1 and the variant'],
  ])('refuses to come back in batches of %o', async (size, message) => {
    await world.deployable('v1');
    await world.serve('v1');
    await expect(update('v1', rolling(size))).rejects.toThrow(message);
  });
});

describe('rollback that fails', () => {
  async function stranded(): Promise<void> {
    await updating(CANARY);
    world.faults.add({ id: 'stuck', type: 'rollback-fails', endpointName: 'shop', times: 1 });
    await world.minutes(8);
    world.alarms.set('errors', 'ALARM');
    await world.minutes(3);
  }

  async function answers(): Promise<Set<string>> {
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) seen.add((await world.invoke('1')).Body.toString());
    return seen;
  }

  test('leaves a mix of both fleets in service', async () => {
    await stranded();
    const described = await world.describe();
    expect(described).toMatchObject({ EndpointStatus: 'UpdateRollbackFailed', EndpointConfigName: 'v1', FailureReason: expect.any(String) });
    expect(described.PendingDeploymentSummary).toBeUndefined();
    expect(await answers()).toEqual(new Set(['101\n', '201\n']));
    expect(world.service.endpoint('shop')!.fleets.map(({ endpointConfigName, share }) => [endpointConfigName, share])).toEqual([['v1', 0.75], ['v2', 0.25]]);
    expect(world.events.at(-1)!.detail).toMatchObject({ EndpointStatus: 'UPDATE_ROLLBACK_FAILED' });
    expect(world.service.runningJobs()).toEqual([]);
  });

  test('is not healed by a change of capacity', async () => {
    await stranded();
    await world.call('UpdateEndpointWeightsAndCapacities', { EndpointName: 'shop', DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 6 }] });
    await world.minutes(3);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'UpdateRollbackFailed', ProductionVariants: [{ CurrentInstanceCount: 6 }] });
  });

  test('is healed by the next update', async () => {
    await stranded();
    await update('v1');
    expect(await answers()).toEqual(new Set(['101\n', '201\n']));
    await world.minutes(6);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v1' });
    expect((await world.describe()).FailureReason).toBeUndefined();
    expect(await answers()).toEqual(new Set(['101\n']));
  });

  test('can be deleted', async () => {
    await stranded();
    await world.call('DeleteEndpoint', { EndpointName: 'shop' });
    await world.minutes(1);
    await expect(world.describe()).rejects.toThrow('Could not find endpoint');
  });

  test('does not strike an update that needs no rollback', async () => {
    await updating({});
    world.faults.add({ id: 'stuck', type: 'rollback-fails', endpointName: 'shop' });
    await world.minutes(6);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v2' });
  });
});

describe('guardrails', () => {
  test('are excluded on Inf1 instances', async () => {
    world.alarms.set('errors', 'ALARM');
    for (const name of ['v1', 'v2']) {
      await world.model(name);
      await world.config(name, { ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: name, InitialInstanceCount: 4, InstanceType: 'ml.inf1.xlarge' }] });
    }
    await world.serve('v1');
    await update('v2', CANARY);
    await world.minutes(6);
    expect(await world.describe()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'v2' });
    expect(world.simulation.timeline.events.some((event) => event.message === 'is updated without guardrails: it uses Inf1 instances')).toBe(true);
  });
});

test('an endpoint that failed can only be deleted', async () => {
  await world.deployable('v1');
  world.faults.add({ id: 'sick', type: 'container', modelNamePrefix: 'v1', neverHealthy: true });
  await world.serve('v1');
  await expect(update('v1')).rejects.toThrow('in status Failed: it can only be deleted');
  await world.call('DeleteEndpoint', { EndpointName: 'shop' });
});
