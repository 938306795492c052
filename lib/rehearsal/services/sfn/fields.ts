import type { StateType } from './definition';

/**
 * What kind of value a field takes:
 * - `template`: JSON in which strings may be expressions; `variables`: the same, an object whose keys are variable names
 * - `text`, `seconds` (a positive integer), `count` (not negative), `percent`, `number`: that literal; with `?%` or an expression
 * - `next`: name of a state; `true`: the literal true; anything else: checked by its own rule
 */
export type FieldKind =
  | 'template'
  | 'variables'
  | 'text'
  | 'text?%'
  | 'name'
  | 'seconds'
  | 'seconds?%'
  | 'count'
  | 'count?%'
  | 'percent?%'
  | 'number'
  | 'condition'
  | 'next'
  | 'true'
  | 'rule';

export type Fields = Record<string, FieldKind>;

const COMMON: Fields = { Type: 'rule', Comment: 'text', QueryLanguage: 'rule' };
const OUTPUT: Fields = { Output: 'template' };
const ASSIGN: Fields = { Assign: 'variables' };
const NEXT: Fields = { Next: 'next', End: 'true' };
const ERRORS: Fields = { Retry: 'rule', Catch: 'rule' };

/** Fields of each state with the query language JSONata: states-language.net, "State Types", and the guide's page of each state. */
export const STATE_FIELDS: Record<StateType, Fields> = {
  Pass: { ...COMMON, ...NEXT, ...OUTPUT, ...ASSIGN },
  Task: {
    ...COMMON,
    ...NEXT,
    ...OUTPUT,
    ...ASSIGN,
    ...ERRORS,
    Resource: 'rule',
    Arguments: 'template',
    TimeoutSeconds: 'seconds?%',
    HeartbeatSeconds: 'seconds?%',
  },
  Choice: { ...COMMON, ...OUTPUT, ...ASSIGN, Choices: 'rule', Default: 'next' },
  Wait: { ...COMMON, ...NEXT, ...OUTPUT, ...ASSIGN, Seconds: 'count?%', Timestamp: 'text?%' },
  Succeed: { ...COMMON, ...OUTPUT },
  Fail: { ...COMMON, Error: 'text?%', Cause: 'text?%' },
  Parallel: { ...COMMON, ...NEXT, ...OUTPUT, ...ASSIGN, ...ERRORS, Branches: 'rule', Arguments: 'template' },
  Map: {
    ...COMMON,
    ...NEXT,
    ...OUTPUT,
    ...ASSIGN,
    ...ERRORS,
    Items: 'template',
    ItemSelector: 'template',
    ItemProcessor: 'rule',
    MaxConcurrency: 'count?%',
    ItemReader: 'rule',
    ItemBatcher: 'rule',
    ResultWriter: 'rule',
    ToleratedFailurePercentage: 'percent?%',
    ToleratedFailureCount: 'count?%',
    Label: 'name',
  },
};

/** States that need `Next` or `End`. */
export const CONTINUING: ReadonlySet<StateType> = new Set(['Pass', 'Task', 'Wait', 'Parallel', 'Map']);

/** Fields of a Map that only the distributed mode has (guide, "Using Map state in Distributed mode"). */
export const DISTRIBUTED_FIELDS = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'ToleratedFailurePercentage', 'ToleratedFailureCount', 'Label'];

export const BRANCH_FIELDS: Fields = { Comment: 'text', StartAt: 'next', States: 'rule' };
export const MACHINE_FIELDS: Fields = { ...BRANCH_FIELDS, QueryLanguage: 'rule', Version: 'text', TimeoutSeconds: 'seconds' };
export const ITEM_PROCESSOR_FIELDS: Fields = { ...BRANCH_FIELDS, ProcessorConfig: 'rule' };
export const PROCESSOR_CONFIG_FIELDS: Fields = { Mode: 'rule', ExecutionType: 'rule' };
export const CHOICE_FIELDS: Fields = { Comment: 'text', Condition: 'condition', Next: 'next', Output: 'template', Assign: 'variables' };
export const CATCH_FIELDS: Fields = { Comment: 'text', ErrorEquals: 'rule', Next: 'next', Output: 'template', Assign: 'variables' };
export const RETRY_FIELDS: Fields = {
  Comment: 'text',
  ErrorEquals: 'rule',
  IntervalSeconds: 'seconds',
  MaxAttempts: 'count',
  BackoffRate: 'number',
  MaxDelaySeconds: 'seconds',
  JitterStrategy: 'rule',
};
export const ITEM_READER_FIELDS: Fields = { Resource: 'rule', Arguments: 'template', ReaderConfig: 'rule' };
export const READER_CONFIG_FIELDS: Fields = {
  InputType: 'rule',
  MaxItems: 'seconds?%',
  CSVHeaderLocation: 'rule',
  CSVHeaders: 'rule',
  CSVDelimiter: 'rule',
  ManifestType: 'rule',
};
export const ITEM_BATCHER_FIELDS: Fields = { MaxItemsPerBatch: 'seconds?%', MaxInputBytesPerBatch: 'seconds?%', BatchInput: 'template' };
export const RESULT_WRITER_FIELDS: Fields = { Resource: 'rule', Arguments: 'template', WriterConfig: 'rule' };
export const WRITER_CONFIG_FIELDS: Fields = { Transformation: 'rule', OutputType: 'rule' };

/** Fields with a closed list of values, by name. */
export const ENUMERATIONS: Record<string, readonly string[]> = {
  Mode: ['INLINE', 'DISTRIBUTED'],
  ExecutionType: ['STANDARD', 'EXPRESS'],
  JitterStrategy: ['FULL', 'NONE'],
  InputType: ['CSV', 'JSON', 'JSONL', 'MANIFEST'],
  CSVHeaderLocation: ['FIRST_ROW', 'GIVEN'],
  CSVDelimiter: ['COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB'],
  ManifestType: ['S3_INVENTORY'],
  Transformation: ['NONE', 'COMPACT', 'FLATTEN'],
  OutputType: ['JSON', 'JSONL'],
};
