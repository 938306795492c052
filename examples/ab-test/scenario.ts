/** A challenger that wins by labels which arrive later, and one that loses. */
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { type ChurnLife, churnLife, expectOutcome, firstVersion, START } from '../churn/life';
import { DEPLOYMENT } from '../model-life';

/** A request every so many seconds: enough for a decision within a day. */
const PACE = 10;

/** Lets the test run; every half hour the labels of what was answered meanwhile are delivered. */
async function tested(life: ChurnLife, deploymentsBefore: number): Promise<ReturnType<ChurnLife['recorded']>> {
  const execution = await life.deploymentStarted(deploymentsBefore);
  const running = (): boolean => life.rehearsal.executions(DEPLOYMENT).some(({ arn, status }) => arn === execution && status === 'RUNNING');
  for (let halfHours = 0; running() && halfHours < 2 * 36; halfHours++) {
    await life.rehearsal.advance(30);
    await life.label();
  }
  check(!running(), 'the test should have ended within a day and a half');
  return life.recorded(execution);
}

const winner: Milestone = {
  id: 'winner',
  title: 'v2 knows more about the customers than v1 and wins the test',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.open(PACE);
    const deployments = life.deployments;
    await life.register('all features');
    const entry = await tested(life, deployments);
    expectOutcome(entry, 'DEPLOYED');
    await life.expectServing(2);
    const [champion, challenger] = ['AllTraffic', 'Challenger-v2'].map((variant) => life.traffic.answeredBy.get(variant) ?? 0);
    check(challenger! >= 200 && champion! >= 200, `both should have answered 200 requests: ${champion} and ${challenger}`);
    check(life.traffic.failed.length === 0, `${life.traffic.failed.length} requests failed`);
    return `v2 won: ${entry.reasons.find((reason) => /outcomes/.test(reason)) ?? entry.reasons[0]}`;
  },
};

const loser: Milestone = {
  id: 'loser',
  title: 'v3 knows less than v2 and loses; v2 stays',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    const deployments = life.deployments;
    await life.register('tenure alone', 'tenure_months');
    const entry = await tested(life, deployments);
    expectOutcome(entry, 'REJECTED');
    await life.expectServing(2);
    return `v3 lost: ${entry.reasons[0]}`;
  },
};

const scenario: Scenario = { name: 'ab-test', start: START, milestones: [firstVersion('support_calls'), winner, loser] };

export default scenario;
