import { describe, expect, it } from 'vitest';
import { MODEL, packageArn, SETTINGS } from '../pure/deployment-world';
import { expectTidy, Flow } from './deployment-flow-world';

describe('the synthesized deployment workflow', () => {
  it('creates the first endpoint and makes its version the champion', async () => {
    const flow = new Flow();
    flow.world.addVersion(1);
    const { status } = await flow.run(1);
    expect(status).toBe('SUCCEEDED');
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED', page: false });
    expect(flow.world.champion).toMatchObject({ version: 1, endpointConfigName: flow.world.endpoint!.config, previous: [] });
    expect(flow.world.scaling).toMatchObject({ MinCapacity: 2, MaxCapacity: 4 });
    expect(flow.world.policy).toMatchObject({ TargetTrackingScalingPolicyConfiguration: { TargetValue: 1000 } });
    expectTidy(flow);
  });

  it('takes a good version through the canary, with scaling suspended meanwhile', async () => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    const suspended: boolean[] = [];
    const traffic = flow.world.traffic;
    flow.world.traffic = (config, minute) => {
      suspended.push(flow.world.scaling!['SuspendedState'].DynamicScalingInSuspended);
      return traffic(config, minute);
    };
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED', page: false });
    expect(flow.world.endpoint!.config).toMatch(/^flight-delay-v2-r[0-9a-f]{12}$/);
    expect(flow.world.champion.previous).toEqual([expect.objectContaining({ version: 1, endpointConfigName: old })]);
    expect([...flow.world.configs.keys()].sort()).toEqual([old, flow.world.endpoint!.config].sort());
    expect(new Set(flow.world.published.map((metric) => metric.value))).toEqual(new Set([0]));
    expect(new Set(suspended)).toEqual(new Set([true]));
    expectTidy(flow);
  });

  it('rolls a failing version back, says why, and leaves nothing of it', async () => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    flow.world.traffic = (config) => ({ requests: 500, errors: config === old ? 0 : 40, latency: 20_000 });
    const { status } = await flow.run(2);
    expect(status).toBe('SUCCEEDED');
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', page: true });
    expect(flow.only.reasons.join()).toContain('hard limit 5.00 %');
    expect(flow.world.endpoint).toEqual({ status: 'InService', config: old });
    expect(flow.world.champion.version).toBe(1);
    expect([...flow.world.configs.keys()]).toEqual([old]);
    expect([...flow.world.models.keys()]).toEqual([old]);
    expect(flow.world.packages.get(packageArn(2))!['CustomerMetadataProperties'].deploymentOutcome).toBe('ROLLED_BACK');
    expectTidy(flow);
  });

  it('does not give a version that was rolled back a second canary by a repeated event', async () => {
    const flow = new Flow();
    flow.world.serve(1);
    flow.world.addVersion(2, { CustomerMetadataProperties: { deploymentOutcome: 'ROLLED_BACK' } });
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'SKIPPED', page: false });
    expect(flow.world.calls).not.toContain('UpdateEndpoint');
  });

  it('rolls back when too little traffic reached the canary, and not before its end', async () => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    flow.world.traffic = (config) => (config === old ? { requests: 500, errors: 0, latency: 20_000 } : { requests: 3, errors: 0, latency: 20_000 });
    await flow.run(2);
    expect(flow.only.outcome).toBe('ROLLED_BACK');
    expect(flow.only.reasons.join()).toMatch(/analysis is inconclusive: the new fleet served \d+ requests, at least 100 are needed/);
    expect(flow.world.published.filter((metric) => metric.value === 0).length).toBeGreaterThan(4);
  });

  it('discovers a silent rollback', async () => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    flow.world.silentRollback = true;
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'ROLLED_BACK', page: true });
    expect(flow.only.reasons[0]).toContain(`endpoint serves ${old}`);
    expect(flow.world.champion.version).toBe(1);
    expectTidy(flow);
  });

  it('refuses to begin while a rollback alarm is in ALARM', async () => {
    const flow = new Flow();
    flow.world.serve(1);
    flow.world.addVersion(2);
    flow.world.fault = (operation) => {
      if (operation === 'DescribeAlarms') for (const [name, alarm] of flow.world.alarms) if (name.endsWith('latency')) alarm['StateValue'] = 'ALARM';
      return undefined;
    };
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'REFUSED', page: true });
    expect(flow.only.reasons[0]).toContain('is in ALARM already');
    expect(flow.world.calls).not.toContain('UpdateEndpoint');
    expectTidy(flow);
  });

  it('waits for the lock and deploys then', async () => {
    const flow = new Flow();
    flow.world.addVersion(1);
    let asked = 0;
    flow.lockBusy = () => ++asked <= 3;
    await flow.run(1);
    expect(flow.locks.slice(0, 4)).toEqual(['busy', 'busy', 'busy', 'acquired']);
    expect(flow.only.outcome).toBe('DEPLOYED');
  });

  it('gives up on a lock that is never free, and pages', async () => {
    const flow = new Flow();
    flow.world.addVersion(1);
    flow.lockBusy = () => true;
    const { status, seconds } = await flow.run(1);
    expect(status).toBe('SUCCEEDED');
    expect(flow.only).toMatchObject({ outcome: 'SKIPPED', page: true });
    expect(seconds).toBeGreaterThan(SETTINGS.maximumSeconds);
    expect(flow.world.calls).toEqual([]);
  });

  it('skips the second of two equal events', async () => {
    const flow = new Flow();
    flow.world.serve(1);
    await flow.run(1);
    expect(flow.only).toMatchObject({ outcome: 'SKIPPED', page: false, reasons: ['version 1 is already serving'] });
  });

  it('removes an endpoint that could not be created, records FAILED, and can try again', async () => {
    const flow = new Flow();
    flow.world.addVersion(1);
    flow.world.creationFails = true;
    const { status } = await flow.run(1);
    expect(status).toBe('FAILED');
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
    expect(flow.only.reasons[0]).toContain('/ping');
    expect(flow.world.endpoint).toBeUndefined();
    expect(flow.world.configs.size + flow.world.models.size).toBe(0);
    expectTidy(flow);
  });

  it.each(['Plan', 'Apply', 'Verify', 'Promote', 'CleanUp'])('ends recorded, paged and unlocked when %s is broken', async (broken) => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    flow.broken = (handler) => handler === broken;
    await flow.run(2);
    expect(flow.only).toMatchObject({ page: true, outcome: broken === 'CleanUp' ? 'DEPLOYED' : 'FAILED' });
    expect(flow.locks.at(-1)).toBe('released');
    expect(flow.world.endpoint!.status).toBe('InService');
    expect(flow.world.configs.has(flow.world.champion.endpointConfigName)).toBe(true);
    if (broken !== 'CleanUp') {
      expect(flow.world.champion.endpointConfigName).toBe(old);
      expectTidy(flow);
    }
  });

  it('makes SageMaker roll back when the analysis breaks in the middle', async () => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    flow.broken = (handler, event) => handler === 'Analyze' && event.abort === undefined;
    const { status } = await flow.run(2);
    expect(status).toBe('FAILED');
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
    expect(flow.only.reasons[0]).toContain('Analyze is broken');
    expect(flow.world.endpoint).toEqual({ status: 'InService', config: old });
    expect([...flow.world.configs.keys()]).toEqual([old]);
    expectTidy(flow);
  });

  it('records FAILED when somebody else moved the champion pointer meanwhile', async () => {
    const flow = new Flow();
    flow.world.serve(1);
    flow.world.addVersion(2);
    flow.world.fault = (operation) => {
      if (operation === 'UpdateEndpoint') flow.world.put(`state/${MODEL}/champion.json`, { ...flow.world.champion, executionArn: 'arn:somebody-else' });
      return undefined;
    };
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'FAILED', page: true });
    expect(flow.only.reasons[0]).toContain('moved by somebody else');
    expect(flow.world.champion.executionArn).toBe('arn:somebody-else');
    expectTidy(flow);
  });

  it('goes on with the update of a run that died, and removes what other dead runs left', async () => {
    const flow = new Flow();
    const old = flow.world.serve(1);
    flow.world.addVersion(2);
    const dead = `${MODEL}-v2-rffffffffffff`;
    const orphan = `${MODEL}-v2-reeeeeeeeeeee`;
    for (const name of [dead, orphan]) {
      flow.world.models.set(name, { ModelName: name, PrimaryContainer: { ModelDataUrl: `s3://lake/artifacts/${MODEL}/2/model.tar.gz` } });
      flow.world.configs.set(name, { EndpointConfigName: name, ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: name }] });
      flow.world.alarms.set(`${name}-analysis`, { AlarmName: `${name}-analysis`, StateValue: 'OK' });
    }
    const foreign = `${MODEL}-v2-x-v1-r000000000000`;
    flow.world.configs.set(foreign, { EndpointConfigName: foreign });
    flow.world.update = { config: dead, since: flow.sfn.clock.now(), alarms: [`${dead}-analysis`] };
    flow.world.endpoint!.status = 'Updating';
    const { states } = await flow.run(2);
    expect(states).not.toContain('StartDeployment');
    expect(flow.only.outcome).toBe('DEPLOYED');
    expect(flow.world.champion).toMatchObject({ version: 2, endpointConfigName: dead });
    expect([...flow.world.configs.keys()].sort()).toEqual([old, dead, foreign].sort());
    expectTidy(flow);
  });

  it('adopts what a dead run has finished, and tells a person', async () => {
    const flow = new Flow();
    flow.world.serve(1);
    const pointer = flow.world.champion;
    const finished = flow.world.serve(2, 'rffffffffffff');
    flow.world.put(`state/${MODEL}/champion.json`, pointer);
    await flow.run(2);
    expect(flow.only).toMatchObject({ outcome: 'DEPLOYED', page: true });
    expect(flow.world.champion).toMatchObject({ version: 2, endpointConfigName: finished });
  });

  it('goes back to an older version by hand only', async () => {
    const byEvent = new Flow();
    byEvent.world.serve(2);
    byEvent.world.addVersion(1);
    await byEvent.run(1);
    expect(byEvent.only.outcome).toBe('SKIPPED');
    const byHand = new Flow();
    byHand.world.serve(2);
    byHand.world.addVersion(1);
    await byHand.run(1, 'rollback');
    expect(byHand.only.outcome).toBe('DEPLOYED');
    expect(byHand.world.champion.version).toBe(1);
  });
});
