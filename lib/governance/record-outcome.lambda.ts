import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { lakeKeys } from '../data/data-lake.contract';
import { DIMENSION_MODEL, DIMENSION_OUTCOME, DIMENSION_WORKFLOW, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson, putJsonIf } from '../private/object-store.lambda-shared';
import { chainEntry, eventKeyPart } from './ledger';
import {
  type LedgerEntry,
  OUTCOME_ENVIRONMENT,
  OUTCOME_EVENT_DETAIL_TYPE,
  OUTCOME_EVENT_SOURCE,
  type OutcomeEvent,
  type OutcomeEventDetail,
  type OutcomeResult,
} from './outcome.contract';

export interface OutcomeClients {
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly cloudwatch: CloudWatchClient;
  readonly eventBridge: EventBridgeClient;
}

export interface OutcomeEnvironment {
  readonly LAKE_BUCKET: string;
  readonly MODEL_NAME: string;
  readonly TOPIC_ARN: string;
  readonly RUNBOOK_URL: string;
}

/** How an outcome is told, in this order. */
const ANNOUNCEMENTS = ['page', 'metric', 'event'] as const;
type Announcement = (typeof ANNOUNCEMENTS)[number];

/** What marks an event as recorded, written after its ledger entry; `announced` grows with what has gone out. */
interface EventMark {
  readonly sequence: number;
  readonly announced: readonly Announcement[];
}

/**
 * Records an outcome once, however often the event comes. Order of writes: entry (conditional) → mark → page → mark → metric → mark →
 * event → mark. A crash between any two is repaired by the repetition. What cannot be avoided: a page, metric or event whose own mark was
 * not written any more goes out a second time, as none of the three services takes an idempotency key; the ones before it do not.
 */
export async function recordOutcome(event: OutcomeEvent, clients: OutcomeClients, environment: OutcomeEnvironment): Promise<OutcomeResult> {
  const bucket = environment.LAKE_BUCKET;
  const model = environment.MODEL_NAME;
  const markKey = lakeKeys.ledgerEvent(model, eventKeyPart(event.eventId));
  const mark = (await getJson<EventMark>(clients.s3, bucket, markKey))?.value;
  const sequence = mark?.sequence ?? (await append(event, clients.s3, bucket, model));
  if (event.silent === true) return { sequence };
  let announced = mark?.announced ?? [];
  for (const announcement of ANNOUNCEMENTS) {
    if (announced.includes(announcement) || (announcement === 'page' && !event.page)) continue;
    await ANNOUNCE[announcement](event, sequence, clients, environment);
    announced = [...announced, announcement];
    await putJson(clients.s3, bucket, markKey, { sequence, announced } satisfies EventMark);
  }
  return { sequence };
}

/** Walks from the head hint to the end of the chain; entries that a dead run left unmarked are marked on the way. */
async function append(event: OutcomeEvent, s3: S3Client, bucket: string, model: string): Promise<number> {
  const head = (await getJson<{ sequence: number }>(s3, bucket, lakeKeys.ledgerHead(model)))?.value;
  let previous = head && (await getJson<LedgerEntry>(s3, bucket, lakeKeys.ledgerEntry(model, head.sequence)))?.value;
  for (;;) {
    const sequence = (previous?.sequence ?? 0) + 1;
    const key = lakeKeys.ledgerEntry(model, sequence);
    // Nearly always free: reading first would ask in vain.
    let next = chainEntry(event, model, previous);
    const isFree = await putJsonIf(s3, bucket, key, next, 'absent');
    if (!isFree) {
      const there = (await getJson<LedgerEntry>(s3, bucket, key))?.value;
      // Two writes met, and neither was done.
      if (!there) continue;
      next = there;
    }
    const markKey = lakeKeys.ledgerEvent(model, eventKeyPart(next.eventId));
    await putJsonIf(s3, bucket, markKey, { sequence, announced: [] } satisfies EventMark, 'absent');
    await putJson(s3, bucket, lakeKeys.ledgerHead(model), { sequence });
    if (isFree || next.eventId === event.eventId) return sequence;
    previous = next;
  }
}

type Announce = (event: OutcomeEvent, sequence: number, clients: OutcomeClients, environment: OutcomeEnvironment) => Promise<unknown>;

const ANNOUNCE: Record<Announcement, Announce> = {
  page: (event, _, { sns }, environment) =>
    sns.send(
      new PublishCommand({
        TopicArn: environment.TOPIC_ARN,
        // SNS: a subject has at most 100 characters.
        Subject: `${environment.MODEL_NAME}: ${event.workflow} ${event.outcome}`.slice(0, 100),
        Message: pageText(event, environment),
        MessageAttributes: {
          workflow: { DataType: 'String', StringValue: event.workflow },
          outcome: { DataType: 'String', StringValue: event.outcome },
        },
      }),
    ),
  metric: async (event, _, { cloudwatch }, environment) => {
    const put = (Timestamp?: Date): Promise<unknown> => cloudwatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData: [{ ...outcomeDatum(event, environment), Timestamp }] }));
    try {
      await put(new Date(event.time));
    } catch (error) {
      // At most two weeks old and two hours ahead (API_MetricDatum, Timestamp): a person's clock may be wrong, and an outcome counts all the same.
      if (!/^InvalidParameter/.test((error as Error).name)) throw error;
      await put();
    }
  },
  event: async ({ workflow, outcome, reasons, executionArn, time, page }, sequence, { eventBridge }, environment) => {
    const detail: OutcomeEventDetail = { modelName: environment.MODEL_NAME, workflow, outcome, reasons, sequence, executionArn, time, page };
    const answer = await eventBridge.send(
      new PutEventsCommand({
        Entries: [
          { Source: OUTCOME_EVENT_SOURCE, DetailType: OUTCOME_EVENT_DETAIL_TYPE, Time: new Date(time), Resources: [executionArn], Detail: JSON.stringify(detail) },
        ],
      }),
    );
    // An entry that was not taken is no error of the request (API_PutEvents, FailedEntryCount).
    const failed = answer.Entries?.find((entry) => entry.ErrorCode !== undefined);
    if (failed) throw new Error(`EventBridge did not take the outcome: ${failed.ErrorCode} ${failed.ErrorMessage}`);
  },
};

function outcomeDatum(event: OutcomeEvent, environment: OutcomeEnvironment): MetricDatum {
  return {
    MetricName: METRICS.workflowOutcome.name,
    Unit: METRICS.workflowOutcome.unit,
    Value: 1,
    Dimensions: [
      { Name: DIMENSION_MODEL, Value: environment.MODEL_NAME },
      { Name: DIMENSION_WORKFLOW, Value: event.workflow },
      { Name: DIMENSION_OUTCOME, Value: event.outcome },
    ],
  };
}

function pageText(event: OutcomeEvent, environment: OutcomeEnvironment): string {
  return [
    `Model ${environment.MODEL_NAME}: ${event.workflow} ended with ${event.outcome} at ${event.time}.`,
    '',
    ...event.reasons.map((reason) => `- ${reason}`),
    '',
    `${event.executionArn.includes(':execution:') ? 'Execution' : 'By'}: ${event.executionArn}`,
    `Runbook: ${environment.RUNBOOK_URL}#${event.workflow}-${event.outcome.toLowerCase().replaceAll('_', '-')}`,
  ].join('\n');
}

const clients: OutcomeClients = { s3: new S3Client({}), sns: new SNSClient({}), cloudwatch: new CloudWatchClient({}), eventBridge: new EventBridgeClient({}) };

export async function handler(event: OutcomeEvent): Promise<OutcomeResult> {
  return recordOutcome(event, clients, requireEnvironment(process.env, OUTCOME_ENVIRONMENT));
}
