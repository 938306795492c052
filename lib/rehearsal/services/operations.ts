import { AwsError } from '../kernel/aws-error';
import type { Authorization, AwsRequest, CreatedResource, PolicyDocument, ResourceLifecycle, ResourceRequest, SimulatedService } from '../kernel/simulation';

/** One API operation: what it needs to be allowed, and what it does. */
export interface Operation {
  authorize(input: Record<string, any>, request: AwsRequest): Authorization[];
  handle(input: Record<string, any>, request: AwsRequest): unknown;
}

/** A service as a table of operations, so that permissions and behaviour of an operation stand together. */
export abstract class OperationTable implements SimulatedService {
  public abstract readonly id: string;
  public abstract readonly resources: Record<string, (request: ResourceRequest) => CreatedResource | Promise<CreatedResource>>;
  public readonly lifecycles: Record<string, ResourceLifecycle> = {};
  protected abstract readonly operations: Record<string, Operation>;

  public inventory(): readonly string[] {
    return [];
  }

  public authorize(request: AwsRequest): Authorization[] {
    return this.operation(request).authorize(request.input, request);
  }

  public handle(request: AwsRequest): unknown {
    return this.operation(request).handle(request.input, request);
  }

  public resourcePolicy(_arn: string): PolicyDocument | undefined {
    return undefined;
  }

  private operation(request: AwsRequest): Operation {
    const operation = this.operations[request.operation];
    // A 4xx, so that no SDK client repeats it: the rehearsal does not guess what it does not know.
    if (!operation) throw new AwsError('OperationNotSimulated', `${this.id}:${request.operation} is not simulated`, 400);
    return operation;
  }
}

/** An operation that needs one action on one resource. */
export function operation(
  action: string,
  resource: string | ((input: Record<string, any>) => string),
  handle: (input: Record<string, any>, request: AwsRequest) => unknown,
): Operation {
  return { authorize: (input) => [{ action, resource: typeof resource === 'string' ? resource : resource(input) }], handle };
}

/** Policy documents come from templates as objects, from API calls as JSON text. */
export function parsePolicy(policy: unknown): PolicyDocument {
  return (typeof policy === 'string' ? JSON.parse(policy) : policy) as PolicyDocument;
}

/** CloudFormation takes numbers and booleans as text as well. */
export function asBoolean(value: unknown): boolean {
  return value === true || value === 'true';
}

export function asNumber(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}
