import type { AwsError } from '../../kernel/aws-error';
import type { OperationModel, ServiceModel } from '../service-model';

/** An HTTP request as it reaches AWS; the body is complete, the header names are in lower case, query values are decoded. */
export interface WireRequest {
  readonly method: string;
  readonly hostname: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

export interface DecodedRequest {
  readonly operation: OperationModel;
  readonly input: Record<string, unknown>;
}

/** The server's side of one of AWS's protocols. */
export interface ServerProtocol {
  /** @throws AwsError when no operation answers to the request */
  decode(model: ServiceModel, request: WireRequest): DecodedRequest;
  encode(model: ServiceModel, operation: OperationModel, output: Record<string, unknown>): WireResponse;
  encodeError(model: ServiceModel, error: AwsError, requestId: string): WireResponse;
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export const noBytes = new Uint8Array(0);
