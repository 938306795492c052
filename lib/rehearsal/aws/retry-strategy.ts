/** Attempts of the SDK's standard mode, first one included. */
export const maxAttempts = 3;

interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
}

function token(count: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => 0 };
}

/**
 * Standard mode of the SDK (retries of throttling and of transient errors) without its waiting: virtual time stands still while a handler
 * runs, and a timer would make the order of concurrent requests depend on real time. The waits are too short to matter to a workflow.
 */
export const immediateRetries = {
  mode: 'standard',
  acquireInitialRetryToken: (): Promise<RetryToken> => Promise.resolve(token(0)),
  refreshRetryTokenForRetry: (last: RetryToken, error: { readonly errorType: string }): Promise<RetryToken> => {
    const next = last.getRetryCount() + 1;
    const repeatable = error.errorType === 'THROTTLING' || error.errorType === 'TRANSIENT';
    return repeatable && next < maxAttempts ? Promise.resolve(token(next)) : Promise.reject(new Error('No retry token available'));
  },
  recordSuccess: (): void => undefined,
};
