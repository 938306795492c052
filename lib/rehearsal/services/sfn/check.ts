import { checkTransitions } from './check-transitions';
import { isDistributed, type Catcher, type Machine, type Retrier, type State, type StateType } from './definition';
import { ExpressionCheck, type Availability } from './check-expression';
import * as fields from './fields';
import { isExpression } from './expression';
import { parseResource } from './integrations/catalogue';
import { checkArguments } from './integrations/check-arguments';
import { RESERVED_ERRORS } from './states-error';

type Json = Record<string, any>;

/** Longest name of a state (guide, "Step Functions service quotas"). */
const STATE_NAME_LIMIT = 80;
/** Longest time an execution may take: one year, in seconds (guide, same page). */
const SECONDS_LIMIT = 99_999_999;

/**
 * Proves that a definition holds only what the interpreter knows, before anything runs: every problem with its place, like
 * `/States/Train/Retry/0/MaxAttempts must be …`. What AWS would reject at CreateStateMachine is rejected here too.
 */
export function checkDefinition(definition: unknown): { machine: Machine; problems: string[] } {
  const check = new Check();
  check.machine(definition, '', fields.MACHINE_FIELDS, undefined);
  return { machine: definition as Machine, problems: check.problems };
}

class Check {
  public readonly problems: string[] = [];
  private readonly expressions = new ExpressionCheck((place, problem) => this.report(place, problem));
  private readonly names = new Set<string>();

  public machine(machine: unknown, place: string, known: fields.Fields, outer: ReadonlySet<string> | undefined, inherited = false): void {
    if (!this.object(machine, place)) return;
    const queryLanguage = machine.QueryLanguage === 'JSONata' || inherited;
    if (machine.QueryLanguage !== undefined && machine.QueryLanguage !== 'JSONata') {
      this.report(`${place}/QueryLanguage`, `${JSON.stringify(machine.QueryLanguage)} is not simulated, only "JSONata"`);
    }
    if (!this.object(machine.States, `${place}/States`)) return;
    const states = machine.States as Record<string, State>;
    const scope = this.expressions.enter(states, outer, place);
    this.fields(machine, place, known, scope);
    for (const [name, state] of Object.entries(states)) this.state(name, state, `${place}/States/${name}`, scope, queryLanguage);
    checkTransitions(machine as Machine, place, (at, problem) => this.report(at, problem));
  }

  private state(name: string, state: State, place: string, scope: ReadonlySet<string>, queryLanguage: boolean): void {
    if (!this.object(state, place)) return;
    if (name.length === 0 || name.length > STATE_NAME_LIMIT) this.report(place, `a state's name has 1 to ${STATE_NAME_LIMIT} characters`);
    if (this.names.has(name)) this.report(place, 'the name is used twice in the state machine');
    this.names.add(name);
    const language = (state as Json).QueryLanguage ?? (queryLanguage ? 'JSONata' : 'JSONPath');
    if (language !== 'JSONata') this.report(`${place}/QueryLanguage`, `${JSON.stringify(language)} is not simulated, only "JSONata"`);
    const known = fields.STATE_FIELDS[state.Type as StateType];
    if (!known) {
      this.report(`${place}/Type`, `${JSON.stringify(state.Type)} is not a state type; known: ${Object.keys(fields.STATE_FIELDS).join(', ')}`);
      return;
    }
    const result = state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
    this.fields(state, place, known, scope, { result });
    if (fields.CONTINUING.has(state.Type) && (state.Next === undefined) === ((state as Json).End === undefined)) {
      this.report(place, 'needs Next or End: true, and not both');
    }
    const each = (list: unknown, field: string, known: fields.Fields, required: string[], available: Availability = {}): void =>
      this.list(list, `${place}/${field}`, (item, at) => this.fields(item, at, known, scope, available, required));
    if (state.Type === 'Task') this.task(state, place);
    if (state.Type === 'Choice') each(state.Choices, 'Choices', fields.CHOICE_FIELDS, ['Condition', 'Next']);
    if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
      this.report(place, 'needs exactly one of Seconds and Timestamp');
    }
    if (state.Type === 'Parallel') {
      this.list(state.Branches, `${place}/Branches`, (branch, at) => this.machine(branch, at, fields.BRANCH_FIELDS, scope, queryLanguage));
    }
    if (state.Type === 'Map') this.map(state, place, scope, queryLanguage);
    if (state.Retry !== undefined) each(state.Retry, 'Retry', fields.RETRY_FIELDS, ['ErrorEquals']);
    if (state.Catch !== undefined) each(state.Catch, 'Catch', fields.CATCH_FIELDS, ['ErrorEquals', 'Next'], { errorOutput: true });
    this.errorLists(state.Retry, `${place}/Retry`);
    this.errorLists(state.Catch, `${place}/Catch`);
  }

  private task(state: State, place: string): void {
    try {
      const resource = parseResource(state.Resource);
      const { pattern } = resource;
      if (!isExpression(state.Arguments)) checkArguments(resource, state.Arguments, `${place}/Arguments`, (at, problem) => this.report(at, problem));
      if (state.HeartbeatSeconds !== undefined && pattern !== 'waitForTaskToken') {
        this.report(`${place}/HeartbeatSeconds`, 'only a task that waits for a token can send heartbeats (activities are not simulated)');
      }
    } catch (error) {
      this.report(`${place}/Resource`, (error as Error).message);
    }
    const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
    if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
      this.report(`${place}/HeartbeatSeconds`, 'must be smaller than TimeoutSeconds');
    }
  }

  private map(state: State, place: string, scope: ReadonlySet<string>, queryLanguage: boolean): void {
    const distributed = isDistributed(state);
    if (this.object(state.ItemProcessor, `${place}/ItemProcessor`)) {
      const at = `${place}/ItemProcessor`;
      // States of a distributed map run in executions of their own and cannot read outer variables (guide, "Passing data … with variables").
      this.machine(state.ItemProcessor, at, fields.ITEM_PROCESSOR_FIELDS, distributed ? new Set() : scope, queryLanguage);
      const config = state.ItemProcessor.ProcessorConfig;
      if (config !== undefined) this.fields(config, `${at}/ProcessorConfig`, fields.PROCESSOR_CONFIG_FIELDS, scope);
      if (distributed && config?.ExecutionType === undefined) this.report(`${at}/ProcessorConfig`, 'DISTRIBUTED needs ExecutionType STANDARD or EXPRESS');
    }
    for (const field of fields.DISTRIBUTED_FIELDS) {
      if (!distributed && (state as unknown as Json)[field] !== undefined) this.report(`${place}/${field}`, 'needs ProcessorConfig.Mode DISTRIBUTED');
    }
    if (state.Items !== undefined && state.ItemReader !== undefined) this.report(place, 'Items and ItemReader exclude each other');
    if (state.ItemReader !== undefined) {
      const at = `${place}/ItemReader`;
      this.fields(state.ItemReader, at, fields.ITEM_READER_FIELDS, scope, {}, ['Resource', 'Arguments']);
      const config = state.ItemReader.ReaderConfig;
      if (config !== undefined) this.fields(config, `${at}/ReaderConfig`, fields.READER_CONFIG_FIELDS, scope);
      this.s3(state.ItemReader.Resource, `${at}/Resource`, ['getObject', 'listObjectsV2']);
    }
    if (state.ItemBatcher !== undefined) this.fields(state.ItemBatcher, `${place}/ItemBatcher`, fields.ITEM_BATCHER_FIELDS, scope);
    if (state.ResultWriter !== undefined) {
      const at = `${place}/ResultWriter`;
      this.fields(state.ResultWriter, at, fields.RESULT_WRITER_FIELDS, scope);
      const { Resource, Arguments, WriterConfig } = state.ResultWriter;
      if (WriterConfig !== undefined) this.fields(WriterConfig, `${at}/WriterConfig`, fields.WRITER_CONFIG_FIELDS, scope);
      if (Resource !== undefined) this.s3(Resource, `${at}/Resource`, ['putObject']);
      if ((Resource === undefined) !== (Arguments === undefined)) this.report(at, 'Resource and Arguments go together');
    }
  }

  private s3(resource: unknown, place: string, actions: string[]): void {
    const action = typeof resource === 'string' ? /^arn:[\w-]+:states:::s3:(\w+)$/.exec(resource)?.[1] : undefined;
    if (!action || !actions.includes(action)) this.report(place, `must be arn:<partition>:states:::s3:${actions.join(' or s3:')}`);
  }

  /** Every field is known and of its kind. */
  private fields(
    value: unknown,
    place: string,
    known: fields.Fields,
    scope: ReadonlySet<string>,
    available: Availability = {},
    required: string[] = [],
  ): void {
    if (!this.object(value, place)) return;
    for (const field of required) if (value[field] === undefined) this.report(place, `needs ${field}`);
    for (const [field, member] of Object.entries(value)) {
      const at = `${place}/${field}`;
      const kind = known[field];
      if (!kind) {
        this.report(at, `is not a field here; known: ${Object.keys(known).join(', ')}`);
        continue;
      }
      const allowed = ENUMERATED.get(field);
      if (allowed && !allowed.includes(member as string)) this.report(at, `must be one of ${allowed.join(', ')}, is ${JSON.stringify(member)}`);
      const problem = kindProblem(kind, member);
      if (problem) this.report(at, `${problem}, is ${JSON.stringify(member)}`);
      const afterwards = field === 'Output' || field === 'Assign' ? available : {};
      if (EXPRESSIVE.has(kind) || kind.endsWith('?%')) this.expressions.value(member, at, scope, afterwards);
    }
  }

  private errorLists(rules: readonly (Retrier | Catcher)[] | undefined, place: string): void {
    for (const [index, rule] of (Array.isArray(rules) ? (rules as readonly (Retrier | Catcher)[]) : []).entries()) {
      const at = `${place}/${index}/ErrorEquals`;
      const names = rule?.ErrorEquals as readonly unknown[] | undefined;
      if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string')) {
        this.report(at, 'must be a list of error names');
        continue;
      }
      for (const name of names as string[]) if (name.startsWith('States.') && !RESERVED_ERRORS.has(name)) this.report(at, `${name} is not an error name`);
      if (names.includes('States.ALL') && (names.length > 1 || index < rules!.length - 1)) this.report(at, 'States.ALL must stand alone and last');
    }
  }

  private list(value: unknown, place: string, each: (item: unknown, place: string) => void): void {
    if (!Array.isArray(value) || value.length === 0) this.report(place, 'must be a list with at least one entry');
    else value.forEach((item, index) => each(item, `${place}/${index}`));
  }

  private object(value: unknown, place: string): value is Json {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true;
    this.report(place || '/', 'must be an object');
    return false;
  }

  private report(place: string, problem: string): void {
    this.problems.push(`${place || '/'}: ${problem}`);
  }
}

/** Kinds of fields in which expressions may stand. */
const EXPRESSIVE: ReadonlySet<fields.FieldKind> = new Set(['template', 'variables', 'condition']);

const ENUMERATED = new Map(Object.entries(fields.ENUMERATIONS));

function kindProblem(kind: fields.FieldKind, value: unknown): string | undefined {
  const isText = typeof value === 'string';
  if (kind.endsWith('?%') && isText && value.startsWith('{%')) return undefined;
  const integer = Number.isInteger(value) ? (value as number) : undefined;
  switch (kind) {
    case 'text':
    case 'text?%':
      return isText ? undefined : 'must be a string';
    case 'next':
      return isText ? undefined : 'must be the name of a state';
    case 'name':
      // Guide, "Using Map state in Distributed mode", Label.
      return isText && /^[\w-]{1,40}$/.test(value) ? undefined : 'must be a string of at most 40 letters, digits, - and _';
    case 'seconds':
    case 'seconds?%':
      return integer !== undefined && integer >= 1 && integer <= SECONDS_LIMIT ? undefined : 'must be a positive integer';
    case 'count':
    case 'count?%':
      return integer !== undefined && integer >= 0 && integer <= SECONDS_LIMIT ? undefined : 'must be an integer, not negative';
    case 'percent?%':
      return typeof value === 'number' && value >= 0 && value <= 100 ? undefined : 'must be a number from 0 to 100';
    case 'number':
      return typeof value === 'number' && value >= 1 ? undefined : 'must be a number of at least 1';
    case 'condition':
      return typeof value === 'boolean' || (isText && value.startsWith('{%')) ? undefined : 'must be a boolean or an expression';
    case 'true':
      return value === true ? undefined : 'must be true';
    case 'variables':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object';
    case 'template':
    case 'rule':
      return undefined;
  }
}
