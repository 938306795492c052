import { Duration, Size } from 'aws-cdk-lib';

/** Every default of the library that is a number, once. test/synth/api.test.ts compares them with the documentation. */
export class Defaults {
  /** Long enough for an audit of a quarter. */
  public static readonly NONCURRENT_VERSION_EXPIRATION = Duration.days(90);
  /** A year of predictions: one season of every business. */
  public static readonly CAPTURED_EXPIRATION = Duration.days(365);
  /** As long as captured data. */
  public static readonly PREDICTION_LOG_RETENTION = Duration.days(365);
  /** Long enough for a monthly look back; privacy rules mostly say that raw data of persons goes as soon as it is not needed. */
  public static readonly SENSITIVE_CAPTURE_EXPIRATION = Duration.days(30);
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
  /** The shortest period that SageMaker's own monitor offered; captured data is filed by the hour. */
  public static readonly MONITORING_INTERVAL = Duration.hours(1);
  /** Captured data is delivered within minutes (SageMaker guide, "Capture data from real-time endpoint"). */
  public static readonly MONITORING_WATERMARK = Duration.minutes(15);
  /** Power 0.95 for a shift of half a standard deviation at the warning level (test/pure/drift-simulation.test.ts). */
  public static readonly MINIMUM_SAMPLE_SIZE = 200;
  /** The convention of credit scoring: below 0.1 no change, from 0.2 on a change that matters. */
  public static readonly PSI_THRESHOLD = 0.2;
  /** The convention's lower step, as a fraction of the threshold. */
  public static readonly PSI_WARNING_FRACTION = 0.5;
  public static readonly FALSE_DISCOVERY_RATE = 0.01;
  public static readonly DRIFTED_SHARE = 0.3;
  public static readonly ALARM_WINDOWS = 2;
  public static readonly ALARM_OF = 3;
  /** One day has every hour of the day. */
  public static readonly MAXIMUM_LOOKBACK = Duration.hours(24);
  /** SageMaker Model Monitor's datatype_check_threshold and domain_content_threshold. */
  public static readonly VIOLATION_SHARE = 0.1;
  public static readonly MISSING_SHARE_INCREASE = 0.05;
  public static readonly CAPTURE_RATIO_THRESHOLD = 0.5;
  public static readonly LATENCY_THRESHOLD = Duration.seconds(1);
  public static readonly ERROR_RATE_THRESHOLD = 0.01;
  /** Spark's and Hadoop's sign that an output is complete. */
  public static readonly MARKER = '_SUCCESS';
  public static readonly RETRAINING_WINDOWS = 3;
  public static readonly RETRAINING_OF = 4;
  public static readonly RETRAINING_COOLDOWN = Duration.days(1);
  public static readonly RETRAININGS_PER_WEEK = 3;
  public static readonly MAXIMUM_UNCURED = 2;
}
