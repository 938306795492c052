import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelStatus } from '../../lib/cli/read-status';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import { MODEL } from '../faults/fault-stacks';
import { CommandLineWorld } from './command-line-world';

/** One life, in this order: what each command does shows in those after it. */
describe('the command line on an account, in the name of a role with grants.operate', () => {
  let world: CommandLineWorld;
  const environment = { ...process.env };
  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' });
    world = await CommandLineWorld.create();
  });
  afterAll(async () => {
    process.env = environment;
    await world?.close();
  });

  const status = async (): Promise<ModelStatus> => JSON.parse((await world.run('status', MODEL, '--json')).stdout) as ModelStatus;
  const history = async (): Promise<{ entries: LedgerEntry[]; verified: object }> => JSON.parse((await world.run('history', MODEL, '--limit', '100', '--json')).stdout);

  it('sees the first deployment at work, and then the champion', async () => {
    expect((await status()).truth.sentence).toBe('nothing was deployed yet');
    await world.register(true);
    await world.advance(1);
    expect(await status()).toMatchObject({ champion: null, endpoint: { status: 'Creating' }, running: [{ workflow: 'deployment', trigger: 'approval', version: 1 }] });
    await world.settle();
    const serving = await status();
    expect(serving).toMatchObject({ champion: { version: 1 }, truth: { agrees: true }, running: [], scaling: { minimum: 2, maximum: 4 } });
    expect(serving.outcomes.map(({ outcome }) => outcome)).toContain('DEPLOYED');
  });

  it('has nothing to roll back to, and no version that does not exist', async () => {
    expect(await world.run('rollback', MODEL)).toMatchObject({ code: 2, stderr: expect.stringContaining('no champion of shop before version 1 is kept') });
    expect(await world.run('deploy', MODEL, '9')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no version 9 of shop; the newest is version 1') });
  });

  it('freezes: what starts by itself declines, what a person starts runs', async () => {
    expect(await world.run('freeze', MODEL, '--reason', 'the price feed is broken')).toMatchObject({ code: 0, stdout: expect.stringContaining('shop is frozen') });
    expect((await status()).freeze).toMatchObject({ reason: 'the price feed is broken', by: expect.stringContaining('assumed-role/Operator') });
    const training = world.simulation.resource('Training/Workflow/Resource', 'AWS::StepFunctions::StateMachine').ref;
    for (const trigger of ['schedule', 'manual']) {
      await world.aws('sfn', 'StartExecution', { stateMachineArn: training, input: JSON.stringify({ trigger, reason: 'the test wants it' }) });
      await world.settle();
    }
    const trained = (await history()).entries.filter(({ workflow }) => workflow === 'training');
    const by = (trigger: string) => trained.find(({ detail }) => detail!['trigger'] === trigger)!;
    expect(by('schedule')).toMatchObject({ outcome: 'SKIPPED', reasons: [expect.stringContaining('are frozen since')] });
    // There is no raw data: it got as far as looking.
    expect(by('manual').outcome).toBe('DATA_INVALID');
  });

  it('deploys a frozen model all the same, and says that the freeze holds', async () => {
    await world.register(true);
    await world.settle();
    expect((await history()).entries[0]).toMatchObject({ workflow: 'deployment', outcome: 'SKIPPED', reasons: [expect.stringContaining('the price feed is broken')] });
    expect((await status()).waiting).toMatchObject({ version: 2, deploymentOutcome: null });
    const { code, stdout } = await world.run('deploy', MODEL, '2', '--wait', '--reason', 'the feed does not matter to it');
    expect(stdout).toContain('DEPLOYED after ');
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain('holds for what starts by itself (the price feed is broken); this deployment goes on.');
    expect(stdout.match(/ {2}analyze\n/g)).toHaveLength(1);
    expect(await status()).toMatchObject({ champion: { version: 2 }, truth: { agrees: true }, waiting: null });
    expect((await history()).entries[0]!.reasons[0]).toContain('the feed does not matter to it (by arn:aws:sts::111122223333:assumed-role/Operator');
  });

  it('releases, and rolls back through the same workflow', async () => {
    expect((await world.run('unfreeze', MODEL)).stdout).toContain('shop is released');
    expect((await status()).freeze).toBeNull();
    const { code, stdout } = await world.run('rollback', MODEL, '--wait', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, trigger: 'rollback', outcome: 'DEPLOYED', freeze: null });
    expect(await status()).toMatchObject({ champion: { version: 1 }, truth: { agrees: true } });
    expect(await world.run('rollback', MODEL)).toMatchObject({ code: 2, stderr: expect.stringContaining('version 2 served before version 1 but is newer') });
  });

  it('follows a deployment that is rolled back to exit code 1', async () => {
    world.simulation.faults.add({ id: 'breaks', type: 'container', modelNamePrefix: `${MODEL}-v2`, errorRate: 0.5 });
    const { code, stdout } = await world.run('deploy', MODEL, '2', '--wait');
    expect(stdout).toContain('ROLLED_BACK after ');
    expect(code).toBe(1);
    expect(await status()).toMatchObject({ champion: { version: 1 }, truth: { agrees: true }, waiting: { version: 2, deploymentOutcome: 'ROLLED_BACK' } });
  });

  it('freezes in the middle of an automatic deployment, which takes it back', async () => {
    await world.register(true);
    await world.advance(4);
    expect(await status()).toMatchObject({ endpoint: { status: 'Updating' }, running: [{ trigger: 'approval', version: 3 }] });
    await world.run('freeze', MODEL, '--reason', 'stop at once');
    await world.settle();
    const [newest] = (await history()).entries;
    expect(newest).toMatchObject({ workflow: 'deployment', outcome: 'ROLLED_BACK' });
    expect(newest!.reasons.join(' ')).toContain('stop at once');
    expect(await status()).toMatchObject({ champion: { version: 1 }, truth: { agrees: true }, freeze: { reason: 'stop at once' } });
    await world.run('unfreeze', MODEL);
  });

  it('ends a deployment that a person began, within minutes, and the champion goes on', async () => {
    await world.run('deploy', MODEL, '3');
    await world.advance(4);
    expect(await status()).toMatchObject({ endpoint: { status: 'Updating' }, running: [{ trigger: 'manual', version: 3 }] });
    const began = world.simulation.clock.now();
    const { code, stdout } = await world.run('rollback', MODEL, '--wait', '--reason', 'the prices are wrong');
    expect(stdout).toContain('shop: ending the deployment under way; version 1 goes on');
    expect(stdout.replace(/\s+/g, ' ')).toContain('it is ended at its next look, then it is the turn of this one');
    expect(code).toBe(0);
    expect((world.simulation.clock.now() - began) / 60_000).toBeLessThan(15);
    await world.settle();
    expect(await status()).toMatchObject({ champion: { version: 1 }, truth: { agrees: true }, running: [], scaling: { suspended: false } });
    const [own, ended] = (await history()).entries;
    expect(own).toMatchObject({ workflow: 'deployment', outcome: 'SKIPPED' });
    expect(ended).toMatchObject({ workflow: 'deployment', outcome: 'ROLLED_BACK' });
    expect(ended!.reasons.join(' ')).toContain('a rollback by hand takes over: arn:aws:states:');
  });

  it('has all of it in the ledger, verified, and told to EventBridge once each', async () => {
    const { entries, verified } = await history();
    expect(verified).toEqual({ from: 1, to: entries.length, intact: true, problems: [] });
    expect(entries.filter(({ workflow }) => workflow === 'operations').map(({ outcome }) => outcome)).toEqual(['UNFROZEN', 'FROZEN', 'UNFROZEN', 'FROZEN']);
    expect(world.told.map(({ sequence }) => sequence)).toEqual(entries.map(({ sequence }) => sequence).reverse());
    expect(world.told.every(({ modelName }) => modelName === MODEL)).toBe(true);
    expect(world.simulation.counters).toMatchObject({ denied: 0, schemaErrors: 0 });
  });

  it('says which permission is missing, and that a model is unknown', async () => {
    expect(await world.run('status', 'shopp')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no model shopp in this account and region; did you mean shop?') });
    const { code, stderr } = await world.runAs('Onlooker', 'deploy', MODEL, '2');
    expect(code).toBe(2);
    expect(stderr).toMatch(/access denied: states:StartExecution on arn:aws:states:us-east-1:111122223333:stateMachine:\S+ is not allowed/);
  });
});
