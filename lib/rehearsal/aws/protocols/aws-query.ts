import { XmlCodec } from '@aws-sdk/core/protocols';
import { AwsError } from '../../kernel/aws-error';
import type { Shape, Structure } from '../shape';
import { fromText } from './text-values';
import type { ServerProtocol } from './wire';
import { utf8 } from './wire';
import { escapeXml } from './xml-text';

type Form = ReadonlyMap<string, string>;

/** awsQuery: form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export const awsQuery: ServerProtocol = {
  decode(model, request) {
    const pairs = new URLSearchParams(Buffer.from(request.body).toString('utf8'));
    for (const [name, value] of Object.entries(request.query)) if (typeof value === 'string') pairs.append(name, value);
    const form: Form = new Map(pairs);
    const operation = model.operations.get(form.get('Action') ?? '');
    if (!operation) throw new AwsError('InvalidAction', `${model.id} has no action ${form.get('Action') ?? ''}`, 400);
    return { operation, input: readStructure(operation.input, form, '') };
  },

  encode(model, operation, output) {
    const result = operation.output.members.size === 0 ? '' : writeResult(operation.name, operation.output, output);
    const body = `<${operation.name}Response xmlns="${model.xmlNamespace ?? ''}">${result}</${operation.name}Response>`;
    return { statusCode: 200, headers: { 'content-type': 'text/xml' }, body: utf8(body) };
  },

  encodeError(model, error, requestId) {
    const code = model.error(error.code)?.wireCode ?? error.code;
    const type = error.statusCode < 500 ? 'Sender' : 'Receiver';
    const members = Object.entries(error.members).map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
    const fields = `<Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>${members.join('')}`;
    const body = `<ErrorResponse xmlns="${model.xmlNamespace ?? ''}"><Error>${fields}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { statusCode: error.statusCode, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body: utf8(body) };
  },
};

function readStructure(shape: Structure, form: Form, prefix: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    const value = readValue(member, form, `${prefix}${member.traits.xmlName ?? name}`);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function readValue(shape: Shape, form: Form, key: string): unknown {
  switch (shape.kind) {
    case 'structure':
      return hasPrefix(form, `${key}.`) ? readStructure(shape, form, `${key}.`) : undefined;
    case 'list': {
      const item = shape.traits.xmlFlattened ? key : `${key}.${shape.of.traits.xmlName ?? 'member'}`;
      if (form.get(key) === '') return [];
      return sequence(form, item, (at) => readValue(shape.of, form, at));
    }
    case 'map': {
      const entry = shape.traits.xmlFlattened ? key : `${key}.entry`;
      const keyName: string = shape.keyTraits.xmlName ?? 'key';
      const valueName: string = shape.of.traits.xmlName ?? 'value';
      const pairs = sequence(form, entry, (at) => [form.get(`${at}.${keyName}`) ?? '', readValue(shape.of, form, `${at}.${valueName}`)]);
      return pairs && Object.fromEntries(pairs as [string, unknown][]);
    }
    default: {
      const text = form.get(key);
      return text === undefined ? undefined : fromText(shape, text, 'form');
    }
  }
}

/** `Key.member.1`, `Key.member.2`, … */
function sequence(form: Form, key: string, read: (key: string) => unknown): unknown[] | undefined {
  const items: unknown[] = [];
  for (let i = 1; form.has(`${key}.${i}`) || hasPrefix(form, `${key}.${i}.`); i++) items.push(read(`${key}.${i}`));
  return items.length === 0 ? undefined : items;
}

function hasPrefix(form: Form, prefix: string): boolean {
  for (const key of form.keys()) if (key.startsWith(prefix)) return true;
  return false;
}

const resultSchemas = new WeakMap<Structure, unknown>();
const codec = new XmlCodec({ timestampFormat: { useTrait: true, default: 5 }, httpBindings: false, xmlNamespace: '', serviceNamespace: '' });

/** The output, under the name that the protocol gives it, written with the SDK's own codec. */
function writeResult(operation: string, shape: Structure, output: Record<string, unknown>): string {
  let schema = resultSchemas.get(shape);
  if (!schema) {
    const [kind, namespace, , traits, names, members, required] = shape.schema;
    resultSchemas.set(shape, (schema = [kind, namespace, `${operation}Result`, traits, names, members, required]));
  }
  const serializer = codec.createSerializer();
  serializer.write(schema as never, output);
  return String(serializer.flush());
}
