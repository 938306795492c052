/** A version that the shadow lets through to its canary, and one whose answers nobody ever gets. */
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { churnLife, expectOutcome, firstVersion, MODEL, START } from '../churn/life';

const agreeing: Milestone = {
  id: 'agreeing-shadow',
  title: 'v2 mostly decides like v1 in the shadow, passes its canary and takes over',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.open();
    const began = rehearsal.now;
    expectOutcome(await life.release('all features'), 'DEPLOYED');
    await life.expectServing(2);
    const captured = (await life.captured()).filter(({ time }) => time >= began);
    const shadowed = captured.filter(({ variant }) => variant === 'Shadow-v2');
    check(shadowed.length >= 500 && shadowed.every(({ version }) => version === 2), `the shadow should have answered 500 copies as v2, it answered ${shadowed.length}`);
    check(life.traffic.failed.length === 0, `${life.traffic.failed.length} requests failed while v2 took over`);
    return `v2 answered ${shadowed.length} copies in the shadow before anybody got an answer of it`;
  },
};

const disagreeing: Milestone = {
  id: 'disagreeing-shadow',
  title: 'v3 answers nonsense; the shadow turns it away and no client notices',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    rehearsal.faults.add({ id: 'v3-answers-nonsense', type: 'container', modelNamePrefix: `${MODEL}-v3`, changedPredictions: { factor: -1, offset: 1 } });
    const [failed, began] = [life.traffic.failed.length, rehearsal.now];
    const entry = await life.release('a server with its classes exchanged');
    expectOutcome(entry, 'REJECTED', /disagree/);
    await life.expectServing(2);
    check(life.traffic.failed.length === failed, 'no request should fail');
    const answered = (await life.captured()).filter(({ time, version, variant }) => time >= began && version === 3 && variant === 'AllTraffic');
    check(answered.length === 0, `v3 answered ${answered.length} clients`);
    return `v3 was turned away: ${entry.reasons[0]}`;
  },
};

const scenario: Scenario = { name: 'shadow-then-canary', start: START, milestones: [firstVersion(), agreeing, disagreeing] };

export default scenario;
