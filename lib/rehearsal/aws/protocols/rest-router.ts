import type { OperationModel, ServiceModel } from '../service-model';
import type { WireRequest } from './wire';

interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly path: RegExp;
  readonly labels: readonly string[];
  /** `?list-type=2`; the value is '' for `?tagging`. */
  readonly literals: readonly (readonly [string, string])[];
  /** Required members tell apart what method and path do not: UploadPart and PutObject, CopyObject and PutObject. */
  readonly queries: readonly string[];
  readonly headers: readonly string[];
  readonly needsBucket: boolean;
}

export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Record<string, string>;
}

const tables = new WeakMap<ServiceModel, readonly Route[]>();

/** @param path without the bucket; @param bucket whether the address names one (S3) */
export function route(model: ServiceModel, request: WireRequest, path: string, bucket: boolean): RouteMatch | undefined {
  let routes = tables.get(model);
  if (!routes) tables.set(model, (routes = buildRoutes(model)));
  for (const candidate of routes) {
    if (candidate.method !== request.method || candidate.needsBucket !== bucket) continue;
    const parsed = candidate.path.exec(path);
    if (!parsed || !literalsFit(candidate, request) || !candidate.queries.every((name) => request.query[name] !== undefined)) continue;
    if (!candidate.headers.every((name) => request.headers[name] !== undefined)) continue;
    return {
      operation: candidate.operation,
      labels: Object.fromEntries(candidate.labels.map((name, i) => [name, decodeURIComponent(parsed[i + 1]!)])),
    };
  }
  return undefined;
}

/** `x-id` is the SDK's own addition for S3; other clients leave it out. */
function literalsFit(candidate: Route, request: WireRequest): boolean {
  return candidate.literals.every(([name, value]) => {
    const given = request.query[name];
    if (name === 'x-id') return given === undefined || given === value;
    return given !== undefined && (value === '' || given === value);
  });
}

/** The most specific first. */
function buildRoutes(model: ServiceModel): Route[] {
  const routes = [...model.operations.values()].filter((operation) => operation.traits.http).map((operation) => routeOf(model, operation));
  return routes.sort((a, b) => specificity(b) - specificity(a));
}

function specificity(entry: Route): number {
  const literals = entry.literals.filter(([name]) => name !== 'x-id').length;
  return 100 * (literals + entry.queries.length + entry.headers.length) + entry.path.source.replaceAll(/\(.*?\)/g, '').length;
}

function routeOf(model: ServiceModel, operation: OperationModel): Route {
  const [method, uri] = operation.traits.http as [string, string];
  const [path = '/', search = ''] = uri.split('?');
  const labels: string[] = [];
  const source = path
    .replaceAll(/[.()[\]]/g, '\\$&')
    .replaceAll(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => (labels.push(name), greedy === '+' ? '(.+)' : '([^/]+)'));
  const required = operation.input.required.map((name) => operation.input.members.get(name)!.traits);
  return {
    operation,
    method,
    path: new RegExp(`^${source}/?$`, 's'),
    labels,
    literals: [...new URLSearchParams(search)],
    queries: required.filter((traits) => traits.httpQuery !== undefined).map((traits) => traits.httpQuery as string),
    headers: required.filter((traits) => traits.httpHeader !== undefined).map((traits) => (traits.httpHeader as string).toLowerCase()),
    needsBucket: model.id === 's3' && operation.input.members.get('Bucket')?.traits.httpLabel !== undefined,
  };
}
