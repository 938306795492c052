import { AwsError } from '../kernel/aws-error';
import type { FaultPlan, RequestFault } from '../kernel/faults';
import type { Authorization, AwsRequest, Gateway, Principal, SimulatedService } from '../kernel/simulation';
import type { Timeline } from '../kernel/timeline';
import type { VirtualClock } from '../kernel/virtual-clock';
import { Authorizer, callerName } from './authorizer';
import { DirectClients } from './direct-clients';
import { accessDeniedCode, faultStatus, invalidInputCode } from './error-codes';
import { normalize } from './normalize';
import { recordable, RecordQueue, type RequestRecord } from './record';
import { checkShape } from './schema-check';
import { SdkClients } from './sdk-clients';
import type { SdkPackages } from './sdk-packages';
import { serviceModel } from './sdk-registry';
import type { OperationModel, ServiceModel } from './service-model';

export interface GatewayOptions {
  readonly clock: Pick<VirtualClock, 'now'>;
  readonly faults: FaultPlan;
  readonly timeline: Timeline;
  /** By id; may be filled after the gateway was made. */
  readonly services: ReadonlyMap<string, SimulatedService>;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** Gets one record per AWS request, in the order of their arrival. */
  readonly record?: (record: RequestRecord) => void;
  /** Handlers' clients without the SDK's serialization and HTTP. @default false */
  readonly direct?: boolean;
}

export interface RequestCounters {
  total: number;
  schemaErrors: number;
  denied: number;
}

/** One request on its way through the pipeline. */
export interface Request {
  readonly principal: Principal;
  readonly model: ServiceModel;
  readonly operation: OperationModel;
  readonly input: Record<string, unknown>;
  /** What the caller wrote, where that differs from what arrived. */
  readonly given?: Record<string, unknown>;
  /** The SDK client has checked what its caller wrote. */
  readonly checked?: boolean;
}

export interface RehearsalGateway extends Gateway {
  readonly counters: Readonly<RequestCounters>;
  /** Errors of the simulator itself, not of the caller: a rehearsal that has any is not to be believed. */
  readonly defects: readonly Error[];
  /** The pipeline for requests that came over a wire. @throws AwsError */
  execute(request: Request): Promise<any>;
  /** Counts and records an input that breaks its schema, without sending it. @returns the answer of the service, or undefined */
  reject(principal: Principal, model: ServiceModel, operation: OperationModel, input: unknown): AwsError | undefined;
  /** Records the requests that never got an answer. Call it at the end. */
  close(): void;
}

export function createGateway(options: GatewayOptions): RehearsalGateway {
  return new Pipeline(options);
}

class Pipeline implements RehearsalGateway {
  public readonly counters: RequestCounters = { total: 0, schemaErrors: 0, denied: 0 };
  public readonly defects: Error[] = [];
  private readonly authorizer: Authorizer;
  private readonly records: RecordQueue;
  private readonly clients: SdkPackages;

  public constructor(private readonly options: GatewayOptions) {
    this.authorizer = new Authorizer(options);
    this.records = new RecordQueue(options.record ?? (() => undefined));
    this.clients = options.direct === true ? new DirectClients(this) : new SdkClients(this, options);
  }

  public async call(principal: Principal, service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    const model = serviceModel(service);
    if (!model) throw this.unknown(principal, service, operation, input, `The service '${service}' is not known to the rehearsal`);
    const operationModel = model.operations.get(operation);
    if (!operationModel) throw this.unknown(principal, service, operation, input, `${service} has no operation '${operation}'`);
    return this.execute({ principal, model, operation: operationModel, input });
  }

  public requireFor(principal: Principal): (id: string) => unknown {
    return this.clients.requireFor(principal);
  }

  public reject(principal: Principal, model: ServiceModel, operation: OperationModel, input: unknown): AwsError | undefined {
    const error = schemaError(model, operation, input);
    if (error) this.begin(principal, model.id, operation.name, input)(error.statusCode, error.code);
    if (error) this.counters.schemaErrors++;
    return error;
  }

  public async execute(request: Request): Promise<any> {
    const { principal, model, operation, given } = request;
    const end = this.begin(principal, model.id, operation.name, given ?? request.input);
    try {
      const output = await this.answer(request);
      end(operation.traits.http?.[2] ?? 200, null);
      return output;
    } catch (error) {
      if (error instanceof AwsError) end(error.statusCode, error.code);
      else {
        const defect = error instanceof Error ? error : new Error(String(error));
        this.defects.push(defect);
        end(500, 'SimulatorDefect');
      }
      throw error;
    }
  }

  public close(): void {
    this.records.close();
  }

  private async answer({ principal, model, operation, input, checked }: Request): Promise<any> {
    const invalid = checked === true ? undefined : schemaError(model, operation, input);
    if (invalid) {
      this.counters.schemaErrors++;
      throw invalid;
    }
    const awsRequest: AwsRequest = { principal, service: model.id, operation: operation.name, input: normalize(operation.input, input) };
    const fault = this.options.faults.request(this.options.clock.now(), awsRequest);
    if (fault && fault.afterEffect !== true) throw faultError(fault);
    const service = this.options.services.get(model.id);
    if (!service) throw new AwsError('ServiceNotSimulated', `${model.id} is not simulated (${operation.name})`, 400);
    for (const authorization of service.authorize(awsRequest)) this.authorize(awsRequest, authorization);
    const output = ((await service.handle(awsRequest)) ?? {}) as Record<string, unknown>;
    const problem = checkShape(operation.output, output, model)[0];
    if (problem) throw new Error(`The simulated ${model.id} answers ${operation.name} with what AWS cannot answer: ${problem.message}`);
    if (fault) throw faultError(fault);
    return normalize(operation.output, output);
  }

  private authorize(request: AwsRequest, authorization: Authorization): void {
    const { principal, service } = request;
    const { action, resource } = authorization;
    const decision = this.authorizer.decide(principal, authorization);
    if (decision.allowed) return;
    this.counters.denied++;
    const caller = principal.service ?? callerName(principal);
    // S3 puts the ARN in quotes (S3 User Guide, "Troubleshoot access denied errors").
    const shown = service === 's3' ? `"${resource}"` : resource;
    const message = `User: ${caller} is not authorized to perform: ${action} on resource: ${shown} ${decision.reason}`;
    const time = this.options.clock.now();
    this.options.timeline.emit({ time, kind: 'request-denied', subject: principal.service ?? principal.arn, message, data: { action, resource } });
    throw new AwsError(accessDeniedCode(service), message, 403);
  }

  private unknown(principal: Principal, service: string, operation: string, input: unknown, message: string): AwsError {
    this.begin(principal, service, operation, input)(400, 'UnknownOperationException');
    this.counters.schemaErrors++;
    return new AwsError('UnknownOperationException', message, 400);
  }

  private begin(principal: Principal, service: string, operation: string, input: unknown): (status: number, error: string | null) => void {
    this.counters.total++;
    if (!this.options.record) return () => undefined;
    const time = new Date(this.options.clock.now()).toISOString();
    return this.records.begin({ time, principal: principal.service ?? principal.arn, service, operation, input: recordable(input) });
  }
}

function schemaError(model: ServiceModel, operation: OperationModel, input: unknown): AwsError | undefined {
  const problems = checkShape(operation.input, input, model);
  if (problems.length === 0) return undefined;
  const found = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  const message = `${found} detected in ${operation.name}: ${problems.map((problem) => problem.message).join('; ')}`;
  return new AwsError(invalidInputCode(model.id), message, 400);
}

function faultError(fault: RequestFault): AwsError {
  return new AwsError(fault.code, fault.message ?? `Injected fault ${fault.id}`, faultStatus(fault));
}
