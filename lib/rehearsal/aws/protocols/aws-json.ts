import { AwsError } from '../../kernel/aws-error';
import type { ServerProtocol } from './wire';
import { utf8 } from './wire';
import { errorBody, readJson, writeJson } from './json-body';

/** awsJson1_0 and awsJson1_1: the operation stands in X-Amz-Target. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export const awsJson: ServerProtocol = {
  decode(model, request) {
    const [target, name = ''] = (request.headers['x-amz-target'] ?? '').split('.');
    const operation = target === model.target ? model.operations.get(name) : undefined;
    if (!operation) throw new AwsError('UnknownOperationException', `${model.id} has no operation ${request.headers['x-amz-target'] ?? ''}`, 400);
    return { operation, input: readJson(model, operation.input, request.body) };
  },

  encode(model, operation, output) {
    return { statusCode: 200, headers: headers(model.jsonVersion), body: writeJson(model, operation.output, output) };
  },

  encodeError(model, error, requestId) {
    const known = model.error(error.code);
    const body = errorBody(model, error, known);
    // The full shape id would do as well; what the SDK looks for is the part behind '#'.
    const type = known ? `${known.structure.namespace}#${known.name}` : error.code;
    const compatible: Record<string, string> = model.queryCompatible
      ? { 'x-amzn-query-error': `${known?.wireCode ?? error.code};${error.statusCode < 500 ? 'Sender' : 'Receiver'}` }
      : {};
    return {
      statusCode: error.statusCode,
      headers: { ...headers(model.jsonVersion), 'x-amzn-requestid': requestId, ...compatible },
      body: utf8(JSON.stringify({ __type: type, ...body })),
    };
  },
};

function headers(version: string): Record<string, string> {
  return { 'content-type': `application/x-amz-json-${version}` };
}
