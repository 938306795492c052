import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';

/** Other bounds of the capacity from a certain time on. At least one of minimum and maximum. */
export interface ScalingSchedule {
  /** When: cron, rate or at. */
  readonly schedule: Schedule;

  /**
   * Time zone of a cron or at expression.
   *
   * @default - UTC
   */
  readonly timezone?: TimeZone;

  /**
   * Fewest instances from then on.
   *
   * @default - unchanged
   */
  readonly minimum?: number;

  /**
   * Most instances from then on.
   *
   * @default - unchanged
   */
  readonly maximum?: number;
}
