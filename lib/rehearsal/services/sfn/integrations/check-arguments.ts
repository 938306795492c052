import type { Collection, Shape } from '../../../aws/shape';
import { isExpression } from '../expression';
import { apiOf, type TaskResource } from './catalogue';
import { memberName } from './values';

/** Members that take any JSON where the API takes text or bytes: path in the arguments, list positions left out. */
const ANY_JSON: Record<string, string> = {
  'lambda:invoke': 'Payload',
  'sns:publish': 'Message',
  'events:putEvents': 'Entries.Detail',
  'states:startExecution': 'Input',
};

/**
 * Compares literal arguments with the API's schema, as AWS does at CreateStateMachine ("The field … is not supported by Step Functions",
 * "The field … is required but was missing"). What expressions give is checked when the request is made.
 */
export function checkArguments(resource: TaskResource, args: unknown, place: string, report: (place: string, problem: string) => void): void {
  const api = apiOf(resource);
  if (!api || resource.kind === 'function') return;
  const open = resource.kind === 'optimized' ? ANY_JSON[resource.id] : undefined;
  const walk = (shape: Shape, value: unknown, at: string, path: string): void => {
    if (isExpression(value) || path === open) return;
    if (shape.kind === 'list') {
      if (!Array.isArray(value)) report(at, 'must be a list');
      else value.forEach((item, index) => walk(shape.of, item, `${at}/${index}`, path));
      return;
    }
    if (!isMap(shape) && shape.kind !== 'structure') return;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      report(at, 'must be an object');
      return;
    }
    if (isMap(shape)) {
      for (const [key, member] of Object.entries(value)) walk(shape.of, member, `${at}/${key}`, `${path}.${key}`);
      return;
    }
    const given = new Set<string>();
    for (const [key, member] of Object.entries(value)) {
      const name = memberName(shape, key);
      if (name === undefined) {
        report(`${at}/${key}`, `is not a member of ${api.operation.name}`);
        continue;
      }
      given.add(name);
      walk(shape.members.get(name)!, member, `${at}/${key}`, path === '' ? key : `${path}.${key}`);
    }
    for (const name of shape.required) {
      // SDKs fill in idempotency tokens.
      if (!given.has(name) && !shape.members.get(name)?.traits.idempotencyToken) report(at, `needs ${name}`);
    }
  };
  walk(api.operation.input, args ?? {}, place, '');
}

function isMap(shape: Shape): shape is Collection {
  return shape.kind === 'map';
}
