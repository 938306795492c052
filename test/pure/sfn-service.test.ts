import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { FUNCTION_NAMES } from '../../lib/rehearsal/services/sfn/functions';
import { parseExpression } from '../../lib/rehearsal/services/sfn/expression';
import { branch, chain, FakeWorld, HandlerError, invoke, START } from './sfn-fakes';

const call = (world: FakeWorld, operation: string, input: Record<string, unknown>): any => world.sfn.handle({ principal: { arn: 'x' }, service: 'sfn', operation, input });
const code = (name: string): unknown => expect.objectContaining({ code: name });
const wait = (seconds: number): Record<string, any> => ({ Type: 'Wait', Seconds: seconds });

describe('a definition with something unknown is rejected when the state machine is created', () => {
  const map = (rest: Record<string, unknown>): Record<string, any> => ({ Type: 'Map', ItemProcessor: branch({ B: { Type: 'Pass' } }), ...rest });
  const task = (Resource: string, rest: Record<string, unknown> = {}): Record<string, any> => ({ Type: 'Task', Resource, ...rest });
  it.each<[string, Record<string, any>, RegExp]>([
    ['a state type', chain({ A: { Type: 'Loop' } }), /\/States\/A\/Type: "Loop" is not a state type/],
    ['a field', chain({ A: { Type: 'Pass', Result: 1 } }), /\/States\/A\/Result: is not a field here/],
    ['a field of a retrier', chain({ A: { ...invoke(), Retry: [{ ErrorEquals: ['E'], MaxRetries: 1 }] } }), /\/States\/A\/Retry\/0\/MaxRetries/],
    ['a field of the machine', chain({ A: { Type: 'Pass' } }, { Parameters: {} }), /\/Parameters: is not a field here/],
    ['the query language', chain({ A: { Type: 'Pass' } }, { QueryLanguage: 'JSONPath' }), /QueryLanguage: "JSONPath" is not simulated/],
    ['the query language of a state', chain({ A: { Type: 'Pass', QueryLanguage: 'JSONPath' } }), /\/States\/A\/QueryLanguage/],
    ['an integration', chain({ A: task('arn:aws:states:::dynamodb:getItem') }), /\/States\/A\/Resource: .*dynamodb:getItem is not simulated/],
    ['an SDK service', chain({ A: task('arn:aws:states:::aws-sdk:ec2:describeInstances') }), /AWS SDK integration with ec2 is not simulated/],
    ['a pattern', chain({ A: task('arn:aws:states:::sagemaker:createModel.sync') }), /has no pattern .sync/],
    ['a function', chain({ A: { Type: 'Pass', Output: "{% $eval('1') %}" } }), /\$eval is neither a function/],
    ['a variable', chain({ A: { Type: 'Pass', Output: '{% $typo %}' } }), /\/States\/A\/Output: \$typo is neither/],
    ['a variable of a sibling', chain({ P: { Type: 'Parallel', Branches: [branch({ A: { Type: 'Pass', Assign: { x: 1 } } }), branch({ B: { Type: 'Pass', Output: '{% $x %}' } })] } }), /Branches\/1\/States\/B\/Output: \$x/],
    ['an assignment to an outer variable', chain({ A: { Type: 'Pass', Assign: { x: 1 } }, M: map({ ItemProcessor: branch({ B: { Type: 'Pass', Assign: { x: 2 } } }) }) }), /"x" belongs to an outer scope/],
    ['an outer variable in a distributed map', chain({ A: { Type: 'Pass', Assign: { x: 1 } }, M: map({ ItemProcessor: { ...branch({ B: { Type: 'Pass', Output: '{% $x %}' } }), ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } } }) }), /ItemProcessor\/States\/B\/Output: \$x/],
    ['JSONata', chain({ A: { Type: 'Pass', Output: '{% 1 + %}' } }), /\/States\/A\/Output: is not JSONata/],
    ['half an expression', chain({ A: { Type: 'Pass', Output: 'n is {% 1 %}' } }), /an expression is the whole string/],
    ['$$', chain({ A: { Type: 'Pass', Output: '{% $$.a %}' } }), /\$\$ does not exist/],
    ['$states.result before there is one', chain({ A: task('arn:aws:states:::lambda:invoke', { Arguments: '{% $states.result %}' }) }), /\$states.result is not available/],
    ['$states.errorOutput outside of a Catch', chain({ A: { ...invoke(), Output: '{% $states.errorOutput %}' } }), /\$states.errorOutput is not available/],
    ['an error name of the language', chain({ A: { ...invoke(), Retry: [{ ErrorEquals: ['States.Everything'] }] } }), /States.Everything is not an error name/],
    ['States.ALL that is not last', chain({ A: { ...invoke(), Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] } }), /must stand alone and last/],
    ['a transition to nowhere', chain({ A: { Type: 'Pass', Next: 'Z' } }), /leads to "Z"/],
    ['a state that nothing leads to', chain({ A: { Type: 'Succeed' }, B: { Type: 'Succeed' } }), /\/States\/B: cannot be reached/],
    ['a state without an end', chain({ A: { Type: 'Pass', Next: 'A' } }), /no state ends the machine/],
    ['two states of a name', chain({ P: { Type: 'Parallel', Branches: [branch({ A: { Type: 'Pass' } }), branch({ A: { Type: 'Pass' } })] } }), /used twice/],
    ['a negative wait', chain({ A: wait(-1) }), /\/States\/A\/Seconds: must be an integer, not negative/],
    ['two kinds of wait', chain({ A: { Type: 'Wait', Seconds: 1, Timestamp: '2001-01-01T00:00:00Z' } }), /exactly one of Seconds and Timestamp/],
    ['a tolerance of an inline map', chain({ M: map({ ToleratedFailureCount: 1 }) }), /needs ProcessorConfig.Mode DISTRIBUTED/],
  ])('%s', async (_, definition, message) => {
    const rejection: AwsError = await new FakeWorld().machine(definition, 'mine').then(
      () => expect.fail('was accepted'),
      (error: AwsError) => error,
    );
    expect(rejection.code).toBe('InvalidDefinition');
    expect(rejection.message).toMatch(/state machine mine/);
    expect(rejection.message).toMatch(message);
  });

  it('a function that the check knows exists in JSONata, or is one of Step Functions', async () => {
    const own = ['partition', 'range', 'hash', 'uuid', 'parse'];
    for (const name of [...FUNCTION_NAMES].filter((candidate) => !own.includes(candidate))) {
      expect(await parseExpression(`$exists($${name})`).evaluate({}), name).toBe(true);
    }
  });
});

describe('state machines', () => {
  it('need a role that Step Functions may assume', async () => {
    const world = new FakeWorld();
    world.trusted = false;
    await expect(world.machine(chain({ A: { Type: 'Pass' } }))).rejects.toThrow(code('AccessDeniedException'));
  });

  it('need log delivery permissions when they log', async () => {
    const world = new FakeWorld();
    world.denied = ({ action }) => action === 'logs:CreateLogDelivery';
    const LoggingConfiguration = { Level: 'ALL', Destinations: [{}] };
    await expect(world.machine(chain({ A: { Type: 'Pass' } }), 'm', { LoggingConfiguration })).rejects.toThrow(/access the Log Destination: logs:CreateLogDelivery/);
  });

  it('take substitutions', async () => {
    const world = new FakeWorld();
    await world.machine(chain({ A: { Type: 'Pass', Output: { what: '${what}' } } }), 'm', { DefinitionSubstitutions: { what: 'it' } });
    world.sfn.start('m');
    await world.clock.runUntil(START + 1);
    expect(world.sfn.executions()[0]!.output).toEqual({ what: 'it' });
  });
});

describe('the API', () => {
  it('starts an execution once per name', async () => {
    const world = new FakeWorld();
    const stateMachineArn = await world.machine(chain({ W: wait(10) }));
    const start = (input: string): any => call(world, 'StartExecution', { stateMachineArn, name: 'n', input });
    const first = start('{}');
    expect(start('{}')).toEqual(first);
    expect(() => start('{"a":1}')).toThrow(code('ExecutionAlreadyExists'));
    await world.clock.runUntil(START + 20_000);
    expect(() => start('{}')).toThrow(code('ExecutionAlreadyExists'));
    await world.clock.runUntil(START + 91 * 24 * 3_600_000);
    expect(start('{}').startDate.getTime()).toBe(world.clock.now());
  });

  it.each([
    [{ name: 'a b' }, 'InvalidName'],
    [{ name: 'x'.repeat(81) }, 'InvalidName'],
    [{ input: '{' }, 'InvalidExecutionInput'],
    [{ input: JSON.stringify('x'.repeat(262_144)) }, 'InvalidExecutionInput'],
    [{ stateMachineArn: 'arn:none' }, 'StateMachineDoesNotExist'],
  ])('rejects %j', async (input, name) => {
    const world = new FakeWorld();
    const stateMachineArn = await world.machine(chain({ A: { Type: 'Pass' } }));
    expect(() => call(world, 'StartExecution', { stateMachineArn, ...input })).toThrow(code(name));
  });

  it('lists executions in pages, the newest first', async () => {
    const world = new FakeWorld();
    const stateMachineArn = await world.machine(chain({ W: wait(10) }));
    for (const name of ['a', 'b', 'c']) call(world, 'StartExecution', { stateMachineArn, name });
    const first = call(world, 'ListExecutions', { stateMachineArn, maxResults: 2 });
    const second = call(world, 'ListExecutions', { stateMachineArn, maxResults: 2, nextToken: first.nextToken });
    expect([...first.executions, ...second.executions].map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    expect(second.nextToken).toBeUndefined();
    call(world, 'StopExecution', { executionArn: first.executions[0].executionArn });
    expect(call(world, 'ListExecutions', { stateMachineArn, statusFilter: 'ABORTED' }).executions).toHaveLength(1);
  });

  it('needs permission on what each operation is about', async () => {
    const world = new FakeWorld();
    const authorize = (operation: string, input: Record<string, unknown>): unknown => world.sfn.authorize({ principal: { arn: 'x' }, service: 'sfn', operation, input });
    expect(authorize('StartExecution', { stateMachineArn: 'm' })).toEqual([{ action: 'states:StartExecution', resource: 'm' }]);
    expect(authorize('StopExecution', { executionArn: 'e' })).toEqual([{ action: 'states:StopExecution', resource: 'e' }]);
    expect(authorize('ListStateMachines', {})).toEqual([{ action: 'states:ListStateMachines', resource: '*' }]);
    expect(() => authorize('DeleteStateMachine', {})).toThrow(/not simulated/);
  });

  it('tells the history', async () => {
    const world = new FakeWorld();
    world.function(() => 1);
    const { arn } = await world.run(chain({ T: invoke(), D: { Type: 'Succeed' } }));
    const { events } = call(world, 'GetExecutionHistory', { executionArn: arn });
    expect(events.map(({ id, previousEventId, type }: any) => `${previousEventId}>${id} ${type}`)).toEqual([
      '0>1 ExecutionStarted',
      '1>2 TaskStateEntered',
      '2>3 TaskScheduled',
      '3>4 TaskStarted',
      '4>5 TaskSucceeded',
      '5>6 TaskStateExited',
      '6>7 SucceedStateEntered',
      '7>8 SucceedStateExited',
      '8>9 ExecutionSucceeded',
    ]);
    expect(events[1].stateEnteredEventDetails).toEqual({ name: 'T', input: '{}', inputDetails: { truncated: false } });
    expect(call(world, 'GetExecutionHistory', { executionArn: arn, reverseOrder: true, maxResults: 1 }).events[0].type).toBe('ExecutionSucceeded');
  });

  it('ends an execution that never comes to rest', async () => {
    const loop = chain({ A: { Type: 'Pass', Next: 'C' }, C: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'S' }, S: { Type: 'Succeed' } });
    expect(await new FakeWorld().run(loop)).toMatchObject({ error: 'States.Runtime', cause: expect.stringContaining('25000') });
  });
});

describe('what others learn of an execution', () => {
  it('timeline, CloudWatch and EventBridge get each status', async () => {
    const world = new FakeWorld();
    await world.run(chain({ W: wait(5), F: { Type: 'Fail', Error: 'E', Cause: 'C' } }), { a: 1 });
    await world.clock.runUntil(world.clock.now());
    expect(world.timeline.events.filter(({ kind }) => kind === 'execution').map(({ time, status, message }) => [time - START, status, message])).toEqual([
      [0, 'RUNNING', 'RUNNING'],
      [5000, 'FAILED', 'FAILED: E: C'],
    ]);
    expect(world.entered()).toEqual(['0 W', '5 F']);
    expect(world.published.map(({ detail }) => [detail.status, detail.startDate, detail.stopDate, detail.input])).toEqual([
      ['RUNNING', START, null, '{"a":1}'],
      ['FAILED', START, START + 5000, '{"a":1}'],
    ]);
    const dimensions = { StateMachineArn: expect.stringContaining(':stateMachine:') };
    expect(world.metrics).toEqual(['ExecutionsStarted', 'ExecutionsFailed'].map((name) => ({ namespace: 'AWS/States', name, dimensions })));
    expect(world.published[0]).toMatchObject({ source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change' });
  });

  it('a crash fault ends the execution before the state', async () => {
    const world = new FakeWorld();
    world.faults.add({ type: 'crash', id: 'boom', stateMachine: 'machineLogicalId', state: 'B', times: 1 });
    const end = await world.run(chain({ A: { Type: 'Pass' }, B: { Type: 'Pass' } }));
    expect(end).toMatchObject({ status: 'ABORTED', error: 'Rehearsal.Crash' });
    expect(world.entered()).toEqual(['0 A']);
    world.sfn.start('machine', { name: 'again' });
    await world.clock.runUntilDone(() => world.sfn.running().length === 0, Infinity);
    expect(world.sfn.executions()[1]!.status).toBe('SUCCEEDED');
  });

  it('a mistake in the simulation itself ends the simulation', async () => {
    const world = new FakeWorld();
    world.handlers['lambda:Invoke'] = () => {
      throw new TypeError('bug');
    };
    await expect(world.run(chain({ T: { ...invoke(), Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }] }, Z: { Type: 'Pass' } }))).rejects.toThrow('bug');
  });
});

describe('determinism', () => {
  /** Random nested machines: waits, failing tasks with jittered retries, Parallel and Map inside of each other. */
  const step = (depth: number): fc.Arbitrary<any> =>
    fc.oneof(
      { maxDepth: depth },
      fc.nat(50).map((seconds) => ({ kind: 'wait', seconds })),
      fc.nat(3).map((failures) => ({ kind: 'task', failures })),
      ...(depth === 0
        ? []
        : [
            fc.array(fc.array(step(depth - 1), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 }).map((branches) => ({ kind: 'parallel', branches })),
            fc.record({ kind: fc.constant('map'), items: fc.nat(5), limit: fc.nat(3), distributed: fc.boolean(), body: fc.array(step(depth - 1), { minLength: 1, maxLength: 2 }) }),
          ]),
    );

  function states(steps: any[], name: string): Record<string, any> {
    return Object.fromEntries(steps.map((one, index) => [`${name}${index}`, state(one, `${name}${index}.`)]));
  }

  function state(one: any, name: string): Record<string, any> {
    if (one.kind === 'wait') return wait(one.seconds);
    if (one.kind === 'task') {
      const retry = { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 2, JitterStrategy: 'FULL' };
      return { ...invoke({ id: '{% $states.context.Execution.Id & $states.context.State.Name %}', failures: one.failures }), Retry: [retry] };
    }
    if (one.kind === 'parallel') return { Type: 'Parallel', Branches: one.branches.map((steps: any[], i: number) => branch(states(steps, `${name}b${i}.`))) };
    const config = one.distributed ? { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } } : {};
    const Items = Array.from({ length: one.items }, (_, i) => i);
    return { Type: 'Map', Items, MaxConcurrency: one.limit, ItemProcessor: { ...branch(states(one.body, `${name}m.`)), ...config } };
  }

  async function record(steps: any[], seed: number): Promise<string> {
    const world = new FakeWorld(seed);
    const calls = new Map<string, number>();
    world.function(async ({ id, failures }) => {
      const count = (calls.get(id) ?? 0) + 1;
      calls.set(id, count);
      await new Promise((resolve) => setImmediate(resolve));
      if (count <= failures) throw new HandlerError('Flaky');
    });
    await world.run(chain(states(steps, 's')));
    return JSON.stringify([world.timeline.events, world.sfn.all().map((execution) => execution.history.events)]);
  }

  it('the same seed gives the same events in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step(2), { minLength: 1, maxLength: 3 }), fc.nat(1000), async (steps, seed) => {
        expect(await record(steps, seed)).toBe(await record(steps, seed));
      }),
      { numRuns: 25 },
    );
  });
});
