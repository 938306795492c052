import { describe, expect, it } from 'vitest';
import type { DeploymentPlan } from '../../lib/deployment/deployment-plan.contract';
import type { DeploymentInput, DeploymentSettings, ShadowSettings, TestSettings } from '../../lib/deployment/deployment.contract';
import { readAndPlan } from '../../lib/deployment/plan/plan-deployment.lambda';
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

  it('deploys the serving version again only for a changed configuration', async () => {
    const world = second();
    expect((await plan(world, 1, 'manual')).action).toBe('SKIP');
    expect(await plan(world, 1, 'configuration')).toMatchObject({ action: 'UPDATE', resource: `${MODEL}-v1-${RUN}` });
  });

  it('gives a changed configuration to whoever is champion when its turn comes: another version became it while it waited', async () => {
    expect(await plan(second(), 2, 'configuration')).toMatchObject({ action: 'UPDATE', resource: `${MODEL}-v1-${RUN}`, modelPackageArn: packageArn(1), version: 1 });
  });
});
