/** What the constructs, handlers and workflow of a deployment share. Imports nothing. */
export interface DeploymentInput {
  /** Absent for `reconcile` only: which version a dead run was about is read from the endpoint. */
  readonly modelPackageArn?: string;
  /**
   * `approval` by the registry's event; `rollback` and `manual` by a person; `configuration` by `cdk deploy`; `reconcile` when a run died:
   * it finishes what that run began and starts nothing of its own.
   */
  readonly trigger: 'approval' | 'manual' | 'rollback' | 'configuration' | 'reconcile';
  readonly reason: string;
  /** A person wants the serving version deployed once more: for a serving configuration that a freeze or a rollback kept back. */
  readonly again?: boolean;
  /** `reconcile` only: execution that ended without an end of its own. */
  readonly deadExecutionArn?: string;
}

/** Constant: an endpoint update with guardrails must keep the variant's name (deployment-guardrails-exclusions). */
export const VARIANT_NAME = 'AllTraffic';

/** Stages of one deployment, in this order; only the release is always there. */
export type StageName = 'SHADOW' | 'AB_TEST' | 'RELEASE';

/** state/<model>/champion.json, written conditionally; names what is really served. */
export interface ChampionPointer {
  readonly version: number;
  readonly modelPackageArn: string;
  readonly endpointName: string;
  readonly endpointConfigName: string;
  /** SageMaker Model. */
  readonly modelName: string;
  /** ISO time. */
  readonly since: string;
  readonly executionArn: string;
  /** Endpoint configurations still kept for a rollback by hand, newest first. */
  readonly previous: readonly { readonly version: number; readonly endpointConfigName: string; readonly modelName: string }[];
}

/** Environment of every deployment handler; DEPLOYMENT_SETTINGS is `DeploymentSettings` as JSON. */
export const DEPLOYMENT_ENVIRONMENT = ['DEPLOYMENT_SETTINGS'] as const;
/** The custom resource additionally starts the workflow. */
export const LIFECYCLE_ENVIRONMENT = ['DEPLOYMENT_SETTINGS', 'STATE_MACHINE_ARN'] as const;

/**
 * How the release moves traffic. `UNGUARDED`: SageMaker has no guardrails for the endpoint (serverless, Inf1) or the container (AWS Marketplace); the workflow itself bakes the new
 * version and puts the old one back.
 */
export type RoutingType = 'CANARY' | 'LINEAR' | 'ROLLING' | 'ALL_AT_ONCE' | 'UNGUARDED';

export interface RoutingSettings {
  readonly type: RoutingType;
  /** Canary, linear step or rolling batch, of the fleet; 100 for ALL_AT_ONCE and UNGUARDED. */
  readonly percent: number;
  /** Baking period after each shift. */
  readonly waitSeconds: number;
}

/** What serves, whichever version it is: becomes the endpoint configuration. */
export type EndpointSettings = RealTimeEndpointSettings | AsynchronousEndpointSettings | ServerlessEndpointSettings;

export interface InstanceFleetSettings {
  /** With the `ml.` prefix. */
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly networkIsolation: boolean;
  readonly scaling?: ScalingSettings;
}

export interface RealTimeEndpointSettings extends InstanceFleetSettings {
  readonly kind: 'REAL_TIME';
  /** Of the requests, captured. Other kinds of endpoint capture nothing (model-deploy-feature-matrix, "Data capture"). */
  readonly samplingPercentage: number;
}

export interface AsynchronousEndpointSettings extends InstanceFleetSettings {
  readonly kind: 'ASYNCHRONOUS';
  readonly maximumConcurrentInvocationsPerInstance?: number;
  readonly successTopicArn?: string;
  readonly errorTopicArn?: string;
}

/** No instances, no capture, no guardrails, no network isolation (serverless-endpoints, "Feature exclusions"). */
export interface ServerlessEndpointSettings {
  readonly kind: 'SERVERLESS';
  readonly memorySizeMegabytes: number;
  readonly maximumConcurrency: number;
  readonly provisionedConcurrency?: number;
  readonly scaling?: ScalingSettings;
}

/** `Deployment` bound to a model: plain data, every default resolved. */
export interface DeploymentSettings {
  readonly modelName: string;
  readonly endpointName: string;
  readonly bucket: string;
  readonly keyArn: string;
  readonly executionRoleArn: string;
  readonly runbookUrl: string;
  readonly endpoint: EndpointSettings;
  readonly keepVersions: number;
  readonly shadow?: ShadowSettings;
  readonly test?: TestSettings;
  readonly routing: RoutingSettings;
  readonly terminationWaitSeconds: number;
  readonly maximumSeconds: number;
  readonly rollback: { readonly errorRate: number; readonly latencyMicroseconds: number; readonly latencyPercentile: number };
  readonly analysis: AnalysisSettings;
  /** Names of alarms that the user added. */
  readonly alarms: readonly string[];
}

/** The part that the user chose. */
export type DeploymentChoices = Omit<DeploymentSettings, 'modelName' | 'endpointName' | 'bucket' | 'keyArn' | 'executionRoleArn' | 'runbookUrl'>;

export interface ScalingSettings {
  readonly dimension: 'sagemaker:variant:DesiredInstanceCount' | 'sagemaker:variant:DesiredProvisionedConcurrency';
  readonly minimum: number;
  readonly maximum: number;
  readonly policies: readonly ScalingPolicySettings[];
  readonly schedules: readonly ScalingScheduleSettings[];
}

/** A policy's name is `<model>-<name>`. */
export type ScalingPolicySettings = TargetTrackingSettings | ScaleFromZeroSettings;

export interface TargetTrackingSettings {
  readonly type: 'TARGET_TRACKING';
  readonly name: string;
  /** Predefined metric type of Application Auto Scaling, or a metric of the endpoint: dimensions EndpointName and, if `variant`, VariantName. */
  readonly metric:
    | { readonly predefined: string }
    | { readonly namespace: string; readonly metricName: string; readonly statistic: 'Average' | 'Maximum' | 'Sum'; readonly variant: boolean };
  readonly target: number;
  readonly scaleInCooldownSeconds: number;
  readonly scaleOutCooldownSeconds: number;
}

/** Asynchronous endpoints at zero instances publish no average: `HasBacklogWithoutCapacity` wakes them (async-inference-autoscale). */
export interface ScaleFromZeroSettings {
  readonly type: 'SCALE_FROM_ZERO';
  readonly name: string;
  readonly cooldownSeconds: number;
}

export interface ScalingScheduleSettings {
  readonly name: string;
  /** `cron(…)`, `rate(…)` or `at(…)` of Application Auto Scaling. */
  readonly schedule: string;
  readonly timezone?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface AnalysisSettings {
  readonly intervalSeconds: number;
  readonly minimumRequests: number;
  /** 0.95: at most 5 % of good versions are rolled back by the analysis, however often it looks. */
  readonly confidence: number;
  readonly test: 'CONFIDENCE_SEQUENCE' | 'MSPRT';
  /** Population stability index between the predictions of the fleets that fails; absent = predictions are not compared. */
  readonly predictionDistance?: number;
  /** `EXTEND`: the same deployment again with twice the baking period, at most `maximumExtensions` times; then ROLL_BACK. */
  readonly inconclusive: 'ROLL_BACK' | 'PROMOTE' | 'EXTEND';
  readonly maximumExtensions: number;
}

/** The new version answers copies of real requests; nobody gets its answers. */
export interface ShadowSettings {
  /** Of the requests, copied. */
  readonly samplingPercentage: number;
  readonly instanceCount: number;
  readonly intervalSeconds: number;
  /** Observed at least so long; decided then, or as soon as enough pairs were seen. */
  readonly minimumSeconds: number;
  /** Still too few pairs then: inconclusive. */
  readonly maximumSeconds: number;
  readonly minimumPairs: number;
  /** Scores on different sides of it disagree; absent = regression, where scores disagree that differ by more than `tolerance`. */
  readonly decisionThreshold?: number;
  readonly tolerance?: number;
  /** Upper bound of the disagreement rate that still passes, 0 to 1. */
  readonly maximumDisagreement: number;
  /** Spearman's rank correlation of the scores that still passes, -1 to 1. */
  readonly minimumRankCorrelation: number;
  /** Median latency of the shadow over that of the champion. */
  readonly maximumLatencyRatio: number;
  readonly confidence: number;
  readonly inconclusive: 'ROLL_BACK' | 'PROMOTE';
}

/** Champion and challenger both answer, each its share of the requests, until outcomes decide. */
export interface TestSettings {
  /** Of the requests, to the challenger. */
  readonly challengerPercent: number;
  readonly instanceCount: number;
  readonly intervalSeconds: number;
  readonly maximumSeconds: number;
  /** Outcomes of each variant before anything is said. */
  readonly minimumOutcomes: number;
  readonly confidence: number;
  readonly test: 'CONFIDENCE_SEQUENCE' | 'MSPRT';
  /** The challenger must be better by more than this. */
  readonly minimumImprovement: number;
  readonly outcome: TestOutcomeSettings;
  /** When the time is over and nothing is decided. */
  readonly undecided: 'KEEP_CHAMPION' | 'PROMOTE_CHALLENGER';
}

export type TestOutcomeSettings =
  /** Labels below the area `labels`, joined by inference id, else event id. `accuracy` at a threshold of the score; `absolute-error` is better when lower. */
  | { readonly type: 'LABELS'; readonly measure: 'accuracy'; readonly decisionThreshold: number }
  | { readonly type: 'LABELS'; readonly measure: 'absolute-error' }
  /** A metric of the business, one value for each outcome between 0 and 1 (converted or not), with the variant's name as dimension. */
  | {
      readonly type: 'METRIC';
      readonly namespace: string;
      readonly metricName: string;
      /** Name of the dimension whose value is the variant's name. */
      readonly variantDimension: string;
      readonly dimensions: Record<string, string>;
      readonly betterWhen: 'HIGHER' | 'LOWER';
    };

const RUN_ID = 'r[0-9a-f]{12}';
const STAGE_SUFFIX = '(?:-shadow|-test)?';

export const deploymentNames = {
  /** SageMaker Model and EndpointConfig of one deployment. */
  resource: (model: string, version: number, runId: string): string => `${model}-v${version}-${runId}`,
  /** EndpointConfig of a stage before the release: champion and challenger in one. */
  stageConfig: (resource: string, stage: 'SHADOW' | 'AB_TEST'): string => `${resource}-${stage === 'SHADOW' ? 'shadow' : 'test'}`,
  /**
   * Variant of the challenger in such a configuration. Its captured data lies below the champion's version, but the name says who answered:
   * see `capturedVersion`.
   */
  challengerVariant: (stage: 'SHADOW' | 'AB_TEST', version: number): string => `${stage === 'SHADOW' ? 'Shadow' : 'Challenger'}-v${version}`,
  /** Everything that deployments of this model create begins so; grants are scoped by it. */
  prefix: (model: string): string => `${model}-v`,
  alarm: (resource: string, kind: AlarmKind): string => `${resource}-${kind}`,
  /** Also the name of the alarm that a policy without target tracking needs. */
  scalingPolicy: (model: string, name: string): string => `${model}-${name}`,
  /** Resource id of Application Auto Scaling (RegisterScalableTarget, "SageMaker endpoint variant"). */
  scalableTarget: (endpoint: string): string => `endpoint/${endpoint}/variant/${VARIANT_NAME}`,
} as const;

export const ALARM_KINDS = ['error-rate', 'latency', 'analysis'] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** The version in a resource's name, or undefined when the name is not of this model: the prefix alone could be another model's. */
export function resourceVersion(model: string, name: string): number | undefined {
  const match = new RegExp(`^${model}-v(\\d+)-${RUN_ID}${STAGE_SUFFIX}$`).exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Name of the SageMaker Model that the configuration was made for: a stage's configuration has one more part. */
export function configResource(name: string): string {
  return name.replace(/-(?:shadow|test)$/, '');
}

/** The stage that a configuration belongs to, by its name. */
export function configStage(name: string): StageName {
  if (name.endsWith('-shadow')) return 'SHADOW';
  return name.endsWith('-test') ? 'AB_TEST' : 'RELEASE';
}

/** The version that made the predictions in a captured file, `captured/<model>/v<version>/<endpoint>/<variant>/…`; undefined when the key is none. */
export function capturedVersion(key: string): number | undefined {
  const match = /^captured\/[^/]+\/v(\d+)\/[^/]+\/(?:[^/]*-v(\d+)|[^/]+)\//.exec(key);
  return match ? Number(match[2] ?? match[1]) : undefined;
}

/** Resource that a rollback alarm belongs to, or undefined when it is none of this model's. */
export function alarmResource(model: string, name: string): string | undefined {
  return new RegExp(`^(${model}-v\\d+-${RUN_ID}${STAGE_SUFFIX})-(?:${ALARM_KINDS.join('|')})$`).exec(name)?.[1];
}

/** Traffic shifts that the routing makes before the new fleet serves everything. */
export function partialSteps(type: RoutingType, percent: number): number {
  if (type === 'CANARY') return 1;
  return type === 'LINEAR' || type === 'ROLLING' ? Math.ceil(100 / percent) - 1 : 0;
}

/** All waiting that SageMaker does by itself; each shift is followed by a baking period, the last one too. */
export function totalWaitSeconds(settings: Pick<DeploymentSettings, 'routing' | 'terminationWaitSeconds'>): number {
  const { type, percent, waitSeconds } = settings.routing;
  return (partialSteps(type, percent) + 1) * waitSeconds + settings.terminationWaitSeconds;
}

/** Below this many requests in a minute one error is no rate; the analysis counts over the whole baking period instead. */
export const RATE_MINIMUM_REQUESTS = 20;

/** Time that an analysis needs before a baking period ends: one more look, and the alarm's evaluation. */
export function decisionMarginSeconds(intervalSeconds: number): number {
  return intervalSeconds + 120;
}

/** `RESUME` goes on with what a dead run began, `ADOPT` verifies and records what it finished, `RESTORE` takes it back. */
export type PlanAction = 'CREATE' | 'UPDATE' | 'RESUME' | 'ADOPT' | 'RESTORE' | 'WAIT' | 'REMOVE_FAILED' | 'SKIP' | 'REFUSE';
