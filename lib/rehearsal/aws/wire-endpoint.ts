import { AwsError } from '../kernel/aws-error';
import type { Principal } from '../kernel/simulation';
import type { RehearsalGateway } from './gateway';
import { protocols } from './protocols';
import { payloadMember } from './protocols/http-binding';
import { noBytes, type DecodedRequest, type WireRequest, type WireResponse } from './protocols/wire';
import type { OperationModel, ServiceModel } from './service-model';

/** What an SDK client in this process knows of its caller. */
export interface Origin {
  /** The input before the SDK touched it. */
  readonly given: Record<string, unknown>;
}

export interface WireAnswer extends WireResponse {
  readonly operation?: OperationModel;
  /** No answer reached the caller: the connection broke. */
  readonly lost?: AwsError;
}

/** HTTP in, HTTP out: decodes, lets the gateway work, encodes. */
export class WireEndpoint {
  private requests = 0;

  public constructor(private readonly gateway: RehearsalGateway) {}

  public async answer(model: ServiceModel, principal: Principal, request: WireRequest, origin?: Origin): Promise<WireAnswer> {
    const protocol = protocols[model.protocol];
    const requestId = `00000000-0000-4000-8000-${String(++this.requests).padStart(12, '0')}`;
    let decoded: DecodedRequest | undefined;
    try {
      decoded = protocol.decode(model, request);
      const { operation } = decoded;
      const input = origin ? withoutFilledTokens(operation, decoded.input, origin.given) : decoded.input;
      const given = origin ? complete(operation, origin.given, input) : input;
      const output = await this.gateway.execute({ principal, model, operation, input, given, checked: origin !== undefined });
      const response = protocol.encode(model, operation, output);
      return { ...response, headers: { ...response.headers, [requestIdHeader(model)]: requestId }, operation };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.statusCode === 0) return { statusCode: 0, headers: {}, body: noBytes, lost: error };
      const response = protocol.encodeError(model, error, requestId);
      // An answer to HEAD has no body (RFC 9110).
      return { ...response, body: request.method === 'HEAD' ? noBytes : response.body };
    }
  }
}

function requestIdHeader(model: ServiceModel): string {
  return model.id === 's3' ? 'x-amz-request-id' : 'x-amzn-requestid';
}

/** The SDK fills in random idempotency tokens; nothing random may reach the simulation. (Its schemas never call a token required.) */
function withoutFilledTokens(operation: OperationModel, input: Record<string, unknown>, given: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(input).filter(([name]) => {
    const filled = operation.input.members.get(name)?.traits.idempotencyToken !== undefined && (given[name] === undefined || given[name] === null);
    return !filled;
  });
  return Object.fromEntries(kept);
}

/** A stream can be read once: the record shows what it held. */
function complete(operation: OperationModel, given: Record<string, unknown>, input: Record<string, unknown>): Record<string, unknown> {
  const payload = payloadMember(operation.input);
  return payload && payload[1].kind === 'blob' && given[payload[0]] !== undefined ? { ...given, [payload[0]]: input[payload[0]] } : given;
}
