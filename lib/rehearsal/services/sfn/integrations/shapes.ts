import { StatesError } from '../states-error';
import { apiOf, type TaskResource } from './catalogue';
import { asText, toJson, toSdk } from './values';

type Json = Record<string, any>;

/** A request to the gateway. */
export interface ApiCall {
  readonly service: string;
  readonly operation: string;
  readonly input: Json;
}

/** The caller, for what Step Functions adds by itself. */
export interface Caller {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly requestId: () => string;
}

/** Tag on every job that `.sync` started; the role needs sagemaker:AddTags for it (aws-cdk issues 26012 and 32294). */
const MANAGED_TAG = { Key: 'MANAGED_BY_AWS', Value: 'STARTED_BY_STEP_FUNCTIONS' };

/** Arguments of the Task → request of the API, as the guide's page of each integration describes. */
export function toCall(resource: TaskResource, args: unknown, caller: Caller): ApiCall {
  if (resource.kind === 'function') {
    return { service: 'lambda', operation: 'Invoke', input: { FunctionName: resource.arn, Payload: bytes(args) } };
  }
  const input = (args ?? {}) as Json;
  if (typeof input !== 'object' || Array.isArray(input)) throw new StatesError('States.Runtime', 'Arguments must be a JSON object.');
  if (resource.kind === 'sdk') {
    return { service: resource.service.id, operation: resource.operation, input: toSdk(input, apiOf(resource)?.operation.input) as Json };
  }
  const { service, operation } = resource.api;
  switch (resource.id) {
    case 'lambda:invoke':
      return { service, operation, input: 'Payload' in input ? { ...input, Payload: bytes(input.Payload) } : input };
    case 'sns:publish':
      return { service, operation, input: 'Message' in input ? { ...input, Message: asText(input.Message) } : input };
    case 'events:putEvents':
      return { service, operation, input: { ...input, Entries: entries(input.Entries, caller) } };
    case 'states:startExecution': {
      const members = 'Input' in input ? { ...input, Input: asText(input.Input) } : input;
      return { service, operation, input: toSdk(members, apiOf(resource)?.operation.input) as Json };
    }
    default:
      if (resource.pattern !== 'sync') return { service, operation, input };
      return { service, operation, input: { ...input, Tags: [...((input.Tags as unknown[] | undefined) ?? []), MANAGED_TAG] } };
  }
}

/** Answer of the API → result of the Task. @throws StatesError when the answer says that the work failed */
export async function toResult(resource: TaskResource, answer: Json, caller: Caller): Promise<unknown> {
  const shape = apiOf(resource)?.operation.output;
  if (resource.kind === 'sdk') return toJson(answer, shape, 'text');
  const isInvoke = resource.kind === 'function' || resource.id === 'lambda:invoke';
  const { Payload, ...rest } = (await toJson(answer, shape, 'milliseconds')) as Json;
  const metadata = {
    SdkHttpMetadata: { AllHttpHeaders: {}, HttpHeaders: {}, HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: caller.requestId() },
  };
  if (!isInvoke) {
    // Guide, "Add EventBridge events with Step Functions": a failed entry fails the task.
    if ((rest.FailedEntryCount ?? 0) > 0) throw new StatesError('EventBridge.FailedEntry', JSON.stringify(rest));
    return { ...rest, ...metadata };
  }
  const payload = parsePayload(Payload as string | undefined);
  if (rest.FunctionError !== undefined) {
    // Guide, "Handling errors": a handler's error keeps its name; what has none is Lambda.Unknown.
    const name = (payload as Json | undefined)?.errorType;
    throw new StatesError(typeof name === 'string' && name !== '' ? name : 'Lambda.Unknown', JSON.stringify(payload));
  }
  if (resource.kind === 'function') return payload ?? null;
  const { ExecutedVersion = '$LATEST', StatusCode } = rest;
  return { ExecutedVersion, ...(Payload === undefined ? {} : { Payload: payload }), ...metadata, StatusCode };
}

function parsePayload(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Detail may be JSON; the ARNs of execution and state machine are added to every entry's Resources (guide, page "Add EventBridge events"). */
function entries(list: unknown, caller: Caller): unknown {
  if (!Array.isArray(list)) return list;
  return (list as Json[]).map((entry) => ({
    ...entry,
    ...('Detail' in entry ? { Detail: asText(entry.Detail) } : {}),
    Resources: [...((entry.Resources as string[] | undefined) ?? []), caller.executionArn, caller.stateMachineArn],
  }));
}

function bytes(payload: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(payload ?? {}));
}
