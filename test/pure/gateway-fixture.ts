import { createGateway, type RehearsalGateway } from '../../lib/rehearsal/aws/gateway';
import type { RequestRecord } from '../../lib/rehearsal/aws/record';
import { FaultPlan } from '../../lib/rehearsal/kernel/faults';
import type { Authorization, AwsRequest, PolicyDocument, Principal, SimulatedService } from '../../lib/rehearsal/kernel/simulation';
import { Timeline } from '../../lib/rehearsal/kernel/timeline';

export const root: Principal = { arn: 'arn:aws:iam::111122223333:root', root: true };
export const role: Principal = { arn: 'arn:aws:iam::111122223333:role/Trainer' };
export const now = Date.UTC(2001, 1, 1);

type Handler = (input: Record<string, any>, request: AwsRequest) => unknown;

export class FakeService implements SimulatedService {
  public readonly resources = {};
  public readonly requests: AwsRequest[] = [];

  public constructor(
    public readonly id: string,
    private readonly handlers: Record<string, Handler>,
    private readonly needs: (request: AwsRequest) => Authorization[] = () => [],
    private readonly policy?: PolicyDocument,
  ) {}

  public authorize(request: AwsRequest): Authorization[] {
    return this.needs(request);
  }

  public resourcePolicy(): PolicyDocument | undefined {
    return this.policy;
  }

  public handle(request: AwsRequest): unknown {
    this.requests.push(request);
    const handler = this.handlers[request.operation];
    if (!handler) throw new Error(`no fake of ${request.operation}`);
    return handler(request.input, request);
  }
}

/** Knows one set of identity policies, for every role. */
export function fakeIam(...policies: PolicyDocument[]): SimulatedService {
  return Object.assign(new FakeService('iam', {}), { resourcePolicy: () => undefined, policiesOf: () => policies });
}

export function allow(action: string | string[], resource: string | string[] = '*'): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] };
}

export interface Fixture {
  readonly gateway: RehearsalGateway;
  readonly records: RequestRecord[];
  readonly faults: FaultPlan;
  readonly timeline: Timeline;
}

export function fixture(...services: SimulatedService[]): Fixture {
  const records: RequestRecord[] = [];
  const faults = new FaultPlan();
  const timeline = new Timeline();
  const gateway = createGateway({
    clock: { now: () => now },
    faults,
    timeline,
    services: new Map(services.map((service) => [service.id, service])),
    account: '111122223333',
    region: 'us-east-1',
    partition: 'aws',
    record: (record) => records.push(record),
  });
  return { gateway, records, faults, timeline };
}

/** An SDK package bound to the principal. */
export function sdk<T>(gateway: RehearsalGateway, name: string, principal: Principal = root): T {
  return gateway.requireFor(principal)(name) as T;
}

export async function errorOf(promise: Promise<unknown>): Promise<Error & { $metadata?: { httpStatusCode?: number; attempts?: number } } & Record<string, any>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, any>;
  }
  throw new Error('expected an error');
}
