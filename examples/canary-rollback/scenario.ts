/** A good canary, a bad one that goes back by itself, and a rollback by hand. */
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { churnLife, expectOutcome, firstVersion, MODEL, START } from '../churn/life';
import { DEPLOYMENT } from '../model-life';

const goodCanary: Milestone = {
  id: 'good-canary',
  title: 'v2 passes the canary and takes over',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.open();
    expectOutcome(await life.release('all features'), 'DEPLOYED', /is not worse/);
    await life.expectServing(2);
    check(life.traffic.failed.length === 0, `${life.traffic.failed.length} requests failed while v2 took over`);
    return `v2 took over, and none of ${life.traffic.answered} requests failed`;
  },
};

const badCanary: Milestone = {
  id: 'bad-canary',
  title: 'v3 fails in its canary; the endpoint goes back to v2 and the owner is paged',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    rehearsal.faults.add({ id: 'v3-breaks', type: 'container', modelNamePrefix: `${MODEL}-v3`, errorRate: 0.3 });
    const entry = await life.release('a server that breaks');
    expectOutcome(entry, 'ROLLED_BACK');
    check(entry.page, 'a rollback should page the owner');
    await life.expectServing(2);
    return `v3 was rolled back: ${entry.reasons.slice(0, 2).join('; ')}`;
  },
};

const byHand: Milestone = {
  id: 'rollback-by-hand',
  title: 'a person goes back to v1, through the same workflow',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    const { ModelPackageArn } = await life.package(1);
    const execution = await rehearsal.start(DEPLOYMENT, { modelPackageArn: ModelPackageArn, trigger: 'rollback', reason: 'customers complain about v2' });
    const began = rehearsal.now;
    await rehearsal.ended(execution, 120);
    expectOutcome(await life.recorded(execution), 'DEPLOYED');
    await life.expectServing(1);
    return `v1 serves again after ${Math.round((rehearsal.now - began) / 60_000)} minutes`;
  },
};

const scenario: Scenario = { name: 'canary-rollback', start: START, milestones: [firstVersion(), goodCanary, badCanary, byHand] };

export default scenario;
