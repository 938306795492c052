import { describe, expect, test } from 'vitest';
import { matchesPattern, type EventPattern } from '../../lib/rehearsal/services/events/event-pattern';
import { targetInput } from '../../lib/rehearsal/services/events/input-transformer';
import { parseScheduleExpression } from '../../lib/rehearsal/services/events/schedule-expression';

const EVENT = {
  id: 'e-1',
  source: 'aws.sagemaker',
  time: '2001-02-01T00:00:00Z',
  resources: ['arn:aws:sagemaker:us-east-1:1:model-package/flights/3'],
  detail: { ModelApprovalStatus: 'Approved', version: 3, tags: ['a', 'b'], empty: null, nested: { flag: true }, list: [{ k: 1 }, { k: 2 }] },
};

describe('event patterns', () => {
  test.each<[EventPattern, boolean]>([
    [{ source: ['aws.sagemaker'] }, true],
    [{ source: ['aws.s3'] }, false],
    [{ source: ['aws.s3', 'aws.sagemaker'], detail: { version: [3] } }, true],
    [{ detail: { version: ['3'] } }, false],
    [{ detail: { tags: ['b'] } }, true],
    [{ detail: { empty: [null] } }, true],
    [{ detail: { nested: { flag: [true] } } }, true],
    [{ detail: { list: { k: [2] } } }, true],
    [{ detail: { missing: ['x'] } }, false],
    [{ detail: { missing: [{ exists: false }] } }, true],
    [{ detail: { version: [{ exists: true }] } }, true],
    [{ detail: { nested: [{ exists: true }] } }, false],
    [{ resources: [{ prefix: 'arn:aws:sagemaker' }] }, true],
    [{ resources: [{ suffix: '/3' }] }, true],
    [{ source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] }, true],
    [{ detail: { ModelApprovalStatus: [{ 'equals-ignore-case': 'APPROVED' }] } }, true],
    [{ resources: [{ wildcard: 'arn:*:model-package/flights/*' }] }, true],
    [{ resources: [{ wildcard: 'arn:*:model-package/trains/*' }] }, false],
    [{ detail: { ModelApprovalStatus: [{ 'anything-but': 'Rejected' }] } }, true],
    [{ detail: { ModelApprovalStatus: [{ 'anything-but': ['Approved', 'Rejected'] }] } }, false],
    [{ detail: { ModelApprovalStatus: [{ 'anything-but': { prefix: 'App' } }] } }, false],
    [{ detail: { version: [{ numeric: ['>', 2, '<=', 3] }] } }, true],
    [{ detail: { version: [{ numeric: ['=', 4] }] } }, false],
    [{ $or: [{ source: ['x'] }, { detail: { version: [3] } }] } as EventPattern, true],
    [{ $or: [{ source: ['x'] }, { detail: { version: [4] } }] } as EventPattern, false],
  ])('%j → %s', (pattern, expected) => {
    expect(matchesPattern(pattern, EVENT)).toBe(expected);
  });

  test('fails on an operator that does not exist', () => {
    expect(() => matchesPattern({ source: [{ startsWith: 'aws' }] }, EVENT)).toThrow('no operator startsWith');
  });
});

describe('target input', () => {
  const rule = { arn: 'arn:rule', name: 'rule' };

  test('is the event, a constant, or a part', () => {
    expect(JSON.parse(targetInput({}, EVENT, rule))).toEqual(EVENT);
    expect(targetInput({ Input: '{"a":1}' }, EVENT, rule)).toBe('{"a":1}');
    expect(targetInput({ InputPath: '$.detail.tags[1]' }, EVENT, rule)).toBe('"b"');
  });

  test('is transformed: JSON outside of quotes, text inside', () => {
    const InputPathsMap = { arn: '$.resources[0]', detail: '$.detail.nested', none: '$.detail.none' };
    const InputTemplate = '{"modelPackageArn":<arn>,"reason":"approved <arn>","detail":<detail>,"none":"<none>","rule":"<aws.events.rule-name>"}';
    expect(JSON.parse(targetInput({ InputTransformer: { InputPathsMap, InputTemplate } }, EVENT, rule))).toEqual({
      modelPackageArn: EVENT.resources[0],
      reason: `approved ${EVENT.resources[0]}`,
      detail: { flag: true },
      none: '',
      rule: 'rule',
    });
  });
});

describe('schedule expressions', () => {
  const at = (text: string): number => Date.parse(`${text}Z`);
  const next = (expression: string, after: string, start = after): string | undefined => {
    const time = parseScheduleExpression(expression).next(at(after), at(start));
    return time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);
  };

  test.each([
    ['rate(5 minutes)', '2001-02-01T00:03:00', '2001-02-01T00:08'],
    ['rate(1 day)', '2001-02-01T12:00:00', '2001-02-02T12:00'],
    ['cron(0 12 * * ? *)', '2001-02-01T12:00:00', '2001-02-02T12:00'],
    ['cron(15 * * * ? *)', '2001-02-01T00:15:00', '2001-02-01T01:15'],
    ['cron(0/10 8-9 ? * MON-FRI *)', '2001-02-02T09:50:00', '2001-02-05T08:00'],
    ['cron(0 0 L * ? *)', '2001-02-01T00:00:00', '2001-02-28T00:00'],
    ['cron(0 0 ? * 2#1 *)', '2001-02-01T00:00:00', '2001-02-05T00:00'],
    ['cron(0 0 ? * 6L *)', '2001-02-01T00:00:00', '2001-02-23T00:00'],
    ['cron(0 0 3W * ? *)', '2001-02-01T00:00:00', '2001-02-02T00:00'],
    ['cron(0 0 29 FEB ? *)', '2001-02-01T00:00:00', '2004-02-29T00:00'],
    ['at(2001-03-01T06:00:00)', '2001-02-01T00:00:00', '2001-03-01T06:00'],
    ['at(2001-01-01T06:00:00)', '2001-02-01T00:00:00', undefined],
    ['cron(0 0 1 1 ? 2000)', '2001-02-01T00:00:00', undefined],
  ])('%s after %s is %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  test.each(['rate(0 minutes)', 'rate(5 weeks)', 'cron(0 12 * * * *)', 'cron(0 25 * * ? *)', 'cron(0 12 * * ?)', 'daily'])('%s fails', (expression) => {
    expect(() => parseScheduleExpression(expression)).toThrow();
  });
});
