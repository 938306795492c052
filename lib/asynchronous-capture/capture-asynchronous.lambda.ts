import { Readable } from 'node:stream';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { lakeKeys, parseS3Uri } from '../data/data-lake.contract';
import { DIMENSION_MODEL, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import {
  ASYNCHRONOUS_CAPTURE_ENVIRONMENT,
  type AsynchronousCaptureReport,
  type CaptureAgainEvent,
  type CaptureAsynchronousResult,
  type InferenceNotification,
  recordKey,
  responseVersion,
  type TopicEvent,
} from './asynchronous-capture.contract';
import { captureRecord, eventIdOf, isSampled, readNotification, type StoredPayload } from './asynchronous-record';

export interface CaptureAsynchronousClients {
  readonly s3: S3Client;
  readonly cloudwatch: CloudWatchClient;
}

type Environment = Record<(typeof ASYNCHRONOUS_CAPTURE_ENVIRONMENT)[number], string>;

/** Writes one record of data capture for each finished inference, as SageMaker does for real-time endpoints. The same notification twice is one record. */
export async function captureAsynchronous(event: TopicEvent | CaptureAgainEvent, clients: CaptureAsynchronousClients, environment: Environment): Promise<CaptureAsynchronousResult> {
  const total = { captured: 0, ignored: 0, problems: 0 };
  for await (const message of messagesOf(event, clients.s3, environment)) {
    const notification = readNotification(message);
    const problems = notification && (await capture(notification, clients, environment));
    if (problems === undefined) total.ignored += 1;
    else total.captured += 1;
    total.problems += problems ?? 0;
  }
  return total;
}

async function* messagesOf(event: TopicEvent | CaptureAgainEvent, s3: S3Client, environment: Environment): AsyncGenerator<string> {
  if (!('prefix' in event)) {
    for (const { Sns } of event.Records) yield Sns.Message;
    return;
  }
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: environment.LAKE_BUCKET, Prefix: event.prefix })) {
    for (const { Key } of page.Contents ?? []) {
      const failed = await getJson<{ requestPayload: TopicEvent }>(s3, environment.LAKE_BUCKET, Key!);
      for (const { Sns } of failed?.value.requestPayload.Records ?? []) yield Sns.Message;
    }
  }
}

/**
 * Order of writes: report → metric → record. The record is never written a second time, which S3 would announce as another object.
 *
 * @returns what is not in the record; undefined when there is nothing to capture
 */
async function capture(notification: InferenceNotification, clients: CaptureAsynchronousClients, environment: Environment): Promise<number | undefined> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = environment;
  const { requestParameters, responseParameters } = notification;
  // Of another endpoint with the same topic; or failed, and then there is no prediction and nothing says which version was asked.
  if (requestParameters.endpointName !== environment.ENDPOINT_NAME || responseParameters === undefined || notification.invocationStatus !== 'Completed') return undefined;
  const eventId = eventIdOf(notification);
  if (!isSampled(eventId, Number(environment.SAMPLING_PERCENTAGE))) return undefined;
  const output = parseS3Uri(responseParameters.outputLocation);
  const version = output.bucket === bucket ? responseVersion(model, output.key) : undefined;
  if (version === undefined) throw new Error(`${responseParameters.outputLocation} is not where a version of model ${model} answers`);

  const time = new Date(notification.eventTime);
  const key = recordKey(model, version, requestParameters.endpointName, time, eventId);
  const limit = Number(environment.MAXIMUM_BYTES);
  const [request, response] = await Promise.all([
    read(clients.s3, requestParameters.inputLocation, requestParameters.contentType, limit),
    read(clients.s3, responseParameters.outputLocation, responseParameters.contentType, limit),
  ]);
  const problems = [
    ...('reason' in request ? [{ side: 'request' as const, reason: request.reason }] : []),
    ...('reason' in response ? [{ side: 'response' as const, reason: response.reason }] : []),
  ];
  if (problems.length > 0) {
    const report: AsynchronousCaptureReport = { recordKey: key, inferenceId: notification.inferenceId, problems };
    await putJson(clients.s3, bucket, lakeKeys.asynchronousCaptureReport(model, notification.eventTime.slice(0, 10), eventId), report);
    await countProblems(clients.cloudwatch, model, problems.length, time);
  }
  const [input, answer] = [payloadOf(request), payloadOf(response)];
  if (input || answer) await writeOnce(clients.s3, bucket, key, captureRecord(notification, eventId, input, answer));
  return problems.length;
}

type Read = StoredPayload | { readonly reason: string };

function payloadOf(read: Read): StoredPayload | undefined {
  return 'bytes' in read ? read : undefined;
}

async function read(s3: S3Client, location: string | undefined, contentType: string | undefined, limit: number): Promise<Read> {
  if (location === undefined) return { reason: 'it was sent inline, and is nowhere in S3' };
  const { bucket, key } = parseS3Uri(location);
  try {
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (ContentLength !== undefined && ContentLength > limit) {
      if (Body instanceof Readable) Body.destroy();
      return { reason: `${location} has ${ContentLength} bytes, more than ${limit}` };
    }
    return { contentType, bytes: await Body!.transformToByteArray() };
  } catch (error) {
    // Its owner has removed it, which no repetition cures.
    if ((error as Error).name === 'NoSuchKey') return { reason: `${location} does not exist any more` };
    throw error;
  }
}

async function writeOnce(s3: S3Client, Bucket: string, Key: string, Body: string): Promise<void> {
  try {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/jsonl', IfNoneMatch: '*' }));
  } catch (error) {
    if ((error as Error).name !== 'PreconditionFailed') throw error;
  }
}

async function countProblems(cloudwatch: CloudWatchClient, model: string, problems: number, time: Date): Promise<void> {
  const { name, unit } = METRICS.asynchronousCaptureProblems;
  await cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: METRIC_NAMESPACE,
      MetricData: [{ MetricName: name, Unit: unit, Value: problems, Timestamp: time, Dimensions: [{ Name: DIMENSION_MODEL, Value: model }] }],
    }),
  );
}

const clients: CaptureAsynchronousClients = { s3: new S3Client({}), cloudwatch: new CloudWatchClient({}) };

export async function handler(event: TopicEvent | CaptureAgainEvent): Promise<CaptureAsynchronousResult> {
  return captureAsynchronous(event, clients, requireEnvironment(process.env, ASYNCHRONOUS_CAPTURE_ENVIRONMENT));
}
