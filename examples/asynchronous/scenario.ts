/** A queue: nothing runs while nothing waits, the first request wakes it, a new version goes through a canary all the same, and drift is seen. */
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { readCaptureFile } from '../../lib/capture/capture-reader';
import { alarmed, churnLife, expectOutcome, firstVersion, MODEL, newCustomers, START } from '../churn/life';

/** Customers in a request: what takes its time is worth a queue. */
const ROWS = 5;

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
    const traffic = life.open(60, {
      rows: () => life.ask(ROWS),
      payloads: { bucket: life.bucket, prefix: lakeKeys.asynchronousRequests(MODEL) },
      onAnswer: ({ outputLocation }) => results.push(outputLocation!),
    });
    await rehearsal.advance(60);
    check(traffic.failed.length === 0, `${traffic.failed.length} requests were refused`);
    check((await instances()) > 0, 'the backlog should have woken the endpoint');
    const [, , , ...path] = results[0]!.split('/');
    const scores = (await rehearsal.text(life.bucket, path.join('/'))).trim().split('\n').map(Number);
    check(scores.length === ROWS && scores.every((score) => score > 0 && score < 1), `the first result should be ${ROWS} probabilities, it is ${scores.join(' ')}`);
    return `asleep after two hours; woken by the backlog, the first request was answered with ${scores.join(', ')}`;
  },
};

const canary: Milestone = {
  id: 'canary',
  title: 'v2 passes its canary while requests keep coming',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.traffic.every(3);
    expectOutcome(await life.release('all features'), 'DEPLOYED');
    await life.expectServing(2);
    return `v2 works off the queue after ${life.traffic.answered} requests`;
  },
};

const captured: Milestone = {
  id: 'captured',
  title: 'every answer is captured once, under the version that gave it',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.traffic.stop();
    await rehearsal.advance(20);
    const keys = await rehearsal.keys(life.bucket, `captured/${MODEL}/`);
    const answers = keys.filter((key) => key.endsWith('.out')).length;
    const counted = new Map<string, number>();
    for (const key of keys.filter((name) => name.endsWith('.jsonl'))) {
      const { records } = readCaptureFile(await rehearsal.text(life.bucket, key), { features: ['tenure_months', 'monthly_fee', 'support_calls'] });
      check(records.length === 1 && records[0]!.input?.length === ROWS && records[0]!.output?.length === ROWS, `${key} should hold one request and its answer`);
      const version = key.split('/')[2]!;
      counted.set(version, (counted.get(version) ?? 0) + 1);
    }
    const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
    check(total === answers && total === life.traffic.answered, `${life.traffic.answered} requests, ${answers} answers and ${total} records should be as many`);
    life.traffic.every(60);
    return [...counted].map(([version, count]) => `${count} of ${version}`).join(', ');
  },
};

const drift: Milestone = {
  id: 'drift',
  title: 'new customers ask, who are none of those that v2 was trained on: the drift alarm pages',
  async run(rehearsal) {
    churnLife(rehearsal).population = newCustomers;
    const hours = await alarmed(rehearsal, '/data-drift', 6);
    return `paged after ${hours.toFixed(1)} hours`;
  },
};

const scenario: Scenario = { name: 'asynchronous', start: START, milestones: [firstVersion(), asleep, canary, captured, drift] };

export default scenario;
