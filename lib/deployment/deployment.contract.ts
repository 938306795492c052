/** What the constructs, handlers and workflow of a deployment share. Imports nothing. */
export interface DeploymentInput {
  readonly modelPackageArn: string;
  /** `approval` by the registry's event; `rollback` and `manual` by a person; `configuration` by `cdk deploy`. */
  readonly trigger: 'approval' | 'manual' | 'rollback' | 'configuration';
  readonly reason: string;
}

/** Constant: an endpoint update with guardrails must keep the variant's name (deployment-guardrails-exclusions). */
export const VARIANT_NAME = 'AllTraffic';

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

export type RoutingType = 'CANARY' | 'LINEAR' | 'ALL_AT_ONCE';

/** `Deployment` bound to a model: plain data, every default resolved. */
export interface DeploymentSettings {
  readonly modelName: string;
  readonly endpointName: string;
  readonly bucket: string;
  readonly keyArn: string;
  readonly executionRoleArn: string;
  readonly runbookUrl: string;
  /** With the `ml.` prefix. */
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly networkIsolation: boolean;
  readonly samplingPercentage: number;
  readonly keepVersions: number;
  readonly scaling?: ScalingSettings;
  readonly routing: { readonly type: RoutingType; /** of the fleet; 100 for ALL_AT_ONCE */ readonly percent: number; readonly waitSeconds: number };
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
  readonly minimum: number;
  readonly maximum: number;
  readonly target: number;
  readonly scaleInCooldownSeconds: number;
  readonly scaleOutCooldownSeconds: number;
}

export interface AnalysisSettings {
  readonly intervalSeconds: number;
  readonly minimumRequests: number;
  /** 0.95: at most 5 % of good versions are rolled back by the analysis, however often it looks. */
  readonly confidence: number;
  readonly inconclusive: 'ROLL_BACK' | 'PROMOTE';
}

const RUN_ID = 'r[0-9a-f]{12}';

export const deploymentNames = {
  /** SageMaker Model and EndpointConfig of one deployment. */
  resource: (model: string, version: number, runId: string): string => `${model}-v${version}-${runId}`,
  /** Everything that deployments of this model create begins so; grants are scoped by it. */
  prefix: (model: string): string => `${model}-v`,
  alarm: (resource: string, kind: AlarmKind): string => `${resource}-${kind}`,
  scalingPolicy: (model: string): string => `${model}-invocations-per-instance`,
  /** Resource id of Application Auto Scaling (RegisterScalableTarget, "SageMaker endpoint variant"). */
  scalableTarget: (endpoint: string): string => `endpoint/${endpoint}/variant/${VARIANT_NAME}`,
} as const;

export const ALARM_KINDS = ['error-rate', 'latency', 'analysis'] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** The version in a resource's name, or undefined when the name is not of this model: the prefix alone could be another model's. */
export function resourceVersion(model: string, name: string): number | undefined {
  const match = new RegExp(`^${model}-v(\\d+)-${RUN_ID}$`).exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Resource that a rollback alarm belongs to, or undefined when it is none of this model's. */
export function alarmResource(model: string, name: string): string | undefined {
  return new RegExp(`^(${model}-v\\d+-${RUN_ID})-(?:${ALARM_KINDS.join('|')})$`).exec(name)?.[1];
}

/** Traffic shifts that the routing makes before the new fleet serves everything. */
export function partialSteps(type: RoutingType, percent: number): number {
  if (type === 'CANARY') return 1;
  return type === 'LINEAR' ? Math.ceil(100 / percent) - 1 : 0;
}

/** All waiting that SageMaker does by itself; each shift is followed by a baking period, the last one too. */
export function totalWaitSeconds(settings: Pick<DeploymentSettings, 'routing' | 'terminationWaitSeconds'>): number {
  const { type, percent, waitSeconds } = settings.routing;
  return (partialSteps(type, percent) + 1) * waitSeconds + settings.terminationWaitSeconds;
}

/** Time that an analysis needs before a baking period ends: one more look, and the alarm's evaluation. */
export function decisionMarginSeconds(intervalSeconds: number): number {
  return intervalSeconds + 120;
}

export type PlanAction = 'CREATE' | 'UPDATE' | 'RESUME' | 'ADOPT' | 'WAIT' | 'REMOVE_FAILED' | 'SKIP' | 'REFUSE';
