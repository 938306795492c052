import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IMAGE, ROLE, SageMakerWorld } from './sagemaker-world';

let world: SageMakerWorld;
beforeEach(async () => {
  world = new SageMakerWorld();
  await world.call('CreateModelPackageGroup', { ModelPackageGroupName: 'shop' });
  world.objects.set('lake/model.tar.gz', Buffer.from('x'));
});
afterEach(() => world.close());

const ARN = 'arn:aws:sagemaker:us-east-1:111122223333:model-package/shop';

function modelPackage(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ModelPackageGroupName: 'shop',
    InferenceSpecification: { Containers: [{ Image: IMAGE, ModelDataUrl: 's3://lake/model.tar.gz' }], SupportedContentTypes: ['text/csv'], SupportedResponseMIMETypes: ['text/csv'] },
    CustomerMetadataProperties: { snapshotId: 'abc', 'metric:auc': '0.71' },
    ...changes,
  };
}

const changes = (): any[] => world.events.filter((event) => event.detailType === 'SageMaker Model Package State Change');

describe('model packages', () => {
  test('count up, know their image by digest and announce every change of status', async () => {
    expect(await world.call('CreateModelPackage', modelPackage())).toEqual({ ModelPackageArn: `${ARN}/1` });
    expect(await world.call('CreateModelPackage', modelPackage({ ModelApprovalStatus: 'Rejected' }))).toEqual({ ModelPackageArn: `${ARN}/2` });
    await world.call('UpdateModelPackage', { ModelPackageArn: `${ARN}/1`, ModelApprovalStatus: 'Approved', ApprovalDescription: 'gate passed' });
    await world.call('UpdateModelPackage', { ModelPackageArn: `${ARN}/1`, ModelApprovalStatus: 'Approved', CustomerMetadataProperties: { outcome: 'SUCCEEDED' } });
    expect(changes().map(({ detail }) => [detail.ModelPackageVersion, detail.ModelApprovalStatus])).toEqual([
      [1, 'PendingManualApproval'],
      [2, 'Rejected'],
      [1, 'Approved'],
    ]);
    expect(changes()[2]).toMatchObject({
      resources: [`${ARN}/1`],
      detail: {
        ModelPackageGroupName: 'shop',
        ModelPackageArn: `${ARN}/1`,
        ModelPackageStatus: 'Completed',
        CreationTime: '2001-02-01T00:00:00Z',
        InferenceSpecification: { Containers: [{ Image: IMAGE, ImageDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) }] },
      },
    });
    expect(await world.call('DescribeModelPackage', { ModelPackageName: `${ARN}/1` })).toMatchObject({
      ModelPackageVersion: 1,
      ModelApprovalStatus: 'Approved',
      ApprovalDescription: 'gate passed',
      CustomerMetadataProperties: { snapshotId: 'abc', 'metric:auc': '0.71', outcome: 'SUCCEEDED' },
    });
    const listed = await world.call('ListModelPackages', { ModelPackageGroupName: 'shop', ModelApprovalStatus: 'Approved' });
    expect(listed.ModelPackageSummaryList.map((each: any) => each.ModelPackageVersion)).toEqual([1]);
  });

  test('lists the newest first, in pages', async () => {
    for (let i = 0; i < 12; i++) await world.call('CreateModelPackage', modelPackage());
    const first = await world.call('ListModelPackages', { ModelPackageGroupName: 'shop' });
    expect(first.ModelPackageSummaryList.map((each: any) => each.ModelPackageVersion)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    const second = await world.call('ListModelPackages', { ModelPackageGroupName: 'shop', NextToken: first.NextToken });
    expect(second.ModelPackageSummaryList.map((each: any) => each.ModelPackageVersion)).toEqual([2, 1]);
    expect(second.NextToken).toBeUndefined();
  });

  test('repeats the answer for a repeated client token', async () => {
    await world.call('CreateModelPackage', modelPackage({ ClientToken: 't' }));
    expect(await world.call('CreateModelPackage', modelPackage({ ClientToken: 't' }))).toEqual({ ModelPackageArn: `${ARN}/1` });
    expect(changes()).toHaveLength(1);
  });

  test('fails for metadata beyond the limits, unknown groups and unknown images', async () => {
    const metadata = (properties: Record<string, string>): Promise<unknown> => world.call('CreateModelPackage', modelPackage({ CustomerMetadataProperties: properties }));
    await expect(metadata(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v'])))).rejects.toThrow(/less than or equal to 50/);
    await expect(metadata({ key: 'x'.repeat(257) })).rejects.toThrow(/less than or equal to 256/);
    await expect(metadata({ key: 'a, b' })).rejects.toThrow(/regular expression/);
    await expect(world.call('CreateModelPackage', modelPackage({ ModelPackageGroupName: 'other' }))).rejects.toThrow(/does not exist/);
    const unknown = { Containers: [{ Image: '111122223333.dkr.ecr.us-east-1.amazonaws.com/assets:other' }] };
    await expect(world.call('CreateModelPackage', modelPackage({ InferenceSpecification: unknown }))).rejects.toThrow(/Requested image .* not found/);
  });

  test('become models only when they are approved', async () => {
    await world.call('CreateModelPackage', modelPackage());
    const model = { ModelName: 'shop-v1', ExecutionRoleArn: ROLE, Containers: [{ ModelPackageName: `${ARN}/1` }] };
    await expect(world.call('CreateModel', model)).rejects.toThrow(/PendingManualApproval/);
    await world.call('UpdateModelPackage', { ModelPackageArn: `${ARN}/1`, ModelApprovalStatus: 'Approved' });
    expect(await world.call('CreateModel', model)).toEqual({ ModelArn: 'arn:aws:sagemaker:us-east-1:111122223333:model/shop-v1' });
  });
});

describe('models', () => {
  const model = { ModelName: 'shop', ExecutionRoleArn: ROLE, PrimaryContainer: { Image: IMAGE, ModelDataUrl: 's3://lake/model.tar.gz' } };

  test('fail without artifacts, without the right to read them, and twice', async () => {
    await expect(world.call('CreateModel', { ...model, PrimaryContainer: { Image: IMAGE, ModelDataUrl: 's3://lake/none.tar.gz' } })).rejects.toThrow('Could not find model data at s3://lake/none.tar.gz.');
    await world.call('CreateModel', model);
    await expect(world.call('CreateModel', model)).rejects.toThrow(/Cannot create already existing model/);
    world.denied.add('s3:HeadObject');
    await expect(world.call('CreateModel', { ...model, ModelName: 'other' })).rejects.toThrow(/Could not access model data/);
  });

  test('need their own action, PassRole to SageMaker, and AddTags for tags', () => {
    const principal = { arn: 'arn:aws:iam::111122223333:role/caller' };
    const needed = world.service.authorize({ principal, service: 'sagemaker', operation: 'CreateModel', input: { ...model, Tags: [{ Key: 'run', Value: 'r1' }] } });
    const arn = 'arn:aws:sagemaker:us-east-1:111122223333:model/shop';
    expect(needed.map(({ action, resource }) => [action, resource])).toEqual([
      ['sagemaker:CreateModel', arn],
      ['sagemaker:AddTags', arn],
      ['iam:PassRole', ROLE],
    ]);
    expect(needed[2]!.context).toEqual({ 'iam:PassedToService': 'sagemaker.amazonaws.com' });
  });
});

describe('template resources', () => {
  test('become a serving endpoint', async () => {
    const request = (type: string, logicalId: string, properties: Record<string, unknown>): any => ({ type, logicalId, properties, constructPath: logicalId, stackName: 'Shop', assembly: '' });
    const create = async (type: string, logicalId: string, properties: Record<string, unknown>): Promise<any> => {
      const task = world.clock.spawn(() => world.service.resources[type]!(request(type, logicalId, properties)));
      await world.minutes(10);
      return task.promise;
    };
    await world.deployable('v1', { mean: 5 });
    const config = await create('AWS::SageMaker::EndpointConfig', 'Config', { ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: 'v1', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }] });
    expect(config.attributes.EndpointConfigName).toMatch(/^Shop-Config-[A-Z0-9]{12}$/);
    const endpoint = await create('AWS::SageMaker::Endpoint', 'Endpoint', { EndpointName: 'shop', EndpointConfigName: config.attributes.EndpointConfigName });
    expect(endpoint).toEqual({ ref: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/shop', attributes: { EndpointName: 'shop' } });
    expect((await world.invoke('1')).Body.toString()).toBe('6\n');
  });
});
