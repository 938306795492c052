import { AwsError } from '../../kernel/aws-error';
import type { OperationModel, ServiceModel } from '../service-model';
import type { Shape, Structure } from '../shape';
import { unchunk } from './aws-chunked';
import { isBodyMember, payloadMember, readBindings, writeBindings } from './http-binding';
import { errorBody, readJson, writeJson } from './json-body';
import { route } from './rest-router';
import { s3Address } from './s3-address';
import { noBytes, utf8, type DecodedRequest, type ServerProtocol, type WireRequest, type WireResponse } from './wire';
import { escapeXml } from './xml-text';

interface BodyFormat {
  readonly contentType: string;
  read(model: ServiceModel, shape: Shape, body: Uint8Array): Record<string, unknown>;
  write(model: ServiceModel, shape: Structure, value: Record<string, unknown>): Uint8Array;
}

const json: BodyFormat = { contentType: 'application/json', read: readJson, write: writeJson };

const xml: BodyFormat = {
  contentType: 'application/xml',
  read: (model, shape, body) => (body.byteLength === 0 ? {} : (model.codec.createDeserializer().read(shape.schema, Buffer.from(body).toString('utf8')) as Record<string, unknown>)),
  write: (model, shape, value) => {
    const serializer = model.codec.createSerializer();
    serializer.write(shape.schema, value);
    return utf8(`<?xml version="1.0" encoding="UTF-8"?>${String(serializer.flush())}`);
  },
};

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson: ServerProtocol = {
  decode: (model, request) => decode(model, request, json),
  encode: (model, operation, output) => encode(model, operation, output, json),
  encodeError: (model, error, requestId) => {
    const known = model.error(error.code);
    const headers = { 'content-type': json.contentType, 'x-amzn-requestid': requestId, 'x-amzn-errortype': known?.name ?? error.code };
    return { statusCode: error.statusCode, headers, body: utf8(JSON.stringify(errorBody(model, error, known))) };
  },
};

/** https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, with the wrapping of errors that S3 uses (noErrorWrapping). */
export const restXml: ServerProtocol = {
  decode: (model, request) => decode(model, request, xml),
  encode: (model, operation, output) => encode(model, operation, output, xml),
  encodeError: (_model, error, requestId) => {
    const members = Object.entries(error.members).map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
    const fields = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>${members.join('')}<RequestId>${requestId}</RequestId>`;
    const body = utf8(`<?xml version="1.0" encoding="UTF-8"?><Error>${fields}</Error>`);
    return { statusCode: error.statusCode, headers: { 'content-type': xml.contentType, 'x-amz-request-id': requestId }, body };
  },
};

function decode(model: ServiceModel, request: WireRequest, format: BodyFormat): DecodedRequest {
  const address = model.id === 's3' ? s3Address(request) : { bucket: undefined, path: request.path };
  const match = route(model, request, address.path, address.bucket !== undefined);
  if (!match) throw new AwsError('UnknownOperationException', `${model.id} has no operation for ${request.method} ${request.path}`, 404);
  const { operation } = match;
  const unwrapped = model.id === 's3' ? unwrap(request) : request;
  const labels = address.bucket === undefined ? match.labels : { ...match.labels, Bucket: address.bucket };
  const bound = readBindings(operation.input, unwrapped, labels);
  return { operation, input: { ...readBody(model, operation.input, unwrapped.body, format), ...bound } };
}

/** The body without the chunks of its transfer; checksums that trail it become headers. */
function unwrap(request: WireRequest): WireRequest {
  const encodings = (request.headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim());
  const streaming = request.headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true;
  if (!encodings.includes('aws-chunked') && !streaming) return request;
  const { body, trailers } = unchunk(request.body);
  const { 'content-encoding': _, ...headers } = request.headers;
  const left = encodings.filter((encoding) => encoding !== 'aws-chunked' && encoding !== '');
  const contentLength = { 'content-length': String(body.byteLength) };
  return { ...request, body, headers: { ...headers, ...contentLength, ...trailers, ...(left.length > 0 ? { 'content-encoding': left.join(',') } : {}) } };
}

function readBody(model: ServiceModel, shape: Structure, body: Uint8Array, format: BodyFormat): Record<string, unknown> {
  const payload = payloadMember(shape);
  if (payload) {
    const [name, member] = payload;
    if (member.kind === 'blob') return { [name]: body };
    if (body.byteLength === 0) return {};
    return { [name]: member.kind === 'structure' ? format.read(model, member, body) : Buffer.from(body).toString('utf8') };
  }
  return [...shape.members.values()].some(isBodyMember) ? format.read(model, shape, body) : {};
}

function encode(model: ServiceModel, operation: OperationModel, output: Record<string, unknown>, format: BodyFormat): WireResponse {
  const { statusCode, headers, body } = writeBindings(operation.output, output);
  const status = statusCode ?? (operation.traits.http[2] as number);
  const payload = payloadMember(operation.output);
  if (payload) {
    const [name, member] = payload;
    const value = output[name];
    if (value === undefined) return { statusCode: status, headers, body: noBytes };
    if (member.kind === 'blob') return { statusCode: status, headers: { 'content-type': 'application/octet-stream', ...headers }, body: value as Uint8Array };
    const written = member.kind === 'structure' ? format.write(model, member, value as Record<string, unknown>) : utf8(String(value));
    return { statusCode: status, headers: { 'content-type': format.contentType, ...headers }, body: written };
  }
  if (body === undefined) return { statusCode: status, headers, body: noBytes };
  return { statusCode: status, headers: { 'content-type': format.contentType, ...headers }, body: format.write(model, operation.output, body) };
}
