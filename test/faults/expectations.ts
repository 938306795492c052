import { expect } from 'vitest';
import type { Evidence } from './fault-property';

const OUTCOMES = ['DEPLOYED', 'FAILED', 'REFUSED', 'REJECTED', 'ROLLED_BACK', 'SKIPPED'];
const ACTS = ['event lost', 'event twice', 'event late', 'two approvals at once', 'freeze in the middle', 'lock holder gone', 'update by somebody else', 'no traffic', 'silent rollback', 'failing rollback'];
const FLEETS = ['fleet errors', 'fleet slow', 'fleet odd predictions', 'fleet never-healthy'];
const REQUESTS = ['sagemaker:UpdateEndpoint', 'sagemaker:DescribeEndpoint', 'sagemaker:CreateModel', 'sagemaker:CreateEndpointConfig', 's3:PutObject', 's3:GetObject', 'lambda:Invoke'];

/** Sequences in which nothing happens prove nothing: every kind of fault has struck, and every outcome was seen. */
export function expectCoverage({ outcomes, struck }: Evidence): void {
  expect(Object.keys(outcomes).sort()).toEqual(expect.arrayContaining(OUTCOMES));
  const kinds = Object.keys(struck);
  expect(kinds).toEqual(expect.arrayContaining([...ACTS, ...FLEETS]));
  const requests = kinds.filter((kind) => kind.includes(':'));
  for (const request of REQUESTS) expect(requests).toEqual(expect.arrayContaining([expect.stringContaining(request)]));
  for (const error of ['throttled', 'failing', 'lost-answer']) expect(requests.filter((kind) => kind.endsWith(error)).length).toBeGreaterThan(10);
  expect(kinds.filter((kind) => kind.startsWith('crash before ')).length).toBeGreaterThan(20);
}
