import { describe, expect, it } from 'vitest';
import { applyDeployment } from '../../lib/deployment/steps/apply-deployment.lambda';
import { cleanUp } from '../../lib/deployment/steps/clean-up-deployment.lambda';
import { metadataValue } from '../../lib/deployment/steps/package-note.lambda-shared';
import { type ApplyResult, type DeploymentPlan, NO_ANALYSIS } from '../../lib/deployment/deployment-plan.contract';
import { alarmResource, partialSteps, resourceVersion, totalWaitSeconds } from '../../lib/deployment/deployment.contract';
import { customResourceResponse } from '../../lib/deployment/custom-resource.lambda-shared';
import { followStack } from '../../lib/deployment/steps/endpoint-lifecycle.lambda';
import { bakingSince, look } from '../../lib/deployment/looks/look.lambda-shared';
import { readAndPlan } from '../../lib/deployment/plan/plan-deployment.lambda';
import { previousChampions, promote } from '../../lib/deployment/steps/promote-deployment.lambda';
import { verifyDeployment } from '../../lib/deployment/steps/verify-deployment.lambda';
import { DeploymentWorld, MODEL, packageArn, SETTINGS } from './deployment-world';

const RUN = 'rabcdefabcdef';
const RESOURCE = `${MODEL}-v2-${RUN}`;

function clientsOf({ client }: DeploymentWorld) {
  return { s3: client, sagemaker: client, cloudWatch: client, autoScaling: client, sfn: client };
}

function plan(world: DeploymentWorld, version = 2, trigger: 'approval' | 'manual' | 'rollback' | 'configuration' = 'approval'): Promise<DeploymentPlan> {
  return readAndPlan({ input: { modelPackageArn: packageArn(version), trigger, reason: 'test' }, runId: RUN }, clientsOf(world), SETTINGS);
}

describe('applying', () => {
  const prepared = async (): Promise<{ world: DeploymentWorld; made: DeploymentPlan }> => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.addVersion(2);
    const made = await plan(world);
    await applyDeployment({ step: 'prepare', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    return { world, made };
  };

  it('captures under the version, as CSV and JSON, encrypted with the key of the lake', async () => {
    const { world } = await prepared();
    expect(world.configs.get(RESOURCE)).toMatchObject({
      DataCaptureConfig: {
        DestinationS3Uri: `s3://lake/captured/${MODEL}/v2`,
        KmsKeyId: SETTINGS.keyArn,
        InitialSamplingPercentage: 100,
        CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'], JsonContentTypes: ['application/json'] },
      },
    });
  });

  it('watches the new fleet only', async () => {
    const { world } = await prepared();
    expect([...world.alarms.keys()]).toEqual([`${RESOURCE}-error-rate`, `${RESOURCE}-latency`, `${RESOURCE}-analysis`]);
    for (const alarm of world.alarms.values()) {
      expect(JSON.stringify(alarm)).toContain(`"Name":"EndpointConfigName","Value":"${RESOURCE}"`);
      expect(alarm['TreatMissingData']).toBe('notBreaching');
    }
  });

  it('may be repeated at every step', async () => {
    const { world, made } = await prepared();
    await applyDeployment({ step: 'prepare', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    await applyDeployment({ step: 'start', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    await applyDeployment({ step: 'start', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    expect(world.calls.filter((operation) => operation === 'UpdateEndpoint')).toHaveLength(1);
  });

  it('keeps autoscaled capacity, and without scaling takes the configured count', async () => {
    const { world, made } = await prepared();
    await applyDeployment({ step: 'start', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    const request = world.inputs.find(({ operation }) => operation === 'UpdateEndpoint')!.input;
    expect(request).toMatchObject({
      RetainAllVariantProperties: true,
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 }, WaitIntervalInSeconds: 600 },
          TerminationWaitInSeconds: 300,
          MaximumExecutionTimeoutInSeconds: 5100,
        },
      },
    });
    expect(request['ExcludeRetainedVariantProperties']).toEqual([{ VariantPropertyType: 'DesiredWeight' }]);
    const other = await prepared();
    await applyDeployment({ step: 'start', stage: 'RELEASE', plan: other.made }, clientsOf(other.world), { ...SETTINGS, endpoint: { ...SETTINGS.endpoint, scaling: undefined } });
    expect(other.world.inputs.find(({ operation }) => operation === 'UpdateEndpoint')!.input).toMatchObject({ ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }, { VariantPropertyType: 'DesiredInstanceCount' }] });
  });

  it('refuses when an added alarm does not exist', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.addVersion(2);
    const result = await applyDeployment({ step: 'prepare', plan: await plan(world) }, clientsOf(world), { ...SETTINGS, alarms: ['business'] });
    expect((result as ApplyResult).refused).toEqual(['rollback alarm business does not exist']);
    expect(world.scaling!['SuspendedState'].DynamicScalingInSuspended).toBe(false);
  });

  it('does not swallow errors that it does not expect', async () => {
    const world = new DeploymentWorld();
    world.addVersion(2);
    const made = await plan(world);
    world.fault = (operation) => (operation === 'CreateModel' ? Object.assign(new Error('no access'), { name: 'AccessDeniedException' }) : undefined);
    await expect(applyDeployment({ step: 'prepare', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS)).rejects.toThrow('no access');
  });
});

describe('a look', () => {
  const at = (minutes: number): string => new Date(Date.parse('2001-02-01T00:00:00Z') + minutes * 60_000).toISOString();
  const minutes = (requests: number, errors = 0) => Array.from({ length: 6 }, (_, index) => ({ requests, errors, latency: 20_000, time: at(index) }));
  const state = { ...NO_ANALYSIS, bakingSince: at(0) };
  const given = (requests: number, now: number, more = {}) => look({ champion: minutes(500), challenger: minutes(requests), state, now: at(now), settings: { ...SETTINGS, ...more } });

  it('means nothing while it is inconclusive, until the first baking period is about to end', () => {
    expect(given(2, 6)).toMatchObject({ failures: [], decided: false });
    expect(given(2, 7)).toMatchObject({ decided: true, failures: [expect.stringContaining('inconclusive')] });
    expect(given(2, 7, { analysis: { ...SETTINGS.analysis, inconclusive: 'PROMOTE' } })).toMatchObject({ decided: true, failures: [] });
  });

  it('decides a linear deployment before its last step, with all its steps behind it', () => {
    const routing = { type: 'LINEAR', percent: 25, waitSeconds: 600 };
    expect(given(2, 26, { routing })).toMatchObject({ decided: false });
    expect(given(2, 27, { routing })).toMatchObject({ decided: true });
  });

  it('keeps a failure that it found', () => {
    const failed = look({ champion: minutes(500), challenger: minutes(500, 100), state, now: at(3), settings: SETTINGS });
    expect(failed.failures).toHaveLength(2);
    expect(look({ champion: minutes(500), challenger: minutes(500), state: failed, now: at(4), settings: SETTINGS })).toEqual(failed);
  });

  it('takes the beginning of baking from SageMaker, else from traffic, else as early as possible', () => {
    const pending = (Status: 'Baking' | 'Creating', StartTime?: Date) => ({ PendingDeploymentSummary: { EndpointConfigName: 'c', ProductionVariants: [{ VariantName: 'AllTraffic', VariantStatus: [{ Status, StartTime }] }] } });
    expect(bakingSince(pending('Baking', new Date(at(4))), [], at(0))).toBe(at(4));
    expect(bakingSince(pending('Creating'), [], at(0))).toBeUndefined();
    expect(bakingSince({}, [{ requests: 3, errors: 0, time: at(2) }], at(0))).toBe(at(2));
    expect(bakingSince({}, [], at(0))).toBe(at(0));
  });
});

describe('verification', () => {
  const deployed = async (): Promise<{ world: DeploymentWorld; made: DeploymentPlan }> => {
    const world = new DeploymentWorld();
    world.addVersion(2);
    const made = await plan(world);
    await applyDeployment({ step: 'prepare', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    world.endpoint = { status: 'InService', config: RESOURCE };
    return { world, made };
  };

  it('finds another image than the approved one', async () => {
    const { world, made } = await deployed();
    const approved = { ...made, expected: { ...made.expected!, imageDigest: `sha256:${'b'.repeat(64)}` } };
    expect(await verifyDeployment({ plan: approved, stage: 'RELEASE', state: NO_ANALYSIS }, clientsOf(world), SETTINGS)).toMatchObject({ outcome: 'ROLLED_BACK', different: true, reasons: [expect.stringContaining('runs image')] });
  });

  it('finds other model data than the approved', async () => {
    const { world, made } = await deployed();
    world.models.get(RESOURCE)!['PrimaryContainer'].ModelDataUrl = 's3://elsewhere/model.tar.gz';
    expect(await verifyDeployment({ plan: made, stage: 'RELEASE', state: NO_ANALYSIS }, clientsOf(world), SETTINGS)).toMatchObject({ outcome: 'ROLLED_BACK', different: true, reasons: [expect.stringContaining('s3://elsewhere')] });
  });

  it('passes what is as it was approved', async () => {
    const { world, made } = await deployed();
    expect(await verifyDeployment({ plan: made, stage: 'RELEASE', state: NO_ANALYSIS }, clientsOf(world), SETTINGS)).toMatchObject({ outcome: 'VERIFIED' });
  });
});

describe('the champion pointer', () => {
  it('is written once, and not over somebody else', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.addVersion(2);
    const made = await plan(world);
    const event = { plan: made, executionArn: 'arn:mine', now: '2001-02-01T01:00:00Z' };
    expect(await promote(event, clientsOf(world), SETTINGS)).toMatchObject({ promoted: true });
    const written = world.champion;
    expect(await promote(event, clientsOf(world), SETTINGS)).toMatchObject({ promoted: true });
    expect(world.champion).toEqual(written);
    expect(await promote({ ...event, executionArn: 'arn:late' }, clientsOf(world), SETTINGS)).toMatchObject({ promoted: false });
    expect(world.champion).toEqual(written);
  });

  it('remembers as many former versions as are kept', () => {
    const champion = { version: 3, endpointConfigName: 'c3', modelName: 'm3', previous: [{ version: 2, endpointConfigName: 'c2', modelName: 'm2' }, { version: 1, endpointConfigName: 'c1', modelName: 'm1' }] };
    expect(previousChampions(4, champion as never, 2).map((entry) => entry.version)).toEqual([3, 2]);
    expect(previousChampions(2, champion as never, 5).map((entry) => entry.version)).toEqual([3, 1]);
    expect(previousChampions(4, undefined, 2)).toEqual([]);
    // A changed configuration of the champion pushes out no version that one could go back to.
    expect(previousChampions(3, champion as never, 2).map((entry) => entry.version)).toEqual([2, 1]);
    const again = { ...champion, previous: [{ version: 3, endpointConfigName: 'c3a', modelName: 'm3a' }, ...champion.previous] };
    expect(previousChampions(4, again as never, 2).map((entry) => entry.endpointConfigName)).toEqual(['c3', 'c2']);
  });
});

describe('cleaning up', () => {
  it('touches neither alarms nor resources of a deployment that still runs', async () => {
    const world = new DeploymentWorld();
    const old = world.serve(1);
    world.addVersion(2);
    const made = await plan(world);
    await applyDeployment({ step: 'prepare', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    await applyDeployment({ step: 'start', stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    await cleanUp({ outcome: 'FAILED', reasons: [], plan: made }, clientsOf(world), SETTINGS);
    expect(world.alarms.size).toBe(3);
    expect([...world.configs.keys()].sort()).toEqual([old, RESOURCE]);
  });

  const outcomeOf = (world: DeploymentWorld, version: number): unknown => world.packages.get(packageArn(version))!['CustomerMetadataProperties'].deploymentOutcome;

  it('notes on the version that was left by hand that it was: its approval, coming again, deploys nothing', async () => {
    const world = new DeploymentWorld();
    world.serve(2);
    world.addVersion(1);
    const made = await plan(world, 1, 'rollback');
    world.serve(1, RUN);
    world.packages.get(packageArn(2))!['CustomerMetadataProperties'] = {};
    await cleanUp({ outcome: 'DEPLOYED', reasons: ['customers complain'], plan: made }, clientsOf(world), SETTINGS);
    expect(outcomeOf(world, 2)).toBe('ROLLED_BACK');
    expect(outcomeOf(world, 1)).toBeUndefined();
    expect(await plan(world, 2)).toMatchObject({ action: 'SKIP', reasons: [expect.stringContaining('rolled back before')] });
  });

  it('does not note on the champion that its new configuration was taken back', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    const made = await plan(world, 1, 'configuration');
    await cleanUp({ outcome: 'ROLLED_BACK', reasons: ['slow'], plan: made }, clientsOf(world), SETTINGS);
    expect(outcomeOf(world, 1)).toBeUndefined();
  });

  it('writes only what a metadata value may hold', () => {
    expect(metadataValue('error rate 8.00 % (of "v2"); bad')).toBe('error rate 8.00 percent of v2 bad');
    expect(metadataValue('x'.repeat(300))).toHaveLength(256);
  });
});

describe('the custom resource', () => {
  const event = (RequestType: string, more = {}): any => ({
    RequestType,
    RequestId: 'request-1',
    StackId: 'stack',
    LogicalResourceId: 'Endpoint',
    PhysicalResourceId: 'physical',
    ResponseURL: 'https://example.com',
    ResourceProperties: { ServingConfiguration: 'new' },
    OldResourceProperties: { ServingConfiguration: 'old' },
    ...more,
  });

  it('waits for an update to end before it deletes, stops what would put the endpoint back, and says so when that takes too long', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.executions.push('arn:running');
    world.alarms.set(`${MODEL}-from-zero`, { AlarmName: `${MODEL}-from-zero` });
    world.policies.set(`${MODEL}-from-zero`, { PolicyName: `${MODEL}-from-zero`, PolicyType: 'StepScaling' });
    world.endpoint!.status = 'Updating';
    world.update = { config: `${MODEL}-v1-r000000000000`, since: world.now, alarms: [], bakes: 0 };
    await followStack(event('Delete'), clientsOf(world), SETTINGS, 'machine', async (milliseconds) => void (world.now += milliseconds));
    expect(world.endpoint).toBeUndefined();
    expect(world.executions).toEqual([]);
    expect(world.alarms.size).toBe(0);
    world.serve(1);
    world.endpoint!.status = 'Updating';
    await expect(followStack(event('Delete'), clientsOf(world), SETTINGS, 'machine', async () => undefined)).rejects.toThrow('is Updating and cannot be deleted until that ends: delete the stack again');
    expect(world.configs.size).toBe(1);
  });

  it('makes SageMaker roll back a canary that would bake for longer than the function may wait', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.addVersion(2);
    const made = await plan(world);
    for (const step of ['prepare', 'start'] as const) await applyDeployment({ step, stage: 'RELEASE', plan: made }, clientsOf(world), SETTINGS);
    world.now += 300_000;
    const began = world.now;
    await followStack(event('Delete'), clientsOf(world), SETTINGS, 'machine', async (milliseconds) => void (world.now += milliseconds));
    expect(world.endpoint).toBeUndefined();
    expect(world.now - began).toBeLessThan(120_000);
    expect([world.alarms.size, world.configs.size, world.models.size]).toEqual([0, 0, 0]);
  });

  it('removes everything of the model and nothing of another', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.configs.set('flight-delay-vienna', {});
    world.alarms.set('flight-delay-v1-latency', { AlarmName: 'flight-delay-v1-latency' });
    world.alarms.set(`${MODEL}-v1-r000000000000-latency`, { AlarmName: `${MODEL}-v1-r000000000000-latency` });
    for (let time = 0; time < 2; time++) await followStack(event('Delete'), clientsOf(world), SETTINGS, 'machine');
    expect(world.endpoint).toBeUndefined();
    expect(world.scaling).toBeUndefined();
    expect([...world.configs.keys()]).toEqual(['flight-delay-vienna']);
    expect(world.models.size).toBe(0);
    expect([...world.alarms.keys()]).toEqual(['flight-delay-v1-latency']);
  });

  it('deploys the champion again when the serving configuration changed, once per request', async () => {
    const world = new DeploymentWorld();
    world.serve(1);
    for (let time = 0; time < 2; time++) await followStack(event('Update'), clientsOf(world), SETTINGS, 'machine');
    expect(world.started).toEqual([expect.objectContaining({ stateMachineArn: 'machine', name: 'configuration-request-1' })]);
    expect(JSON.parse(world.started[0]!['input'])).toMatchObject({ modelPackageArn: packageArn(1), trigger: 'configuration' });
  });

  it('does nothing on creation, without a champion, or for the same configuration', async () => {
    const world = new DeploymentWorld();
    await followStack(event('Update'), clientsOf(world), SETTINGS, 'machine');
    world.serve(1);
    await followStack(event('Create'), clientsOf(world), SETTINGS, 'machine');
    await followStack(event('Update', { OldResourceProperties: { ServingConfiguration: 'new' } }), clientsOf(world), SETTINGS, 'machine');
    expect(world.started).toEqual([]);
  });

  it('answers with a stable physical id, and with the reason of a failure', () => {
    expect(customResourceResponse(event('Create'), 'endpoint-lifecycle')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'endpoint-lifecycle-Endpoint' });
    expect(customResourceResponse(event('Delete'), 'endpoint-lifecycle', new Error('in use'))).toMatchObject({ Status: 'FAILED', Reason: 'in use', PhysicalResourceId: 'physical' });
  });
});

describe('names and waits', () => {
  it('tell resources of this model from those of a model whose name begins the same', () => {
    expect(resourceVersion('flight', 'flight-v12-r0123456789ab')).toBe(12);
    expect(resourceVersion('flight', 'flight-v2-x-v1-r0123456789ab')).toBeUndefined();
    expect(alarmResource('flight', 'flight-v12-r0123456789ab-error-rate')).toBe('flight-v12-r0123456789ab');
    expect(alarmResource('flight', 'flight-v12-r0123456789ab-mine')).toBeUndefined();
  });

  it('count every baking period', () => {
    expect([partialSteps('CANARY', 10), partialSteps('LINEAR', 25), partialSteps('LINEAR', 30), partialSteps('ALL_AT_ONCE', 100)]).toEqual([1, 3, 3, 0]);
    expect(totalWaitSeconds({ routing: { type: 'LINEAR', percent: 25, waitSeconds: 60 }, terminationWaitSeconds: 10 })).toBe(250);
  });
});
