import type { InvokeEndpointAsyncInput } from '@aws-sdk/client-sagemaker-runtime';
import { Constraints, PATTERNS, invalid } from './validation';

/** A request in the queue of an asynchronous endpoint. */
export interface AsyncRequest {
  readonly input: InvokeEndpointAsyncInput;
  readonly inferenceId: string;
  readonly outputLocation: string;
  readonly failureLocation: string | undefined;
  /** Virtual time in milliseconds. */
  readonly received: number;
}

/** What came of it. */
export type AsyncResult = { readonly contentType?: string } | { readonly failureReason: string };

/** API_runtime_InvokeEndpointAsync: defaults of RequestTTLSeconds and InvocationTimeoutSeconds. */
export const ASYNC_DEFAULTS = { requestTtlSeconds: 21_600, invocationTimeoutSeconds: 900 } as const;
/** Same page: "The inline payload can be up to 128,000 bytes." */
const INLINE_LIMIT = 128_000;

/** @throws ValidationException when the request breaks a documented rule */
export function validateAsyncInput(input: InvokeEndpointAsyncInput): void {
  new Constraints()
    .pattern('inputLocation', input.InputLocation, PATTERNS.s3Uri)
    .length('inputLocation', input.InputLocation, 1, 1024)
    .length('inferenceId', input.InferenceId, 1, 64)
    .range('requestTTLSeconds', input.RequestTTLSeconds, 60, 21_600)
    .range('invocationTimeoutSeconds', input.InvocationTimeoutSeconds, 1, 3600)
    .check();
  if ((input.InputLocation === undefined) === (input.Body === undefined)) throw invalid('Exactly one of Body and InputLocation must be specified.');
  if (input.Body && input.Body.length > INLINE_LIMIT) throw invalid(`The inline payload of ${input.Body.length} bytes exceeds ${INLINE_LIMIT} bytes.`);
}

/**
 * What is published to the topics. AWS's guide shows no failed message; members and values as seen in public code that reads them
 * (`invocationStatus`, `failureReason`, `requestParameters`, `responseParameters`).
 */
export function notification(
  region: string,
  endpointName: string,
  request: AsyncRequest,
  eventTime: string,
  result: AsyncResult,
): Record<string, unknown> {
  const { input, inferenceId, outputLocation, received } = request;
  const failed = 'failureReason' in result;
  const { Accept: accept, ContentType: contentType, CustomAttributes: customAttributes, InputLocation: inputLocation } = input;
  return {
    awsRegion: region,
    eventTime,
    receivedTime: new Date(received).toISOString(),
    invocationStatus: failed ? 'Failed' : 'Completed',
    ...(failed ? { failureReason: result.failureReason } : {}),
    requestParameters: { accept, contentType, customAttributes, endpointName, inputLocation },
    ...(failed ? {} : { responseParameters: { contentType: result.contentType, outputLocation } }),
    inferenceId,
    eventVersion: '1.0',
    eventSource: 'aws:sagemaker',
    eventName: 'InferenceResult',
  };
}
