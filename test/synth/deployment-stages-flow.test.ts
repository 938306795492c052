import { describe, expect, it } from 'vitest';
import { type AnalysisEvent, type AnalysisResult, NO_ANALYSIS, type NextStep } from '../../lib/deployment/deployment-plan.contract';
import type { DeploymentSettings, ShadowSettings, TestSettings } from '../../lib/deployment/deployment.contract';
import { DeploymentWorld, MODEL, packageArn, SETTINGS } from '../pure/deployment-world';
import { definitionOf, expectTidy, Flow } from './deployment-flow-world';

const SHADOW: ShadowSettings = {
  samplingPercentage: 50,
  instanceCount: 1,
  intervalSeconds: 300,
  minimumSeconds: 600,
  maximumSeconds: 86_400,
  minimumPairs: 100,
  decisionThreshold: 0.5,
  maximumDisagreement: 0.05,
  minimumRankCorrelation: 0.9,
  maximumLatencyRatio: 1.5,
  confidence: 0.95,
  inconclusive: 'ROLL_BACK',
};
const TEST: TestSettings = {
  challengerPercent: 20,
  instanceCount: 1,
  intervalSeconds: 3600,
  maximumSeconds: 14 * 86_400,
  minimumOutcomes: 100,
  confidence: 0.95,
  test: 'CONFIDENCE_SEQUENCE',
  minimumImprovement: 0,
  outcome: { type: 'LABELS', measure: 'accuracy', decisionThreshold: 0.5 },
  undecided: 'KEEP_CHAMPION',
};
const SHADOWED = { ...SETTINGS, shadow: SHADOW };
const TESTED = { ...SETTINGS, test: TEST };
const SERVERLESS: DeploymentSettings = {
  ...SETTINGS,
  endpoint: { kind: 'SERVERLESS', memorySizeMegabytes: 2048, maximumConcurrency: 5 },
  routing: { type: 'UNGUARDED', percent: 100, waitSeconds: 600 },
};
const STAGED = { ...SHADOWED, test: TEST };

const definitions = new Map<DeploymentSettings, unknown>();

function flowOf(settings: DeploymentSettings): { flow: Flow; world: DeploymentWorld; old: string } {
  if (!definitions.has(settings)) definitions.set(settings, definitionOf(settings));
  const flow = new Flow(definitions.get(settings), settings);
  const old = flow.world.serve(1);
  if (settings.endpoint.kind === 'SERVERLESS') flow.world.scaling = undefined;
  flow.world.addVersion(2);
  return { flow, world: flow.world, old };
}

/** Looks of the stages before the release: waits while the endpoint changes, then for some looks, then decides. */
function decides(flow: Flow, next: NextStep, failures: string[] = [], patience = 2): (event: AnalysisEvent) => AnalysisResult | undefined {
  let looks = 0;
  return ({ stage, state, abort }) => {
    flow.world.settle();
    if (stage === 'RELEASE' || abort) return undefined;
    if (flow.world.endpoint!.status !== 'InService') return { settled: false, next: 'WAIT', state };
    looks += 1;
    return { settled: true, next: looks < patience ? 'WAIT' : next, state: { ...state, failures, reasons: failures } };
  };
}

function updates({ inputs }: DeploymentWorld): { config: string; guarded: boolean; wait?: number }[] {
  return inputs
    .filter(({ operation }) => operation === 'UpdateEndpoint')
    .map(({ input }) => ({
      config: String(input['EndpointConfigName']).replace(/r[0-9a-f]{12}/, 'run'),
      guarded: input['DeploymentConfig'] !== undefined,
      ...(input['DeploymentConfig'] ? { wait: input['DeploymentConfig'].BlueGreenUpdatePolicy.TrafficRoutingConfiguration.WaitIntervalInSeconds } : {}),
    }));
}

const released = { config: `${MODEL}-v2-run`, guarded: true, wait: 600 };

describe('a shadow stage', () => {
  it('that agrees opens the canary, whose old fleet is the shadowed champion', async () => {
    const { flow, world, old } = flowOf(SHADOWED);
    flow.look = decides(flow, 'NEXT_STAGE');
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED', page: false });
    expect(updates(world)).toEqual([{ config: `${MODEL}-v2-run-shadow`, guarded: false }, released]);
    expect(flow.only.detail.history).toEqual([expect.objectContaining({ stage: 'SHADOW' })]);
    expect([...world.configs.keys()].sort()).toEqual([old, world.champion.endpointConfigName].sort());
    expectTidy(flow);
  });

  it('that disagrees rejects the version, puts the champion back, and notes it, so that a repeated approval is skipped', async () => {
    const { flow, world, old } = flowOf(SHADOWED);
    flow.look = decides(flow, 'RESTORE', ['shadow: 12 % of the decisions differ']);
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'REJECTED', page: true, reasons: ['shadow: 12 % of the decisions differ', `endpoint serves ${old} again`] });
    expect(updates(world).map(({ config }) => config)).toEqual([`${MODEL}-v2-run-shadow`, `${MODEL}-v1-run`]);
    expect(world.endpoint).toEqual({ status: 'InService', config: old });
    expect([...world.models.keys()]).toEqual([old]);
    expect(world.packages.get(packageArn(2))!['CustomerMetadataProperties'].deploymentOutcome).toBe('REJECTED');
    expectTidy(flow);
    await flow.run(2);
    expect(flow.outcomes[1]).toMatchObject({ outcome: 'SKIPPED', page: false });
    expect(flow.outcomes[1]!.reasons[0]).toContain('was rejected before');
  });

  it.each(['rollback', 'configuration'])('is left out by trigger %s', async (trigger) => {
    const { flow, world } = flowOf(SHADOWED);
    if (trigger === 'rollback') world.serve(2);
    await flow.run(1, trigger);
    expect(flow.only.outcome).toBe('DEPLOYED');
    expect(updates(world).map(({ config }) => config)).toEqual([`${MODEL}-v1-run`]);
  });

  it('that never ends fails, and the champion serves alone again', async () => {
    const { flow, world, old } = flowOf(SHADOWED);
    flow.look = decides(flow, 'WAIT');
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
    expect(flow.only.reasons[0]).toContain('stage SHADOW had not ended');
    expect(world.endpoint!.config).toBe(old);
    expectTidy(flow);
  });
});

describe('an A/B test', () => {
  it('that is won clears the endpoint of its second variant before the guarded release', async () => {
    const { flow, world } = flowOf(TESTED);
    flow.look = decides(flow, 'NEXT_STAGE');
    await flow.run(2);
    expect(flow.only.outcome).toBe('DEPLOYED');
    expect(updates(world)).toEqual([{ config: `${MODEL}-v2-run-test`, guarded: false }, { config: `${MODEL}-v1-run`, guarded: false }, released]);
    expectTidy(flow);
  });

  it('that is lost keeps the champion', async () => {
    const { flow, world, old } = flowOf(TESTED);
    flow.look = decides(flow, 'RESTORE', ['test lost: accuracy 0.71 against 0.78']);
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'REJECTED' });
    expect(world.endpoint!.config).toBe(old);
    expect(world.champion.version).toBe(1);
    expectTidy(flow);
  });

  it('comes after the shadow, with everything in one history', async () => {
    const { flow, world } = flowOf(STAGED);
    flow.look = decides(flow, 'NEXT_STAGE', [], 1);
    await flow.run(2);
    expect(flow.only.outcome).toBe('DEPLOYED');
    expect(updates(world).map(({ config }) => config.replace(/^.*-run/, ''))).toEqual(['-shadow', '-test', '', '']);
    expect(flow.only.detail.history.map(({ stage }: { stage: string }) => stage)).toEqual(['SHADOW', 'AB_TEST']);
  });

  it('leaves what each stage said among the reasons of the deployment', async () => {
    const { flow } = flowOf(STAGED);
    const decide = decides(flow, 'NEXT_STAGE', [], 1);
    flow.look = (event) => {
      const result = decide(event);
      return result?.next === 'NEXT_STAGE' ? { ...result, state: { ...result.state, reasons: [`${event.stage} says yes`] } } : result;
    };
    await flow.run(2);
    expect(flow.only.reasons).toEqual(expect.arrayContaining(['SHADOW says yes', 'AB_TEST says yes', expect.stringContaining('endpoint serves version 2')]));
  });
});

describe('a release without guardrails', () => {
  it('bakes under the looks and is verified', async () => {
    const { flow, world } = flowOf(SERVERLESS);
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED' });
    expect(updates(world)).toEqual([{ config: `${MODEL}-v2-run`, guarded: false }]);
    expect(world.alarms.size).toBe(0);
    expectTidy(flow);
  });

  it('is taken back when it fails', async () => {
    const { flow, world, old } = flowOf(SERVERLESS);
    world.traffic = (config) => ({ requests: 500, errors: config === 'before' || config === old ? 0 : 200, latency: 20_000 });
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', page: true });
    expect(updates(world).map(({ config }) => config)).toEqual([`${MODEL}-v2-run`, `${MODEL}-v1-run`]);
    expect(world.endpoint!.config).toBe(old);
    expect(world.packages.get(packageArn(2))!['CustomerMetadataProperties'].deploymentOutcome).toBe('ROLLED_BACK');
    expectTidy(flow);
  });
});

describe('putting the champion back', () => {
  it('is tried twice, then a person is needed', async () => {
    const { flow, world, old } = flowOf(SHADOWED);
    flow.look = decides(flow, 'RESTORE', ['shadow: no']);
    world.unreachable = (config) => config === old;
    const { status } = await flow.run(2);
    expect(status).toBe('FAILED');
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
    expect(flow.only.reasons[0]).toMatch(/endpoint serves .*-shadow, although .* was put back 2 times/);
    expect(updates(world)).toHaveLength(3);
    expect(world.configs.has(world.endpoint!.config)).toBe(true);
    expect(world.models.has(world.endpoint!.config.replace('-shadow', ''))).toBe(true);
  });

  it('ends as FAILED when it breaks', async () => {
    const { flow } = flowOf(SHADOWED);
    flow.look = decides(flow, 'RESTORE', ['shadow: no']);
    flow.broken = (handler, event) => handler === 'Apply' && event.step === 'restore';
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
    expect(flow.only.reasons).toEqual([expect.stringContaining('the champion could not be put back'), 'shadow: no']);
    expect(flow.locks.at(-1)).toBe('released');
  });

  it('follows a difference between what was approved and what serves', async () => {
    const { flow, world, old } = flowOf(SETTINGS);
    flow.look = ({ state }) => {
      for (const [name, model] of world.models) if (name !== old) model['PrimaryContainer'].ModelDataUrl = 's3://elsewhere/model.tar.gz';
      world.settle();
      return world.endpoint!.status === 'InService' ? { settled: true, next: 'VERIFY', state } : undefined;
    };
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', page: true });
    expect(flow.only.reasons[0]).toContain('s3://elsewhere');
    expect(world.endpoint!.config).toBe(old);
    expect(world.champion.version).toBe(1);
    expectTidy(flow);
  });

  it('leaves no endpoint where there was none before', async () => {
    const { flow, world } = flowOf(SETTINGS);
    Object.assign(world, { endpoint: undefined, scaling: undefined });
    world.objects.clear();
    world.fault = (operation) => {
      if (operation === 'CreateEndpoint') world.models.forEach((model) => (model['PrimaryContainer'].ModelDataUrl = 's3://elsewhere/model.tar.gz'));
      return undefined;
    };
    await flow.run(2);
    expect(flow.only.outcome).toBe('ROLLED_BACK');
    expect(world.endpoint).toBeUndefined();
    expect(world.models.size + world.configs.size).toBe(0);
  });
});

describe('an inconclusive release', () => {
  const EXTENDING: DeploymentSettings = { ...SETTINGS, analysis: { ...SETTINGS.analysis, inconclusive: 'EXTEND', maximumExtensions: 2 } };
  const rare = (until: number) => (flow: Flow, old: string) => {
    flow.world.traffic = (config) => ({ requests: config === old || updates(flow.world).length > until ? 500 : 3, errors: 0, latency: 20_000 });
  };

  it('is extended with twice the baking period once the alarms are quiet', async () => {
    const { flow, world, old } = flowOf(EXTENDING);
    rare(1)(flow, old);
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED' });
    expect(updates(world)).toEqual([released, { ...released, wait: 1200 }]);
    expectTidy(flow);
  });

  it('is rolled back for good after the last extension, with an hour of baking at most', async () => {
    const { flow, world, old } = flowOf(EXTENDING);
    rare(99)(flow, old);
    await flow.run(2);
    expect(flow.only.outcome).toBe('ROLLED_BACK');
    expect(flow.only.reasons.join()).toContain('analysis is inconclusive');
    expect(updates(world).map(({ wait }) => wait)).toEqual([600, 1200, 2400]);
    expect(world.endpoint!.config).toBe(old);
    expectTidy(flow);
  });
});

describe('an endpoint that somebody else is changing', () => {
  it('makes the run wait and plan again', async () => {
    const { flow, world } = flowOf(SETTINGS);
    let refusals = 2;
    world.fault = (operation) => (operation === 'UpdateEndpoint' && refusals-- > 0 ? Object.assign(new Error('Cannot update in-progress endpoint "arn".'), { name: 'ValidationException' }) : undefined);
    const { states } = await flow.run(2);
    expect(states.filter((state) => state === 'Plan')).toHaveLength(3);
    expect(flow.only.outcome).toBe('DEPLOYED');
    expectTidy(flow);
  });

  it('does not wait for ever', async () => {
    const { flow, world, old } = flowOf(SETTINGS);
    world.fault = (operation) => (operation === 'UpdateEndpoint' ? Object.assign(new Error('Cannot update in-progress endpoint "arn".'), { name: 'ValidationException' }) : undefined);
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true, reasons: [expect.stringContaining('somebody else')] });
    expect(world.endpoint!.config).toBe(old);
    expectTidy(flow);
  });
});

it('begins each stage with a fresh analysis', async () => {
  const { flow } = flowOf(STAGED);
  const first = new Map<string, unknown>();
  const decide = decides(flow, 'NEXT_STAGE', ['seen'], 1);
  flow.look = (event) => {
    if (!first.has(event.stage)) first.set(event.stage, event.state);
    return decide(event);
  };
  await flow.run(2);
  expect([...first.keys()]).toEqual(['SHADOW', 'AB_TEST', 'RELEASE']);
  for (const state of first.values()) expect(state).toEqual(NO_ANALYSIS);
});
