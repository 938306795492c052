import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { churnLife, firstVersion, MODEL, START, type ChurnLife } from '../../examples/churn/life';
import { synthesize } from '../../lib/cli/synthesize';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import { Rehearsal } from '../../lib/rehearsal/driver';

const TEMPLATE = 'CanaryRollback.template.json';

/** What nobody would want back: everything that deployments have made, by the ARN's resource type. */
const DEPLOYED = /:(endpoint|endpoint-config|model|scalable-target|scalingPolicy|alarm|scheduledAction)[:/]/;

/** One life, in this order. */
describe('the serving configuration of a deployed model', () => {
  let folder: string;
  let simulation: RunningSimulation;
  let rehearsal: Rehearsal;
  let life: ChurnLife;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'deployment-review-'));
    await synthesize('npx tsx examples/canary-rollback/app.ts', join(__dirname, '..', '..'), join(folder, 'first'));
    simulation = await createSimulation({ assembly: join(folder, 'first'), start: Date.parse(START), seed: 1 });
    rehearsal = new Rehearsal(simulation);
    life = churnLife(rehearsal);
    await firstVersion().run(rehearsal);
    // A quarter of this is enough for the analysis of a canary.
    life.open(0.4);
    await rehearsal.advance(5);
  });
  afterAll(async () => {
    for (const traffic of rehearsal.traffic) traffic.stop();
    await simulation.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The app as it was deployed, with other settings in its template. */
  function changed(name: string, ...changes: [before: string, after: string][]): string {
    const copy = join(folder, name);
    cpSync(join(folder, 'first'), copy, { recursive: true });
    let text = readFileSync(join(copy, TEMPLATE), 'utf8');
    for (const [before, after] of changes) {
      expect(text).toContain(before);
      text = text.replaceAll(before, after);
    }
    writeFileSync(join(copy, TEMPLATE), text);
    return copy;
  }

  async function deploy(assembly: string): Promise<void> {
    for (const { status, reason } of await rehearsal.deploy(assembly)) expect(reason ?? status).toBe('UPDATE_COMPLETE');
  }

  async function fleet(): Promise<Record<string, unknown>> {
    const { config } = await life.endpoint();
    const { ProductionVariants } = await rehearsal.aws('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName: config });
    return ProductionVariants[0] as Record<string, unknown>;
  }

  const outcomes = async (): Promise<string[]> => (await life.ledger()).filter(({ workflow }) => workflow === 'deployment').map(({ outcome }) => outcome);

  const TYPE: [string, string] = ['instanceType\\":\\"ml.m5.large', 'instanceType\\":\\"ml.m5.xlarge'];

  it('changes with the instance type: the champion goes through the canary again, and nobody notices', async () => {
    const before = await life.champion();
    const deployments = life.deployments;
    await deploy(changed('type', TYPE));
    const entry = await life.released(deployments);
    expect(entry).toMatchObject({ outcome: 'DEPLOYED', detail: { input: { trigger: 'configuration' }, plan: { stages: [{ stage: 'RELEASE', routing: { type: 'CANARY', percent: 50 } }] } } });
    await life.expectServing(1);
    expect(await fleet()).toMatchObject({ InstanceType: 'ml.m5.xlarge' });
    const champion = await life.champion();
    expect(champion.endpointConfigName).not.toBe(before.endpointConfigName);
    // The same version with another configuration is no version that one could go back to.
    expect(champion.previous).toEqual([]);
    expect(life.traffic.failed).toEqual([]);
  });

  it('changes with instance count and canary size', async () => {
    const deployments = life.deployments;
    await deploy(changed('size', TYPE, ['\\"percent\\":50', '\\"percent\\":25'], ['\\"instanceCount\\":2', '\\"instanceCount\\":4']));
    const entry = await life.released(deployments);
    expect(entry).toMatchObject({ outcome: 'DEPLOYED', detail: { plan: { stages: [{ routing: { type: 'CANARY', percent: 25 } }] } } });
    await life.expectServing(1);
    expect(await fleet()).toMatchObject({ InitialInstanceCount: 4 });
    expect(await outcomes()).toEqual(['DEPLOYED', 'DEPLOYED', 'DEPLOYED']);
    expect(life.traffic.failed).toEqual([]);
    expect(simulation.counters).toMatchObject({ denied: 0, schemaErrors: 0 });
  });

  it('leaves with its stack, in the middle of a canary: nothing that a deployment made is there any more, what it recorded is', async () => {
    const bucket = life.bucket;
    await deploy(join(folder, 'first'));
    await rehearsal.advance(8);
    expect((await life.endpoint()).status).toBe('Updating');
    expect(rehearsal.inventory().filter((arn) => DEPLOYED.test(arn))).not.toEqual([]);
    for (const { status, reason } of await rehearsal.destroy()) expect(reason ?? status).toBe('DELETE_COMPLETE');
    life.traffic.stop();
    await rehearsal.advance(30);
    expect(rehearsal.inventory().filter((arn) => DEPLOYED.test(arn))).toEqual([]);
    expect((await rehearsal.keys(bucket, `state/${MODEL}/`)).length).toBeGreaterThan(0);
    // What the lake and the registry retain: key, bucket, its access log, the versions' group.
    expect(rehearsal.inventory().map((arn) => arn.split(':')[2]).sort()).toEqual(['kms', 's3', 's3', 'sagemaker']);
  });
});
