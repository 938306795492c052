import type { PlanAction } from './deployment.contract';

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
  /** Endpoint configuration that served when the plan was made. */
  readonly previousConfig?: string;
  /** What must be found when the endpoint has settled. */
  readonly expected?: ExpectedModel;
  /** Conditions of the champion pointer's write: the ETag that was read, or 'absent'. */
  readonly championEtag?: string;
  /** The registry says that an earlier deployment of this version was rolled back. */
  readonly noted?: boolean;
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
  /** Set by the last look before the first traffic to everybody; later looks only search for failures. */
  readonly decided: boolean;
  /** Why the analysis metric is 1; stays, so that the alarm cannot return to OK before SageMaker reads it. */
  readonly failures: readonly string[];
  /** The last verdict as sentences. */
  readonly reasons: readonly string[];
  /** Alarms that were seen in ALARM, with CloudWatch's reason. */
  readonly alarms: readonly string[];
}

export const NO_ANALYSIS: AnalysisState = { decided: false, failures: [], reasons: [], alarms: [] };

export interface AnalysisEvent {
  readonly plan: DeploymentPlan;
  readonly state: AnalysisState;
  /** ISO time at which the endpoint began to change. */
  readonly startedAt: string;
  readonly now: string;
  /** The workflow has failed: make SageMaker roll back. */
  readonly abort?: boolean;
}

export interface AnalysisResult {
  /** False while the endpoint still changes. */
  readonly settled: boolean;
  readonly state: AnalysisState;
}

export interface VerificationResult {
  readonly outcome: 'VERIFIED' | 'ROLLED_BACK' | 'FAILED';
  readonly reasons: readonly string[];
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
