import type { AnalysisSettings, DeploymentSettings, PlanAction, RoutingSettings, StageName } from './deployment.contract';

/** What plan-deployment decides and every later step of the workflow receives as `$plan`. Plain JSON. */
export interface DeploymentPlan {
  readonly action: PlanAction;
  /** Full sentences: why this action. */
  readonly reasons: readonly string[];
  /** True when a person must look even though nothing failed. */
  readonly page: boolean;
  readonly modelPackageArn: string;
  readonly version: number;
  /** Name of the SageMaker Model and of the EndpointConfig; absent when nothing is to be deployed. */
  readonly resource?: string;
  /** Endpoint configuration to go back to: the champion's, which served when the plan was made. */
  readonly previousConfig?: string;
  /** Champion whose SageMaker Model serves beside the challenger's in the stages before the release. */
  readonly champion?: { readonly version: number; readonly modelName: string; readonly endpointConfigName: string };
  /** What this run goes through, in this order; a rollback by hand, a first deployment and a reconciliation skip what would hold them up. */
  readonly stages: readonly StagePlan[];
  /** What must be found when the endpoint has settled. */
  readonly expected?: ExpectedModel;
  /** A container of AWS Marketplace: made from its package, and released without guardrails, which it does not have. */
  readonly marketplace?: boolean;
  /** Conditions of the champion pointer's write: the ETag that was read, or 'absent'. */
  readonly championEtag?: string;
  /** The registry says that an earlier deployment of this version was rolled back or rejected. */
  readonly noted?: boolean;
  /** A person's freeze ends this run: nobody asked for it by hand. */
  readonly automatic?: boolean;
  /** ISO time at which the stage that is resumed began. */
  readonly resumedSince?: string;
  /** Instead of the settings': a rollback by hand leaves the user's alarms out, which may be in ALARM because of what is rolled back. */
  readonly alarms?: readonly string[];
}

/** It is the plan that leaves the user's alarms out. */
export function isRollbackByHand(plan: Pick<DeploymentPlan, 'alarms'>): boolean {
  return plan.alarms !== undefined;
}

/** The settings as they hold for one stage of one run. */
export function settingsOf(settings: DeploymentSettings, plan: Pick<DeploymentPlan, 'alarms'>, stage?: Pick<StagePlan, 'routing' | 'inconclusive' | 'intervalSeconds'>): DeploymentSettings {
  const { predictionDistance, ...analysis } = settings.analysis;
  return {
    ...settings,
    routing: stage?.routing ?? settings.routing,
    alarms: plan.alarms ?? settings.alarms,
    analysis: {
      ...analysis,
      // A rollback by hand goes away from predictions that somebody does not want: another version's are no fault.
      ...(predictionDistance === undefined || plan.alarms !== undefined ? {} : { predictionDistance }),
      inconclusive: stage?.inconclusive ?? analysis.inconclusive,
      intervalSeconds: stage?.intervalSeconds ?? analysis.intervalSeconds,
    },
  };
}

/** The stage that an event names. */
export function stageOf(plan: DeploymentPlan, name: StageName): StagePlan {
  const stage = plan.stages.find((candidate) => candidate.stage === name);
  if (stage === undefined) throw new Error(`the plan has no stage ${name}`);
  return stage;
}

export interface StagePlan {
  readonly stage: StageName;
  /** Endpoint configuration of this stage; that of the release is `resource`. */
  readonly config: string;
  /** Release only: differs from the settings for a rollback by hand (all at once) and for an extension (longer baking). */
  readonly routing?: RoutingSettings;
  /** Release only, instead of the settings: a rollback by hand must not wait for traffic (PROMOTE). */
  readonly inconclusive?: AnalysisSettings['inconclusive'];
  /** Pause between two looks. */
  readonly intervalSeconds: number;
  /** Looks after which the stage has failed: SageMaker's and our own limits are over by then. */
  readonly maximumLooks: number;
}

export interface ExpectedModel {
  readonly image: string;
  readonly imageDigest?: string;
  readonly modelDataUrl?: string;
  readonly environment: Record<string, string>;
}

/** What the looks of one deployment remember; the workflow carries it as `$analysis`. */
export interface AnalysisState {
  /** ISO time of the first sign that the new fleet bakes. */
  readonly bakingSince?: string;
  /** ISO time at which this run began to observe a stage that an earlier run had observed since `bakingSince`. */
  readonly continuedAt?: string;
  /** Set by the last look before the first traffic to everybody; later looks only search for failures. */
  readonly decided: boolean;
  /** Why the analysis metric is 1; stays, so that the alarm cannot return to OK before SageMaker reads it. */
  readonly failures: readonly string[];
  /** The last verdict as sentences. */
  readonly reasons: readonly string[];
  /** Alarms that were seen in ALARM, with CloudWatch's reason. */
  readonly alarms: readonly string[];
  /** True when the failures say that nothing could be said: the release may be tried again with a longer baking period. */
  readonly inconclusive?: boolean;
  /** True when a freeze, or a rollback by hand, is what failed it: the version itself was not turned away. */
  readonly frozen?: boolean;
  /** Numbers of the last look for ledger and report, by name. */
  readonly evidence?: Record<string, number>;
}

export const NO_ANALYSIS: AnalysisState = { decided: false, failures: [], reasons: [], alarms: [] };

/**
 * What the workflow does after a look. `WAIT`: look again. `VERIFY`: the endpoint has come to rest and this stage was the release (or the
 * endpoint is not what the stage asked for). `NEXT_STAGE`: this stage passed. `RESTORE`: put the champion's configuration back.
 */
export type NextStep = 'WAIT' | 'VERIFY' | 'NEXT_STAGE' | 'RESTORE';

/** One look at the stage under way; each stage begins with `NO_ANALYSIS`. */
export interface AnalysisEvent {
  readonly plan: DeploymentPlan;
  /** Stage of `plan.stages` that is looked at. */
  readonly stage: StageName;
  /** Automatic deployments end when a person has frozen the model: `approval` and `configuration`. */
  readonly automatic: boolean;
  readonly state: AnalysisState;
  /** ISO time at which the endpoint began to change for this stage. */
  readonly startedAt: string;
  readonly now: string;
  /** The workflow has failed: make SageMaker roll back. */
  readonly abort?: boolean;
}

export interface AnalysisResult {
  /** False while the endpoint still changes. */
  readonly settled: boolean;
  readonly next: NextStep;
  readonly state: AnalysisState;
}

export interface ApplyResult {
  /** Why the endpoint must not be touched; empty = go on. */
  readonly refused: readonly string[];
  /**
   * `STARTED`: the endpoint changes, or has changed, to this stage's configuration. `BUSY`: somebody else is changing it.
   * `CLEARING`: a configuration of several variants is being replaced by the champion's first, because guardrails need equal variants.
   */
  readonly progress: 'STARTED' | 'BUSY' | 'CLEARING';
}

export interface RestorationResult {
  /** `DONE`: the endpoint serves what the champion pointer names. */
  readonly state: 'DONE' | 'STARTED' | 'WAIT' | 'FAILED';
  readonly reasons: readonly string[];
}

export interface VerificationResult {
  readonly outcome: 'VERIFIED' | 'ROLLED_BACK' | 'FAILED';
  readonly reasons: readonly string[];
  /** What serves under the right name is not what was approved. */
  readonly different?: boolean;
}

export interface PromotionResult {
  readonly promoted: boolean;
  readonly reasons: readonly string[];
}

export interface CleanUpEvent {
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly plan: Partial<DeploymentPlan>;
}

export interface CleanUpResult {
  /** What serves now, for the ledger. */
  readonly endpointConfigName: string | null;
  readonly deleted: readonly string[];
}
