import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { lakeKeys } from '../data/data-lake.contract';
import { DIMENSION_MODEL, DIMENSION_OUTCOME, DIMENSION_WORKFLOW, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson, putJsonIf } from '../private/object-store.lambda-shared';
import { chainEntry, eventKeyPart } from './ledger';
import { OUTCOME_ENVIRONMENT, type LedgerEntry, type OutcomeEvent, type OutcomeResult } from './outcome.contract';

export interface OutcomeClients {
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly cloudwatch: CloudWatchClient;
}

export interface OutcomeEnvironment {
  readonly LAKE_BUCKET: string;
  readonly MODEL_NAME: string;
  readonly TOPIC_ARN: string;
  readonly RUNBOOK_URL: string;
}

/** What marks an event as recorded, written after its ledger entry; `announced` when page and metric have gone out too. */
interface EventMark {
  readonly sequence: number;
  readonly announced: boolean;
}

/**
 * Records an outcome once, however often the event comes. Order of writes: entry (conditional) → mark → page and metric → mark
 * announced. A crash between any two is repaired by the repetition; only a crash between page and last mark can page twice.
 */
export async function recordOutcome(event: OutcomeEvent, clients: OutcomeClients, environment: OutcomeEnvironment): Promise<OutcomeResult> {
  const bucket = environment.LAKE_BUCKET;
  const model = environment.MODEL_NAME;
  const markKey = lakeKeys.ledgerEvent(model, eventKeyPart(event.eventId));
  const mark = (await getJson<EventMark>(clients.s3, bucket, markKey))?.value;
  if (mark?.announced) return { sequence: mark.sequence };

  const sequence = mark?.sequence ?? (await append(event, clients.s3, bucket, model));
  await announce(event, clients, environment);
  await putJson(clients.s3, bucket, markKey, { sequence, announced: true } satisfies EventMark);
  return { sequence };
}

/** Walks from the head hint to the end of the chain; entries that a dead run left unmarked are marked on the way. */
async function append(event: OutcomeEvent, s3: S3Client, bucket: string, model: string): Promise<number> {
  const head = (await getJson<{ sequence: number }>(s3, bucket, lakeKeys.ledgerHead(model)))?.value;
  let previous = head && (await getJson<LedgerEntry>(s3, bucket, lakeKeys.ledgerEntry(model, head.sequence)))?.value;
  for (;;) {
    const sequence = (previous?.sequence ?? 0) + 1;
    const key = lakeKeys.ledgerEntry(model, sequence);
    let next = (await getJson<LedgerEntry>(s3, bucket, key))?.value;
    const isFree = next === undefined;
    if (next === undefined) {
      next = chainEntry(event, model, previous);
      if (!(await putJsonIf(s3, bucket, key, next, 'absent'))) continue;
    }
    const markKey = lakeKeys.ledgerEvent(model, eventKeyPart(next.eventId));
    await putJsonIf(s3, bucket, markKey, { sequence, announced: false } satisfies EventMark, 'absent');
    await putJson(s3, bucket, lakeKeys.ledgerHead(model), { sequence });
    if (isFree || next.eventId === event.eventId) return sequence;
    previous = next;
  }
}

async function announce(event: OutcomeEvent, clients: OutcomeClients, environment: OutcomeEnvironment): Promise<void> {
  if (event.page) {
    await clients.sns.send(
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
    );
  }
  await clients.cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: METRIC_NAMESPACE,
      MetricData: [
        {
          MetricName: METRICS.workflowOutcome.name,
          Unit: METRICS.workflowOutcome.unit,
          Value: 1,
          Timestamp: new Date(event.time),
          Dimensions: [
            { Name: DIMENSION_MODEL, Value: environment.MODEL_NAME },
            { Name: DIMENSION_WORKFLOW, Value: event.workflow },
            { Name: DIMENSION_OUTCOME, Value: event.outcome },
          ],
        },
      ],
    }),
  );
}

function pageText(event: OutcomeEvent, environment: OutcomeEnvironment): string {
  return [
    `Model ${environment.MODEL_NAME}: ${event.workflow} ended with ${event.outcome} at ${event.time}.`,
    '',
    ...event.reasons.map((reason) => `- ${reason}`),
    '',
    `Execution: ${event.executionArn}`,
    `Runbook: ${environment.RUNBOOK_URL}#${event.workflow}-${event.outcome.toLowerCase().replaceAll('_', '-')}`,
  ].join('\n');
}

const clients: OutcomeClients = { s3: new S3Client({}), sns: new SNSClient({}), cloudwatch: new CloudWatchClient({}) };

export async function handler(event: OutcomeEvent): Promise<OutcomeResult> {
  return recordOutcome(event, clients, requireEnvironment(process.env, OUTCOME_ENVIRONMENT));
}
