import type { StepFailure } from './training-steps.contract';

const CAUSE_MAXIMUM = 600;

/** A failed step as a sentence. Job integrations and Lambda hand over their cause as JSON; a person wants the reason that is in it. */
export function failureSentence({ step, error, cause }: StepFailure): string {
  const reason = reasonIn(cause);
  if (error === 'States.Timeout') return `Could not ${step}: it took too long`;
  const text = reason === '' ? error : `${reason} (${error})`;
  return `Could not ${step}: ${text.replace(/\s+/g, ' ').slice(0, CAUSE_MAXIMUM)}`;
}

function reasonIn(cause: string): string {
  let value: unknown;
  try {
    value = JSON.parse(cause);
  } catch {
    return cause;
  }
  if (typeof value !== 'object' || value === null) return cause;
  const record = value as Record<string, unknown>;
  for (const key of ['FailureReason', 'errorMessage', 'ErrorMessage', 'message']) {
    if (typeof record[key] === 'string' && record[key] !== '') return record[key];
  }
  const status = record['TrainingJobStatus'] ?? record['TransformJobStatus'];
  const secondary = record['SecondaryStatus'];
  return typeof status === 'string' ? `the job ended with status ${status}${typeof secondary === 'string' ? ` (${secondary})` : ''}` : cause;
}
