import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unpackModel } from '../../lib/rehearsal/containers/model-archive';
import { IMAGE, ROLE, SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(() => {
  world = new SageMakerWorld();
  world.objects.set('lake/curated/train/part-0.csv', Buffer.from('1,2\n1,4\n'));
  world.objects.set('lake/curated/train/part-1.csv', Buffer.from('1,6\n'));
});
afterEach(() => world.close());

function job(name: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    TrainingJobName: name,
    RoleArn: ROLE,
    AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File', MetricDefinitions: [{ Name: 'validation:loss', Regex: 'validation:loss=([0-9.]+);' }] },
    HyperParameters: { depth: '3' },
    InputDataConfig: [{ ChannelName: 'train', ContentType: 'text/csv', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://lake/curated/train/', S3DataDistributionType: 'FullyReplicated' } } }],
    OutputDataConfig: { S3OutputPath: 's3://lake/artifacts/' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    Environment: { COLOUR: 'red' },
    ...changes,
  };
}

async function trained(name: string, changes: Record<string, unknown> = {}): Promise<any> {
  await world.call('CreateTrainingJob', job(name, changes));
  await world.minutes(60);
  return await world.call('DescribeTrainingJob', { TrainingJobName: name });
}

describe('training job', () => {
  test('runs the real container and leaves artifacts, metrics and events', async () => {
    await world.call('CreateTrainingJob', job('shop-r1'));
    expect(world.service.runningJobs()).toEqual(['training job shop-r1']);
    expect((await world.call('DescribeTrainingJob', { TrainingJobName: 'shop-r1' })).SecondaryStatus).toBe('Starting');
    await world.minutes(10);
    const described = await world.call('DescribeTrainingJob', { TrainingJobName: 'shop-r1' });
    expect(described).toMatchObject({
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      ModelArtifacts: { S3ModelArtifacts: 's3://lake/artifacts/shop-r1/output/model.tar.gz' },
      FinalMetricDataList: [{ MetricName: 'validation:loss', Value: 4 }],
    });
    expect(described.SecondaryStatusTransitions.map((each: any) => each.Status)).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
    expect(world.metrics.map(({ namespace, dimensions, value }) => ({ namespace, dimensions, value }))).toEqual([
      { namespace: '/aws/sagemaker/TrainingJobs', dimensions: { TrainingJobName: 'shop-r1' }, value: 0.9 },
      { namespace: '/aws/sagemaker/TrainingJobs', dimensions: { TrainingJobName: 'shop-r1' }, value: 4 },
    ]);
    const last = world.events.at(-1)!;
    expect(last).toMatchObject({ detailType: 'SageMaker Training Job State Change', detail: { TrainingJobStatus: 'Completed', TrainingJobName: 'shop-r1' } });
    expect(world.service.runningJobs()).toEqual([]);
  });

  test('gives the container its own environment and nothing of the caller', async () => {
    process.env.A_SECRET = 'x';
    await trained('shop-r1');
    delete process.env.A_SECRET;
    const folder = join(world.folder, 'unpacked');
    mkdirSync(folder);
    await unpackModel(world.objects.get('lake/artifacts/shop-r1/output/model.tar.gz')!, folder);
    const { environment } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    expect(environment).toEqual(['AWS_REGION', 'COLOUR', 'HOME', 'LANG', 'PATH', 'SAGEMAKER_BASE_DIR', 'TRAINING_JOB_ARN', 'TRAINING_JOB_NAME', 'TZ']);
  });

  test('packs the same model into the same bytes', async () => {
    await trained('shop-r1');
    await trained('shop-r2');
    expect(world.objects.get('lake/artifacts/shop-r1/output/model.tar.gz')).toEqual(world.objects.get('lake/artifacts/shop-r2/output/model.tar.gz'));
  });

  test('reads the objects that a manifest names', async () => {
    world.objects.set('lake/manifest.json', Buffer.from('[{"prefix":"s3://lake/curated/train/"},"part-1.csv"]'));
    const channel = { ChannelName: 'train', DataSource: { S3DataSource: { S3DataType: 'ManifestFile', S3Uri: 's3://lake/manifest.json' } } };
    expect((await trained('shop-r1', { InputDataConfig: [channel] })).FinalMetricDataList[0].Value).toBe(6);
  });

  test('fails with what the algorithm wrote to output/failure, in paths of the container', async () => {
    const described = await trained('shop-r1', { HyperParameters: { fail: 'yes' } });
    expect(described.TrainingJobStatus).toBe('Failed');
    expect(described.FailureReason).toBe('AlgorithmError: no good: /opt/ml/input/data/train, exit code: 3');
    expect(world.events.at(-1)!.detail.FailureReason).toBe(described.FailureReason);
  });

  test('fails when the role may not read the data', async () => {
    world.denied.add('s3:GetObject');
    const described = await trained('shop-r1');
    expect(described.TrainingJobStatus).toBe('Failed');
    expect(described.FailureReason).toContain('ClientError: Data download failed');
    expect(described.FailureReason).toContain('s3:GetObject');
  });

  test('fails when the role may not write the artifacts', async () => {
    world.denied.add('s3:PutObject');
    expect((await trained('shop-r1')).FailureReason).toContain('ClientError: Failed to upload s3://lake/artifacts/shop-r1/output/model.tar.gz');
  });

  test('stops when it would take longer than allowed', async () => {
    const described = await trained('shop-r1', { StoppingCondition: { MaxRuntimeInSeconds: 60 } });
    expect(described).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
  });

  test('stops when asked to', async () => {
    await world.call('CreateTrainingJob', job('shop-r1'));
    await world.minutes(2);
    await world.call('StopTrainingJob', { TrainingJobName: 'shop-r1' });
    await world.minutes(30);
    expect((await world.call('DescribeTrainingJob', { TrainingJobName: 'shop-r1' })).TrainingJobStatus).toBe('Stopped');
  });

  test('fails at once for wrong requests', async () => {
    await expect(world.call('CreateTrainingJob', job('bad_name'))).rejects.toMatchObject({ code: 'ValidationException', message: expect.stringContaining("'trainingJobName'") });
    await expect(world.call('CreateTrainingJob', job('a', { RoleArn: 'arn:aws:iam::111122223333:role/stranger' }))).rejects.toThrow(/Could not assume role/);
    await world.call('CreateTrainingJob', job('a'));
    await expect(world.call('CreateTrainingJob', job('a'))).rejects.toMatchObject({ code: 'ResourceInUse' });
  });
});

describe('transform job', () => {
  beforeEach(async () => {
    await world.deployable('shop', { mean: 10 });
    world.objects.set('lake/test/a.csv', Buffer.from('0,1,id-a\n1,2,id-b\n0,3,id-c\n'));
    world.objects.set('lake/test/deep/b.csv', Buffer.from('1,4,id-d\n'));
  });

  function transform(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      TransformJobName: 'shop-r1',
      ModelName: 'shop',
      TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://lake/test/' } }, ContentType: 'text/csv', SplitType: 'Line' },
      TransformOutput: { S3OutputPath: 's3://lake/scores/', AssembleWith: 'Line' },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
      ...changes,
    };
  }

  async function done(changes: Record<string, unknown> = {}): Promise<any> {
    await world.call('CreateTransformJob', transform(changes));
    await world.minutes(10);
    return await world.call('DescribeTransformJob', { TransformJobName: 'shop-r1' });
  }

  test('filters the input, joins it and filters the output', async () => {
    const described = await done({ DataProcessing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,2,3]' } });
    expect(described.TransformJobStatus).toBe('Completed');
    expect(world.text('lake/scores/a.csv.out')).toBe('0,id-a,11\n1,id-b,12\n0,id-c,13\n');
    expect(world.text('lake/scores/deep/b.csv.out')).toBe('1,id-d,14\n');
    expect(world.events.filter((event) => event.detailType === 'SageMaker Transform Job State Change').map((event) => event.detail.TransformJobStatus)).toEqual(['InProgress', 'Completed']);
  });

  test('sends single records with the environment of the job', async () => {
    await done({ BatchStrategy: 'SingleRecord', Environment: { FACTOR: '2' } });
    expect(world.text('lake/scores/a.csv.out')).toBe('20\n22\n20\n');
  });

  test('fails when the container answers with an error', async () => {
    world.objects.set('lake/test/a.csv', Buffer.from('boom,500\n'));
    const described = await done();
    expect(described).toMatchObject({ TransformJobStatus: 'Failed', FailureReason: expect.stringContaining('answered 500') });
    expect(world.objects.has('lake/scores/a.csv.out')).toBe(false);
  });

  test('fails when the role may not read the input', async () => {
    world.denied.add('s3:ListObjectsV2');
    expect((await done()).FailureReason).toContain('Data download failed');
  });

  test('fails at once for a model that does not exist and for a join without lines', async () => {
    await expect(world.call('CreateTransformJob', transform({ ModelName: 'other' }))).rejects.toThrow(/Could not find model/);
    const joined = { DataProcessing: { JoinSource: 'Input' }, TransformOutput: { S3OutputPath: 's3://lake/scores/' } };
    await expect(world.call('CreateTransformJob', transform(joined))).rejects.toThrow(/AssembleWith/);
  });
});
