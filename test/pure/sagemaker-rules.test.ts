import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseImageUri } from '../../lib/rehearsal/containers/image-registry';
import type { ChangedPredictions } from '../../lib/rehearsal/kernel/faults';
import { changeNumber, changePredictions } from '../../lib/rehearsal/services/sagemaker/changed-predictions';
import { fieldSelection, fieldsOf } from '../../lib/rehearsal/services/sagemaker/csv-filter';
import { deploymentPlan, validateDeploymentConfig } from '../../lib/rehearsal/services/sagemaker/deployment-plan';
import { finalMetrics, observedMetrics } from '../../lib/rehearsal/services/sagemaker/training-metrics';
import { type TransformRules, assemble, payloads } from '../../lib/rehearsal/services/sagemaker/transform-records';

const RULES: TransformRules = { splitType: 'Line', batchStrategy: 'MultiRecord', maxPayloadBytes: 1e6, assembleWith: 'Line', joinSource: 'None' };

describe('CSV filter', () => {
  test.each([
    ['$', 'a,b,c,d'],
    ['$[1]', 'b'],
    ['$[0,2]', 'a,c'],
    ['$[1:]', 'b,c,d'],
    ['$[:2]', 'a,b'],
    ['$[1:3]', 'b,c'],
    ['$[-1:]', 'd'],
    ['$[:-1]', 'a,b,c'],
  ])('%s selects %s', (path, expected) => {
    expect(fieldSelection(path)(['a', 'b', 'c', 'd']).join(',')).toBe(expected);
  });

  test.each(['$.a', 'x', '$[a]', '$[1', '$[1:2:3]'])('fails for %s', (path) => {
    expect(() => fieldSelection(path)).toThrow('not a JSONPath for CSV records');
  });

  test('keeps commas within quotes', () => {
    expect(fieldsOf('a,"b,c",d')).toEqual(['a', '"b,c"', 'd']);
  });
});

describe('transform records', () => {
  const line = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 5 }).map((fields) => fields.join(','));

  test('every record is sent once, in order, in payloads within the limit', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 25, max: 200 }), fc.constantFrom('MultiRecord', 'SingleRecord'), (lines, maxPayloadBytes, batchStrategy) => {
        const made = payloads(`${lines.join('\n')}\n`.replace(/^\n$/, ''), { ...RULES, maxPayloadBytes, batchStrategy });
        expect(made.map((payload) => payload.body).join('')).toBe(lines.map((each) => `${each}\n`).join(''));
        expect(made.every((payload) => Buffer.byteLength(payload.body) <= maxPayloadBytes)).toBe(true);
        if (batchStrategy === 'SingleRecord') expect(made).toHaveLength(lines.length);
      }),
    );
  });

  test('joins answers with whole records, before the output filter', () => {
    const rules: TransformRules = { ...RULES, inputFilter: '$[1:]', joinSource: 'Input', outputFilter: '$[0,-1]' };
    const made = payloads('id1,5,6\nid2,7,8\n', rules);
    expect(made[0]!.body).toBe('5,6\n7,8\n');
    expect(assemble([{ payload: made[0]!, answer: '0.1\n0.2\n' }], rules)).toBe('id1,0.1\nid2,0.2\n');
  });

  test('fails when an answer has another number of records, and when a record is too big', () => {
    const rules: TransformRules = { ...RULES, joinSource: 'Input' };
    expect(() => assemble([{ payload: payloads('1\n2\n', rules)[0]!, answer: '0.1\n' }], rules)).toThrow('does not match');
    expect(() => payloads(`${'x'.repeat(50)}\n`, { ...RULES, maxPayloadBytes: 20 })).toThrow('too much data');
  });
});

describe('deployment plan', () => {
  const canary = (value: number): any => ({
    BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: value }, WaitIntervalInSeconds: 600 }, TerminationWaitInSeconds: 120 },
    AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'a' }] },
  });

  test('a canary is at least one instance and at most half of the fleet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2, max: 100 }), (percent, instances) => {
        const [first, last] = deploymentPlan(canary(percent), instances, true).steps;
        expect(first!.instances).toBe(Math.max(1, Math.floor((instances * percent) / 100)));
        expect(first!.share).toBeLessThanOrEqual(0.5);
        expect(last).toMatchObject({ share: 1, waitSeconds: 120 });
      }),
    );
    expect(() => deploymentPlan(canary(10), 1, true)).toThrow('50%');
    expect(() => deploymentPlan(canary(51), 10, true)).toThrow('50%');
  });

  test('linear steps grow to the whole fleet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 10, max: 50 }), (instances, percent) => {
        const linear: any = {
          BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'LINEAR', LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: percent }, WaitIntervalInSeconds: 1 } },
        };
        const shares = deploymentPlan(linear, instances, true).steps.map((step) => step.share);
        expect(shares.at(-1)).toBe(1);
        expect(shares.every((share, index) => index === 0 || share > shares[index - 1]!)).toBe(true);
      }),
    );
  });

  test('falls back to all at once without baking when variants are not comparable', () => {
    expect(deploymentPlan(canary(25), 4, false)).toMatchObject({ kind: 'all-at-once', alarmNames: [], steps: [{ share: 1, waitSeconds: 0 }] });
  });

  test('fails when the waits do not fit into the timeout, and for contradictions', () => {
    const long = canary(25);
    long.BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds = 700;
    expect(() => deploymentPlan(long, 4, true)).toThrow('must be larger than the total waiting time');
    expect(() => validateDeploymentConfig({ ...canary(25), RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 0 } })).toThrow('Only one of');
    expect(() => validateDeploymentConfig({ AutoRollbackConfiguration: { Alarms: [] } })).toThrow('greater than or equal to 1');
    const withoutSize = canary(25);
    delete withoutSize.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.CanarySize;
    expect(() => validateDeploymentConfig(withoutSize)).toThrow('CanarySize must be specified');
  });
});

test('metric definitions find every value; the last one counts', () => {
  const observed = observedMetrics('epoch 1 auc=0.5; loss=1e-1\nepoch 2 auc=0.75; loss=nothing\n', [
    { Name: 'auc', Regex: 'auc=([0-9.]+)' },
    { Name: 'loss', Regex: 'loss=(\\S+)' },
  ]);
  expect(observed).toEqual([
    { name: 'auc', value: 0.5 },
    { name: 'loss', value: 0.1 },
    { name: 'auc', value: 0.75 },
  ]);
  expect(finalMetrics(observed)).toEqual([
    { name: 'auc', value: 0.75 },
    { name: 'loss', value: 0.1 },
  ]);
});

test.each([
  ['localhost:5000/a/b', { repository: 'localhost:5000/a/b', tag: undefined, digest: undefined }],
  ['r.example.com/a:1', { repository: 'r.example.com/a', tag: '1', digest: undefined }],
  ['r.example.com/a:1@sha256:00', { repository: 'r.example.com/a', tag: '1', digest: 'sha256:00' }],
])('image URI %s', (uri, expected) => {
  expect(parseImageUri(uri)).toEqual(expected);
});

describe('changed predictions', () => {
  const change = (text: string, contentType: string, changed: ChangedPredictions): string => changePredictions(Buffer.from(text), contentType, changed).toString('utf8');

  test.each([
    ['0.25,1e-1\n-3\n', 'text/csv; charset=utf-8', '0.5,0.2\n-6\n'],
    ['{"score1": 0.25, "rows": [[1, "2"]], "label": null}', 'application/json', '{"score1":0.5,"rows":[[2,"2"]],"label":null}'],
    ['{"score":1}\n{"score":2}\n', 'application/jsonlines', '{"score":2}\n{"score":4}\n'],
  ])('every number of %s as %s', (text, contentType, expected) => {
    expect(change(text, contentType, { factor: 2 })).toBe(expected);
  });

  test('stay within the limits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true }), (value, factor, offset) => {
        const changed = changeNumber(value, { factor, offset, minimum: 0, maximum: 1 });
        return changed >= 0 && changed <= 1;
      }),
    );
  });
});

describe('rollback of a rolling update', () => {
  const rolling = (back?: unknown): any => ({
    RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 60, ...(back ? { RollbackMaximumBatchSize: back } : {}) },
  });

  test('comes back by whole instances, at least one, at most all; by default all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 100 }), fc.integer({ min: 2, max: 60 }), (percent, instances) => {
        const { rollbackBatch } = deploymentPlan(rolling({ Type: 'CAPACITY_PERCENT', Value: percent }), instances, true);
        expect(rollbackBatch).toBe(Math.max(1, Math.floor((instances * percent) / 100)));
      }),
    );
    expect(deploymentPlan(rolling(), 7, true).rollbackBatch).toBe(7);
    expect(deploymentPlan(undefined, 7, true).rollbackBatch).toBeUndefined();
  });

  test('does not exist where guardrails are excluded, nor without instances', () => {
    expect(deploymentPlan(rolling(), 4, false)).toMatchObject({ kind: 'all-at-once', rollbackBatch: undefined });
    expect(deploymentPlan(rolling(), 0, true)).toMatchObject({ kind: 'all-at-once', rollbackBatch: undefined, steps: [{ share: 1 }] });
  });
});
