import { type DeliveredEvent, type ExecutionEndedEvent, type ResumeEvent, type RetrainingEvent } from './retraining.contract';

const TRIGGERS: readonly string[] = ['drift', 'schedule', 'new-data', 'manual'];

/**
 * What EventBridge delivers, and what is said directly, as one of the controller's events. Each id names what happened and not its
 * delivery: an S3 object and its version, an execution and its end, an entry of the ledger. So a second delivery decides nothing new.
 *
 * @throws when the event cannot be understood
 */
export function retrainingEvent(raw: RetrainingEvent | DeliveredEvent): RetrainingEvent {
  if ('detail-type' in raw) return delivered(raw);
  if (!TRIGGERS.includes(raw.trigger) || !raw.eventId || Number.isNaN(Date.parse(raw.time))) {
    throw new Error(`a retraining event needs trigger (drift, schedule, new-data or manual), eventId and time, got ${JSON.stringify(raw)}`);
  }
  return raw;
}

function delivered(event: DeliveredEvent): RetrainingEvent {
  switch (event['detail-type']) {
    case 'Object Created': {
      const { object } = event.detail;
      return { trigger: 'new-data', eventId: `${object.key}#${object['version-id'] ?? object.etag ?? event.time}`, time: event.time, key: object.key };
    }
    case 'Step Functions Execution Status Change':
      return executionEnded(event);
    case 'Model Pipeline Outcome':
      return { trigger: 'resume', eventId: `outcome#${event.detail.sequence}`, time: event.time, cause: 'The model has been released' };
    default:
      throw new Error(`the retraining controller does not know events like ${JSON.stringify(event)}`);
  }
}

/** An execution that is redriven ends again, at another time. */
function executionEnded({ time, detail }: ExecutionEndedEvent): ResumeEvent {
  const { executionArn, status, startDate, stopDate, output } = detail;
  return {
    trigger: 'resume',
    eventId: `${executionArn}#${stopDate ?? time}`,
    time,
    cause: `Training execution ${executionArn.slice(executionArn.lastIndexOf(':') + 1)} has ended as ${status}`,
    run: { executionArn, started: new Date(startDate).toISOString(), skipped: isSkipped(output) },
  };
}

function isSkipped(output: string | null | undefined): boolean {
  try {
    return (JSON.parse(output ?? 'null') as { readonly outcome?: unknown } | null)?.outcome === 'SKIPPED';
  } catch {
    return false;
  }
}
