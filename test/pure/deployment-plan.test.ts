import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type DeploymentPlan, settingsOf } from '../../lib/deployment/deployment-plan.contract';
import type { DeploymentInput, DeploymentSettings, ShadowSettings, TestSettings } from '../../lib/deployment/deployment.contract';
import { pinnedRelease } from '../../lib/deployment/pinned/pinned-release.lambda';
import { readAndPlan } from '../../lib/deployment/plan/plan-deployment.lambda';
import { alarmRequests, updateEndpointRequest } from '../../lib/deployment/requests/deployment-requests.lambda-shared';
import { createModelRequest, deployable } from '../../lib/deployment/requests/endpoint-config-requests.lambda-shared';
import { DeploymentWorld, DIGEST, MODEL, packageArn, REPOSITORY, SETTINGS } from './deployment-world';

type Trigger = DeploymentInput['trigger'];

const RUN = 'rabcdefabcdef';
const RESOURCE = `${MODEL}-v2-${RUN}`;
const SHADOW = { intervalSeconds: 60, maximumSeconds: 3600 } as ShadowSettings;
const TEST = { intervalSeconds: 60, maximumSeconds: 3600 } as TestSettings;

function plan(world: DeploymentWorld, version = 2, trigger: Trigger = 'approval', settings: DeploymentSettings = SETTINGS): Promise<DeploymentPlan> {
  return readAndPlan({ input: { modelPackageArn: packageArn(version), trigger, reason: 'test' }, runId: RUN }, { s3: world.client, sagemaker: world.client }, settings);
}

describe('the plan', () => {
  const second = (): DeploymentWorld => {
    const world = new DeploymentWorld();
    world.serve(1);
    world.addVersion(2);
    return world;
  };

  it('replaces the champion by a newer version, with its image pinned to the digest that was approved', async () => {
    expect(await plan(second())).toMatchObject({
      action: 'UPDATE',
      resource: RESOURCE,
      previousConfig: `${MODEL}-v1-r000000000000`,
      expected: { image: `${REPOSITORY}@${DIGEST}`, modelDataUrl: `s3://lake/artifacts/${MODEL}/2/model.tar.gz` },
    });
  });

  it.each<[string, (world: DeploymentWorld) => void, string, RegExp]>([
    ['a version that is no longer approved', (world) => world.addVersion(2, { ModelApprovalStatus: 'Rejected' }), 'REFUSE', /not approved: its status is Rejected/],
    ['a version of another group', (world) => world.addVersion(2, { ModelPackageGroupName: 'other' }), 'REFUSE', /belongs to group other/],
    ['an endpoint whose rollback failed', (world) => (world.endpoint!.status = 'UpdateRollbackFailed'), 'REFUSE', /endpoint is UpdateRollbackFailed/],
    ['an endpoint that changes', (world) => (world.endpoint!.status = 'SystemUpdating'), 'WAIT', /SystemUpdating/],
    ['an endpoint that never served', (world) => (world.endpoint!.status = 'Failed'), 'REMOVE_FAILED', /could not be created/],
    ['no endpoint', (world) => (world.endpoint = undefined), 'CREATE', /no endpoint yet/],
  ])('for %s', async (_title, change, action, reason) => {
    const world = second();
    change(world);
    const made = await plan(world);
    expect(made.action).toBe(action);
    expect(made.reasons[0]).toMatch(reason);
    expect(made.page).toBe(action === 'REFUSE');
  });

  describe('for a container of AWS Marketplace', () => {
    const container = { Image: `${REPOSITORY}:v1`, ImageDigest: DIGEST, ProductId: 'prod-abcdef' };
    const subscribed = (more: object = { InferenceSpecification: { Containers: [container] } }): DeploymentWorld => {
      const world = second();
      world.addVersion(2, more);
      return world;
    };
    const allAtOnce: DeploymentSettings = { ...SETTINGS, routing: { type: 'ALL_AT_ONCE', percent: 100, waitSeconds: 300 } };
    const serverless: DeploymentSettings = { ...allAtOnce, endpoint: { kind: 'SERVERLESS', memorySizeMegabytes: 2048, maximumConcurrency: 5 }, routing: { ...allAtOnce.routing, type: 'UNGUARDED' } };

    it.each<[string, DeploymentSettings, RegExp]>([
      ['a canary', SETTINGS, /no deployment guardrails.*use Deployment\.allAtOnce\(\)/],
      ['linear steps', { ...SETTINGS, routing: { type: 'LINEAR', percent: 50, waitSeconds: 600 } }, /no deployment guardrails/],
      ['rolling', { ...SETTINGS, routing: { type: 'ROLLING', percent: 50, waitSeconds: 600 } }, /no deployment guardrails/],
      ['a shadow stage', { ...allAtOnce, shadow: SHADOW }, /no shadow variants/],
      ['a serverless endpoint', serverless, /no serverless endpoint takes/],
    ])('is refused with %s, and a person is told', async (_title, settings, reason) => {
      const made = await plan(subscribed(), 2, 'approval', settings);
      expect(made).toMatchObject({ action: 'REFUSE', page: true });
      expect(made.reasons[0]).toMatch(reason);
    });

    it('bakes by the workflow when all traffic goes at once, from a model that names the package', async () => {
      const made = await plan(subscribed(), 2, 'approval', allAtOnce);
      expect(made).toMatchObject({ action: 'UPDATE', marketplace: true, stages: [{ stage: 'RELEASE', routing: { type: 'UNGUARDED', waitSeconds: 300 } }] });
      const stage = made.stages[0]!;
      const effective = settingsOf(allAtOnce, made, stage);
      expect(updateEndpointRequest(effective, stage)).not.toHaveProperty('DeploymentConfig');
      expect(alarmRequests(effective, stage)).toEqual([]);
      expect(createModelRequest(effective, deployable(made)).PrimaryContainer).toEqual({ ModelPackageName: packageArn(2) });
    });

    it('is watched after a dead run has brought it, and may be gone back to by hand', async () => {
      const world = subscribed();
      world.endpoint!.config = `${MODEL}-v2-r111111111111`;
      expect(await plan(world, 2, 'approval', allAtOnce)).toMatchObject({ action: 'RESUME' });
      expect(await plan(subscribed(), 2, 'rollback')).toMatchObject({ action: 'UPDATE', stages: [{ stage: 'RELEASE', routing: { type: 'UNGUARDED' } }] });
    });

    it('is told by the algorithm of another account, not by one of the own', async () => {
      const from = (account: string): DeploymentWorld =>
        subscribed({ SourceAlgorithmSpecification: { SourceAlgorithms: [{ AlgorithmName: `arn:aws:sagemaker:us-east-1:${account}:algorithm/trees` }] } });
      expect((await plan(from('444455556666'))).action).toBe('REFUSE');
      expect((await plan(from('111122223333'))).action).toBe('UPDATE');
      expect((await plan(second())).action).toBe('UPDATE');
      expect(await plan(second())).not.toHaveProperty('marketplace');
    });
  });

  it.each<[string, Partial<DeploymentSettings>, Trigger, string[]]>([
    ['an approval', { shadow: SHADOW, test: TEST }, 'approval', ['SHADOW', 'AB_TEST', 'RELEASE']],
    ['a person', { shadow: SHADOW }, 'manual', ['SHADOW', 'RELEASE']],
    ['a rollback', { shadow: SHADOW, test: TEST }, 'rollback', ['RELEASE']],
    ['a plain strategy', {}, 'approval', ['RELEASE']],
  ])('goes through the stages of %s', async (_title, more, trigger, stages) => {
    const made = await plan(second(), 2, trigger, { ...SETTINGS, ...more });
    expect(made.stages.map(({ stage }) => stage)).toEqual(stages);
    expect(made.automatic).toBe(trigger === 'approval');
  });

  it('creates the first endpoint without stages before it', async () => {
    const world = new DeploymentWorld();
    world.addVersion(2);
    const made = await plan(world, 2, 'approval', { ...SETTINGS, shadow: SHADOW, test: TEST });
    expect(made).toMatchObject({ action: 'CREATE', stages: [{ stage: 'RELEASE', config: RESOURCE }] });
    expect(made).not.toHaveProperty('previousConfig');
  });

  it.each(['-shadow', '-test', ''])('goes back to the champion also when a dead run of another version serves as %s', async (suffix) => {
    const world = second();
    world.addVersion(3);
    world.endpoint!.config = `${MODEL}-v2-r111111111111${suffix}`;
    expect(await plan(world, 3)).toMatchObject({ action: 'UPDATE', previousConfig: `${MODEL}-v1-r000000000000`, champion: { version: 1 } });
  });

  it.each<[string, string, string[]]>([
    ['-shadow', 'RESUME', ['SHADOW', 'RELEASE']],
    ['', 'ADOPT', ['RELEASE']],
    ['-test', 'UPDATE', ['SHADOW', 'RELEASE']],
  ])('takes up what a dead run of the same version serves as "%s": %s', async (suffix, action, stages) => {
    const world = second();
    world.endpoint!.config = `${MODEL}-v2-r111111111111${suffix}`;
    const made = await plan(world, 2, 'approval', { ...SETTINGS, shadow: SHADOW });
    expect(made.action).toBe(action);
    expect(made.stages.map(({ stage }) => stage)).toEqual(stages);
  });

  it('does not take an unwatched release without guardrails for a finished one', async () => {
    const world = second();
    world.endpoint!.config = `${MODEL}-v2-r111111111111`;
    const settings = { ...SETTINGS, routing: { type: 'UNGUARDED' as const, percent: 100, waitSeconds: 300 } };
    expect(await plan(world, 2, 'approval', settings)).toMatchObject({ action: 'RESUME', stages: [{ stage: 'RELEASE' }] });
  });

  it('does not end a changed configuration as the one that a dead run was about to serve', async () => {
    const world = second();
    world.endpoint!.config = `${MODEL}-v1-r111111111111`;
    expect(await plan(world, 1, 'configuration')).toMatchObject({ action: 'UPDATE', resource: `${MODEL}-v1-${RUN}` });
  });

  it('deploys the serving version again only for a changed configuration, or because a person insists', async () => {
    const world = second();
    expect((await plan(world, 1, 'manual')).action).toBe('SKIP');
    const input = { modelPackageArn: packageArn(1), trigger: 'manual', reason: 'the configuration that the freeze kept back', again: true } as const;
    // Compared with itself it would learn nothing.
    const again = await readAndPlan({ input, runId: RUN }, { s3: world.client, sagemaker: world.client }, { ...SETTINGS, shadow: SHADOW });
    expect(again).toMatchObject({ action: 'UPDATE', resource: `${MODEL}-v1-${RUN}`, automatic: false, stages: [{ stage: 'RELEASE' }] });
    expect(await plan(world, 1, 'configuration')).toMatchObject({ action: 'UPDATE', resource: `${MODEL}-v1-${RUN}` });
  });

  it('gives a changed configuration to whoever is champion when its turn comes: another version became it while it waited', async () => {
    expect(await plan(second(), 2, 'configuration')).toMatchObject({ action: 'UPDATE', resource: `${MODEL}-v1-${RUN}`, modelPackageArn: packageArn(1), version: 1 });
  });
});

describe('a pinned release', () => {
  it('of a container of AWS Marketplace is refused before anything changes: nobody would watch it', async () => {
    const world = new DeploymentWorld();
    world.addVersion(2, { InferenceSpecification: { Containers: [{ Image: REPOSITORY, ProductId: 'prod-abcdef' }] } });
    const event = { RequestType: 'Create', StackId: 'stack', RequestId: 'request', ResourceProperties: { Step: 'APPROVAL', ModelPackageArn: packageArn(2), Release: '{}' } };
    const clients = { s3: world.client, sagemaker: world.client, cloudWatch: world.client, lambda: world.client };
    await expect(pinnedRelease(event as unknown as CloudFormationCustomResourceEvent, clients, SETTINGS, 'outcome')).rejects.toThrow(/AWS Marketplace.*no deployment guardrails/);
    expect(world.calls.filter((call) => !/^(Get|Describe)/.test(call))).toEqual([]);
  });
});
