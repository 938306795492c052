import fc from 'fast-check';

/** One thing that happens to a deployed stack: somebody acts, something breaks, or time passes. Plain data, so that a counterexample can be read. */
export type Step =
  | { readonly kind: 'approve'; readonly version: number; readonly event: 'once' | 'twice' | 'late' | 'lost' }
  | { readonly kind: 'approve-two'; readonly versions: readonly [number, number] }
  | { readonly kind: 'start'; readonly version: number; readonly trigger: 'manual' | 'rollback'; readonly approved: boolean }
  | { readonly kind: 'configuration' }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'unfreeze' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'foreign-update' }
  | { readonly kind: 'traffic'; readonly requestsPerMinute: number }
  | { readonly kind: 'fleet'; readonly version: number; readonly fault: FleetFault }
  | { readonly kind: 'silent-rollback' }
  | { readonly kind: 'rollback-fails' }
  | { readonly kind: 'request'; readonly request: string; readonly error: RequestError; readonly skip: number; readonly times: number }
  | { readonly kind: 'crash'; readonly state: string; readonly skip: number }
  | { readonly kind: 'wait'; readonly minutes: number };

export type FleetFault = 'errors' | 'slow' | 'odd predictions' | 'never-healthy';
/** `lost-answer`: the service did it, the caller sees an error. */
export type RequestError = 'throttled' | 'failing' | 'lost-answer';

/** What the deployment's handlers and states ask of AWS. */
const REQUESTS = [
  ...['DescribeModelPackage', 'UpdateModelPackage', 'DescribeEndpoint', 'CreateEndpoint', 'UpdateEndpoint', 'DeleteEndpoint'].map((operation) => `sagemaker:${operation}`),
  ...['CreateModel', 'DescribeModel', 'ListModels', 'DeleteModel'].map((operation) => `sagemaker:${operation}`),
  ...['CreateEndpointConfig', 'DescribeEndpointConfig', 'ListEndpointConfigs', 'DeleteEndpointConfig'].map((operation) => `sagemaker:${operation}`),
  ...['PutMetricAlarm', 'DescribeAlarms', 'DeleteAlarms', 'PutMetricData', 'GetMetricData'].map((operation) => `cloudwatch:${operation}`),
  ...['DescribeScalableTargets', 'RegisterScalableTarget', 'PutScalingPolicy'].map((operation) => `application-auto-scaling:${operation}`),
  ...['s3:GetObject', 's3:PutObject', 'sns:Publish', 'sfn:DescribeExecution', 'lambda:Invoke'],
];

/** An attempt of the SDK, all attempts of a handler, all attempts of a state. */
const TIMES = [1, 3, 12, 40];

/** @param states names of the states at which an execution may die */
export function steps(states: readonly string[], versions: number): fc.Arbitrary<Step[]> {
  const version = fc.integer({ min: 1, max: versions });
  const act = fc.oneof(
    { weight: 8, arbitrary: step('approve', { version, event: fc.constantFrom('once', 'once', 'once', 'twice', 'late', 'lost') }) },
    { weight: 2, arbitrary: step('approve-two', { versions: fc.tuple(version, version) }) },
    { weight: 4, arbitrary: step('start', { version, trigger: fc.constantFrom('manual', 'rollback'), approved: fc.constantFrom(true, true, true, false) }) },
    { weight: 2, arbitrary: step('configuration', {}) },
  );
  const fault = fc.oneof(
    { weight: 4, arbitrary: step('fleet', { version, fault: fc.constantFrom('errors', 'slow', 'odd predictions', 'never-healthy') }) },
    { weight: 2, arbitrary: step('silent-rollback', {}) },
    { weight: 1, arbitrary: step('rollback-fails', {}) },
    { weight: 2, arbitrary: step('traffic', { requestsPerMinute: fc.constantFrom(0, 8, 500) }) },
    { weight: 2, arbitrary: step('foreign-update', {}) },
    {
      weight: 8,
      arbitrary: step('request', {
        request: fc.constantFrom(...REQUESTS),
        error: fc.constantFrom('throttled', 'failing', 'lost-answer'),
        skip: fc.constantFrom(0, 0, 0, 1, 2, 5),
        times: fc.constantFrom(...TIMES),
      }),
    },
    { weight: 5, arbitrary: step('crash', { state: fc.constantFrom(...states), skip: fc.constantFrom(0, 0, 0, 1, 3) }) },
  );
  const interruption = fc.oneof(
    { weight: 2, arbitrary: step('freeze', {}) },
    { weight: 1, arbitrary: step('unfreeze', {}) },
    { weight: 2, arbitrary: step('stop', {}) },
    { weight: 2, arbitrary: act },
    { weight: 1, arbitrary: fault },
  );
  const wait = step('wait', { minutes: fc.constantFrom(1, 6, 9, 14, 30, 60) });
  const round = fc.tuple(fc.array(fault, { maxLength: 2 }), act, fc.option(fc.tuple(wait, interruption), { nil: [] }), fc.option(wait, { nil: undefined }));
  return fc.array(round, { minLength: 1, maxLength: 3, size: 'max' }).map((rounds) => rounds.flat(3).filter((found): found is Step => found !== undefined));
}

function step<K extends Step['kind']>(
  kind: K,
  members: { [M in Exclude<keyof Extract<Step, { kind: K }>, 'kind'>]: fc.Arbitrary<Extract<Step, { kind: K }>[M]> },
): fc.Arbitrary<Step> {
  return fc.record({ kind: fc.constant(kind), ...members }) as unknown as fc.Arbitrary<Step>;
}
