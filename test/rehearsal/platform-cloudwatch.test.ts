import { describe, expect, test } from 'vitest';
import { MetricAlarm } from '../../lib/rehearsal/services/cloudwatch/alarm';
import { CompositeAlarm } from '../../lib/rehearsal/services/cloudwatch/composite-alarm';
import { asSeries, parseMetricMath, type MathValue } from '../../lib/rehearsal/services/cloudwatch/metric-math';
import { MetricStore } from '../../lib/rehearsal/services/cloudwatch/metric-store';

const NOW = Date.parse('2001-02-01T01:00:00Z');
const MINUTE = 60_000;

/** Data points of the last minutes, oldest first: `0` within the threshold, `X` beyond, `-` missing. */
function evaluate(points: string, input: Record<string, unknown>, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' = 'INSUFFICIENT_DATA'): string {
  const store = new MetricStore();
  const symbols = points.split(' ');
  symbols.forEach((symbol, index) => {
    if (symbol !== '-') store.put('N', 'm', {}, symbol === 'X' ? 10 : 0, 1, 'None', NOW - (symbols.length - index) * MINUTE);
  });
  const alarm = new MetricAlarm(
    'arn',
    { AlarmName: 'a', Namespace: 'N', MetricName: 'm', Statistic: 'Maximum', Period: 60, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold', ...input },
    NOW,
    store,
  );
  alarm.state = state;
  const result = alarm.evaluate(NOW).state;
  return result === state && state === 'INSUFFICIENT_DATA' && input.TreatMissingData === 'ignore' ? 'retained' : result;
}

describe('alarms and missing data (tables of the CloudWatch guide)', () => {
  const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'];
  test.each<[number, string, string[]]>([
    [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    [3, '0 - - - -', ['OK', 'OK', 'OK', 'OK']],
    [3, '- - - - -', ['INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK']],
    [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [3, '- - X - -', ['ALARM', 'retained', 'ALARM', 'OK']],
    [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - X -', ['ALARM', 'retained', 'ALARM', 'OK']],
  ])('%i of 3 with %s', (DatapointsToAlarm, points, expected) => {
    expect(TREATMENTS.map((TreatMissingData) => evaluate(points, { EvaluationPeriods: 3, DatapointsToAlarm, TreatMissingData }))).toEqual(expected);
  });

  test('a breach that is over ends the alarm', () => {
    expect(evaluate('X X X 0', { EvaluationPeriods: 1 }, 'ALARM')).toBe('OK');
  });

  test('a longer period slides with the minute of the evaluation', () => {
    expect(evaluate('X - - - -', { EvaluationPeriods: 1, Period: 300, TreatMissingData: 'notBreaching' })).toBe('ALARM');
    expect(evaluate('- - - - - - -', { EvaluationPeriods: 1, Period: 300, TreatMissingData: 'notBreaching' })).toBe('OK');
  });

  test('extended statistics and metric math', () => {
    const store = new MetricStore();
    for (let value = 1; value <= 100; value++) store.put('N', 'latency', { v: '1' }, value, 1, 'None', NOW - MINUTE);
    store.put('N', 'errors', {}, 3, 1, 'Count', NOW - MINUTE);
    const series = store.find('N', 'latency', { v: '1' });
    const statistic = (name: string): number | undefined => store.statistic(series, name, NOW - MINUTE, NOW);
    expect(['p50', 'p90', 'p99.9', 'Average', 'Sum', 'SampleCount', 'Minimum', 'Maximum'].map(statistic)).toEqual([50, 90, 100, 50.5, 5050, 100, 1, 100]);
    const metric = (Id: string, MetricName: string, Dimensions: unknown[], Stat: string): unknown => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace: 'N', MetricName, Dimensions }, Period: 60, Stat },
    });
    const Metrics = [
      metric('errors', 'errors', [], 'Sum'),
      metric('calls', 'latency', [{ Name: 'v', Value: '1' }], 'SampleCount'),
      { Id: 'rate', Expression: 'IF(calls > 10, errors / calls, 0)' },
    ];
    const alarm = new MetricAlarm('arn', { AlarmName: 'a', Metrics, EvaluationPeriods: 1, Threshold: 0.03, ComparisonOperator: 'GreaterThanOrEqualToThreshold' }, NOW, store);
    expect(alarm.evaluate(NOW).state).toBe('ALARM');
  });

  test('fails on what it does not simulate', () => {
    const base = { AlarmName: 'a', Namespace: 'N', MetricName: 'm', Period: 60, EvaluationPeriods: 1, Threshold: 1 };
    const make = (input: Record<string, unknown>) => () => new MetricAlarm('arn', { ...base, ComparisonOperator: 'GreaterThanThreshold', ...input }, NOW, new MetricStore());
    expect(make({ Statistic: 'Sum', ComparisonOperator: 'LessThanLowerThreshold' })).toThrow('not simulated');
    expect(make({ ExtendedStatistic: 'tm99' })).toThrow('tm99');
    expect(make({ Statistic: 'Sum', DatapointsToAlarm: 2 })).toThrow('greater than EvaluationPeriods');
    expect(make({ MetricName: undefined, Metrics: [{ Id: 'e', Expression: 'ANOMALY_DETECTION_BAND(m1)' }] })).toThrow('ANOMALY_DETECTION_BAND is not simulated');
  });
});

describe('metric math', () => {
  const TIMES = [1, 2, 3];
  const series = (...values: (number | undefined)[]): MathValue => new Map(values.flatMap((value, i) => (value === undefined ? [] : [[TIMES[i]!, value] as const])));
  const run = (expression: string): (number | undefined)[] => {
    const variables = new Map<string, MathValue>([
      ['a', series(1, 2, 3)],
      ['b', series(10, undefined, 30)],
    ]);
    const result = asSeries(parseMetricMath(expression).evaluate(variables, TIMES), TIMES);
    return TIMES.map((time) => result.get(time));
  };

  test.each<[string, (number | undefined)[]]>([
    ['a + b', [11, undefined, 33]],
    ['a + 2 * a ^ 2', [3, 10, 21]],
    ['-(a - 1)', [-0, -1, -2]],
    ['a / (a - 1)', [undefined, 2, 1.5]],
    ['FILL(b, 0)', [10, 0, 30]],
    ['SUM([a, FILL(b, 0)])', [11, 2, 33]],
    ['MAX([a, b])', [10, 2, 30]],
    ['SUM(a)', [6, 6, 6]],
    ['AVG(a) * 1', [2, 2, 2]],
    ['IF(a > 1 AND a < 3, b, a)', [1, undefined, 3]],
    ['IF(a >= 2, 1, 0)', [0, 1, 1]],
  ])('%s', (expression, expected) => {
    expect(run(expression)).toEqual(expected);
  });

  test.each(['RATE(a)', 'a +', 'FILL(b, REPEAT)', 'a ? b', 'unknown * 2'])('fails on %s', (expression) => {
    expect(() => run(expression)).toThrow(/metric math/);
  });
});

describe('composite alarms', () => {
  test.each([
    ['ALARM("one") OR ALARM(two)', 'ALARM'],
    ['ALARM(one) AND ALARM(two)', 'OK'],
    ['ALARM(one) AND NOT (OK(one) OR INSUFFICIENT_DATA(one))', 'ALARM'],
    ['TRUE AND OK("arn:aws:cloudwatch:us-east-1:111122223333:alarm:two")', 'ALARM'],
  ])('%s', (AlarmRule, expected) => {
    const alarm = new CompositeAlarm('arn', { AlarmName: 'c', AlarmRule }, NOW);
    expect(alarm.evaluate((name) => (name === 'one' ? 'ALARM' : 'OK')).state).toBe(expected);
  });

  test('fail on a rule that cannot be read', () => {
    expect(() => new CompositeAlarm('arn', { AlarmName: 'c', AlarmRule: 'ALARM(one) XOR OK(two)' }, NOW)).toThrow('not valid');
  });
});
