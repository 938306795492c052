import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { HttpResponse } from '@smithy/core/protocols';
import type { Principal } from '../kernel/simulation';
import { ArrivalOrder, type Ticket } from './arrival-order';
import type { RehearsalGateway } from './gateway';
import { asBytes } from './normalize';
import { payloadMember } from './protocols/http-binding';
import { noBytes } from './protocols/wire';
import { immediateRetries, maxAttempts } from './retry-strategy';
import { sdkException } from './sdk-exception';
import { SdkPackages } from './sdk-packages';
import type { OperationModel, ServiceModel } from './service-model';
import { WireEndpoint, type WireAnswer } from './wire-endpoint';

/** What the middleware of a client hangs on the HTTP request for the handler. */
interface Caller {
  readonly ticket: Ticket;
  readonly given: Record<string, unknown>;
}

const callerKey = Symbol('rehearsal caller');

/** Middleware for what the simulated AWS does not look at: log lines, the User-Agent and X-Ray headers. It costs a tenth of each request. */
const unused = ['loggerMiddleware', 'getUserAgentMiddleware', 'recursionDetectionMiddleware'];

/**
 * The real SDK packages, their clients bound to a principal. What is replaced is the transport (`requestHandler`), the signature, and the
 * waiting between attempts; commands, middleware, serialization and the mapping of errors are the SDK's own.
 */
export class SdkClients extends SdkPackages {
  private readonly order = new ArrivalOrder();
  private readonly endpoint: WireEndpoint;

  public constructor(
    private readonly gateway: RehearsalGateway,
    private readonly options: { readonly region: string },
  ) {
    super();
    this.endpoint = new WireEndpoint(gateway);
  }

  protected boundClient(model: ServiceModel, principal: Principal, name: string): unknown {
    const Client: any = model.sdk[name];
    const configure = (config: Record<string, unknown>): Record<string, unknown> => ({ ...config, ...this.settings(model, principal) });
    const addMiddleware = (stack: any): void => this.addMiddleware(stack, model, principal);
    const Bound = class extends Client {
      public constructor(...[config]: any[]) {
        super(configure(config ?? {}));
        addMiddleware((this as any).middlewareStack);
      }
    };
    Object.defineProperty(Bound, 'name', { value: Client.name });
    return Bound;
  }

  /** Everything that the SDK would otherwise read from environment and configuration files is set: no machine must show in a rehearsal. */
  private settings(model: ServiceModel, principal: Principal): Record<string, unknown> {
    return {
      region: this.options.region,
      credentials: { accessKeyId: 'AKIAREHEARSAL0000000', secretAccessKey: 'rehearsal' },
      signer: { sign: (request: unknown) => Promise.resolve(request) },
      requestHandler: { handle: (request: any) => this.handle(model, principal, request), destroy: () => undefined, httpHandlerConfigs: () => ({}), updateHttpClientConfig: () => undefined },
      retryStrategy: immediateRetries,
      maxAttempts,
      retryMode: 'standard',
      defaultsMode: 'standard',
      endpoint: undefined,
      ignoreConfiguredEndpointUrls: true,
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      userAgentAppId: '',
      authSchemePreference: [],
      requestChecksumCalculation: 'WHEN_SUPPORTED',
      responseChecksumValidation: 'WHEN_SUPPORTED',
      disableRequestCompression: true,
      ...(model.id === 's3' ? { useArnRegion: false, disableS3ExpressSessionAuth: true, disableMultiregionAccessPoints: true } : {}),
    };
  }

  private addMiddleware(stack: any, model: ServiceModel, principal: Principal): void {
    const callers = new WeakMap<object, Caller>();
    const open = (next: any, context: any) => async (args: any) => {
      const operation = model.operations.get(String(context.commandName).replace(/Command$/, ''))!;
      const given = { ...args.input } as Record<string, unknown>;
      const invalid = this.gateway.reject(principal, model, operation, given);
      if (invalid) throw sdkException(model, invalid);
      const ticket = this.order.take();
      callers.set(context, { ticket, given });
      try {
        return await next(args);
      } finally {
        ticket.release();
      }
    };
    const tag = (next: any, context: any) => (args: any) => {
      args.request[callerKey] = callers.get(context);
      return next(args);
    };
    for (const name of unused) stack.remove(name);
    // Before the SDK fills in tokens and serializes; and last of all, once per attempt.
    stack.add(open, { step: 'initialize', name: 'rehearsalCaller', priority: 'high' });
    stack.add(tag, { step: 'deserialize', name: 'rehearsalTag', priority: 'low' });
  }

  private async handle(model: ServiceModel, principal: Principal, request: any): Promise<{ response: HttpResponse }> {
    const { ticket, given }: Caller = request[callerKey];
    const answer = await ticket.arrive(() => this.answer(model, principal, request, given));
    if (answer.lost) throw Object.assign(new Error(answer.lost.message), { name: answer.lost.code, code: answer.lost.code });
    const { statusCode, headers, body } = answer;
    const streams = statusCode < 300 && answer.operation !== undefined && streamsOutput(answer.operation);
    return { response: new HttpResponse({ statusCode, headers, body: streams ? Readable.from([body]) : body }) };
  }

  /** What is complete is handled without a pause, so that requests are answered in the order of their arrival; a stream has to be read first. */
  private answer(model: ServiceModel, principal: Principal, request: any, given: Record<string, unknown>): Promise<WireAnswer> {
    const { body } = request;
    const forward = (bytes: Uint8Array): Promise<WireAnswer> => {
      const headers = Object.fromEntries(Object.entries(request.headers as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]));
      const { method, hostname, path, query } = request;
      return this.endpoint.answer(model, principal, { method, hostname, path, query: query ?? {}, headers, body: bytes }, { given });
    };
    if (body === undefined || body === null) return forward(noBytes);
    if (typeof body === 'string' || ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return forward(asBytes(body) as Uint8Array);
    return buffer(body).then(forward);
  }
}

function streamsOutput(operation: OperationModel): boolean {
  const payload = payloadMember(operation.output);
  return payload !== undefined && payload[1].kind === 'blob' && payload[1].streaming;
}
