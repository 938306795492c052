import { Problems } from '../../private/errors';
import { EndpointSettings, ScalingScheduleSettings } from '../deployment.contract';
import { ScalingSchedule } from './scaling-schedule';

/** What a choice of autoscaling has to know of its endpoint. */
export interface ScalingFacts {
  readonly kind: EndpointSettings['kind'];
  /** Without the prefix `ml.`; absent for serverless. */
  readonly instanceType?: string;
  /** Instances, or provisioned concurrency, that the endpoint starts with. */
  readonly initial: number;
  /** Name of the property that says so. */
  readonly initialName: string;
  /** The default of maximum does not go over it. */
  readonly highest?: number;
}

export const KIND_NAMES = { REAL_TIME: 'real-time', ASYNCHRONOUS: 'asynchronous', SERVERLESS: 'serverless' } as const;
export const KIND_CHOICES = {
  REAL_TIME: 'Autoscaling.invocationsPerInstance(), .concurrencyPerInstance() or .utilization()',
  ASYNCHRONOUS: 'Autoscaling.backlogPerInstance() or .utilization()',
  SERVERLESS: 'Autoscaling.provisionedConcurrencyUtilization()',
} as const;

/** Why a fleet cannot be scaled to nothing (endpoint-auto-scaling-zero-instances: "only if it hosts inference components"). */
export const ZERO_REASONS = {
  REAL_TIME: 'SageMaker cannot scale a real-time endpoint to nothing without inference components; use Endpoint.serverless(), or Endpoint.asynchronous() with Autoscaling.backlogPerInstance({ minimum: 0 })',
  ASYNCHRONOUS: 'instances that are gone are not busy, and nothing would wake them: use Autoscaling.backlogPerInstance({ minimum: 0 })',
  SERVERLESS: 'without provisioned concurrency a serverless endpoint scales to nothing by itself: leave out provisionedConcurrency and autoscaling',
} as const;

export function isBurstable(instanceType: string): boolean {
  return /^t\d/.test(instanceType);
}

export function scheduleSettings(schedules: readonly ScalingSchedule[]): ScalingScheduleSettings[] {
  return schedules.map(({ schedule, timezone, minimum, maximum }, index) => ({
    name: `schedule-${index + 1}`,
    schedule: schedule.expressionString,
    ...(timezone === undefined ? {} : { timezone: timezone.timezoneName }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  }));
}

/** API_PutScheduledAction. */
export function validateSchedules(
  schedules: readonly ScalingSchedule[],
  path: string,
  problems: Problems,
  bounds: { readonly lowest: number; readonly minimum: number; readonly maximum: number },
): void {
  schedules.forEach(({ schedule, timezone, minimum, maximum }, index) => {
    const at = `${path}[${index}]`;
    const rate = schedule.expressionString.startsWith('rate(');
    problems.require(minimum !== undefined || maximum !== undefined, 'ScalingScheduleEmpty', at, schedule.expressionString, 'must have minimum or maximum', 'add what changes at that time');
    problems.require(
      timezone === undefined || !rate,
      'TimezoneOfRate',
      `${at}.timezone`,
      timezone?.timezoneName,
      'must not be given with a rate: a time zone is used by cron and at only (API_PutScheduledAction)',
      'leave it out, or use Schedule.cron()',
    );
    for (const [name, value] of Object.entries({ minimum, maximum })) {
      const least = name === 'minimum' ? bounds.lowest : 1;
      if (value === undefined) continue;
      problems.require(Number.isInteger(value) && value >= least, 'ScalingValueOutOfRange', `${at}.${name}`, value, `must be an integer of at least ${least}`, 'leave it out to keep it unchanged');
    }
    const low = minimum ?? bounds.minimum;
    const high = maximum ?? bounds.maximum;
    problems.require(low <= high, 'ScalingMinimumOverMaximum', at, low, `must not have a minimum greater than the maximum, ${high}`, 'give both minimum and maximum');
  });
}
