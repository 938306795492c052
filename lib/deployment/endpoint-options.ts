import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Autoscaling } from './autoscaling';

/** What happens when the new version served too little traffic to be judged. */
export enum InconclusiveAnalysis {
  /** Nothing is proven, so the old version goes on serving. */
  ROLL_BACK = 'ROLL_BACK',
  /** The new version is taken unless it was seen failing. */
  PROMOTE = 'PROMOTE',
}

/** The endpoint, and what is watched while a new version is deployed to it. */
export interface EndpointOptions {
  /**
   * Instance type, without SageMaker's prefix `ml.`.
   *
   * @default ec2.InstanceType.of(ec2.InstanceClass.M5, ec2.InstanceSize.LARGE)
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Instances of the first deployment; afterwards autoscaling decides. SageMaker moves traffic by whole instances, so the default for a
   * canary of 10 % is 10 instances, for one of 50 % it is 2: ask for a greater canary, or for smaller instances, to pay less.
   *
   * @default - the fewest instances of which the percentage asked for is a whole one; 1 for allAtOnce
   */
  readonly instanceCount?: number;

  /**
   * How the endpoint follows its traffic.
   *
   * @default - Autoscaling.invocationsPerInstance(), Autoscaling.none() for burstable instance types
   */
  readonly autoscaling?: Autoscaling;

  /**
   * Percentage of requests that are captured, from 0 to 100. Drift can be seen in captured requests only.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * Former versions whose models and endpoint configurations are kept for a rollback by hand.
   *
   * @default 3
   */
  readonly keepVersions?: number;

  /**
   * Whether the container is cut off from the network, AWS included.
   *
   * @default true
   */
  readonly networkIsolation?: boolean;

  /**
   * Time after the last shift of traffic before the old fleet is terminated.
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
   * @default Duration.seconds(1)
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
}
