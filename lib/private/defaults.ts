import { Duration, Size } from 'aws-cdk-lib';

/** Every default of the library that is a number, once. test/synth/api.test.ts compares them with the documentation. */
export class Defaults {
  /** Long enough for an audit of a quarter. */
  public static readonly NONCURRENT_VERSION_EXPIRATION = Duration.days(90);
  /** A year of predictions: one season of every business. */
  public static readonly CAPTURED_EXPIRATION = Duration.days(365);
  /** STANDARD_IA pays off after about a month without reads; training reads the last quarter. */
  public static readonly RAW_TRANSITION = Duration.days(90);
  /** A week has every weekday: the test set is not one-sided. */
  public static readonly TEST_WINDOW = Duration.days(7);
  public static readonly TEST_SHARE = 0.2;
  public static readonly VALIDATION_SHARE = 0.1;
  /** SageMaker's own default is a day (API_StoppingCondition), which is an expensive day for a job that hangs. */
  public static readonly TRAINING_MAX_RUNTIME = Duration.hours(1);
  /** General purpose, 2 vCPU and 8 GiB: tabular data of some million rows fits. */
  public static readonly TRAINING_INSTANCE_TYPE = 'ml.m5.large';
  public static readonly TRAINING_INSTANCE_COUNT = 1;
  public static readonly TRAINING_VOLUME_SIZE = Size.gibibytes(30);
  /** A slice with fewer test rows says more about chance than about the model: the 95 % interval of an accuracy is wider than 0.1 each way. */
  public static readonly SLICE_MINIMUM_ROWS = 100;
  /** The instance of most SageMaker examples; enough for tabular models. */
  public static readonly ENDPOINT_INSTANCE_TYPE = 'm5.large';
  /** Every request may be needed to explain a drift; lower it for high traffic. */
  public static readonly SAMPLING_PERCENTAGE = 100;
  public static readonly KEEP_VERSIONS = 3;
  /** About 17 requests a second: a start for a load test. */
  public static readonly INVOCATIONS_PER_INSTANCE = 1000;
  /** Application Auto Scaling's own default (endpoint-auto-scaling-prerequisites, "Cooldown period"). */
  public static readonly SCALING_COOLDOWN = Duration.minutes(5);
  public static readonly TERMINATION_WAIT = Duration.minutes(5);
  /** Two instances are the cheapest fleet that can have a canary at all. */
  public static readonly CANARY_SIZE = 50;
  public static readonly CANARY_WAIT_INTERVAL = Duration.minutes(10);
  public static readonly ALL_AT_ONCE_WAIT_INTERVAL = Duration.minutes(5);
  /** For provisioning two fleets, beside all waiting. */
  public static readonly DEPLOYMENT_SLACK = Duration.hours(1);
  /** Five times a base of 1 %: a hard guard, not the analysis. */
  public static readonly ROLLBACK_ERROR_RATE = 0.05;
  public static readonly ROLLBACK_LATENCY = Duration.seconds(1);
  public static readonly LATENCY_PERCENTILE = 95;
  public static readonly MINIMUM_REQUESTS = 100;
  /** Metrics come once a minute. */
  public static readonly ANALYSIS_INTERVAL = Duration.minutes(1);
  public static readonly ANALYSIS_CONFIDENCE = 0.95;
}
