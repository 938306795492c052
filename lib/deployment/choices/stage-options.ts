import { Duration } from 'aws-cdk-lib';
import { AbTestOutcome } from './ab-test-outcome';
import type { Deployment } from './deployment';
import { AnalysisMethod, InconclusiveAnalysis } from './deployment-options';
import { ShadowAgreement } from './shadow-agreement';

export interface ShadowDeploymentOptions {
  /** What follows when the shadow agrees: any other deployment, which also says what serves. */
  readonly then: Deployment;

  /**
   * When an answer counts as the same.
   *
   * @default ShadowAgreement.classification()
   */
  readonly agreement?: ShadowAgreement;

  /**
   * Percentage of the requests that are copied to the shadow, 1 to 100.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * Instances of the shadow.
   *
   * @default - as many as its share of the requests needs: the instance count of the endpoint times the sampling percentage
   */
  readonly instanceCount?: number;

  /**
   * Time between two looks; longer when all of them would not fit into one execution of the workflow.
   *
   * @default Duration.minutes(5)
   */
  readonly analysisInterval?: Duration;

  /**
   * The shadow is watched at least so long, whatever it shows.
   *
   * @default Duration.hours(1)
   */
  readonly minimumDuration?: Duration;

  /**
   * Without enough pairs by then it is inconclusive. At most 30 days.
   *
   * @default Duration.hours(24)
   */
  readonly maximumDuration?: Duration;

  /**
   * Requests that both must have answered before anything is said. Pairs are found by inference id, which your application has to send.
   *
   * @default 500
   */
  readonly minimumPairs?: number;

  /**
   * Median latency of the shadow over that of the champion, at most.
   *
   * @default 1.5
   */
  readonly maximumLatencyRatio?: number;

  /**
   * Confidence, 0.5 to 0.999, of the intervals.
   *
   * @default 0.95
   */
  readonly confidence?: number;

  /**
   * What happens when there were too few pairs: ROLL_BACK ends the deployment, PROMOTE goes on with it.
   *
   * @default InconclusiveAnalysis.ROLL_BACK
   */
  readonly inconclusive?: InconclusiveAnalysis;
}

/** What happens when the time of an A/B test is over and neither variant has won. */
export enum UndecidedTest {
  /** Nothing is proven, so the champion stays. */
  KEEP_CHAMPION = 'KEEP_CHAMPION',
  /** The challenger is released: it was not seen to be worse. */
  PROMOTE_CHALLENGER = 'PROMOTE_CHALLENGER',
}

export interface AbTestDeploymentOptions {
  /** What decides. */
  readonly outcome: AbTestOutcome;

  /**
   * How the winner is released, and what serves.
   *
   * @default Deployment.allAtOnce()
   */
  readonly then?: Deployment;

  /**
   * Percentage of the requests that the challenger answers, 1 to 50.
   *
   * @default 20
   */
  readonly challengerPercentage?: number;

  /**
   * Instances of the challenger.
   *
   * @default - as many as its share of the requests needs: the instance count of the endpoint times the challenger's percentage
   */
  readonly instanceCount?: number;

  /**
   * Time between two looks; longer when all of them would not fit into one execution of the workflow.
   *
   * @default Duration.hours(1)
   */
  readonly analysisInterval?: Duration;

  /**
   * Longest time of the test. At most 30 days.
   *
   * @default Duration.days(14)
   */
  readonly maximumDuration?: Duration;

  /**
   * Outcomes that each variant must have before anything is said.
   *
   * @default 200
   */
  readonly minimumOutcomes?: number;

  /**
   * Confidence, 0.5 to 0.999, that the winner is really better, however often the test looks.
   *
   * @default 0.95
   */
  readonly confidence?: number;

  /**
   * Sequential test of the outcomes.
   *
   * @default AnalysisMethod.CONFIDENCE_SEQUENCE
   */
  readonly analysisMethod?: AnalysisMethod;

  /**
   * The challenger must be better by more than this, in units of the outcome.
   *
   * @default 0
   */
  readonly minimumImprovement?: number;

  /**
   * What happens when the time is over and nothing is decided.
   *
   * @default UndecidedTest.KEEP_CHAMPION
   */
  readonly undecided?: UndecidedTest;
}

export interface PinnedDeploymentOptions {
  /**
   * Version of the model's own group that serves; another number is the next release.
   *
   * @default - none: nothing is deployed until a version is named
   */
  readonly version?: number;

  /**
   * The same by the ARN of the model package, also of another group or account, ending with `/<version>`.
   *
   * @default - `version` of the model's own group
   */
  readonly modelPackageArn?: string;

  /**
   * How it is released, and what serves: canary, linear, rolling or allAtOnce.
   *
   * @default Deployment.canary()
   */
  readonly by?: Deployment;
}
