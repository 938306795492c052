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
}
