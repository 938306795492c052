import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AnsweredRequest, Traffic, type TrafficOptions } from '../../lib/rehearsal/driver-traffic';
import { SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
});
afterEach(() => world.close());

describe('changed predictions', () => {
  beforeEach(async () => {
    await world.deployable('v1', { mean: 100 });
    await world.serve('v1');
  });

  test.each([
    ['a factor', { factor: 0.5 }, '50.5\n51\n'],
    ['an offset, held within limits', { offset: 10, maximum: 111 }, '111\n111\n'],
    ['a constant', { constant: 7 }, '7\n7\n'],
  ])('answer otherwise by %s, and are captured so', async (_how, changedPredictions, expected) => {
    world.faults.add({ id: 'other', type: 'container', modelNamePrefix: 'v1', changedPredictions });
    expect((await world.invoke('1\n2')).Body.toString()).toBe(expected);
    world.faults.remove('other');
    expect((await world.invoke('1\n2')).Body.toString()).toBe('101\n102\n');
  });

  test('strike a share of the requests', async () => {
    world.faults.add({ id: 'some', type: 'container', modelNamePrefix: 'v1', changedPredictions: { constant: 0, share: 0.25 } });
    let changed = 0;
    for (let i = 0; i < 100; i++) if ((await world.invoke('1')).Body.toString() === '0\n') changed++;
    expect(changed).toBeGreaterThan(10);
    expect(changed).toBeLessThan(45);
  });
});

test('a container fault can be of one variant alone', async () => {
  await world.model('v1', { mean: 100 });
  const variant = (name: string): Record<string, unknown> => ({ VariantName: name, ModelName: 'v1', InitialInstanceCount: 1, InstanceType: 'ml.m5.large' });
  await world.config('test', { ProductionVariants: [variant('A'), variant('B')] });
  await world.serve('test');
  world.faults.add({ id: 'b', type: 'container', modelNamePrefix: 'v1', variantName: 'B', errorRate: 1 });
  await world.invoke('1', { TargetVariant: 'A' });
  await expect(world.invoke('1', { TargetVariant: 'B' })).rejects.toMatchObject({ code: 'ModelError' });
});

describe('traffic', () => {
  const answers: AnsweredRequest[] = [];
  const traffic = (options: Partial<TrafficOptions> = {}): Traffic =>
    new Traffic(world.client, { arn: 'arn:aws:iam::111122223333:user/client', root: true }, { endpoint: 'shop', intervalSeconds: 60, rows: () => ['1', '2'], onAnswer: (answer) => answers.push(answer), ...options });
  beforeEach(() => {
    answers.length = 0;
  });

  test('says which variant answered what, under which inference id', async () => {
    await world.model('v1', { mean: 100 });
    const variant = (name: string): Record<string, unknown> => ({ VariantName: name, ModelName: 'v1', InitialInstanceCount: 1, InstanceType: 'ml.m5.large' });
    await world.config('test', { ProductionVariants: [variant('A'), variant('B')] });
    await world.serve('test');
    const clients = traffic({ inferenceId: (_rows, now) => `at-${now}` });
    await world.minutes(29.5);
    clients.stop();
    expect(answers).toHaveLength(30);
    expect(answers[0]).toMatchObject({ rows: ['1', '2'], scores: ['101', '102'], inferenceId: `at-${answers[0]!.time}` });
    expect(clients.answeredBy.get('A')! + clients.answeredBy.get('B')!).toBe(30);
    expect(new Set(answers.map(({ variant: name }) => name))).toEqual(new Set(['A', 'B']));
    expect([clients.answered, clients.answeredRows, clients.failed]).toEqual([30, 60, []]);
  });

  test('can name the variant', async () => {
    await world.deployable('v1');
    await world.serve('v1');
    const clients = traffic({ targetVariant: 'Nobody' });
    await world.minutes(1.5);
    expect(clients.failed.map(({ error }) => error)).toEqual(['ValidationError', 'ValidationError']);
  });

  test('puts its payloads into S3 for an asynchronous endpoint', async () => {
    await world.model('v1', { mean: 100 });
    await world.config('v1', {
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: 'v1', InitialInstanceCount: 1, InstanceType: 'ml.m5.large' }],
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://lake/out' } },
    });
    await world.serve('v1');
    const clients = traffic({ payloads: { bucket: 'lake', prefix: 'requests/' }, inferenceId: () => 'order-1' });
    await world.minutes(1.5);
    expect([...world.objects.keys()].filter((key) => key.startsWith('lake/requests/'))).toHaveLength(2);
    expect(clients.answered).toBe(2);
    expect(answers[0]).toMatchObject({ scores: [], inferenceId: 'order-1', outputLocation: expect.stringMatching(/^s3:\/\/lake\/out\//) });
    expect(world.text(answers[0]!.outputLocation!.replace('s3://', ''))).toBe('101\n102\n');
  });
});
