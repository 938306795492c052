import { Duration } from 'aws-cdk-lib';

/** Every default of the library that is a number, once. test/synth/api.test.ts compares them with the documentation. */
export class Defaults {
  /** Long enough for an audit of a quarter. */
  public static readonly NONCURRENT_VERSION_EXPIRATION = Duration.days(90);
  /** A year of predictions: one season of every business. */
  public static readonly CAPTURED_EXPIRATION = Duration.days(365);
  /** STANDARD_IA pays off after about a month without reads; training reads the last quarter. */
  public static readonly RAW_TRANSITION = Duration.days(90);
}
