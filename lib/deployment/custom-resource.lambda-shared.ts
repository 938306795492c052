import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';

/** A custom resource answers by PUT to a presigned URL (CloudFormation guide, "Custom resource response objects"). Its physical id never changes. */
export function customResourceResponse(event: CloudFormationCustomResourceEvent, kind: string, failure?: unknown): CloudFormationCustomResourceResponse {
  const common = {
    PhysicalResourceId: event.RequestType === 'Create' ? `${kind}-${event.LogicalResourceId}` : event.PhysicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  if (failure === undefined) return { ...common, Status: 'SUCCESS' };
  // The response may have 4096 bytes; a message is enough for the stack's events, the log has the rest.
  return { ...common, Status: 'FAILED', Reason: String((failure as Error).message ?? failure).slice(0, 1000) };
}

/** Does the work and tells CloudFormation how it ended. */
export async function answerCloudFormation(event: CloudFormationCustomResourceEvent, kind: string, work: () => Promise<void>): Promise<void> {
  let failure: unknown;
  try {
    await work();
  } catch (error) {
    failure = error;
  }
  const body = JSON.stringify(customResourceResponse(event, kind, failure));
  const response = await fetch(event.ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } });
  // Lambda repeats an asynchronous invocation that failed; everything above may be repeated.
  if (!response.ok) throw new Error(`CloudFormation's response URL answered ${response.status}`);
}
