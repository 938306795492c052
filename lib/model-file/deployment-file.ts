import { Duration, Size, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AbTestOutcome, BetterWhen } from '../deployment/choices/ab-test-outcome';
import { Autoscaling, AutoscalingOptions, EndpointResource } from '../deployment/choices/autoscaling';
import { Deployment } from '../deployment/choices/deployment';
import { AnalysisMethod, DeploymentOptions, InconclusiveAnalysis } from '../deployment/choices/deployment-options';
import { Endpoint } from '../deployment/choices/endpoint';
import { EndpointAlarmOptions, InstanceEndpointOptions } from '../deployment/choices/endpoint-options';
import { ShadowAgreement, ShadowAgreementOptions } from '../deployment/choices/shadow-agreement';
import { UndecidedTest } from '../deployment/choices/stage-options';
import { parseDuration } from '../private/duration';

/** The part `deployment` of a model file: at most one release, stages before it, what serves, and how carefully. */
export interface DeploymentFile extends DeploymentOptionsFile {
  readonly shadow?: ShadowFile;
  readonly abTest?: AbTestFile;
  readonly pinned?: { version?: number; modelPackageArn?: string };
  readonly canary?: { canarySize?: number; waitInterval?: string };
  readonly linear?: { stepSize: number; waitInterval: string };
  readonly rolling?: { batchSize?: number; waitInterval?: string };
  readonly allAtOnce?: { waitInterval?: string };
}

interface DeploymentOptionsFile {
  readonly endpoint?: { realTime?: InstancesFile; asynchronous?: InstancesFile; serverless?: ServerlessFile };
  readonly keepVersions?: number;
  readonly terminationWait?: string;
  readonly maximumDuration?: string;
  readonly rollbackErrorRate?: number;
  readonly rollbackLatency?: string;
  readonly latencyPercentile?: number;
  readonly minimumRequests?: number;
  readonly analysisInterval?: string;
  readonly confidence?: number;
  readonly analysisMethod?: string;
  readonly comparePredictions?: boolean;
  readonly predictionDistance?: number;
  readonly inconclusive?: string;
  readonly maximumExtensions?: number;
}

interface EndpointAlarmsFile {
  readonly errorRateThreshold?: number;
  readonly latencyThreshold?: string;
}

interface InstancesFile extends EndpointAlarmsFile {
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly samplingPercentage?: number;
  /** MiB. */
  readonly maximumCapturedSize?: number;
  readonly networkIsolation?: boolean;
  readonly autoscaling?: AutoscalingFile;
  readonly maximumConcurrentInvocationsPerInstance?: number;
  readonly backlogAgeThreshold?: string;
}

interface ServerlessFile extends EndpointAlarmsFile {
  readonly concurrencyThreshold?: number;
  /** GiB. */
  readonly memorySize?: number;
  readonly maximumConcurrency?: number;
  readonly provisionedConcurrency?: number;
  readonly autoscaling?: AutoscalingFile;
}

interface ScalingFile {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly target?: number;
  readonly scaleInCooldown?: string;
  readonly scaleOutCooldown?: string;
  readonly schedules?: { schedule: string; timezone?: string; minimum?: number; maximum?: number }[];
}

interface AutoscalingFile {
  readonly invocationsPerInstance?: ScalingFile;
  readonly concurrencyPerInstance?: ScalingFile;
  readonly utilization?: ScalingFile & { resource: string; target: number };
  readonly backlogPerInstance?: ScalingFile;
  readonly provisionedConcurrencyUtilization?: ScalingFile;
  readonly none?: object;
}

interface ShadowFile {
  readonly agreement?: { classification?: ShadowAgreementOptions; sameClass?: object; regression?: ShadowAgreementOptions & { tolerance: number } };
  readonly samplingPercentage?: number;
  readonly instanceCount?: number;
  readonly analysisInterval?: string;
  readonly minimumDuration?: string;
  readonly maximumDuration?: string;
  readonly minimumPairs?: number;
  readonly maximumLatencyRatio?: number;
  readonly confidence?: number;
  readonly inconclusive?: string;
}

interface AbTestFile {
  readonly outcome: {
    labelAccuracy?: { decisionThreshold?: number };
    labelAbsoluteError?: object;
    metric?: { namespace: string; metricName: string; variantDimension?: string; dimensions?: Record<string, string>; betterWhen?: string };
  };
  readonly challengerPercentage?: number;
  readonly instanceCount?: number;
  readonly analysisInterval?: string;
  readonly maximumDuration?: string;
  readonly minimumOutcomes?: number;
  readonly confidence?: number;
  readonly analysisMethod?: string;
  readonly minimumImprovement?: number;
  readonly undecided?: string;
}

/** Of these at most one, or exactly one, by the path below `deployment`. */
export const ALTERNATIVES: { readonly path: string; readonly keys: readonly string[]; readonly needed: boolean }[] = [
  { path: '', keys: ['canary', 'linear', 'rolling', 'allAtOnce'], needed: false },
  { path: '', keys: ['pinned', 'shadow'], needed: false },
  { path: '', keys: ['pinned', 'abTest'], needed: false },
  { path: 'endpoint', keys: ['realTime', 'asynchronous', 'serverless'], needed: true },
  { path: 'shadow.agreement', keys: ['classification', 'sameClass', 'regression'], needed: true },
  { path: 'abTest.outcome', keys: ['labelAccuracy', 'labelAbsoluteError', 'metric'], needed: true },
  ...['realTime', 'asynchronous', 'serverless'].map((kind) => ({
    path: `endpoint.${kind}.autoscaling`,
    keys: ['invocationsPerInstance', 'concurrencyPerInstance', 'utilization', 'backlogPerInstance', 'provisionedConcurrencyUtilization', 'none'],
    needed: true,
  })),
];

export function readDeployment(file: DeploymentFile): Deployment {
  let deployment = release(file);
  if (file.pinned) return Deployment.pinned({ ...file.pinned, by: deployment });
  if (file.abTest) deployment = abTest(file.abTest, deployment);
  return file.shadow ? shadow(file.shadow, deployment) : deployment;
}

function release(file: DeploymentFile): Deployment {
  const shared = options(file);
  if (file.linear) return Deployment.linear({ ...shared, stepSize: file.linear.stepSize, waitInterval: parseDuration(file.linear.waitInterval) });
  if (file.rolling) return Deployment.rolling({ ...shared, batchSize: file.rolling.batchSize, waitInterval: duration(file.rolling.waitInterval) });
  if (file.allAtOnce || (file.abTest && !file.canary)) return Deployment.allAtOnce({ ...shared, waitInterval: duration(file.allAtOnce?.waitInterval) });
  return Deployment.canary({ ...shared, canarySize: file.canary?.canarySize, waitInterval: duration(file.canary?.waitInterval) });
}

function options(file: DeploymentOptionsFile): DeploymentOptions {
  return {
    endpoint: file.endpoint && endpoint(file.endpoint),
    keepVersions: file.keepVersions,
    terminationWait: duration(file.terminationWait),
    maximumDuration: duration(file.maximumDuration),
    rollbackErrorRate: file.rollbackErrorRate,
    rollbackLatency: duration(file.rollbackLatency),
    latencyPercentile: file.latencyPercentile,
    minimumRequests: file.minimumRequests,
    analysisInterval: duration(file.analysisInterval),
    confidence: file.confidence,
    analysisMethod: constant(file.analysisMethod) as AnalysisMethod | undefined,
    comparePredictions: file.comparePredictions,
    predictionDistance: file.predictionDistance,
    inconclusive: constant(file.inconclusive) as InconclusiveAnalysis | undefined,
    maximumExtensions: file.maximumExtensions,
  };
}

function endpoint({ realTime, asynchronous, serverless }: NonNullable<DeploymentOptionsFile['endpoint']>): Endpoint {
  if (serverless) {
    const { memorySize, autoscaling, latencyThreshold, ...rest } = serverless;
    return Endpoint.serverless({ ...rest, latencyThreshold: duration(latencyThreshold), memorySize: memorySize === undefined ? undefined : Size.gibibytes(memorySize), autoscaling: autoscaling && scaling(autoscaling) });
  }
  if (asynchronous) {
    const { samplingPercentage, maximumCapturedSize, maximumConcurrentInvocationsPerInstance, backlogAgeThreshold } = asynchronous;
    return Endpoint.asynchronous({
      ...instances(asynchronous),
      samplingPercentage,
      maximumCapturedSize: maximumCapturedSize === undefined ? undefined : Size.mebibytes(maximumCapturedSize),
      maximumConcurrentInvocationsPerInstance,
      backlogAgeThreshold: duration(backlogAgeThreshold),
    });
  }
  return Endpoint.realTime({ ...instances(realTime ?? {}), samplingPercentage: realTime?.samplingPercentage });
}

function alarms({ errorRateThreshold, latencyThreshold }: EndpointAlarmsFile): EndpointAlarmOptions {
  return { errorRateThreshold, latencyThreshold: duration(latencyThreshold) };
}

function instances(file: InstancesFile): InstanceEndpointOptions & { autoscaling?: Autoscaling } {
  const { instanceType, autoscaling, instanceCount, networkIsolation } = file;
  const type = instanceType === undefined ? undefined : new ec2.InstanceType(instanceType.replace(/^ml\./, ''));
  return { ...alarms(file), instanceType: type, instanceCount, networkIsolation, autoscaling: autoscaling && scaling(autoscaling) };
}

function scaling(file: AutoscalingFile): Autoscaling {
  const { invocationsPerInstance, concurrencyPerInstance, utilization, backlogPerInstance, provisionedConcurrencyUtilization } = file;
  if (invocationsPerInstance) return Autoscaling.invocationsPerInstance(scalingOptions(invocationsPerInstance));
  if (concurrencyPerInstance) return Autoscaling.concurrencyPerInstance(scalingOptions(concurrencyPerInstance));
  if (backlogPerInstance) return Autoscaling.backlogPerInstance(scalingOptions(backlogPerInstance));
  if (provisionedConcurrencyUtilization) return Autoscaling.provisionedConcurrencyUtilization(scalingOptions(provisionedConcurrencyUtilization));
  if (!utilization) return Autoscaling.none();
  return Autoscaling.utilization(RESOURCES[utilization.resource as keyof typeof RESOURCES], { ...scalingOptions(utilization), target: utilization.target });
}

const RESOURCES = { cpu: EndpointResource.CPU, memory: EndpointResource.MEMORY, gpu: EndpointResource.GPU, gpuMemory: EndpointResource.GPU_MEMORY } as const;

function scalingOptions(file: ScalingFile): AutoscalingOptions & { target?: number } {
  return {
    minimum: file.minimum,
    maximum: file.maximum,
    target: file.target,
    scaleInCooldown: duration(file.scaleInCooldown),
    scaleOutCooldown: duration(file.scaleOutCooldown),
    schedules: file.schedules?.map(({ schedule, timezone, minimum, maximum }) => ({
      schedule: Schedule.expression(schedule),
      timezone: timezone === undefined ? undefined : TimeZone.of(timezone),
      minimum,
      maximum,
    })),
  };
}

function shadow(file: ShadowFile, then: Deployment): Deployment {
  const { agreement, analysisInterval, minimumDuration, maximumDuration, inconclusive, ...rest } = file;
  return Deployment.shadow({
    ...rest,
    then,
    agreement: agreement && shadowAgreement(agreement),
    analysisInterval: duration(analysisInterval),
    minimumDuration: duration(minimumDuration),
    maximumDuration: duration(maximumDuration),
    inconclusive: constant(inconclusive) as InconclusiveAnalysis | undefined,
  });
}

function shadowAgreement({ classification, sameClass, regression }: NonNullable<ShadowFile['agreement']>): ShadowAgreement {
  if (regression) return ShadowAgreement.regression(regression);
  return sameClass ? ShadowAgreement.sameClass(sameClass) : ShadowAgreement.classification(classification);
}

function abTest(file: AbTestFile, then: Deployment): Deployment {
  const { outcome, analysisInterval, maximumDuration, analysisMethod, undecided, ...rest } = file;
  return Deployment.abTest({
    ...rest,
    then,
    outcome: testOutcome(outcome),
    analysisInterval: duration(analysisInterval),
    maximumDuration: duration(maximumDuration),
    analysisMethod: constant(analysisMethod) as AnalysisMethod | undefined,
    undecided: constant(undecided) as UndecidedTest | undefined,
  });
}

function testOutcome({ labelAccuracy, metric }: AbTestFile['outcome']): AbTestOutcome {
  if (metric) return AbTestOutcome.metric({ ...metric, betterWhen: constant(metric.betterWhen) as BetterWhen | undefined });
  return labelAccuracy ? AbTestOutcome.labelAccuracy(labelAccuracy) : AbTestOutcome.labelAbsoluteError();
}

/** `rollBack` in the file is ROLL_BACK in the library; the schema knows the words. */
function constant(word: string | undefined): string | undefined {
  return word?.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function duration(text: string | undefined): Duration | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
