/** A queue: nothing runs while nothing waits, the first request wakes it, and a new version goes through a canary all the same. */
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { churnLife, expectOutcome, firstVersion, MODEL, START } from '../churn/life';

const asleep: Milestone = {
  id: 'asleep',
  title: 'without requests the endpoint goes to sleep; the first ones wake it and are answered',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    const instances = async (): Promise<number> => {
      const { ProductionVariants } = await rehearsal.aws('sagemaker', 'DescribeEndpoint', { EndpointName: MODEL });
      return ProductionVariants[0].CurrentInstanceCount;
    };
    await rehearsal.advance(120);
    check((await instances()) === 0, `after two hours without requests there should be no instance, there are ${await instances()}`);
    const results: string[] = [];
    const traffic = life.open(5, {
      payloads: { bucket: life.bucket, prefix: lakeKeys.asynchronousRequests(MODEL) },
      onAnswer: ({ outputLocation }) => results.push(outputLocation!),
    });
    await rehearsal.advance(60);
    check(traffic.failed.length === 0, `${traffic.failed.length} requests were refused`);
    check((await instances()) > 0, 'the backlog should have woken the endpoint');
    const [, , , ...path] = results[0]!.split('/');
    const score = Number(await rehearsal.text(life.bucket, path.join('/')));
    check(score > 0 && score < 1, `the first result should be a probability, it is ${score}`);
    return `asleep after two hours; woken by the backlog, the first request was answered with ${score}`;
  },
};

const canary: Milestone = {
  id: 'canary',
  title: 'v2 passes its canary while requests keep coming',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.traffic.every(1);
    expectOutcome(await life.release('all features'), 'DEPLOYED');
    await life.expectServing(2);
    return `v2 works off the queue after ${life.traffic.answered} requests`;
  },
};

const scenario: Scenario = { name: 'asynchronous', start: START, milestones: [firstVersion(), asleep, canary] };

export default scenario;
