import { App, Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { AbTestOutcome, BetterWhen } from '../../lib/deployment/choices/ab-test-outcome';
import { Autoscaling, EndpointResource } from '../../lib/deployment/choices/autoscaling';
import { Deployment } from '../../lib/deployment/choices/deployment';
import { AnalysisMethod, InconclusiveAnalysis } from '../../lib/deployment/choices/deployment-options';
import { ALARM_KINDS, deploymentNames } from '../../lib/deployment/deployment.contract';
import { Endpoint } from '../../lib/deployment/choices/endpoint';
import { ShadowAgreement } from '../../lib/deployment/choices/shadow-agreement';
import { UndecidedTest } from '../../lib/deployment/choices/stage-options';
import { ConfigurationError, Problem, Problems } from '../../lib/private/errors';
import { MODEL_NAME_MAXIMUM } from '../../lib/training/training-workflow.contract';

const T2 = ec2.InstanceType.of(ec2.InstanceClass.T2, ec2.InstanceSize.MEDIUM);
const INF1 = new ec2.InstanceType('inf1.xlarge');
const wait = Duration.minutes(10);

function problemsOf(deployment: Deployment): readonly Problem[] {
  const problems = new Problems();
  deployment._validate('deployment', problems);
  return problems.all;
}

const serving = (deployment: Deployment): any => deployment._choices().endpoint;
const realTime = (autoscaling: Autoscaling): Deployment => Deployment.canary({ endpoint: Endpoint.realTime({ autoscaling }) });
const asynchronous = (autoscaling: Autoscaling): Deployment => Deployment.allAtOnce({ endpoint: Endpoint.asynchronous({ autoscaling }) });

describe('defaults', () => {
  it('are two instances for a canary of half, with scaling around them', () => {
    const deployment = Deployment.canary();
    expect(problemsOf(deployment)).toEqual([]);
    expect(deployment._choices()).toEqual({
      endpoint: {
        kind: 'REAL_TIME',
        instanceType: 'ml.m5.large',
        instanceCount: 2,
        networkIsolation: true,
        samplingPercentage: 100,
        scaling: {
          dimension: 'sagemaker:variant:DesiredInstanceCount',
          minimum: 2,
          maximum: 4,
          policies: [
            {
              type: 'TARGET_TRACKING',
              name: 'invocations-per-instance',
              metric: { predefined: 'SageMakerVariantInvocationsPerInstance' },
              target: 1000,
              scaleInCooldownSeconds: 300,
              scaleOutCooldownSeconds: 300,
            },
          ],
          schedules: [],
        },
      },
      keepVersions: 3,
      routing: { type: 'CANARY', percent: 50, waitSeconds: 600 },
      terminationWaitSeconds: 300,
      maximumSeconds: 2 * 600 + 300 + 3600,
      rollback: { errorRate: 0.05, latencyMicroseconds: 1_000_000, latencyPercentile: 95 },
      analysis: {
        intervalSeconds: 60,
        minimumRequests: 100,
        confidence: 0.95,
        test: 'CONFIDENCE_SEQUENCE',
        predictionDistance: 1,
        inconclusive: 'ROLL_BACK',
        maximumExtensions: 0,
      },
      alarms: [],
    });
  });

  it.each([
    [Deployment.canary({ canarySize: 10 }), 10],
    [Deployment.linear({ stepSize: 30, waitInterval: Duration.minutes(5) }), 4],
    [Deployment.rolling({ batchSize: 5 }), 20],
    [Deployment.rolling(), 2],
    [Deployment.allAtOnce(), 1],
    [Deployment.canary({ endpoint: Endpoint.asynchronous() }), 2],
  ])('take the fewest instances of which the percentage is a whole one', (deployment, count) => {
    expect(serving(deployment)).toMatchObject({ instanceCount: count, scaling: { minimum: count, maximum: 2 * count } });
    expect(problemsOf(deployment)).toEqual([]);
  });

  it.each([
    ['by scaling', Deployment.canary({ canarySize: 25, endpoint: Endpoint.realTime({ instanceCount: 4, autoscaling: Autoscaling.invocationsPerInstance({ minimum: 2 }) }) })],
    ['at night', realTime(Autoscaling.invocationsPerInstance({ schedules: [{ schedule: Schedule.cron({ hour: '20' }), minimum: 1 }] }))],
    ['to nothing', Deployment.canary({ endpoint: Endpoint.asynchronous({ autoscaling: Autoscaling.backlogPerInstance({ minimum: 0 }) }) })],
  ])('let a fleet shrink %s below the percentage: the new one begins with the instance count', (_title, deployment) => {
    expect(problemsOf(deployment)).toEqual([]);
  });

  it('do not scale burstable instances', () => {
    const deployment = Deployment.canary({ endpoint: Endpoint.realTime({ instanceType: T2 }) });
    expect(serving(deployment).scaling).toBeUndefined();
    expect(problemsOf(deployment)).toEqual([]);
  });

  it('let an all-at-once deployment pass without traffic', () => {
    expect(Deployment.allAtOnce()._choices().analysis.inconclusive).toBe('PROMOTE');
  });

  it('keep no old fleet in a rolling deployment, which SageMaker replaces batch by batch', () => {
    expect(Deployment.rolling()._choices()).toMatchObject({ routing: { type: 'ROLLING', percent: 50, waitSeconds: 600 }, terminationWaitSeconds: 0, maximumSeconds: 2 * 600 + 3600 });
  });

  it('of an asynchronous endpoint follow its queue, and let a request take as long as SageMaker lets it', () => {
    const deployment = Deployment.canary({ endpoint: Endpoint.asynchronous() });
    expect(deployment._choices().rollback.latencyMicroseconds).toBe(900_000_000);
    expect(serving(deployment).scaling.policies).toEqual([
      expect.objectContaining({ name: 'backlog-per-instance', target: 5, metric: { namespace: 'AWS/SageMaker', metricName: 'ApproximateBacklogSizePerInstance', statistic: 'Average', variant: false } }),
    ]);
  });

  it('of a serverless endpoint are small, without capture, and released by the workflow itself', () => {
    const deployment = Deployment.allAtOnce({ endpoint: Endpoint.serverless() });
    expect(problemsOf(deployment)).toEqual([]);
    expect(deployment._captures).toBe(false);
    const choices = deployment._choices();
    expect(choices.endpoint).toEqual({ kind: 'SERVERLESS', memorySizeMegabytes: 2048, maximumConcurrency: 5, provisionedConcurrency: undefined, scaling: undefined });
    expect(choices).toMatchObject({ routing: { type: 'UNGUARDED', percent: 100, waitSeconds: 300 }, terminationWaitSeconds: 0 });
    expect(choices.analysis.predictionDistance).toBeUndefined();
  });

  it('of a shadow are a day at most, and as many instances as its share of the requests needs', () => {
    const deployment = Deployment.shadow({ samplingPercentage: 30, then: Deployment.canary({ canarySize: 10 }) });
    expect(problemsOf(deployment)).toEqual([]);
    expect(deployment._choices()).toMatchObject({ routing: { type: 'CANARY', percent: 10 } });
    expect(deployment._choices().shadow).toEqual({
      samplingPercentage: 30,
      instanceCount: 3,
      intervalSeconds: 300,
      minimumSeconds: 3600,
      maximumSeconds: 86_400,
      minimumPairs: 500,
      decisionThreshold: 0.5,
      maximumDisagreement: 0.05,
      minimumRankCorrelation: 0.9,
      maximumLatencyRatio: 1.5,
      confidence: 0.95,
      inconclusive: 'ROLL_BACK',
    });
  });

  it('of an A/B test are a fifth of the requests for two weeks, and then all at once', () => {
    const deployment = Deployment.abTest({ outcome: AbTestOutcome.labelAccuracy() });
    expect(problemsOf(deployment)).toEqual([]);
    expect(deployment._choices().routing.type).toBe('ALL_AT_ONCE');
    expect(deployment._choices().test).toEqual({
      challengerPercent: 20,
      instanceCount: 1,
      intervalSeconds: 3600,
      maximumSeconds: 14 * 86_400,
      minimumOutcomes: 200,
      confidence: 0.95,
      test: 'CONFIDENCE_SEQUENCE',
      minimumImprovement: 0,
      outcome: { type: 'LABELS', measure: 'accuracy', decisionThreshold: 0.5 },
      undecided: 'KEEP_CHAMPION',
    });
  });
});

describe('choices', () => {
  it('wrap one another: shadow, then A/B test, then canary', () => {
    const deployment = Deployment.shadow({
      agreement: ShadowAgreement.regression({ tolerance: 3, maximumDisagreement: 0.1 }),
      inconclusive: InconclusiveAnalysis.PROMOTE,
      then: Deployment.abTest({
        outcome: AbTestOutcome.metric({ namespace: 'Shop', metricName: 'Returned', betterWhen: BetterWhen.LOWER, dimensions: { Country: 'de' } }),
        analysisMethod: AnalysisMethod.MSPRT,
        undecided: UndecidedTest.PROMOTE_CHALLENGER,
        then: Deployment.canary({ keepVersions: 1 }),
      }),
    });
    expect(problemsOf(deployment)).toEqual([]);
    const choices = deployment._choices();
    expect(choices.keepVersions).toBe(1);
    expect(choices.shadow).toMatchObject({ tolerance: 3, maximumDisagreement: 0.1, inconclusive: 'PROMOTE' });
    expect(choices.shadow!.decisionThreshold).toBeUndefined();
    expect(choices.test).toMatchObject({
      test: 'MSPRT',
      undecided: 'PROMOTE_CHALLENGER',
      outcome: { type: 'METRIC', namespace: 'Shop', metricName: 'Returned', variantDimension: 'VariantName', dimensions: { Country: 'de' }, betterWhen: 'LOWER' },
    });
  });

  it('name a pinned version by number or by ARN, or none yet', () => {
    expect(Deployment.pinned()._pinned).toEqual({ choices: Deployment.canary()._choices() });
    expect(Deployment.pinned({ version: 7, by: Deployment.rolling() })._pinned).toMatchObject({ version: 7, choices: { routing: { type: 'ROLLING' } } });
    const modelPackageArn = 'arn:aws:sagemaker:eu-central-1:111122223333:model-package/churn/12';
    expect(Deployment.pinned({ modelPackageArn })._pinned).toMatchObject({ version: 12, modelPackageArn });
    expect(problemsOf(Deployment.pinned({ modelPackageArn }))).toEqual([]);
    expect(Deployment.canary()._pinned).toBeUndefined();
  });

  it('extend an inconclusive release', () => {
    const deployment = Deployment.canary({ inconclusive: InconclusiveAnalysis.EXTEND });
    expect(deployment._choices()).toMatchObject({ analysis: { inconclusive: 'EXTEND', maximumExtensions: 2 }, routing: { waitSeconds: 600 } });
    expect(problemsOf(deployment)).toEqual([]);
  });

  it('turn the comparison of predictions off, and it is off when nothing is captured', () => {
    expect(Deployment.canary({ comparePredictions: false })._choices().analysis.predictionDistance).toBeUndefined();
    expect(Deployment.canary({ endpoint: Endpoint.realTime({ samplingPercentage: 0 }) })._choices().analysis.predictionDistance).toBeUndefined();
  });

  it('watch Inf1 by the workflow itself, because SageMaker does not', () => {
    const deployment = Deployment.allAtOnce({ endpoint: Endpoint.realTime({ instanceType: INF1 }) });
    expect(problemsOf(deployment)).toEqual([]);
    expect(deployment._choices().routing.type).toBe('UNGUARDED');
  });

  it('follow concurrency, utilization, backlog or provisioned concurrency', () => {
    const policy = (deployment: Deployment): any => {
      expect(problemsOf(deployment)).toEqual([]);
      return serving(deployment).scaling.policies[0];
    };
    expect(policy(realTime(Autoscaling.concurrencyPerInstance()))).toMatchObject({ target: 5, metric: { predefined: 'SageMakerVariantConcurrentRequestsPerModelHighResolution' } });
    const cpu = Autoscaling.utilization(EndpointResource.CPU, { target: 140 });
    const metric = { namespace: '/aws/sagemaker/Endpoints', metricName: 'CPUUtilization', statistic: 'Average', variant: true };
    expect(policy(realTime(cpu))).toMatchObject({ name: 'utilization-cpu', target: 140, metric });
    expect(policy(asynchronous(cpu))).toMatchObject({ metric });
    const endpoint = Endpoint.serverless({ maximumConcurrency: 20, provisionedConcurrency: 12, autoscaling: Autoscaling.provisionedConcurrencyUtilization() });
    const serverless = Deployment.allAtOnce({ endpoint });
    expect(policy(serverless)).toMatchObject({ target: 0.7, metric: { predefined: 'SageMakerVariantProvisionedConcurrencyUtilization' } });
    expect(serving(serverless).scaling).toMatchObject({ dimension: 'sagemaker:variant:DesiredProvisionedConcurrency', minimum: 12, maximum: 20 });
  });

  it('scale an asynchronous endpoint to nothing, and wake it', () => {
    const always = asynchronous(Autoscaling.backlogPerInstance({ minimum: 0, scaleOutCooldown: Duration.minutes(1) }));
    const atNight = asynchronous(Autoscaling.backlogPerInstance({ schedules: [{ schedule: Schedule.cron({ hour: '20', minute: '0' }), minimum: 0 }] }));
    for (const deployment of [always, atNight]) {
      expect(problemsOf(deployment)).toEqual([]);
      expect(serving(deployment).scaling.policies.map(({ type }: { type: string }) => type)).toEqual(['TARGET_TRACKING', 'SCALE_FROM_ZERO']);
    }
    expect(serving(always).scaling.policies[1]).toEqual({ type: 'SCALE_FROM_ZERO', name: 'scale-from-zero', cooldownSeconds: 60 });
  });

  it('scale by the clock', () => {
    const schedules = [
      { schedule: Schedule.cron({ hour: '7', minute: '30', weekDay: 'MON-FRI' }), timezone: TimeZone.EUROPE_BERLIN, minimum: 4, maximum: 8 },
      { schedule: Schedule.rate(Duration.days(1)), maximum: 4 },
    ];
    const deployment = realTime(Autoscaling.invocationsPerInstance({ schedules }));
    expect(problemsOf(deployment)).toEqual([]);
    expect(serving(deployment).scaling.schedules).toEqual([
      { name: 'schedule-1', schedule: 'cron(30 7 ? * MON-FRI *)', timezone: 'Europe/Berlin', minimum: 4, maximum: 8 },
      { name: 'schedule-2', schedule: 'rate(1 day)', maximum: 4 },
    ]);
  });

  it('tell the topics that an asynchronous endpoint publishes to', () => {
    const stack = new Stack();
    const successTopic = new sns.Topic(stack, 'Success');
    const deployment = Deployment.canary({ endpoint: Endpoint.asynchronous({ successTopic, maximumConcurrentInvocationsPerInstance: 4 }) });
    expect(deployment._topics).toEqual([successTopic]);
    expect(serving(deployment)).toMatchObject({ kind: 'ASYNCHRONOUS', successTopicArn: successTopic.topicArn, maximumConcurrentInvocationsPerInstance: 4 });
  });
});

describe('names', () => {
  it('stay within the limits of AWS with the longest model name and ten million versions', () => {
    const model = 'm'.repeat(MODEL_NAME_MAXIMUM);
    const resource = deploymentNames.resource(model, 9_999_999, `r${'0'.repeat(12)}`);
    for (const stage of ['SHADOW', 'AB_TEST'] as const) {
      const config = deploymentNames.stageConfig(resource, stage);
      expect(config.length).toBeLessThanOrEqual(63);
      expect(deploymentNames.challengerVariant(stage, 9_999_999).length).toBeLessThanOrEqual(63);
      for (const kind of ALARM_KINDS) expect(deploymentNames.alarm(config, kind).length).toBeLessThanOrEqual(255);
    }
  });
});

describe('wrong input is refused with path, rule and fix', () => {
  const shadow = (options: Partial<Parameters<typeof Deployment.shadow>[0]>): Deployment => Deployment.shadow({ then: Deployment.canary(), ...options });
  const abTest = (options: Partial<Parameters<typeof Deployment.abTest>[0]>): Deployment => Deployment.abTest({ outcome: AbTestOutcome.labelAccuracy(), ...options });
  const metric = AbTestOutcome.metric({ namespace: 'Shop', metricName: 'Converted' });
  const serverless = (options: Parameters<typeof Endpoint.serverless>[0] = {}): Deployment => Deployment.allAtOnce({ endpoint: Endpoint.serverless(options) });

  it.each<[string, Deployment, string, string]>([
    ['a canary over half', Deployment.canary({ canarySize: 60 }), 'CanarySizeOutOfRange', 'canarySize'],
    ['a canary of nothing', Deployment.canary({ canarySize: 0 }), 'CanarySizeOutOfRange', 'canarySize'],
    ['a linear step under 10 %', Deployment.linear({ stepSize: 5, waitInterval: wait }), 'StepSizeOutOfRange', 'stepSize'],
    ['a batch under 5 %', Deployment.rolling({ batchSize: 4 }), 'BatchSizeOutOfRange', 'batchSize'],
    ['a batch over half', Deployment.rolling({ batchSize: 51 }), 'BatchSizeOutOfRange', 'batchSize'],
    ['10 % of one instance', Deployment.canary({ canarySize: 10, endpoint: Endpoint.realTime({ instanceCount: 1 }) }), 'TooFewInstancesForPercentage', 'canarySize'],
    ['a batch of less than an instance', Deployment.rolling({ batchSize: 10, endpoint: Endpoint.realTime({ instanceCount: 5 }) }), 'TooFewInstancesForPercentage', 'batchSize'],
    ['a wait over an hour', Deployment.canary({ waitInterval: Duration.minutes(61) }), 'WaitIntervalTooLong', 'waitInterval'],
    ['a wait too short to decide', Deployment.rolling({ waitInterval: Duration.minutes(2) }), 'WaitIntervalTooShort', 'waitInterval'],
    ['waits beyond the maximum', Deployment.canary({ maximumDuration: Duration.minutes(20) }), 'WaitsExceedMaximumDuration', 'maximumDuration'],
    ['waits beyond eight hours', Deployment.linear({ stepSize: 10, waitInterval: Duration.hours(1) }), 'WaitsExceedMaximumDuration', 'maximumDuration'],
    ['batches beyond eight hours', Deployment.rolling({ batchSize: 5, waitInterval: Duration.minutes(30) }), 'WaitsExceedMaximumDuration', 'maximumDuration'],
    [
      'extensions that the limit of eight hours makes no longer',
      Deployment.linear({ stepSize: 10, waitInterval: Duration.minutes(42), inconclusive: InconclusiveAnalysis.EXTEND }),
      'NoRoomToExtend',
      'inconclusive',
    ],
    ['extensions of an hour', Deployment.canary({ waitInterval: Duration.hours(1), inconclusive: InconclusiveAnalysis.EXTEND }), 'NoRoomToExtend', 'inconclusive'],
    ['a maximum over eight hours', Deployment.canary({ maximumDuration: Duration.hours(9) }), 'MaximumDurationOutOfRange', 'maximumDuration'],
    ['an old fleet that a rolling deployment does not have', Deployment.rolling({ terminationWait: wait }), 'TerminationWaitWithoutOldFleet', 'terminationWait'],
    ['an error rate in percent', Deployment.canary({ rollbackErrorRate: 5 }), 'DeploymentValueOutOfRange', 'rollbackErrorRate'],
    ['extensions without extending', Deployment.canary({ maximumExtensions: 2 }), 'ExtensionsWithoutExtend', 'maximumExtensions'],
    ['more extensions than make sense', Deployment.canary({ maximumExtensions: 9, inconclusive: InconclusiveAnalysis.EXTEND }), 'DeploymentValueOutOfRange', 'maximumExtensions'],
    ['a distance that is not measured', Deployment.canary({ comparePredictions: false, predictionDistance: 0.3 }), 'PredictionsNotCompared', 'predictionDistance'],
    ['predictions that are not captured', Deployment.canary({ comparePredictions: true, endpoint: Endpoint.realTime({ samplingPercentage: 0 }) }), 'PredictionsNotCaptured', 'comparePredictions'],

    ['Inf1 with a canary', Deployment.canary({ endpoint: Endpoint.realTime({ instanceType: INF1 }) }), 'InstanceTypeWithoutGuardrails', 'endpoint.instanceType'],
    ['Inf1 with batches', Deployment.rolling({ endpoint: Endpoint.realTime({ instanceType: INF1 }) }), 'InstanceTypeWithoutGuardrails', 'endpoint.instanceType'],
    ['Inf1 with a shadow', shadow({ then: Deployment.allAtOnce({ endpoint: Endpoint.realTime({ instanceType: INF1 }) }) }), 'EndpointWithoutShadow', 'then.endpoint.instanceType'],
    ['serverless with a canary', Deployment.canary({ endpoint: Endpoint.serverless() }), 'EndpointWithoutGuardrails', 'endpoint'],
    ['serverless with steps', Deployment.linear({ stepSize: 50, waitInterval: wait, endpoint: Endpoint.serverless() }), 'EndpointWithoutGuardrails', 'endpoint'],
    ['serverless with batches', Deployment.rolling({ endpoint: Endpoint.serverless() }), 'EndpointWithoutGuardrails', 'endpoint'],
    ['serverless with a shadow', shadow({ then: serverless() }), 'EndpointWithoutShadow', 'then.endpoint'],
    ['serverless with an A/B test', abTest({ then: serverless() }), 'EndpointWithoutVariants', 'then.endpoint'],
    ['serverless after shadow and A/B test', shadow({ then: abTest({ then: serverless() }) }), 'EndpointWithoutVariants', 'then.then.endpoint'],
    ['serverless that is pinned', Deployment.pinned({ version: 1, by: serverless() }), 'PinnedWithoutGuardrails', 'by.endpoint'],
    ['asynchronous with a shadow', shadow({ then: Deployment.canary({ endpoint: Endpoint.asynchronous() }) }), 'EndpointWithoutShadow', 'then.endpoint'],
    ['asynchronous with an A/B test', abTest({ then: Deployment.canary({ endpoint: Endpoint.asynchronous() }) }), 'EndpointWithoutVariants', 'then.endpoint'],
    ['a shadow that nobody captures', shadow({ then: Deployment.canary({ endpoint: Endpoint.realTime({ samplingPercentage: 0 }) }) }), 'ShadowWithoutCapture', 'then.endpoint.samplingPercentage'],
    ['labels of predictions that nobody captures', abTest({ then: Deployment.canary({ endpoint: Endpoint.realTime({ samplingPercentage: 0 }) }) }), 'LabelsWithoutCapture', 'then.endpoint.samplingPercentage'],

    ['memory that is not offered', serverless({ memorySize: Size.mebibytes(1500) }), 'MemorySizeNotOffered', 'endpoint.memorySize'],
    ['too much memory', serverless({ memorySize: Size.gibibytes(8) }), 'MemorySizeNotOffered', 'endpoint.memorySize'],
    ['concurrency over 200', serverless({ maximumConcurrency: 201 }), 'EndpointValueOutOfRange', 'endpoint.maximumConcurrency'],
    ['more warm than allowed', serverless({ provisionedConcurrency: 6 }), 'ProvisionedConcurrencyOverMaximum', 'endpoint.provisionedConcurrency'],
    ['scaling of nothing', serverless({ autoscaling: Autoscaling.provisionedConcurrencyUtilization() }), 'ScalingWithoutProvisionedConcurrency', 'endpoint.autoscaling'],
    [
      'scaling over the concurrency',
      serverless({ provisionedConcurrency: 2, autoscaling: Autoscaling.provisionedConcurrencyUtilization({ maximum: 9 }) }),
      'ProvisionedConcurrencyOverMaximum',
      'endpoint.autoscaling.maximum',
    ],
    ['no instance', Deployment.canary({ endpoint: Endpoint.realTime({ instanceCount: 0 }) }), 'EndpointValueOutOfRange', 'endpoint.instanceCount'],
    ['a sampling of more than all', Deployment.canary({ endpoint: Endpoint.realTime({ samplingPercentage: 101 }) }), 'EndpointValueOutOfRange', 'endpoint.samplingPercentage'],
    ['too many invocations at once', Deployment.canary({ endpoint: Endpoint.asynchronous({ maximumConcurrentInvocationsPerInstance: 1001 }) }), 'EndpointValueOutOfRange', 'endpoint.maximumConcurrentInvocationsPerInstance'],

    ['burstable instances that scale', Deployment.canary({ endpoint: Endpoint.realTime({ instanceType: T2, autoscaling: Autoscaling.invocationsPerInstance() }) }), 'BurstableInstanceScaled', 'endpoint.autoscaling'],
    ['a minimum over the maximum', realTime(Autoscaling.invocationsPerInstance({ minimum: 6, maximum: 3 })), 'ScalingMinimumOverMaximum', 'endpoint.autoscaling.minimum'],
    [
      'an instance count outside scaling',
      Deployment.canary({ endpoint: Endpoint.realTime({ instanceCount: 9, autoscaling: Autoscaling.invocationsPerInstance({ minimum: 2, maximum: 4 }) }) }),
      'InstanceCountOutsideScaling',
      'endpoint.autoscaling',
    ],
    ['a real-time endpoint scaled to nothing', realTime(Autoscaling.concurrencyPerInstance({ minimum: 0 })), 'ScalingValueOutOfRange', 'endpoint.autoscaling.minimum'],
    ['an idle queue that nothing would wake', asynchronous(Autoscaling.utilization(EndpointResource.GPU, { target: 70, minimum: 0 })), 'ScalingValueOutOfRange', 'endpoint.autoscaling.minimum'],
    ['more than all of the memory', realTime(Autoscaling.utilization(EndpointResource.MEMORY, { target: 140 })), 'ScalingValueOutOfRange', 'endpoint.autoscaling.target'],
    ['invocations of a queue', asynchronous(Autoscaling.invocationsPerInstance()), 'AutoscalingNotForEndpoint', 'endpoint.autoscaling'],
    ['concurrency of a queue', asynchronous(Autoscaling.concurrencyPerInstance()), 'AutoscalingNotForEndpoint', 'endpoint.autoscaling'],
    ['a backlog without a queue', realTime(Autoscaling.backlogPerInstance()), 'AutoscalingNotForEndpoint', 'endpoint.autoscaling'],
    ['instances that serverless does not have', serverless({ provisionedConcurrency: 2, autoscaling: Autoscaling.invocationsPerInstance() }), 'AutoscalingNotForEndpoint', 'endpoint.autoscaling'],
    ['a schedule that changes nothing', realTime(Autoscaling.invocationsPerInstance({ schedules: [{ schedule: Schedule.rate(Duration.days(1)) }] })), 'ScalingScheduleEmpty', 'endpoint.autoscaling.schedules[0]'],
    [
      'a time zone of a rate',
      realTime(Autoscaling.invocationsPerInstance({ schedules: [{ schedule: Schedule.rate(Duration.days(1)), timezone: TimeZone.ASIA_TOKYO, minimum: 3 }] })),
      'TimezoneOfRate',
      'endpoint.autoscaling.schedules[0].timezone',
    ],
    ['a schedule over the maximum', realTime(Autoscaling.invocationsPerInstance({ schedules: [{ schedule: Schedule.cron({ hour: '7' }), minimum: 9 }] })), 'ScalingMinimumOverMaximum', 'endpoint.autoscaling.schedules[0]'],

    ['a shadow in a shadow', shadow({ then: shadow({}) }), 'DeploymentOrder', 'then'],
    ['a shadow after an A/B test', abTest({ then: shadow({}) }), 'DeploymentOrder', 'then'],
    ['a pin behind a shadow', shadow({ then: Deployment.pinned() }), 'DeploymentOrder', 'then'],
    ['a pin before a shadow', Deployment.pinned({ version: 1, by: shadow({}) }), 'DeploymentOrder', 'by'],
    ['a wrong canary behind a shadow', shadow({ then: Deployment.canary({ canarySize: 60 }) }), 'CanarySizeOutOfRange', 'then.canarySize'],
    ['copies of nothing', shadow({ samplingPercentage: 0 }), 'ShadowValueOutOfRange', 'samplingPercentage'],
    ['a shadow without instances', shadow({ instanceCount: 0 }), 'ShadowValueOutOfRange', 'instanceCount'],
    ['too few pairs to say anything', shadow({ minimumPairs: 5 }), 'ShadowValueOutOfRange', 'minimumPairs'],
    ['a disagreement in percent', shadow({ agreement: ShadowAgreement.classification({ maximumDisagreement: 5 }) }), 'ShadowValueOutOfRange', 'agreement.maximumDisagreement'],
    ['a correlation over 1', shadow({ agreement: ShadowAgreement.classification({ minimumRankCorrelation: 1.2 }) }), 'ShadowValueOutOfRange', 'agreement.minimumRankCorrelation'],
    ['a negative tolerance', shadow({ agreement: ShadowAgreement.regression({ tolerance: -1 }) }), 'ShadowValueOutOfRange', 'agreement.tolerance'],
    ['a shadow that ends before it may', shadow({ minimumDuration: Duration.days(2) }), 'StageDurationOutOfRange', 'minimumDuration'],
    ['a shadow of months', shadow({ maximumDuration: Duration.days(40), analysisInterval: Duration.hours(2) }), 'StageDurationOutOfRange', 'maximumDuration'],
    ['a shadow that extends', shadow({ inconclusive: InconclusiveAnalysis.EXTEND }), 'ShadowCannotExtend', 'inconclusive'],
    ['a challenger with most of the requests', abTest({ challengerPercentage: 60 }), 'AbTestValueOutOfRange', 'challengerPercentage'],
    ['an improvement backwards', abTest({ minimumImprovement: -0.1 }), 'AbTestValueOutOfRange', 'minimumImprovement'],
    ['looks every second', abTest({ analysisInterval: Duration.seconds(1) }), 'AnalysisIntervalOutOfRange', 'analysisInterval'],
    ['a metric without a name', abTest({ outcome: AbTestOutcome.metric({ namespace: '', metricName: 'Converted' }) }), 'OutcomeMetricInvalid', 'outcome.namespace'],
    ['a variant in two dimensions', abTest({ outcome: AbTestOutcome.metric({ namespace: 'Shop', metricName: 'Converted', dimensions: { VariantName: 'x' } }) }), 'OutcomeMetricInvalid', 'outcome.dimensions'],
    ['a version of nothing', Deployment.pinned({ version: 0 }), 'VersionInvalid', 'version'],
    ['a package without version', Deployment.pinned({ modelPackageArn: 'arn:aws:sagemaker:eu-central-1:111122223333:model-package/churn' }), 'ModelPackageArnInvalid', 'modelPackageArn'],
    ['two versions', Deployment.pinned({ version: 3, modelPackageArn: 'arn:aws:sagemaker:eu-central-1:111122223333:model-package/churn/4' }), 'VersionTwice', 'version'],
    ['an analysis that does not run', Deployment.pinned({ version: 3, by: Deployment.canary({ minimumRequests: 50 }) }), 'PinnedWithoutAnalysis', 'by.minimumRequests'],
  ])('%s', (_title, deployment, code, path) => {
    const found = problemsOf(deployment);
    expect(found.map((problem) => problem.code)).toContain(code);
    expect(found.filter((problem) => problem.code === code)).toContainEqual(
      expect.objectContaining({ path: `deployment.${path}`, rule: expect.stringMatching(/\w/), fix: expect.stringMatching(/\w/), value: expect.anything() }),
    );
  });

  it('more alarms than SageMaker takes, and everything else at once', () => {
    const stack = new Stack(new App(), 'Test');
    const rollbackAlarms = Array.from({ length: 8 }, (_, index) => cloudwatch.Alarm.fromAlarmArn(stack, `Alarm${index}`, `arn:aws:cloudwatch:us-east-1:111122223333:alarm:a${index}`));
    const problems = new Problems();
    Deployment.canary({ canarySize: 51, keepVersions: -1, rollbackAlarms })._validate('deployment', problems);
    const refuse = (): void => problems.throwIfAny(stack);
    expect(refuse).toThrowError(ConfigurationError);
    expect(refuse).toThrowError(/deployment\.rollbackAlarms: must be at most 7[^]*TooManyRollbackAlarms/);
    expect(refuse).toThrowError(/has 3 problems/);
  });

  it('explains which percentage or count would do', () => {
    const [problem] = problemsOf(Deployment.canary({ canarySize: 10, endpoint: Endpoint.realTime({ instanceCount: 3, autoscaling: Autoscaling.none() }) }));
    expect(problem!.rule).toContain('10 % of 3 is less than one');
    expect(problem!.fix).toBe('use instanceCount of at least 10, or canarySize 34, which is 1 instance of 3');
  });

  it('names the autoscaling that an endpoint can have', () => {
    const [problem] = problemsOf(asynchronous(Autoscaling.invocationsPerInstance()));
    expect(problem!.fix).toBe('use Autoscaling.backlogPerInstance() or .utilization(), or Autoscaling.none()');
  });

  it.each<[string, Deployment, 'binary-classification' | 'multiclass-classification' | 'regression', string[]]>([
    ['decisions in a regression', shadow({}), 'regression', ['AgreementNotForTask deployment.agreement']],
    ['decisions between many classes', shadow({}), 'multiclass-classification', ['AgreementNotForTask deployment.agreement']],
    ['the same class', shadow({ agreement: ShadowAgreement.sameClass() }), 'multiclass-classification', []],
    ['accuracy of a regression behind a shadow', shadow({ agreement: ShadowAgreement.regression({ tolerance: 1 }), then: abTest({}) }), 'regression', ['OutcomeNotForTask deployment.then.outcome']],
    ['a metric for any task', abTest({ outcome: metric }), 'multiclass-classification', []],
    ['a canary for any task', Deployment.canary(), 'regression', []],
  ])('fits the task of the contract: %s', (_title, deployment, task, expected) => {
    const problems = new Problems();
    deployment._validateTask('deployment', problems, task);
    expect(problems.all.map(({ code, path }) => `${code} ${path}`)).toEqual(expected);
  });
});
