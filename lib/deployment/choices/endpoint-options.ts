import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Autoscaling } from './autoscaling';

/** When the alarms of the whole endpoint page, whatever is or is not being deployed. */
export interface EndpointAlarmOptions {
  /**
   * Share of requests without an answer (5xx errors; for an asynchronous endpoint also those that expired or could not be read or written),
   * for fifteen minutes, from which on the owner is paged.
   *
   * @default 0.01
   */
  readonly errorRateThreshold?: number;

  /**
   * 90th percentile of the model's latency, for fifteen minutes, from which on the owner is paged.
   *
   * @default - one second; ten minutes for an asynchronous endpoint
   */
  readonly latencyThreshold?: Duration;
}

/** Instances that serve. */
export interface InstanceEndpointOptions extends EndpointAlarmOptions {
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
   * Whether the container is cut off from the network, AWS included.
   *
   * @default true
   */
  readonly networkIsolation?: boolean;
}

export interface RealTimeEndpointOptions extends InstanceEndpointOptions {
  /**
   * Percentage of requests that are captured, from 0 to 100. Drift can be seen in captured requests only.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * How the endpoint follows its traffic.
   *
   * @default - Autoscaling.invocationsPerInstance(), Autoscaling.none() for burstable instance types
   */
  readonly autoscaling?: Autoscaling;
}

export interface AsynchronousEndpointOptions extends InstanceEndpointOptions {
  /**
   * Percentage of inferences that are captured, from 0 to 100. SageMaker captures none of them: a function does, told by the success topic. Drift
   * can be seen in captured inferences only.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * A greater request or response is left out of its record, and counted.
   *
   * @default Size.mebibytes(6)
   */
  readonly maximumCapturedSize?: Size;

  /**
   * How the endpoint follows its queue.
   *
   * @default - Autoscaling.backlogPerInstance(), Autoscaling.none() for burstable instance types
   */
  readonly autoscaling?: Autoscaling;

  /**
   * Requests that are sent to the container of one instance at the same time, 1 to 1000.
   *
   * @default - SageMaker chooses
   */
  readonly maximumConcurrentInvocationsPerInstance?: number;

  /**
   * Age of the oldest request in the queue, for fifteen minutes, from which on the owner is paged. SageMaker gives a request up after six hours,
   * or what its caller said.
   *
   * @default Duration.hours(1)
   */
  readonly backlogAgeThreshold?: Duration;

  /**
   * Told when an inference is done.
   *
   * @default - a topic of its own when inferences are captured, else nobody is told
   */
  readonly successTopic?: sns.ITopic;

  /**
   * Told when an inference failed.
   *
   * @default - nobody is told
   */
  readonly errorTopic?: sns.ITopic;
}

export interface ServerlessEndpointOptions extends EndpointAlarmOptions {
  /**
   * Memory of each worker, 1 to 6 GiB in whole ones; processor time comes with it.
   *
   * @default Size.gibibytes(2)
   */
  readonly memorySize?: Size;

  /**
   * Requests at the same time, 1 to 200; more are throttled.
   *
   * @default 5
   */
  readonly maximumConcurrency?: number;

  /**
   * Workers that are kept warm, at most maximumConcurrency.
   *
   * @default - none: the first request after a pause waits for a cold start
   */
  readonly provisionedConcurrency?: number;

  /**
   * Share of maximumConcurrency that is used at some time in each of three times five minutes, from which on the owner is paged: beyond it,
   * requests are throttled. There is no such alarm with a maximumConcurrency of 1, of which every request is the whole.
   *
   * @default 0.9
   */
  readonly concurrencyThreshold?: number;

  /**
   * How the provisioned concurrency follows the traffic.
   *
   * @default Autoscaling.none()
   */
  readonly autoscaling?: Autoscaling;
}
