/** `cdk deploy` is the release: the first version, a second one, and one that CloudFormation has to take back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../lib/cli/synthesize';
import type { Rehearsal } from '../../lib/rehearsal/driver';
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { churnLife, MODEL, START } from '../churn/life';

/** Assemblies; what is deployed lives in them until the end. */
const folder = mkdtempSync(join(tmpdir(), 'pinned-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** `cdk deploy -c version=N`. @returns status of the stack, and the reason when it is not well */
async function deployVersion(rehearsal: Rehearsal, version: number): Promise<{ status: string; reason?: string }> {
  const output = join(folder, `v${version}`);
  await synthesize('npx tsx examples/pinned/app.ts', join(__dirname, '..', '..'), output, { version: String(version) });
  return (await rehearsal.deploy(output)).at(-1)!;
}

const first: Milestone = {
  id: 'first-version',
  title: 'v1 is trained and approved, which deploys nothing; `cdk deploy` with version 1 does',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    await life.deliver();
    await life.register('the first version', 'tenure_months,support_calls');
    await rehearsal.advance(60);
    const { Endpoints } = await rehearsal.aws('sagemaker', 'ListEndpoints', {});
    check(Endpoints.length === 0, 'an approval should deploy nothing');
    const { status, reason } = await deployVersion(rehearsal, 1);
    check(status === 'UPDATE_COMPLETE', `the stack is ${status}: ${reason}`);
    await life.expectServing(1);
    return 'v1 serves since `cdk deploy`';
  },
};

const second: Milestone = {
  id: 'second-version',
  title: 'v2 is named and goes through the canary that CloudFormation was given',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.open();
    await life.register('all features');
    const { status, reason } = await deployVersion(rehearsal, 2);
    check(status === 'UPDATE_COMPLETE', `the stack is ${status}: ${reason}`);
    await life.expectServing(2);
    check(life.traffic.failed.length === 0, `${life.traffic.failed.length} requests failed`);
    return `v2 serves; none of ${life.traffic.answered} requests failed`;
  },
};

const third: Milestone = {
  id: 'bad-version',
  title: 'the endpoint fails while v3 is in its canary; `cdk deploy` says so, and everything says v2',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    await life.register('a server that breaks');
    // CloudFormation will name the new model: the fault is held by time, not by name.
    rehearsal.faults.add({ id: 'v3-breaks', type: 'container', modelNamePrefix: '', variantName: 'AllTraffic', errorRate: 0.3, from: rehearsal.now + 360_000, until: rehearsal.now + 1_200_000 });
    const { status, reason } = await deployVersion(rehearsal, 3);
    check(status === 'UPDATE_ROLLBACK_COMPLETE', `the stack should have been rolled back, it is ${status}`);
    await life.expectServing(2);
    return `the stack was rolled back: ${reason}`;
  },
};

const scenario: Scenario = { name: `pinned-${MODEL}`, start: START, milestones: [first, second, third] };

export default scenario;
