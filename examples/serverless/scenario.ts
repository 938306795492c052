/** SageMaker moves a serverless endpoint all at once; the workflow watches and puts the champion back. */
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { churnLife, expectOutcome, firstVersion, MODEL, START } from '../churn/life';

const good: Milestone = {
  id: 'good-version',
  title: 'v2 takes over and bakes',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.open(2);
    // The hour before is what a serverless version is compared with.
    await rehearsal.advance(60);
    expectOutcome(await life.release('all features'), 'DEPLOYED');
    await life.expectServing(2);
    check(life.traffic.failed.length === 0, `${life.traffic.failed.length} requests failed`);
    return `v2 took over, and none of ${life.traffic.answered} requests failed`;
  },
};

const bad: Milestone = {
  id: 'bad-version',
  title: 'v3 fails; the workflow puts v2 back and pages',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    rehearsal.faults.add({ id: 'v3-breaks', type: 'container', modelNamePrefix: `${MODEL}-v3`, errorRate: 0.4 });
    const entry = await life.release('a server that breaks');
    expectOutcome(entry, 'ROLLED_BACK');
    check(entry.page, 'a rollback should page the owner');
    await life.expectServing(2);
    const failed = life.traffic.failed.length;
    check(failed > 0, 'v3 should have failed somebody');
    await rehearsal.advance(30);
    check(life.traffic.failed.length === failed, 'nobody should fail after v2 is back');
    return `${failed} requests failed until v2 was back: ${entry.reasons[0]}`;
  },
};

const scenario: Scenario = { name: 'serverless', start: START, milestones: [firstVersion(), good, bad] };

export default scenario;
