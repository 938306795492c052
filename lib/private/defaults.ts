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
  /** What a request to a real-time endpoint may have (model-deploy-feature-matrix): rows of a table, not pictures. */
  public static readonly MAXIMUM_CAPTURED_SIZE = Size.mebibytes(6);
  public static readonly KEEP_VERSIONS = 3;
  /** About 17 requests a second: a start for a load test. */
  public static readonly INVOCATIONS_PER_INSTANCE = 1000;
  /** The example of AWS (endpoint-auto-scaling-add-code-define); about the threads of a small model server. */
  public static readonly CONCURRENCY_PER_INSTANCE = 5;
  /** The example of AWS (async-inference-autoscale). */
  public static readonly BACKLOG_PER_INSTANCE = 5;
  /** Leaves room for the minutes that new capacity takes. */
  public static readonly PROVISIONED_CONCURRENCY_UTILIZATION = 0.7;
  /** Memory and concurrency are the defaults of the SageMaker Python SDK (ServerlessInferenceConfig). */
  public static readonly SERVERLESS_MEMORY_SIZE = Size.gibibytes(2);
  public static readonly SERVERLESS_MAXIMUM_CONCURRENCY = 5;
  public static readonly ERROR_RATE_THRESHOLD = 0.01;
  public static readonly LATENCY_THRESHOLD = Duration.seconds(1);
  /** Two thirds of InvokeEndpointAsync's own InvocationTimeoutSeconds. */
  public static readonly ASYNCHRONOUS_LATENCY_THRESHOLD = Duration.minutes(10);
  /** Starting an instance takes minutes; InvokeEndpointAsync's own RequestTTLSeconds is six hours. */
  public static readonly BACKLOG_AGE_THRESHOLD = Duration.hours(1);
  /** Nearly all: the next requests are throttled. */
  public static readonly CONCURRENCY_THRESHOLD = 0.9;
  /** Application Auto Scaling's own default (endpoint-auto-scaling-prerequisites, "Cooldown period"). */
  public static readonly SCALING_COOLDOWN = Duration.minutes(5);
  public static readonly TERMINATION_WAIT = Duration.minutes(5);
  /** Two instances are the cheapest fleet that can have a canary at all. */
  public static readonly CANARY_SIZE = 50;
  public static readonly CANARY_WAIT_INTERVAL = Duration.minutes(10);
  /** Two instances can be replaced one after the other. */
  public static readonly BATCH_SIZE = 50;
  public static readonly ROLLING_WAIT_INTERVAL = Duration.minutes(10);
  public static readonly ALL_AT_ONCE_WAIT_INTERVAL = Duration.minutes(5);
  /** For provisioning two fleets, beside all waiting. */
  public static readonly DEPLOYMENT_SLACK = Duration.hours(1);
  /** Five times a base of 1 %: a hard guard, not the analysis. */
  public static readonly ROLLBACK_ERROR_RATE = 0.05;
  public static readonly ROLLBACK_LATENCY = Duration.seconds(1);
  /** InvokeEndpointAsync's own InvocationTimeoutSeconds: what takes longer has expired. */
  public static readonly ASYNCHRONOUS_ROLLBACK_LATENCY = Duration.minutes(15);
  public static readonly LATENCY_PERCENTILE = 95;
  public static readonly MINIMUM_REQUESTS = 100;
  /** Metrics come once a minute. */
  public static readonly ANALYSIS_INTERVAL = Duration.minutes(1);
  public static readonly ANALYSIS_CONFIDENCE = 0.95;
  /**
   * A version that learned something predicts otherwise: of 100 or 1000 predictions against 400 or 4000, scores that are twice as sharp or half a
   * standard deviation higher stay below 0.9 in index, uniform noise is over 1.1, inverted or constant scores are over 4.
   */
  public static readonly PREDICTION_DISTANCE = 1;
  /** Four times the baking period in the end: what is still inconclusive then has too little traffic. */
  public static readonly MAXIMUM_EXTENSIONS = 2;
  /** Costs a shadow of full size and gives every pair there is. */
  public static readonly SHADOW_SAMPLING_PERCENTAGE = 100;
  /** Captured requests arrive within minutes. */
  public static readonly SHADOW_INTERVAL = Duration.minutes(5);
  public static readonly SHADOW_MINIMUM_DURATION = Duration.hours(1);
  /** A day has every hour of the day. */
  public static readonly SHADOW_MAXIMUM_DURATION = Duration.hours(24);
  /** With a true disagreement of 2 % the interval's upper end stays below 5 %. */
  public static readonly MINIMUM_PAIRS = 500;
  public static readonly MAXIMUM_DISAGREEMENT = 0.05;
  public static readonly MINIMUM_RANK_CORRELATION = 0.9;
  public static readonly MAXIMUM_LATENCY_RATIO = 1.5;
  /** Of a score: the more probable class. */
  public static readonly DECISION_THRESHOLD = 0.5;
  /** A fifth of the users takes the risk; half would be the shortest test. */
  public static readonly CHALLENGER_PERCENTAGE = 20;
  public static readonly AB_TEST_INTERVAL = Duration.hours(1);
  /** Every weekday twice. */
  public static readonly AB_TEST_MAXIMUM_DURATION = Duration.days(14);
  public static readonly MINIMUM_OUTCOMES = 200;
  /** As SageMaker calls it in its own metrics. */
  public static readonly VARIANT_DIMENSION = 'VariantName';
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
  /** Half as much again: what callers begin to notice; its quietness is in docs/adr/0011. */
  public static readonly OPERATIONAL_FACTOR = 1.5;
  /** A day of hours. */
  public static readonly OPERATIONAL_WINDOWS = 24;
  /** Windows become one value each. */
  public static readonly BUSINESS_STATISTIC = 'Average';
  /** Spark's and Hadoop's sign that an output is complete. */
  public static readonly MARKER = '_SUCCESS';
  public static readonly RETRAINING_WINDOWS = 3;
  public static readonly RETRAINING_OF = 4;
  /** Labels come late and in fewer windows, and what they say is the loss itself. */
  public static readonly CONCEPT_RETRAINING_WINDOWS = 2;
  public static readonly CONCEPT_RETRAINING_OF = 3;
  public static readonly RETRAINING_COOLDOWN = Duration.days(1);
  public static readonly RETRAININGS_PER_WEEK = 3;
  public static readonly MAXIMUM_UNCURED = 2;
  /** Chargebacks apart, most truths are known within a week: arrivals, clicks, returns of the shipment. */
  public static readonly MAXIMUM_DELAY = Duration.days(7);
  /** A day has every hour of the day, and enough labels to say something. */
  public static readonly QUALITY_INTERVAL = Duration.days(1);
  /** Windows that could not be judged in time, because nothing ran, are judged when it runs again within these days. */
  public static readonly QUALITY_CATCH_UP = Duration.days(3);
  /** Sample below which Model Monitor gives its own quality metrics no standard deviation (model-monitor-model-quality-metrics). */
  public static readonly MINIMUM_LABELS = 200;
  /** As for slices of the test set. */
  public static readonly MINIMUM_SLICE_LABELS = 100;
  /** One false page in a hundred windows that are just within the margin; a model that is as good as ever gives next to none. */
  public static readonly FALSE_ALARM_RATE = 0.01;
  /** A test set is never quite the world: accuracies and areas under curves move by some hundredths for no reason that a retraining could cure. */
  public static readonly QUALITY_MARGIN = 0.05;
  public static readonly QUALITY_MARGIN_SHARE = 0.1;
  /** Calibration errors that differ by less do not change a decision. */
  public static readonly CALIBRATION_MARGIN = 0.02;
}
