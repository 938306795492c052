import type { Shape, Structure } from '../shape';
import { fromText, toText } from './text-values';
import type { WireRequest } from './wire';

/** Members of an input that stand outside of the body. https://smithy.io/2.0/spec/http-bindings.html */
export function readBindings(shape: Structure, request: WireRequest, labels: Readonly<Record<string, string>>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    const value = readBinding(name, member, shape, request, labels);
    if (value !== undefined) input[name] = value;
  }
  return input;
}

function readBinding(name: string, member: Shape, parent: Structure, request: WireRequest, labels: Readonly<Record<string, string>>): unknown {
  const { traits } = member;
  if (traits.httpLabel) return labels[name] === undefined ? undefined : fromText(member, labels[name], 'label');
  if (traits.httpHeader !== undefined) {
    const text = request.headers[(traits.httpHeader as string).toLowerCase()];
    return text === undefined ? undefined : fromText(member, text, 'header');
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = (traits.httpPrefixHeaders as string).toLowerCase();
    const found = Object.entries(request.headers).filter(([header]) => header.startsWith(prefix));
    return found.length === 0 ? undefined : Object.fromEntries(found.map(([header, value]) => [header.slice(prefix.length), value]));
  }
  if (traits.httpQuery !== undefined) {
    const given = request.query[traits.httpQuery as string];
    if (given === undefined) return undefined;
    const texts = typeof given === 'string' ? [given] : (given ?? ['']);
    return member.kind === 'list' ? texts.map((text) => fromText(member.of, text, 'query')) : fromText(member, texts[0] ?? '', 'query');
  }
  if (traits.httpQueryParams) {
    const bound = new Set(queryNames(parent));
    const rest = Object.entries(request.query).filter(([key]) => !bound.has(key));
    return rest.length === 0 ? undefined : Object.fromEntries(rest.map(([key, value]) => [key, typeof value === 'string' ? value : (value?.[0] ?? '')]));
  }
  return undefined;
}

function* queryNames(shape: Structure): Generator<string> {
  for (const [, member] of shape.members) if (member.traits.httpQuery !== undefined) yield member.traits.httpQuery as string;
}

export function isBodyMember(member: Shape): boolean {
  const { traits } = member;
  const outside = traits.httpLabel ?? traits.httpHeader ?? traits.httpPrefixHeaders ?? traits.httpQuery ?? traits.httpQueryParams ?? traits.httpResponseCode;
  return outside === undefined && traits.httpPayload === undefined;
}

export function payloadMember(shape: Structure): readonly [string, Shape] | undefined {
  for (const entry of shape.members) if (entry[1].traits.httpPayload !== undefined) return entry;
  return undefined;
}

export interface BoundOutput {
  readonly statusCode: number | undefined;
  readonly headers: Record<string, string>;
  /** Members of the body; undefined when the shape has none. */
  readonly body: Record<string, unknown> | undefined;
}

export function writeBindings(shape: Structure, output: Record<string, unknown>): BoundOutput {
  const headers: Record<string, string> = {};
  let body: Record<string, unknown> | undefined;
  let statusCode: number | undefined;
  for (const [name, member] of shape.members) {
    const value = output[name];
    const { traits } = member;
    if (isBodyMember(member)) {
      body ??= {};
      if (value !== undefined && value !== null) body[name] = value;
    } else if (value === undefined || value === null) continue;
    else if (traits.httpHeader !== undefined) headers[(traits.httpHeader as string).toLowerCase()] = toText(member, value, 'header');
    else if (traits.httpPrefixHeaders !== undefined) {
      for (const [key, item] of Object.entries(value)) headers[`${traits.httpPrefixHeaders as string}${key}`.toLowerCase()] = String(item);
    } else if (traits.httpResponseCode) statusCode = value as number;
  }
  return { statusCode, headers, body };
}
