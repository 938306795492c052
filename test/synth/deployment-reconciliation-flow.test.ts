import { describe, expect, it } from 'vitest';
import type { AnalysisEvent, AnalysisResult } from '../../lib/deployment/deployment-plan.contract';
import { type DeploymentSettings, deploymentNames } from '../../lib/deployment/deployment.contract';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { eventKeyPart } from '../../lib/governance/ledger';
import { DeploymentWorld, MODEL, packageArn, SETTINGS } from '../pure/deployment-world';
import { DEAD_RUN, definitionOf, expectTidy, Flow } from './deployment-flow-world';

const STAGED: DeploymentSettings = {
  ...SETTINGS,
  shadow: { samplingPercentage: 50, instanceCount: 1, intervalSeconds: 600, maximumSeconds: 86_400 } as DeploymentSettings['shadow'],
  test: { challengerPercent: 20, instanceCount: 1, intervalSeconds: 3600, maximumSeconds: 86_400 } as DeploymentSettings['test'],
};
const definition = definitionOf(STAGED);
const RESOURCE = `${MODEL}-v2-rffffffffffff`;

function flowOf(): { flow: Flow; world: DeploymentWorld; old: string } {
  const flow = new Flow(definition, STAGED);
  const old = flow.world.serve(1);
  flow.world.addVersion(2);
  flow.look = passes(flow);
  return { flow, world: flow.world, old };
}

/** Stages before the release pass as soon as they serve; a freeze is seen by the real look. */
function passes({ world }: Flow): (event: AnalysisEvent) => AnalysisResult | undefined {
  return ({ stage, state, abort }) => {
    world.settle();
    if (stage === 'RELEASE' || abort || world.objects.has(lakeKeys.freeze(MODEL))) return undefined;
    return world.endpoint!.status === 'InService' ? { settled: true, next: 'NEXT_STAGE', state } : { settled: false, next: 'WAIT', state };
  };
}

/** What a dead run may leave behind. */
function leave(world: DeploymentWorld, config: string, status: 'Updating' | 'InService'): void {
  const champion = { VariantName: 'AllTraffic', ModelName: world.endpoint!.config, InstanceType: 'ml.m5.large' };
  world.models.set(RESOURCE, { ModelName: RESOURCE, PrimaryContainer: { ModelDataUrl: `s3://lake/artifacts/${MODEL}/2/model.tar.gz` } });
  const variants = {
    [RESOURCE]: { ProductionVariants: [{ ...champion, ModelName: RESOURCE }] },
    [`${RESOURCE}-shadow`]: { ProductionVariants: [champion], ShadowProductionVariants: [{ VariantName: deploymentNames.challengerVariant('SHADOW', 2), ModelName: RESOURCE }] },
    [`${RESOURCE}-test`]: { ProductionVariants: [champion, { VariantName: deploymentNames.challengerVariant('AB_TEST', 2), ModelName: RESOURCE }] },
  };
  for (const [name, value] of Object.entries(variants)) world.configs.set(name, { EndpointConfigName: name, ...value });
  for (const kind of ['error-rate', 'latency', 'analysis']) world.alarms.set(`${RESOURCE}-${kind}`, { AlarmName: `${RESOURCE}-${kind}`, StateValue: 'OK' });
  world.scaling!['SuspendedState'] = { DynamicScalingInSuspended: true };
  if (status === 'InService') world.endpoint = { status, config };
  else {
    world.endpoint = { status, config: world.endpoint!.config };
    world.update = { config, since: world.now, alarms: config === RESOURCE ? [`${RESOURCE}-analysis`] : [], ...(config === RESOURCE ? {} : { bakes: 0 }) };
  }
}

function expectConsistent(flow: Flow): void {
  const { world } = flow;
  const { endpointConfigName, previous, version } = world.champion;
  expect(world.endpoint).toEqual({ status: 'InService', config: endpointConfigName });
  expect(world.packages.get(packageArn(version))!['ModelApprovalStatus']).toBe('Approved');
  const kept = [endpointConfigName, ...previous.map((entry: { endpointConfigName: string }) => entry.endpointConfigName)].sort();
  expect([...world.configs.keys()].sort()).toEqual(kept);
  expect([...world.models.keys()].sort()).toEqual(kept);
  expect(new Set(flow.outcomes.map((outcome) => outcome.eventId)).size).toBe(flow.outcomes.length);
  expectTidy(flow);
}

describe('a reconciliation', () => {
  it.each<[string, 'Updating' | 'InService']>([
    [`${RESOURCE}-shadow`, 'Updating'],
    [`${RESOURCE}-shadow`, 'InService'],
    [`${RESOURCE}-test`, 'Updating'],
    [`${RESOURCE}-test`, 'InService'],
    [RESOURCE, 'Updating'],
    [RESOURCE, 'InService'],
  ])('finishes what a dead run began as %s, %s', async (config, status) => {
    const { flow, world } = flowOf();
    leave(world, config, status);
    await flow.reconcile();
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED', eventId: `${DEAD_RUN}#reconciled` });
    expect(world.champion).toMatchObject({ version: 2, endpointConfigName: RESOURCE });
    expectConsistent(flow);
  });

  it.each([`${RESOURCE}-shadow`, `${RESOURCE}-test`, RESOURCE])('puts the champion back in place of %s when a person has frozen the model', async (config) => {
    const { flow, world, old } = flowOf();
    leave(world, config, 'InService');
    world.put(lakeKeys.freeze(MODEL), { frozen: true, reason: 'incident', by: 'arn:ops', since: 'then' });
    await flow.reconcile();
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', page: true });
    expect(flow.only.reasons[0]).toContain('arn:ops: incident');
    expect(world.endpoint!.config).toBe(old);
    expectConsistent(flow);
  });

  it('puts the champion back when the version is no longer approved', async () => {
    const { flow, world, old } = flowOf();
    leave(world, `${RESOURCE}-test`, 'InService');
    world.packages.get(packageArn(2))!['ModelApprovalStatus'] = 'Rejected';
    await flow.reconcile();
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', reasons: expect.arrayContaining([expect.stringContaining('not approved')]) });
    expect(world.endpoint!.config).toBe(old);
    expectConsistent(flow);
  });

  it('starts nothing of its own, removes what was left, and pages unless the dead run did', async () => {
    const { flow, world, old } = flowOf();
    leave(world, old, 'InService');
    await flow.reconcile();
    expect(flow.only).toMatchObject({ outcome: 'SKIPPED', page: true });
    expect(world.calls).not.toContain('UpdateEndpoint');
    expectConsistent(flow);
    world.put(lakeKeys.ledgerEvent(MODEL, eventKeyPart('arn:aws:states:us-east-1:111122223333:execution:deployment:failed')), { sequence: 1 });
    await flow.reconcile('arn:aws:states:us-east-1:111122223333:execution:deployment:failed');
    expect(flow.outcomes[1]).toMatchObject({ outcome: 'SKIPPED', page: false });
  });

  it('never fails as an execution, which would start the next one', async () => {
    const { flow, world } = flowOf();
    leave(world, `${RESOURCE}-shadow`, 'InService');
    flow.broken = (handler) => handler === 'Analyze' || handler === 'Apply';
    expect((await flow.reconcile()).status).toBe('SUCCEEDED');
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
  });

  it('leaves alone what no deployment made', async () => {
    const { flow, world } = flowOf();
    world.configs.set('by-hand', { EndpointConfigName: 'by-hand', ProductionVariants: [] });
    world.endpoint!.config = 'by-hand';
    await flow.reconcile();
    expect(flow.only).toMatchObject({ outcome: 'SKIPPED', page: true, reasons: expect.arrayContaining([expect.stringContaining('no deployment of this model made')]) });
    expect(world.endpoint!.config).toBe('by-hand');
  });
});

describe('a freeze', () => {
  const freeze = { frozen: true, reason: 'incident', by: 'arn:ops', since: '2001-02-01T00:00:00Z' };

  it.each(['approval', 'configuration'])('skips trigger %s without a note, and lets a person deploy', async (trigger) => {
    const { flow, world } = flowOf();
    world.put(lakeKeys.freeze(MODEL), freeze);
    await flow.run(trigger === 'approval' ? 2 : 1, trigger);
    expect(flow.only).toMatchObject({ outcome: 'SKIPPED', page: false, reasons: [expect.stringContaining('frozen since 2001-02-01T00:00:00Z by arn:ops: incident')] });
    expect(world.packages.get(packageArn(2))!['CustomerMetadataProperties']).toEqual({});
    expectConsistent(flow);
    await flow.run(1, 'rollback');
    expect(flow.outcomes[1]!.reasons.join()).not.toContain('frozen');
  });

  it.each(['SHADOW', 'AB_TEST', 'RELEASE'])('in stage %s ends an automatic deployment at the next look', async (stage) => {
    const { flow, world, old } = flowOf();
    const pass = flow.look;
    flow.look = (event) => {
      if (event.stage === stage) world.put(lakeKeys.freeze(MODEL), freeze);
      return pass(event);
    };
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', page: true });
    expect(flow.only.reasons.join()).toContain('arn:ops: incident');
    expect(world.endpoint!.config).toBe(old);
    expectConsistent(flow);
  });

  it('does not end what a person started', async () => {
    const { flow, world } = flowOf();
    world.serve(2);
    world.put(lakeKeys.freeze(MODEL), freeze);
    await flow.run(1, 'rollback');
    expect(flow.only.outcome).toBe('DEPLOYED');
    expect(world.champion.version).toBe(1);
  });
});

describe('a run that dies at any call of a handler', () => {
  it('leaves nothing that a reconciliation does not finish', async () => {
    const whole = flowOf();
    await whole.flow.run(2);
    const deaths = Array.from({ length: whole.flow.calls - 1 }, (_, index) => index + 1).flatMap((call) => [false, true].map((after) => ({ call, after })));
    expect(deaths.length).toBeGreaterThan(80);
    for (const death of deaths) {
      const { flow, world } = flowOf();
      flow.death = death;
      const { status } = await flow.run(2);
      expect(status).toBe('ABORTED');
      flow.death = undefined;
      await flow.reconcile();
      expectConsistent(flow);
      expect(flow.outcomes.at(-1)!.outcome, JSON.stringify(flow.outcomes.at(-1)!.reasons)).toMatch(/^(DEPLOYED|SKIPPED)$/);
      expect(world.calls.filter((operation) => operation === 'UpdateEndpoint').length).toBeLessThanOrEqual(4);
    }
  });
});
