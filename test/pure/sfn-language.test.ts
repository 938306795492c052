import { describe, expect, it } from 'vitest';
import { branch, chain, FakeWorld, HandlerError, invoke, START } from './sfn-fakes';

/** One small machine per rule of the language. `seconds` is virtual time. */
interface Row {
  readonly rule: string;
  readonly definition: Record<string, any>;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: RegExp;
  readonly seconds?: number;
  /** Handler of lambda:invoke. */
  readonly function?: (event: any, world: FakeWorld) => unknown;
}

const failing = (name: string, times: number): ((event: any) => unknown) => {
  let calls = 0;
  return () => {
    if (calls++ < times) throw new HandlerError(name);
    return { calls };
  };
};
/** asl-validator takes objects and expressions only as Output, so a literal of another kind is written as an expression. */
const pass = (output: unknown): Record<string, any> => ({ Type: 'Pass', Output: isPlain(output) ? output : `{% ${JSON.stringify(output)} %}` });
const isPlain = (output: unknown): boolean => (typeof output === 'object' && !Array.isArray(output)) || (typeof output === 'string' && output.startsWith('{%'));

const rows: Row[] = [
  // Expressions
  { rule: 'Pass hands on its input', definition: chain({ A: { Type: 'Pass' } }), input: { a: 1 }, output: { a: 1 } },
  { rule: 'only a whole string is an expression', definition: chain({ A: pass({ a: '{% 1 + 1 %}', b: 'the 1 + 1' }) }), output: { a: 2, b: 'the 1 + 1' } },
  { rule: 'templates are evaluated at any depth', definition: chain({ A: pass({ list: [{ x: { y: '{% $states.input.n * 2 %}' } }] }) }), input: { n: 4 }, output: { list: [{ x: { y: 8 } }] } },
  { rule: 'sequences become plain arrays', definition: chain({ A: pass('{% $states.input.v.n %}') }), input: { v: [{ n: 1 }, { n: 2 }] }, output: [1, 2] },
  { rule: 'undefined is an error', definition: chain({ A: pass('{% $states.input.missing %}') }), error: 'States.QueryEvaluationError', cause: /state 'A'.*'Output' returned nothing/ },
  { rule: 'a failing expression is an error', definition: chain({ A: pass("{% 'a' - 1 %}") }), error: 'States.QueryEvaluationError', cause: /T2001/ },
  { rule: 'a function is not a value', definition: chain({ A: pass('{% function($x){ $x } %}') }), error: 'States.QueryEvaluationError', cause: /returned a function/ },
  { rule: '$partition', definition: chain({ A: pass('{% $partition([1,2,3,4,5], 2) %}') }), output: [[1, 2], [3, 4], [5]] },
  { rule: '$range, both ways', definition: chain({ A: pass({ up: '{% $range(0, 10, 5) %}', down: '{% $range(3, 0, -2) %}' }) }), output: { up: [0, 5, 10], down: [3, 1] } },
  { rule: '$hash', definition: chain({ A: pass("{% $hash('abc', 'MD5') %}") }), output: '900150983cd24fb0d6963f7d28e17f72' },
  { rule: '$parse', definition: chain({ A: pass("{% $parse('{\"a\":[1]}') %}") }), output: { a: [1] } },
  { rule: '$random is repeatable by seed', definition: chain({ A: pass('{% $random(7) = $random(7) and $random(7) != $random(8) and $random() < 1 %}') }), output: true },
  { rule: '$now is virtual', definition: chain({ W: { Type: 'Wait', Seconds: 60 }, A: pass("{% [$now(), $string($millis()), $now('[Y]')] %}") }), output: ['2001-02-01T00:01:00.000Z', String(START + 60_000), '2001'], seconds: 60 },
  {
    rule: 'context object',
    definition: chain({ A: pass('{% $states.context %}') }),
    input: { a: 1 },
    output: {
      Execution: {
        Id: 'arn:aws:states:us-east-1:111122223333:execution:machine:execution',
        Input: { a: 1 },
        Name: 'execution',
        RoleArn: 'arn:aws:iam::111122223333:role/states',
        StartTime: '2001-02-01T00:00:00.000Z',
        RedriveCount: 0,
      },
      State: { EnteredTime: '2001-02-01T00:00:00.000Z', Name: 'A', RetryCount: 0 },
      StateMachine: { Id: 'arn:aws:states:us-east-1:111122223333:stateMachine:machine', Name: 'machine' },
    },
  },

  // Variables
  { rule: 'Assign sees the variables as they were', definition: chain({ A: { Type: 'Pass', Assign: { x: 1, y: 2 } }, B: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Output: '{% [$x, $y] %}' }, C: pass('{% [$states.input, $x, $y] %}') }), output: [1, 2, 2, 1] },
  { rule: 'branches read outer variables and keep their own', definition: chain({ A: { Type: 'Pass', Assign: { x: 1 } }, P: { Type: 'Parallel', Branches: [branch({ B: { Type: 'Pass', Assign: { y: '{% $x + 1 %}' } }, C: pass('{% $y %}') }), branch({ D: { Type: 'Pass', Assign: { y: 10 } }, E: pass('{% $x + $y %}') })] } }), output: [2, 11] },

  // Choice
  ...[3, 30].map((n) => ({
    rule: `Choice takes the first rule that holds (${n})`,
    definition: chain({
      C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n > 10 %}', Next: 'Big', Output: "{% 'rule' %}", Assign: { v: 'r' } }], Default: 'Other', Output: "{% 'default' %}", Assign: { v: 'd' } },
      Big: { Type: 'Pass', Output: "{% $states.input & $v %}", Next: 'Done' },
      Other: { Type: 'Pass', Output: "{% $states.input & $v %}", Next: 'Done' },
      Done: { Type: 'Succeed', Output: { was: '{% $states.input %}' } },
    }),
    input: { n },
    output: { was: n > 10 ? 'ruler' : 'defaultd' },
  })),
  { rule: 'no rule and no Default fails', definition: chain({ C: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'S' }] }, S: { Type: 'Succeed' } }), error: 'States.Runtime' },
  { rule: 'a condition must be a boolean', definition: chain({ C: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'S' }] }, S: { Type: 'Succeed' } }), error: 'States.QueryEvaluationError' },

  // Wait, Fail
  { rule: 'Wait by expression', definition: chain({ W: { Type: 'Wait', Seconds: '{% $states.input.s %}' } }), input: { s: 90 }, output: { s: 90 }, seconds: 90 },
  { rule: 'Wait until a timestamp', definition: chain({ W: { Type: 'Wait', Timestamp: '2001-02-01T01:00:00Z' } }), output: {}, seconds: 3600 },
  { rule: 'Wait until the past is over at once', definition: chain({ W: { Type: 'Wait', Timestamp: '{% $states.input.t %}' } }), input: { t: '2000-01-01T00:00:00Z' }, output: { t: '2000-01-01T00:00:00Z' }, seconds: 0 },
  { rule: 'Fail by expression', definition: chain({ F: { Type: 'Fail', Error: '{% $states.input.e %}', Cause: "{% 'because ' & $states.input.e %}" } }), input: { e: 'Bad' }, error: 'Bad', cause: /^because Bad$/ },

  // Task, Retry, Catch
  { rule: 'lambda:invoke gives the payload', definition: chain({ T: invoke({ n: '{% $states.input.n %}' }) }), input: { n: 3 }, function: (event) => ({ twice: event.n * 2 }), output: { twice: 6 } },
  { rule: 'a handler error keeps its name', definition: chain({ T: invoke() }), function: failing('DataError', 1), error: 'DataError', cause: /"errorMessage":"no"/ },
  { rule: 'Retry waits 1, 2, 4 seconds by default', definition: chain({ T: { ...invoke(), Retry: [{ ErrorEquals: ['States.ALL'] }] } }), function: failing('E', 3), output: { calls: 4 }, seconds: 7 },
  { rule: 'Retry gives up after MaxAttempts', definition: chain({ T: { ...invoke(), Retry: [{ ErrorEquals: ['E'], MaxAttempts: 2, IntervalSeconds: 10, BackoffRate: 1 }] } }), function: failing('E', 9), error: 'E', seconds: 20 },
  { rule: 'MaxAttempts 0 never retries', definition: chain({ T: { ...invoke(), Retry: [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] } }), function: failing('E', 1), error: 'E', seconds: 0 },
  { rule: 'MaxDelaySeconds caps the backoff', definition: chain({ T: { ...invoke(), Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 4, MaxAttempts: 3, MaxDelaySeconds: 5 }] } }), function: failing('E', 3), output: { calls: 4 }, seconds: 14 },
  { rule: 'RetryCount is in the context', definition: chain({ T: { ...invoke('{% $states.context.State.RetryCount %}'), Retry: [{ ErrorEquals: ['States.ALL'] }] } }), function: (n) => (n < 2 ? Promise.reject(new HandlerError('E')) : n), output: 2, seconds: 3 },
  {
    rule: 'Catch assigns, outputs and goes on',
    definition: chain({ T: { ...invoke(), Catch: [{ ErrorEquals: ['Other'], Next: 'B' }, { ErrorEquals: ['States.ALL'], Next: 'C', Assign: { e: '{% $states.errorOutput.Error %}' }, Output: { in: '{% $states.input %}' } }] }, B: { Type: 'Fail' }, C: pass("{% [$e, $states.input.in.a] %}") }),
    input: { a: 1 },
    function: failing('E', 1),
    output: ['E', 1],
  },
  { rule: 'the error output is the default output of a Catch', definition: chain({ T: { ...invoke(), Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'C' }] }, C: pass('{% $states.input.Error %}') }), function: failing('E', 1), output: 'E' },
  { rule: 'evaluation errors of a Task can be caught', definition: chain({ T: { ...invoke(), Output: '{% $states.result.nope %}', Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'C' }] }, C: pass('caught') }), function: () => 1, output: 'caught' },
  { rule: 'TimeoutSeconds of a Task', definition: chain({ T: { ...invoke(), TimeoutSeconds: 30, Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'B' }, { ErrorEquals: ['States.Timeout'], Next: 'C' }] }, B: { Type: 'Fail' }, C: pass('late') }), function: (_, world) => world.clock.sleep(60_000), output: 'late', seconds: 30 },
  { rule: 'TimeoutSeconds of the machine', definition: chain({ W: { Type: 'Wait', Seconds: 100 } }, { TimeoutSeconds: 50 }), error: 'States.Timeout', seconds: 50 },
  { rule: 'a result over 256 KiB fails, and States.ALL does not catch it', definition: chain({ T: { ...invoke(), Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }] }, C: { Type: 'Pass' } }), function: () => 'x'.repeat(262_144), error: 'States.DataLimitExceeded' },

  // Parallel
  { rule: 'Parallel gives an array and takes the longest', definition: chain({ P: { Type: 'Parallel', Arguments: { n: 1 }, Branches: [branch({ A: { Type: 'Wait', Seconds: 10 } }), branch({ B: { Type: 'Wait', Seconds: 20 }, C: pass('{% $states.input.n + 1 %}') })], Output: '{% $states.result[1] %}' } }), output: 2, seconds: 20 },
  { rule: 'a failed branch ends the others', definition: chain({ P: { Type: 'Parallel', Branches: [branch({ A: { Type: 'Wait', Seconds: 1000 } }), branch({ B: { Type: 'Wait', Seconds: 5 }, C: { Type: 'Fail', Error: 'Mine' } })], Catch: [{ ErrorEquals: ['Mine'], Next: 'Z' }] }, Z: pass('{% $states.input.Error %}') }), output: 'Mine', seconds: 5 },
  { rule: 'Parallel is retried as a whole', definition: chain({ P: { Type: 'Parallel', Branches: [branch({ A: invoke() })], Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 3 }] } }), function: failing('E', 1), output: [{ calls: 2 }], seconds: 3 },
  { rule: 'States.Runtime of a branch fails the execution', definition: chain({ P: { Type: 'Parallel', Branches: [branch({ A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'S' }] }, S: { Type: 'Succeed' } })], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }] }, Z: { Type: 'Pass' } }), error: 'States.Runtime', cause: /state 'A'/ },

  // Map
  { rule: 'Map over its input', definition: chain({ M: { Type: 'Map', ItemProcessor: branch({ A: pass('{% $states.input * 2 %}') }) } }), input: [1, 2, 3], output: [2, 4, 6] },
  { rule: 'Map over nothing', definition: chain({ M: { Type: 'Map', Items: [], ItemProcessor: branch({ A: { Type: 'Pass' } }) } }), output: [] },
  { rule: 'ItemSelector sees index and value', definition: chain({ M: { Type: 'Map', Items: '{% $states.input.list %}', ItemSelector: { i: '{% $states.context.Map.Item.Index %}', v: '{% $states.context.Map.Item.Value %}', all: '{% $count($states.input.list) %}' }, ItemProcessor: branch({ A: { Type: 'Pass' } }) } }), input: { list: ['a', 'b'] }, output: [{ i: 0, v: 'a', all: 2 }, { i: 1, v: 'b', all: 2 }] },
  { rule: 'the context of an iteration has its item', definition: chain({ M: { Type: 'Map', Items: ['a'], ItemProcessor: branch({ A: pass('{% $states.context.Map.Item %}') }) } }), output: [{ Index: 0, Value: 'a' }] },
  { rule: 'MaxConcurrency', definition: chain({ M: { Type: 'Map', Items: [1, 2, 3, 4, 5], MaxConcurrency: 2, ItemProcessor: branch({ W: { Type: 'Wait', Seconds: 10 } }) } }), output: [1, 2, 3, 4, 5], seconds: 30 },
  { rule: 'inline maps run 40 at a time', definition: chain({ M: { Type: 'Map', Items: '{% $range(1, 41, 1) %}', ItemProcessor: branch({ W: { Type: 'Wait', Seconds: 10 } }), Output: '{% $count($states.result) %}' } }), output: 41, seconds: 20 },
  { rule: 'a failed iteration ends the Map', definition: chain({ M: { Type: 'Map', Items: [30, 10, 20], ItemProcessor: branch({ W: { Type: 'Wait', Seconds: '{% $states.input %}' }, F: { Type: 'Fail', Error: 'Iteration' } }), Catch: [{ ErrorEquals: ['Iteration'], Next: 'Z' }] }, Z: pass('caught') }), output: 'caught', seconds: 10 },
  { rule: 'Items must be an array', definition: chain({ M: { Type: 'Map', Items: '{% $states.input %}', ItemProcessor: branch({ A: { Type: 'Pass' } }) } }), error: 'States.QueryEvaluationError' },
];

describe('the states language', () => {
  it.each(rows)('$rule', async ({ definition, input, output, error, cause, seconds, function: handler }) => {
    const world = new FakeWorld();
    if (handler) world.function((event) => handler(event, world));
    const end = await world.run(definition, input);
    expect({ error: end.error, output: end.output }).toEqual({ error, output });
    if (cause) expect(end.cause).toMatch(cause);
    if (seconds !== undefined) expect(end.seconds).toBe(seconds);
  });
});

describe('jitter', () => {
  it('FULL waits between nothing and the backoff, the same for the same seed', async () => {
    const definition = chain({ T: { ...invoke(), Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 100, JitterStrategy: 'FULL' }] } });
    const times = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const world = new FakeWorld(seed);
        world.function(failing('E', 1));
        return (await world.run(definition)).seconds;
      }),
    );
    expect(times[0]).toBe(times[1]);
    expect(times[0]).not.toBe(times[2]);
    expect(Math.max(...times)).toBeLessThan(100);
  });
});
