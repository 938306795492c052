import { createHash } from 'node:crypto';
import { type InferenceNotification } from './asynchronous-capture.contract';

/** A request or a response as it lies in S3. */
export interface StoredPayload {
  readonly contentType?: string;
  readonly bytes: Uint8Array;
}

/** The notification in a message; undefined for anything else that is published to the same topic. */
export function readNotification(message: string): InferenceNotification | undefined {
  let value: Partial<InferenceNotification> | null;
  try {
    value = JSON.parse(message) as Partial<InferenceNotification> | null;
  } catch {
    return undefined;
  }
  if (value?.eventSource !== 'aws:sagemaker' || value.eventName !== 'InferenceResult') return undefined;
  for (const [name, found] of [
    ['inferenceId', value.inferenceId],
    ['eventTime', value.eventTime],
    ['requestParameters.endpointName', value.requestParameters?.endpointName],
    ['invocationStatus', value.invocationStatus],
  ]) {
    if (typeof found !== 'string') throw new Error(`the notification has no ${name}`);
  }
  if (Number.isNaN(Date.parse(value.eventTime!))) throw new Error(`eventTime ${JSON.stringify(value.eventTime)} of the notification is not a time`);
  return value as InferenceNotification;
}

/** The same for the same notification, however often it comes; another for each inference, also when a caller uses an inference id twice. */
export function eventIdOf({ inferenceId, receivedTime, eventTime, requestParameters, responseParameters }: InferenceNotification): string {
  const parts = [requestParameters.endpointName, inferenceId, receivedTime ?? eventTime, responseParameters?.outputLocation ?? ''];
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
}

/** Whether this one is among the share that is captured. Decided by the id, so that a repetition decides alike. */
export function isSampled(eventId: string, percentage: number): boolean {
  return (parseInt(eventId.slice(0, 8), 16) / 2 ** 32) * 100 < percentage;
}

/** One line of data capture: the format of "Capture data from real-time endpoint", so that every reader of captured data reads it. */
export function captureRecord(notification: InferenceNotification, eventId: string, request: StoredPayload | undefined, response: StoredPayload | undefined): string {
  const { customAttributes } = notification.requestParameters;
  const record = {
    captureData: {
      ...(request === undefined ? {} : { endpointInput: side(request, 'INPUT') }),
      ...(response === undefined ? {} : { endpointOutput: side(response, 'OUTPUT') }),
    },
    eventMetadata: {
      eventId,
      ...(customAttributes === undefined ? {} : { customAttributes: [customAttributes] }),
      inferenceId: notification.inferenceId,
      inferenceTime: `${new Date(notification.eventTime).toISOString().slice(0, 19)}Z`,
    },
    eventVersion: '0',
  };
  return `${JSON.stringify(record)}\n`;
}

function side({ contentType, bytes }: StoredPayload, mode: 'INPUT' | 'OUTPUT'): Record<string, string> {
  const text = encodingOf(contentType) === 'BASE64' ? undefined : utf8(bytes);
  return {
    ...(contentType === undefined ? {} : { observedContentType: contentType }),
    mode,
    data: text ?? Buffer.from(bytes).toString('base64'),
    encoding: text === undefined ? 'BASE64' : encodingOf(contentType),
  };
}

/** The content types that real-time endpoints of this library name in CaptureContentTypeHeader; others are base64 there as well. */
function encodingOf(contentType: string | undefined): 'CSV' | 'JSON' | 'BASE64' {
  const media = contentType?.split(';')[0]!.trim().toLowerCase();
  if (media === 'text/csv') return 'CSV';
  return media === 'application/json' ? 'JSON' : 'BASE64';
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
