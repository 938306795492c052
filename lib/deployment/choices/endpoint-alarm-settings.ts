import { Duration } from 'aws-cdk-lib';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { EndpointAlarmOptions } from './endpoint-options';

/** `EndpointAlarmOptions` of a kind of endpoint with every default resolved. */
export interface EndpointAlarmSettings {
  readonly errorRate: number;
  readonly latency: Duration;
  /** Asynchronous endpoints. */
  readonly backlogAge?: Duration;
  /** Serverless endpoints. */
  readonly concurrency?: number;
}

export function validateThreshold(path: string, problems: Problems, value: Duration | undefined, fix: string): void {
  if (value === undefined || value.isUnresolved()) return;
  problems.require(value.toMilliseconds() > 0, 'ThresholdOutOfRange', path, value.toString(), 'must be greater than 0', fix);
}

export function validateShare(path: string, problems: Problems, value: number | undefined, fix: string): void {
  if (value !== undefined) problems.require(value > 0 && value <= 1, 'ShareOutOfRange', path, value, 'must be greater than 0 and at most 1', fix);
}

export function validateAlarms(path: string, problems: Problems, options: EndpointAlarmOptions): void {
  validateShare(`${path}.errorRateThreshold`, problems, options.errorRateThreshold, 'use 0.01 for one in a hundred requests');
  validateThreshold(`${path}.latencyThreshold`, problems, options.latencyThreshold, 'use Duration.seconds(1)');
}

export function alarmSettings(options: EndpointAlarmOptions, latency: Duration): EndpointAlarmSettings {
  return { errorRate: options.errorRateThreshold ?? Defaults.ERROR_RATE_THRESHOLD, latency: options.latencyThreshold ?? latency };
}
