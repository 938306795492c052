/** An error as the Amazon States Language sees it: a name that Retry and Catch match, and a cause for a person. */
export class StatesError extends Error {
  public constructor(
    /** `States.Timeout`, `Lambda.TooManyRequestsException`, or what a handler threw. */
    public readonly error: string | undefined,
    public override readonly cause: string | undefined,
  ) {
    super(`${error ?? 'no error name'}: ${cause ?? 'no cause'}`);
  }

  /** Error output, `$states.errorOutput` of a Catch. Members without a value are left out. */
  public get output(): { Error?: string; Cause?: string } {
    return {
      ...(this.error === undefined ? {} : { Error: this.error }),
      ...(this.cause === undefined ? {} : { Cause: this.cause }),
    };
  }
}

/** The execution or the branch was ended from outside: stopped, timed out, or a sibling failed. No Retry or Catch sees it. */
export class Ended extends Error {}

/** Step Functions guide, "Handling errors in Step Functions workflows", list of error names. */
export const RESERVED_ERRORS: ReadonlySet<string> = new Set([
  'States.ALL',
  'States.BranchFailed',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.HeartbeatTimeout',
  'States.Http.Socket',
  'States.IntrinsicFailure',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.ParameterPathFailure',
  'States.Permissions',
  'States.QueryEvaluationError',
  'States.ResultPathMatchFailure',
  'States.ResultWriterFailed',
  'States.Runtime',
  'States.TaskFailed',
  'States.Timeout',
]);

/**
 * Does an `ErrorEquals` list match? The rules of the guide, same page: `States.Runtime` always fails the execution; `States.ALL` does
 * not match `States.DataLimitExceeded`; `States.TaskFailed` matches every error but timeouts; `States.Timeout` covers heartbeats.
 */
export function matchesError(errorEquals: readonly string[], failure: StatesError): boolean {
  const error = failure.error ?? '';
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.Timeout') return error === 'States.HeartbeatTimeout';
    if (error === 'States.DataLimitExceeded') return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout' && error !== 'States.HeartbeatTimeout');
  });
}

/** Largest input or result of a state, task or execution: 256 KiB of UTF-8 (guide, "Step Functions service quotas"). */
export const PAYLOAD_LIMIT = 262_144;

/** @throws StatesError States.DataLimitExceeded */
export function checkPayload<T>(value: T, what: string): T {
  if (Buffer.byteLength(JSON.stringify(value) ?? '') > PAYLOAD_LIMIT) {
    throw new StatesError('States.DataLimitExceeded', `${what} has a size exceeding the maximum number of bytes service limit.`);
  }
  return value;
}
