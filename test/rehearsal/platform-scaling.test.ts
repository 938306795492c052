import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { steppedCapacity, trackedCapacity } from '../../lib/rehearsal/services/application-auto-scaling/scaling-decision';
import { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import { parseZonedSchedule } from '../../lib/rehearsal/services/events/zoned-schedule';
import { endpoint, MINUTE, PlatformWorld, role, type Resources, START } from './platform-world';

let world: PlatformWorld;
beforeEach(() => {
  world = new PlatformWorld();
});
afterEach(() => world.close());

const TARGET = { ServiceNamespace: 'sagemaker', ResourceId: 'endpoint/shop/variant/AllTraffic', ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' };
const scaling = (operation: string, input: Record<string, unknown> = {}): Promise<any> => world.call('application-auto-scaling', operation, { ...TARGET, ...input });
const activities = async (): Promise<string[]> =>
  (await scaling('DescribeScalingActivities')).ScalingActivities.map(({ Description, StatusCode }: any) => `${StatusCode}: ${Description}`).reverse();
const instances = async (): Promise<number> => (await world.call('sagemaker', 'DescribeEndpoint', { EndpointName: 'shop' })).ProductionVariants[0].CurrentInstanceCount;

/** A template's target with a policy on the predefined metric. */
const scaled = (bounds: Record<string, unknown>, configuration: Record<string, unknown> = {}): Resources => ({
  Target: { Type: 'AWS::ApplicationAutoScaling::ScalableTarget', DependsOn: 'Endpoint', Properties: { ...TARGET, ...bounds } },
  Policy: {
    Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
    Properties: {
      PolicyName: 'invocations',
      PolicyType: 'TargetTrackingScaling',
      ScalingTargetId: { Ref: 'Target' },
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 10,
        PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        ScaleInCooldown: 300,
        ScaleOutCooldown: 300,
        ...configuration,
      },
    },
  },
});

/** So many requests in each of the next minutes. */
async function load(requests: number, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    for (let i = 0; i < requests; i++) await world.call('sagemaker-runtime', 'InvokeEndpoint', { EndpointName: 'shop', Body: Buffer.from('1'), ContentType: 'text/csv' });
    await world.advance(1);
  }
}

describe('target tracking', () => {
  test('follows the load out after three minutes, in after fifteen, within its bounds', async () => {
    const simulation = await world.deploy({ ...endpoint(), ...scaled({ MinCapacity: 1, MaxCapacity: 4 }) });
    const { Alarms } = (await scaling('DescribeScalingPolicies')).ScalingPolicies[0];
    expect(Alarms.map(({ AlarmName }: any) => AlarmName)).toEqual([
      expect.stringMatching(/^TargetTracking-endpoint\/shop\/variant\/AllTraffic-AlarmHigh-[0-9a-f-]{36}$/),
      expect.stringMatching(/^TargetTracking-endpoint\/shop\/variant\/AllTraffic-AlarmLow-[0-9a-f-]{36}$/),
    ]);
    await load(5, 4);
    await load(25, 2);
    expect(await activities()).toEqual([]);
    await load(25, 5);
    expect(await activities()).toEqual(['Successful: Setting desired instance count to 3.']);
    expect(await instances()).toBe(3);
    const { Cause } = (await scaling('DescribeScalingActivities')).ScalingActivities[0];
    expect(Cause).toBe(`monitor alarm ${Alarms[0].AlarmName} in state ALARM triggered policy invocations`);
    await load(60, 8);
    expect(await instances()).toBe(4);
    await load(12, 14);
    expect(await instances()).toBe(4);
    await load(12, 8);
    expect(await instances()).toBe(2);
    expect(simulation.defects).toEqual([]);
  });

  test('waits for its cooldown unless more is needed, and does nothing while suspended', async () => {
    await world.deploy({ ...endpoint(), ...scaled({ MinCapacity: 1, MaxCapacity: 9 }, { ScaleOutCooldown: 1200 }) });
    await load(25, 6);
    expect(await instances()).toBe(3);
    await load(25, 6);
    expect(await activities()).toHaveLength(1);
    await scaling('RegisterScalableTarget', { SuspendedState: { DynamicScalingOutSuspended: true } });
    await load(70, 6);
    expect(await instances()).toBe(3);
    await scaling('RegisterScalableTarget', { SuspendedState: { DynamicScalingOutSuspended: false } });
    await load(70, 4);
    // Three instances serve 23 each: four more are needed, two of them are the two of the last time.
    expect(await instances()).toBe(5);
  });

  test('says that it failed while the endpoint is updated, and tries again', async () => {
    await world.deploy({ ...endpoint(), ...scaled({ MinCapacity: 1, MaxCapacity: 4 }) });
    const { EndpointConfigName } = await world.call('sagemaker', 'DescribeEndpoint', { EndpointName: 'shop' });
    const { ProductionVariants } = await world.call('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName });
    await world.call('sagemaker', 'CreateEndpointConfig', { EndpointConfigName: 'next', ProductionVariants });
    await load(5, 4);
    await load(25, 2);
    await world.call('sagemaker', 'UpdateEndpoint', { EndpointName: 'shop', EndpointConfigName: 'next' });
    await load(25, 3);
    const [failed] = (await scaling('DescribeScalingActivities')).ScalingActivities;
    expect(failed).toMatchObject({ StatusCode: 'Failed', StatusMessage: expect.stringMatching(/Cannot update in-progress endpoint/) });
    await load(25, 8);
    expect((await activities()).at(-1)).toBe('Successful: Setting desired instance count to 3.');
  });

  test('needs the permissions that the service uses for its caller', async () => {
    const caller = (...allowed: string[]): Resources => ({
      Caller: role('lambda.amazonaws.com', { Action: ['application-autoscaling:RegisterScalableTarget', 'application-autoscaling:PutScalingPolicy', ...allowed], Resource: '*' }),
    });
    const simulation = await world.deploy({ ...endpoint(), ...caller('sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities') });
    const as = (operation: string, input: Record<string, unknown>): Promise<any> =>
      simulation.perform(() => simulation.gateway.call({ arn: String(simulation.resource('Caller').attributes!.Arn) }, 'application-auto-scaling', operation, { ...TARGET, ...input }));
    await as('RegisterScalableTarget', { MinCapacity: 1, MaxCapacity: 2 });
    const { TargetTrackingScalingPolicyConfiguration } = scaled({}).Policy!.Properties as any;
    await expect(as('PutScalingPolicy', { PolicyName: 'p', PolicyType: 'TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration })).rejects.toThrow(/cloudwatch:PutMetricAlarm/);
  });

  test('goes with its target, alarms included', async () => {
    const simulation = await world.deploy({ ...endpoint(), ...scaled({ MinCapacity: 1, MaxCapacity: 4 }) });
    const { alarms } = simulation.service<CloudWatchService>('cloudwatch');
    expect(alarms.all()).toHaveLength(2);
    const { Policy: _policy, ...rest } = { ...endpoint(), ...scaled({ MinCapacity: 2, MaxCapacity: 4 }) };
    expect(await world.update(rest)).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(alarms.all()).toHaveLength(0);
    await world.advance(5);
    expect(await activities()).toEqual(['Successful: Setting desired instance count to 2.']);
    expect((await simulation.destroy())[0]).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(simulation.inventory()).toEqual([]);
  });
});

test('an asynchronous endpoint goes to sleep and is woken by the step policy', async () => {
  const RESULTS = { AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://lake/results/' } } };
  const dimensions = [{ Name: 'EndpointName', Value: 'shop' }];
  await world.deploy({
    Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
    ...endpoint(RESULTS),
    ...scaled(
      { MinCapacity: 0, MaxCapacity: 3 },
      {
        TargetValue: 2,
        PredefinedMetricSpecification: undefined,
        CustomizedMetricSpecification: { Namespace: 'AWS/SageMaker', MetricName: 'ApproximateBacklogSizePerInstance', Dimensions: dimensions, Statistic: 'Average' },
      },
    ),
    Wake: {
      Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
      Properties: {
        PolicyName: 'wake',
        PolicyType: 'StepScaling',
        ScalingTargetId: { Ref: 'Target' },
        StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', Cooldown: 150, StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }] },
      },
    },
    Backlog: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        Namespace: 'AWS/SageMaker',
        MetricName: 'HasBacklogWithoutCapacity',
        Dimensions: dimensions,
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: 2,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'missing',
        AlarmActions: [{ Ref: 'Wake' }],
      },
    },
  });
  await world.advance(25);
  expect(await instances()).toBe(0);
  await world.call('s3', 'PutObject', { Bucket: 'lake', Key: 'requests/1', Body: '1' });
  await world.call('sagemaker-runtime', 'InvokeEndpointAsync', { EndpointName: 'shop', InputLocation: 's3://lake/requests/1', ContentType: 'text/csv' });
  await world.advance(8);
  expect(await instances()).toBe(1);
  expect((await world.call('s3', 'ListObjectsV2', { Bucket: 'lake', Prefix: 'results/' })).KeyCount).toBe(1);
  await world.advance(30);
  expect(await instances()).toBe(0);
  expect(await activities()).toEqual(['0', '1', '0'].map((count) => `Successful: Setting desired instance count to ${count}.`));
});

test('provisioned concurrency of a serverless endpoint is scaled by a schedule', async () => {
  const ScalableDimension = 'sagemaker:variant:DesiredProvisionedConcurrency';
  const simulation = await world.deploy(endpoint({}, { ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 20, ProvisionedConcurrency: 2 } }));
  await scaling('RegisterScalableTarget', { ScalableDimension, MinCapacity: 1, MaxCapacity: 10 });
  await scaling('PutScheduledAction', {
    ScalableDimension,
    ScheduledActionName: 'morning',
    Schedule: 'cron(0 8 * * ? *)',
    Timezone: 'Europe/Vienna',
    ScalableTargetAction: { MinCapacity: 5 },
  });
  await world.advance((START - simulation.clock.now()) / MINUTE + 6 * 60 + 59);
  expect((await scaling('DescribeScalingActivities', { ScalableDimension })).ScalingActivities).toEqual([]);
  await world.advance(10);
  const [activity] = (await scaling('DescribeScalingActivities', { ScalableDimension })).ScalingActivities;
  expect(activity).toMatchObject({
    StatusCode: 'Successful',
    Description: 'Setting desired provisioned concurrency to 5.',
    Cause: 'minimum capacity was set to 5',
    StartTime: new Date(START + 7 * 60 * MINUTE),
  });
  await scaling('RegisterScalableTarget', { ScalableDimension, MinCapacity: 1, SuspendedState: { ScheduledScalingSuspended: true } });
  await world.advance(24 * 60);
  expect((await scaling('DescribeScalingActivities', { ScalableDimension })).ScalingActivities).toHaveLength(1);
});

test('the same seed gives the same requests, scaling included', async () => {
  const run = async (): Promise<string> => {
    world = new PlatformWorld();
    await world.deploy({ ...endpoint(), ...scaled({ MinCapacity: 1, MaxCapacity: 4 }) });
    await load(30, 8);
    await world.update({ ...endpoint(), ...scaled({ MinCapacity: 2, MaxCapacity: 4 }) });
    await world.close();
    return JSON.stringify(world.records);
  };
  const first = await run();
  expect(first).toContain('UpdateEndpointWeightsAndCapacities');
  expect(await run()).toBe(first);
});

test.each([
  [2, 100, 70, 3],
  [3, 70, 70, 3],
  [10, 62, 70, 9],
  [4, 0, 70, 0],
  [0, 100, 70, 0],
])('tracking: %d at a metric of %d for a target of %d need %d', (capacity, metric, target, expected) => {
  expect(trackedCapacity(capacity, metric, target)).toBe(expected);
});

// The guide's own example: "Step scaling policies", step adjustments, with a threshold of 50.
const OUT = [
  { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 0 },
  { MetricIntervalLowerBound: 10, MetricIntervalUpperBound: 20, ScalingAdjustment: 10 },
  { MetricIntervalLowerBound: 20, ScalingAdjustment: 30 },
];
const IN = [
  { MetricIntervalLowerBound: -10, MetricIntervalUpperBound: 0, ScalingAdjustment: 0 },
  { MetricIntervalLowerBound: -20, MetricIntervalUpperBound: -10, ScalingAdjustment: -10 },
  { MetricIntervalUpperBound: -20, ScalingAdjustment: -30 },
];
test.each([
  [10, 59, OUT, 10],
  [10, 60, OUT, 11],
  [11, 70, OUT, 14],
  [14, 40, IN, 13],
  [13, 30, IN, 10],
  [10, 41, IN, 10],
])('steps: %d at %d', (capacity, metric, StepAdjustments, expected) => {
  expect(steppedCapacity(capacity, metric - 50, { AdjustmentType: 'PercentChangeInCapacity', StepAdjustments })).toBe(expected);
});

test('schedules follow the clocks of their zone', () => {
  const at = (expression: string, zone: string, after: string): string => new Date(parseZonedSchedule(expression, zone).next(Date.parse(after), 0)!).toISOString();
  expect(at('cron(0 8 * * ? *)', 'Europe/Vienna', '2001-03-24T12:00:00Z')).toBe('2001-03-25T06:00:00.000Z');
  expect(at('cron(0 8 * * ? *)', 'America/New_York', '2001-02-01T00:00:00Z')).toBe('2001-02-01T13:00:00.000Z');
  expect(at('at(2001-07-01T09:00:00)', 'Asia/Kolkata', '2001-02-01T00:00:00Z')).toBe('2001-07-01T03:30:00.000Z');
  // The hour from 02:00 to 03:00 comes twice on 28 October 2001 in Vienna; the action does not.
  expect(at('cron(30 2 * * ? *)', 'Europe/Vienna', '2001-10-28T00:30:00Z')).toBe('2001-10-29T01:30:00.000Z');
  expect(() => parseZonedSchedule('cron(0 8 * * ? *)', 'Europe/Nowhere')).toThrow(/no time zone/);
});
