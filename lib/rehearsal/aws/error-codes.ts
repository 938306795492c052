import type { RequestFault } from '../kernel/faults';

/** Error code with which a service answers a missing permission; the others say AccessDeniedException. */
const deniedCodes: Readonly<Record<string, string>> = {
  s3: 'AccessDenied',
  sts: 'AccessDenied',
  // CloudWatch API Reference, "Common Errors".
  cloudwatch: 'AccessDenied',
  // SNS API Reference, `AuthorizationError`; the SDK throws AuthorizationErrorException.
  sns: 'AuthorizationError',
};

export function accessDeniedCode(service: string): string {
  return deniedCodes[service] ?? 'AccessDeniedException';
}

/** Error code with which a service answers an input that breaks its schema. */
export function invalidInputCode(service: string): string {
  if (service === 's3') return 'InvalidRequest';
  if (service === 'sns' || service === 'lambda') return service === 'sns' ? 'InvalidParameter' : 'InvalidParameterValueException';
  return service === 'cloudwatch' || service === 'sts' ? 'ValidationError' : 'ValidationException';
}

/** HTTP status that belongs to the code of a fault. 0: no answer at all. */
export function faultStatus(fault: RequestFault): number {
  if (fault.statusCode !== undefined) return fault.statusCode;
  if (noAnswerCodes.includes(fault.code)) return 0;
  if (/^(InternalFailure|InternalError|Internal\w*|ServiceException)/.test(fault.code)) return 500;
  if (/^(ServiceUnavailable|SlowDown|ModelNotReady)/.test(fault.code)) return 503;
  if (fault.code.startsWith('TooManyRequests')) return 429;
  return 400;
}

/** Not codes of AWS, but names of the errors that the SDK throws when an answer stays out. */
export const noAnswerCodes: readonly string[] = ['TimeoutError', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'];
