import { lakeKeys } from '../data/data-lake.contract';
import { VARIANT_NAME } from '../deployment/deployment.contract';

/** What the capture of asynchronous endpoints and its function share. Imports contracts only. */
export const ASYNCHRONOUS_CAPTURE_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME', 'ENDPOINT_NAME', 'SAMPLING_PERCENTAGE', 'MAXIMUM_BYTES'] as const;

/** Where Lambda keeps the events that a function failed on (Lambda guide, "Capturing records of Lambda asynchronous invocations"). */
export const FAILED_EVENTS_PREFIX = 'aws/lambda/async/';

/** As SNS invokes a function (SNS guide, "Fanout to Lambda functions"). */
export interface TopicEvent {
  readonly Records: readonly { readonly Sns: { readonly Message: string } }[];
}

/** By hand: captures what the function failed on; operator runbook, "asynchronous-capture-failures". */
export interface CaptureAgainEvent {
  /** `aws/lambda/async/<function>/`, or any longer prefix. */
  readonly prefix: string;
}

export interface CaptureAsynchronousResult {
  readonly captured: number;
  /** Messages of others, failed inferences, and requests that are not among the sampled. */
  readonly ignored: number;
  /** Requests and responses that are not in their record: too large, inline, or gone. */
  readonly problems: number;
}

/**
 * What SageMaker publishes to the topics of an asynchronous endpoint. The guide names the topics only (async-inference-check-predictions); members
 * and values as in messages that are published in the documentation of aws-solutions-library-samples/osml-model-runner and others. Optional is
 * what some of those messages lack.
 */
export interface InferenceNotification {
  readonly eventSource: 'aws:sagemaker';
  readonly eventName: 'InferenceResult';
  /** When the result was there. */
  readonly eventTime: string;
  readonly receivedTime?: string;
  readonly invocationStatus: 'Completed' | 'Failed';
  /** The caller's, else SageMaker's; InvokeEndpointAsync answers with it either way. */
  readonly inferenceId: string;
  readonly requestParameters: {
    readonly endpointName: string;
    /** Absent when the caller sent the request inline (API_runtime_InvokeEndpointAsync, Body). */
    readonly inputLocation?: string;
    readonly contentType?: string;
    readonly customAttributes?: string;
  };
  /** Absent when the inference failed: then nothing says which version was asked. */
  readonly responseParameters?: { readonly contentType?: string; readonly outputLocation: string };
}

/** What is not in the record, and why. */
export interface AsynchronousCaptureReport {
  readonly recordKey: string;
  readonly inferenceId: string;
  readonly problems: readonly { readonly side: 'request' | 'response'; readonly reason: string }[];
}

/** The version that answered, from the place of its answer; undefined when the object is no response of this model. */
export function responseVersion(model: string, key: string): number | undefined {
  const version = /^captured\/[^/]+\/v(\d+)\/responses\//.exec(key)?.[1];
  return version !== undefined && key.startsWith(`${lakeKeys.asynchronousResponses(model, Number(version))}/`) ? Number(version) : undefined;
}

/**
 * Where the record lies: as if SageMaker had captured it (guide, "Capture data from real-time endpoint"), minute, second and millisecond in front of
 * the id as in its own names. An asynchronous endpoint has one variant (model-deploy-feature-matrix).
 */
export function recordKey(model: string, version: number, endpointName: string, time: Date, eventId: string): string {
  const iso = time.toISOString();
  const hour = iso.slice(0, 13).replace(/[-T]/g, '/');
  const name = `${iso.slice(14, 16)}-${iso.slice(17, 19)}-${iso.slice(20, 23)}-${eventId}`;
  return `${lakeKeys.capturedPrefix(model, version)}${endpointName}/${VARIANT_NAME}/${hour}/${name}.jsonl`;
}
