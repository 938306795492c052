import { describe, expect, it } from 'vitest';
import { applyDeployment } from '../../lib/deployment/steps/apply-deployment.lambda';
import { cleanUp } from '../../lib/deployment/steps/clean-up-deployment.lambda';
import { type DeploymentPlan, settingsOf, stageOf } from '../../lib/deployment/deployment-plan.contract';
import { alarmRequests, plainUpdateRequest, stageAlarms, updateEndpointRequest } from '../../lib/deployment/requests/deployment-requests.lambda-shared';
import type { DeploymentSettings, ScalingSettings } from '../../lib/deployment/deployment.contract';
import { createEndpointConfigRequest, createModelRequest, deployable } from '../../lib/deployment/requests/endpoint-config-requests.lambda-shared';
import { readAndPlan } from '../../lib/deployment/plan/plan-deployment.lambda';
import { DeploymentWorld, MODEL, packageArn, SETTINGS } from './deployment-world';

const RUN = 'rabcdefabcdef';
const RESOURCE = `${MODEL}-v2-${RUN}`;
const FLEET = { instanceType: 'ml.m5.large', instanceCount: 2, networkIsolation: true };

const ASYNCHRONOUS: DeploymentSettings = {
  ...SETTINGS,
  endpoint: {
    kind: 'ASYNCHRONOUS',
    ...FLEET,
    maximumConcurrentInvocationsPerInstance: 4,
    successTopicArn: 'arn:aws:sns:us-east-1:111122223333:good',
    errorTopicArn: 'arn:aws:sns:us-east-1:111122223333:bad',
  },
};
const SERVERLESS: DeploymentSettings = {
  ...SETTINGS,
  endpoint: { kind: 'SERVERLESS', memorySizeMegabytes: 2048, maximumConcurrency: 10, provisionedConcurrency: 2 },
  routing: { type: 'UNGUARDED', percent: 100, waitSeconds: 600 },
};
const COMPARED = {
  ...SETTINGS,
  shadow: { samplingPercentage: 25, instanceCount: 1, intervalSeconds: 60, maximumSeconds: 3600 },
  test: { challengerPercent: 20, instanceCount: 3, intervalSeconds: 60, maximumSeconds: 3600 },
} as DeploymentSettings;

function clientsOf({ client }: DeploymentWorld) {
  return { s3: client, sagemaker: client, cloudWatch: client, autoScaling: client };
}

async function planned(settings: DeploymentSettings, trigger: 'approval' | 'rollback' = 'approval'): Promise<{ world: DeploymentWorld; plan: DeploymentPlan }> {
  const world = new DeploymentWorld();
  world.serve(trigger === 'rollback' ? 3 : 1);
  world.addVersion(2);
  const plan = await readAndPlan({ input: { modelPackageArn: packageArn(2), trigger, reason: 'test' }, runId: RUN }, clientsOf(world), settings);
  return { world, plan };
}

async function release(settings: DeploymentSettings) {
  const plan = deployable((await planned(settings)).plan);
  return { plan, stage: stageOf(plan, 'RELEASE'), config: createEndpointConfigRequest(settings, plan, stageOf(plan, 'RELEASE')) };
}

describe('an asynchronous endpoint', () => {
  it('answers below the lake by version, encrypted, tells the topics, and captures nothing, because SageMaker cannot', async () => {
    const { plan, config } = await release(ASYNCHRONOUS);
    expect(config).toEqual({
      EndpointConfigName: RESOURCE,
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: RESOURCE, InitialInstanceCount: 2, InstanceType: 'ml.m5.large', InitialVariantWeight: 1 }],
      AsyncInferenceConfig: {
        OutputConfig: {
          S3OutputPath: `s3://lake/captured/${MODEL}/v2/responses`,
          S3FailurePath: `s3://lake/captured/${MODEL}/v2/failures`,
          KmsKeyId: SETTINGS.keyArn,
          NotificationConfig: { SuccessTopic: 'arn:aws:sns:us-east-1:111122223333:good', ErrorTopic: 'arn:aws:sns:us-east-1:111122223333:bad' },
        },
        ClientConfig: { MaxConcurrentInvocationsPerInstance: 4 },
      },
    });
    expect(createModelRequest(ASYNCHRONOUS, plan).EnableNetworkIsolation).toBe(true);
  });

  it('is watched by what it publishes: requests are samples of its 5XX metric', async () => {
    const { stage } = await release(ASYNCHRONOUS);
    const [errors] = alarmRequests(ASYNCHRONOUS, stage);
    expect(errors!.Metrics![0]).toMatchObject({ Id: 'requests', MetricStat: { Stat: 'SampleCount', Metric: { MetricName: 'Invocation5XXErrors' } } });
  });

  it('that has scaled below its instance count is deployed with that count, so that the percentage to be shifted is a whole instance', () => {
    const scaled = { ...ASYNCHRONOUS, endpoint: { ...ASYNCHRONOUS.endpoint, scaling: { minimum: 0 } as ScalingSettings } };
    expect(plainUpdateRequest(scaled, 'c', 0).ExcludeRetainedVariantProperties).toContainEqual({ VariantPropertyType: 'DesiredInstanceCount' });
    expect(plainUpdateRequest(scaled, 'c', 1).ExcludeRetainedVariantProperties).toContainEqual({ VariantPropertyType: 'DesiredInstanceCount' });
    expect(plainUpdateRequest(scaled, 'c', 2).ExcludeRetainedVariantProperties).toEqual([{ VariantPropertyType: 'DesiredWeight' }]);
  });
});

describe('a serverless endpoint', () => {
  it('has memory and concurrency instead of instances, no capture, no isolation, no guardrails, no alarms of ours', async () => {
    const { plan, stage, config } = await release(SERVERLESS);
    expect(config).toEqual({
      EndpointConfigName: RESOURCE,
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: RESOURCE, InitialVariantWeight: 1, ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 10, ProvisionedConcurrency: 2 } }],
    });
    expect(createModelRequest(SERVERLESS, plan)).not.toHaveProperty('EnableNetworkIsolation');
    expect(updateEndpointRequest(SERVERLESS, stage)).toEqual({ EndpointName: MODEL, EndpointConfigName: RESOURCE });
    expect(alarmRequests(SERVERLESS, stage)).toEqual([]);
    expect(stageAlarms({ ...SERVERLESS, alarms: ['business'] }, stage)).toEqual(['business']);
  });
});

describe('stages before the release', () => {
  const champion = { VariantName: 'AllTraffic', ModelName: 'm1', InstanceType: 'ml.c5.xlarge' as const, InitialInstanceCount: 5, InitialVariantWeight: 1 };

  it('copy requests to a shadow by the ratio of the weights, beside the champion as it serves', async () => {
    const plan = deployable((await planned(COMPARED)).plan);
    expect(createEndpointConfigRequest(COMPARED, plan, stageOf(plan, 'SHADOW'), champion)).toMatchObject({
      EndpointConfigName: `${RESOURCE}-shadow`,
      ProductionVariants: [{ ...champion, InitialVariantWeight: 1 }],
      ShadowProductionVariants: [{ VariantName: 'Shadow-v2', ModelName: RESOURCE, InitialInstanceCount: 1, InstanceType: 'ml.m5.large', InitialVariantWeight: 0.25 }],
      DataCaptureConfig: { DestinationS3Uri: `s3://lake/captured/${MODEL}/v1` },
    });
  });

  it('share requests between champion and challenger by weight', async () => {
    const plan = deployable((await planned(COMPARED)).plan);
    const config = createEndpointConfigRequest(COMPARED, plan, stageOf(plan, 'AB_TEST'), champion);
    expect(config).toMatchObject({
      EndpointConfigName: `${RESOURCE}-test`,
      ProductionVariants: [
        { ...champion, InitialVariantWeight: 80 },
        { VariantName: 'Challenger-v2', ModelName: RESOURCE, InitialInstanceCount: 3, InitialVariantWeight: 20 },
      ],
    });
    expect(config).not.toHaveProperty('ShadowProductionVariants');
  });

  it('capture every answer in a shadow stage, because pairs need both, and as much as the endpoint does in a test', async () => {
    const sampled: DeploymentSettings = { ...COMPARED, endpoint: { ...COMPARED.endpoint, samplingPercentage: 20 } as DeploymentSettings['endpoint'] };
    const plan = deployable((await planned(sampled)).plan);
    const percentage = (stage: 'SHADOW' | 'AB_TEST' | 'RELEASE') => createEndpointConfigRequest(sampled, plan, stageOf(plan, stage), champion).DataCaptureConfig!.InitialSamplingPercentage;
    expect([percentage('SHADOW'), percentage('AB_TEST'), percentage('RELEASE')]).toEqual([100, 20, 20]);
  });

  it('are plain updates that keep counts and take the weights of the configuration', async () => {
    const { plan } = await planned(COMPARED);
    expect(updateEndpointRequest(COMPARED, stageOf(plan, 'SHADOW'))).toEqual({
      EndpointName: MODEL,
      EndpointConfigName: `${RESOURCE}-shadow`,
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
    });
  });
});

describe('a release', () => {
  it('rolls by batches', async () => {
    const rolling: DeploymentSettings = { ...SETTINGS, routing: { type: 'ROLLING', percent: 25, waitSeconds: 300 } };
    const { stage } = await release(rolling);
    expect(updateEndpointRequest(settingsOf(rolling, {}, stage), stage).DeploymentConfig).toEqual({
      RollingUpdatePolicy: { MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 25 }, WaitIntervalInSeconds: 300, MaximumExecutionTimeoutInSeconds: 5100 },
      AutoRollbackConfiguration: { Alarms: ['error-rate', 'latency', 'analysis'].map((kind) => ({ AlarmName: `${RESOURCE}-${kind}` })) },
    });
  });

  it('by hand to an older version goes all at once, without the alarms of the user and without comparing predictions', async () => {
    const settings = { ...COMPARED, alarms: ['business'], analysis: { ...COMPARED.analysis, predictionDistance: 1 } };
    const { plan } = await planned(settings, 'rollback');
    expect(plan.stages).toEqual([expect.objectContaining({ stage: 'RELEASE', inconclusive: 'PROMOTE', routing: { type: 'ALL_AT_ONCE', percent: 100, waitSeconds: 600 } })]);
    const [stage] = plan.stages;
    const effective = settingsOf(settings, plan, stage);
    expect(JSON.stringify(updateEndpointRequest(effective, stage!))).not.toContain('business');
    expect(effective.analysis.inconclusive).toBe('PROMOTE');
    expect(effective.analysis.predictionDistance).toBeUndefined();
    expect(settingsOf(settings, {}, stage).analysis.predictionDistance).toBe(1);
  });
});

describe('scaling', () => {
  const scaling: ScalingSettings = {
    dimension: 'sagemaker:variant:DesiredInstanceCount',
    minimum: 0,
    maximum: 5,
    policies: [
      {
        type: 'TARGET_TRACKING',
        name: 'backlog',
        metric: { namespace: 'AWS/SageMaker', metricName: 'ApproximateBacklogSizePerInstance', statistic: 'Average', variant: false },
        target: 5,
        scaleInCooldownSeconds: 600,
        scaleOutCooldownSeconds: 60,
      },
      { type: 'SCALE_FROM_ZERO', name: 'from-zero', cooldownSeconds: 300 },
    ],
    schedules: [{ name: 'morning', schedule: 'cron(0 7 * * ? *)', timezone: 'Europe/Vienna', minimum: 2 }],
  };
  const scaled = { ...ASYNCHRONOUS, endpoint: { ...ASYNCHRONOUS.endpoint, scaling } } as DeploymentSettings;
  const end = async (world: DeploymentWorld, settings: DeploymentSettings): Promise<void> => {
    await cleanUp({ outcome: 'DEPLOYED', reasons: [], plan: {} }, clientsOf(world), settings);
  };

  it('is restored with a metric of the endpoint, an alarm that wakes it from zero, and its schedule', async () => {
    const { world } = await planned(scaled);
    for (let time = 0; time < 2; time++) await end(world, scaled);
    expect(world.scaling).toMatchObject({ MinCapacity: 0, MaxCapacity: 5, SuspendedState: { DynamicScalingInSuspended: false, ScheduledScalingSuspended: false } });
    expect(world.policies.get(`${MODEL}-backlog`)).toMatchObject({
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 5,
        ScaleInCooldown: 600,
        ScaleOutCooldown: 60,
        CustomizedMetricSpecification: {
          Namespace: 'AWS/SageMaker',
          MetricName: 'ApproximateBacklogSizePerInstance',
          Statistic: 'Average',
          Dimensions: [{ Name: 'EndpointName', Value: MODEL }],
        },
      },
    });
    expect(world.policies.get(`${MODEL}-from-zero`)).toMatchObject({
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', Cooldown: 300, StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }] },
    });
    expect(world.alarms.get(`${MODEL}-from-zero`)).toMatchObject({
      MetricName: 'HasBacklogWithoutCapacity',
      Dimensions: [{ Name: 'EndpointName', Value: MODEL }],
      AlarmActions: [`arn:policy:${MODEL}-from-zero`],
      TreatMissingData: 'missing',
    });
    expect(world.scheduled.get(`${MODEL}-morning`)).toMatchObject({ Schedule: 'cron(0 7 * * ? *)', Timezone: 'Europe/Vienna', ScalableTargetAction: { MinCapacity: 2 } });
  });

  it('loses what is no longer configured, the alarm of the step policy with it', async () => {
    const { world } = await planned(scaled);
    await end(world, scaled);
    await end(world, { ...scaled, endpoint: { ...scaled.endpoint, scaling: { ...scaling, policies: [scaling.policies[0]!], schedules: [] } } } as DeploymentSettings);
    expect([...world.policies.keys()]).toEqual([`${MODEL}-backlog`]);
    expect(world.scheduled.size + world.alarms.size).toBe(0);
    await end(world, scaled);
    await end(world, ASYNCHRONOUS);
    expect(world.scaling).toBeUndefined();
    expect(world.alarms.size).toBe(0);
  });

  it('of a serverless endpoint is that of its provisioned concurrency', async () => {
    const { world } = await planned(SERVERLESS);
    const concurrency = { ...scaling, dimension: 'sagemaker:variant:DesiredProvisionedConcurrency' as const, minimum: 1, policies: [], schedules: [] };
    await end(world, { ...SERVERLESS, endpoint: { ...SERVERLESS.endpoint, scaling: concurrency } } as DeploymentSettings);
    expect(world.scaling).toMatchObject({ ScalableDimension: 'sagemaker:variant:DesiredProvisionedConcurrency', MinCapacity: 1 });
  });

  it.each([
    ['ml.m5.large', 'RegisterScalableTarget'],
    ['ml.c5.xlarge', 'DeregisterScalableTarget'],
  ])('with instance type %s is held by %s: a registered variant cannot change its type', async (instanceType, operation) => {
    const settings = { ...SETTINGS, endpoint: { ...SETTINGS.endpoint, instanceType } } as DeploymentSettings;
    const { world, plan } = await planned(settings);
    await applyDeployment({ step: 'prepare', stage: 'RELEASE', plan }, clientsOf(world), settings);
    expect(world.calls.filter((call) => call.endsWith('isterScalableTarget'))).toEqual([operation]);
  });
});
