import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Endpoint } from './endpoint';

/** What happens when the new version served too little traffic to be judged. */
export enum InconclusiveAnalysis {
  /** Nothing is proven, so the old version goes on serving. */
  ROLL_BACK = 'ROLL_BACK',
  /** The new version is taken unless it was seen failing. */
  PROMOTE = 'PROMOTE',
  /** The old version serves again, and the new one is released once more with twice the baking period; see `maximumExtensions`. */
  EXTEND = 'EXTEND',
}

/** The sequential test that compares the fleets. Both hold their confidence however often they look. */
export enum AnalysisMethod {
  /** Asymptotic confidence sequence (Waudby-Smith and others, arXiv 2103.06476): assumes nothing about the distribution. */
  CONFIDENCE_SEQUENCE = 'CONFIDENCE_SEQUENCE',
  /** Mixture sequential probability ratio test (Johari and others, arXiv 1512.04922). */
  MSPRT = 'MSPRT',
}

/** How a new version is released, and what is watched meanwhile. */
export interface DeploymentOptions {
  /**
   * What serves.
   *
   * @default Endpoint.realTime()
   */
  readonly endpoint?: Endpoint;

  /**
   * Former versions whose models and endpoint configurations are kept for a rollback by hand.
   *
   * @default 3
   */
  readonly keepVersions?: number;

  /**
   * Time after the last shift of traffic before the old fleet is terminated. A rolling deployment and an endpoint without guardrails have no
   * old fleet then.
   *
   * @default Duration.minutes(5)
   */
  readonly terminationWait?: Duration;

  /**
   * Longest time of a deployment, 10 minutes to 8 hours; it must be longer than all waiting together.
   *
   * @default - all waiting and one hour, at most 8 hours
   */
  readonly maximumDuration?: Duration;

  /**
   * Share of server errors (5XX) of the new fleet, 0 to 1, in 2 of 3 minutes, that rolls back at once.
   *
   * @default 0.05
   */
  readonly rollbackErrorRate?: number;

  /**
   * Model latency of the new fleet, at the percentile, in 2 of 3 minutes, that rolls back at once.
   *
   * @default - one second; for an asynchronous endpoint 15 minutes, after which SageMaker gives a request up
   */
  readonly rollbackLatency?: Duration;

  /**
   * Percentile of the latency, 50 to 99.
   *
   * @default 95
   */
  readonly latencyPercentile?: number;

  /**
   * Further alarms that roll a deployment back, at most 7: SageMaker takes 10, three are ours. They must not be in ALARM when it begins.
   *
   * @default - none
   */
  readonly rollbackAlarms?: cloudwatch.IAlarm[];

  /**
   * Requests that each fleet must have served before the analysis says anything.
   *
   * @default 100
   */
  readonly minimumRequests?: number;

  /**
   * Time between two looks at the fleets.
   *
   * @default Duration.minutes(1)
   */
  readonly analysisInterval?: Duration;

  /**
   * Confidence, 0.5 to 0.999, that a version which is rolled back by the analysis is really worse, however often it looks.
   *
   * @default 0.95
   */
  readonly confidence?: number;

  /**
   * What happens when the new version served too little traffic to be judged.
   *
   * @default - InconclusiveAnalysis.ROLL_BACK; InconclusiveAnalysis.PROMOTE for allAtOnce
   */
  readonly inconclusive?: InconclusiveAnalysis;

  /**
   * Releases that follow an inconclusive one with InconclusiveAnalysis.EXTEND, 1 to 5, each with twice the baking period, up to an hour; then
   * the old version stays.
   *
   * @default 2
   */
  readonly maximumExtensions?: number;

  /**
   * Sequential test of error rate and latency.
   *
   * @default AnalysisMethod.CONFIDENCE_SEQUENCE
   */
  readonly analysisMethod?: AnalysisMethod;

  /**
   * Whether the predictions of both fleets are compared, which needs captured requests. Finds a version that predicts nonsense; whether other
   * predictions are better ones is for gates and A/B tests.
   *
   * @default - true when requests are captured
   */
  readonly comparePredictions?: boolean;

  /**
   * Population stability index between the predictions of both fleets that rolls back. A retrained version may well reach 0.5.
   *
   * @default 1
   */
  readonly predictionDistance?: number;
}

export interface CanaryDeploymentOptions extends DeploymentOptions {
  /**
   * Percentage of the new fleet that gets traffic first, 1 to 50. A smaller canary needs more instances.
   *
   * @default 50
   */
  readonly canarySize?: number;

  /**
   * Baking period after the first shift, and again after the second. At most an hour.
   *
   * @default Duration.minutes(10)
   */
  readonly waitInterval?: Duration;
}

export interface LinearDeploymentOptions extends DeploymentOptions {
  /** Percentage of the new fleet that gets traffic in each step, 10 to 50. */
  readonly stepSize: number;

  /** Baking period after each step. At most an hour. */
  readonly waitInterval: Duration;
}

export interface RollingDeploymentOptions extends DeploymentOptions {
  /**
   * Percentage of the fleet that is replaced in each step, 5 to 50. A smaller batch needs more instances.
   *
   * @default 50
   */
  readonly batchSize?: number;

  /**
   * Baking period after each batch. At most an hour.
   *
   * @default Duration.minutes(10)
   */
  readonly waitInterval?: Duration;
}

export interface AllAtOnceDeploymentOptions extends DeploymentOptions {
  /**
   * Baking period after all traffic was shifted. At most an hour.
   *
   * @default Duration.minutes(5)
   */
  readonly waitInterval?: Duration;
}
