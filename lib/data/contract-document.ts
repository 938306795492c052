import { didYouMean, type ProblemList } from '../private/problem-list';
import { type ColumnRole, type ColumnType, type ContractColumn, type ContractDocument, type TaskType } from './data-contract.contract';

export const COLUMN_TYPES: ColumnType[] = ['integer', 'number', 'string', 'boolean', 'timestamp'];
export const COLUMN_ROLES: ColumnRole[] = ['feature', 'label', 'id', 'time', 'slice', 'protected'];
export const TASK_TYPES: TaskType[] = ['binary-classification', 'multiclass-classification', 'regression'];

const DOCUMENT_KEYS = ['task', 'columns'];
const COLUMN_KEYS = ['name', 'type', 'role', 'roles', 'nullable', 'maximumNullShare', 'minimum', 'maximum', 'categories'];
/** Name of the score column in scored data and baselines. */
const RESERVED_NAME = 'prediction';

/** Says where a value stands: `contract.yaml:12 columns[3].type`. */
export type Locate = (path: readonly (string | number)[]) => string;

/**
 * Checks what a person wrote and completes it. All mistakes are collected.
 * @returns undefined when there are mistakes
 */
export function readContractDocument(value: unknown, problems: ProblemList, locate: Locate): ContractDocument | undefined {
  const before = problems.all.length;
  if (!isRecord(value)) {
    problems.add('ContractNotAnObject', locate([]), value, 'must be a mapping with the key columns', 'write columns: followed by a list of columns');
    return undefined;
  }
  unknownKeys(value, DOCUMENT_KEYS, [], problems, locate);
  const columns = readColumns(value['columns'], problems, locate);
  const task = readTask(value['task'], columns, problems, locate);
  return problems.all.length === before && task !== undefined ? { task, columns } : undefined;
}

function readColumns(value: unknown, problems: ProblemList, locate: Locate): ContractColumn[] {
  if (!Array.isArray(value) || value.length === 0) {
    problems.add('ContractWithoutColumns', locate(['columns']), value, 'must be a list of columns', 'name at least one feature and the label');
    return [];
  }
  const before = problems.all.length;
  const columns = value.map((column, index) => readColumn(column, ['columns', index], problems, locate));
  const known = columns.filter((column) => column !== undefined);
  const seen = new Map<string, number>();
  columns.forEach((column, index) => {
    if (!column || column.name === '') return;
    const first = seen.get(column.name);
    if (first !== undefined) {
      problems.add('DuplicateColumn', locate(['columns', index, 'name']), column.name, `must be unique, columns[${first}] has it too`, 'remove or rename one of them');
    } else seen.set(column.name, index);
  });
  atMostOne('label', known, problems, locate);
  atMostOne('time', known, problems, locate);
  atMostOne('id', known, problems, locate);
  // A misspelt role would show up here a second time: these two are told only when every column could be read.
  if (problems.all.length === before) {
    if (!known.some((column) => column.roles.includes('label'))) {
      problems.add('ContractWithoutLabel', locate(['columns']), undefined, 'must have one column with role label', 'give the column to predict role: label');
    }
    if (!known.some((column) => column.roles.includes('feature'))) {
      problems.add('ContractWithoutFeature', locate(['columns']), undefined, 'must have at least one column with role feature', 'give the model something to learn from');
    }
  }
  return known;
}

function atMostOne(role: ColumnRole, columns: readonly ContractColumn[], problems: ProblemList, locate: Locate): void {
  const names = columns.filter((column) => column.roles.includes(role)).map((column) => column.name);
  if (names.length > 1) problems.add('RoleGivenTwice', locate(['columns']), names, `only one column may have role ${role}`, `keep role ${role} on one of them`);
}

function readColumn(value: unknown, path: (string | number)[], problems: ProblemList, locate: Locate): ContractColumn | undefined {
  if (!isRecord(value)) {
    problems.add('ColumnNotAnObject', locate(path), value, 'must be a mapping with name, type and role', 'write for example {name: distance, type: number, role: feature}');
    return undefined;
  }
  unknownKeys(value, COLUMN_KEYS, path, problems, locate);
  const at = (key: string): string => locate([...path, key]);
  const name = value['name'];
  if (typeof name !== 'string' || name.trim() !== name || name === '' || /[\u0000-\u001f]/.test(name)) {
    problems.add('ColumnName', at('name'), name, 'must be the text in the header of the CSV files, without spaces around it', 'name the column');
  } else if (name === RESERVED_NAME) {
    problems.add('ReservedColumnName', at('name'), name, "must not be 'prediction', which names the model's score", 'rename the column');
  }
  const type = oneOf(value['type'], COLUMN_TYPES, 'UnknownColumnType', at('type'), problems);
  const roles = readRoles(value, path, problems, locate);
  const categories = readCategories(value['categories'], type, at('categories'), problems);
  const { minimum, maximum } = readRange(value, type, path, problems, locate);
  const maximumNullShare = readNullability(value, roles, path, problems, locate);
  if (roles.includes('time') && type !== undefined && type !== 'timestamp') {
    problems.add('TimeNotTimestamp', at('type'), type, 'must be timestamp for role time', 'use type: timestamp (ISO 8601 text)');
  }
  return {
    name: typeof name === 'string' ? name : '',
    type: type ?? 'string',
    roles,
    maximumNullShare,
    ...(minimum !== undefined ? { minimum } : {}),
    ...(maximum !== undefined ? { maximum } : {}),
    ...(categories !== undefined ? { categories } : {}),
  };
}

function readRoles(value: Record<string, unknown>, path: (string | number)[], problems: ProblemList, locate: Locate): ColumnRole[] {
  const both = value['role'] !== undefined && value['roles'] !== undefined;
  const key = value['roles'] !== undefined ? 'roles' : 'role';
  if (both) problems.add('RoleAndRoles', locate([...path, 'role']), value['role'], 'must not stand beside roles', 'list all of them in roles');
  const given = value[key];
  const list = Array.isArray(given) && key === 'roles' ? given : given === undefined ? [] : [given];
  if (list.length === 0) problems.add('ColumnWithoutRole', locate([...path, 'role']), given, `must be one of ${COLUMN_ROLES.join(', ')}`, 'say what the column is for');
  const roles = list
    .map((role, index) => oneOf(role, COLUMN_ROLES, 'UnknownColumnRole', locate(key === 'roles' ? [...path, key, index] : [...path, key]), problems))
    .filter((role) => role !== undefined);
  for (const alone of ['label', 'id', 'time'] as const) {
    if (roles.includes(alone) && new Set(roles).size > 1) {
      const free = 'a feature may also be slice and protected; every other role stands alone';
      problems.add('RolesExclude', locate([...path, key]), roles, `${alone} excludes every other role`, free);
      break;
    }
  }
  return [...new Set(roles)];
}

function readCategories(value: unknown, type: ColumnType | undefined, at: string, problems: ProblemList): string[] | undefined {
  if (value === undefined) return undefined;
  const list = Array.isArray(value) ? value : [];
  if (list.length === 0 || !list.every((item) => typeof item === 'string' || typeof item === 'number')) {
    problems.add('Categories', at, value, 'must be a list of texts', 'list every allowed value');
    return undefined;
  }
  const texts = list.map(String);
  if (new Set(texts).size !== texts.length) problems.add('DuplicateCategory', at, texts, 'must not list a value twice', 'remove the repetition');
  if (type !== undefined && type !== 'string') {
    problems.add('CategoriesOnNonString', at, texts, `only columns of type string have categories, not ${type}`, 'use type: string, or minimum and maximum');
  }
  return texts;
}

function readRange(
  value: Record<string, unknown>,
  type: ColumnType | undefined,
  path: (string | number)[],
  problems: ProblemList,
  locate: Locate,
): { minimum?: number; maximum?: number } {
  const read = (key: 'minimum' | 'maximum'): number | undefined => {
    const limit = value[key];
    if (limit === undefined) return undefined;
    if (typeof limit !== 'number' || !Number.isFinite(limit)) {
      problems.add('RangeNotANumber', locate([...path, key]), limit, 'must be a number', 'write a number');
      return undefined;
    }
    if (type !== undefined && type !== 'integer' && type !== 'number') {
      problems.add('RangeOnNonNumber', locate([...path, key]), limit, `only integer and number columns have a range, not ${type}`, 'remove it, or use categories');
    }
    return limit;
  };
  const minimum = read('minimum');
  const maximum = read('maximum');
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    problems.add('EmptyRange', locate([...path, 'minimum']), minimum, `must not be greater than maximum ${maximum}`, 'swap them');
  }
  return { minimum, maximum };
}

function readNullability(value: Record<string, unknown>, roles: ColumnRole[], path: (string | number)[], problems: ProblemList, locate: Locate): number {
  const nullable = value['nullable'];
  const share = value['maximumNullShare'];
  if (nullable !== undefined && typeof nullable !== 'boolean') {
    problems.add('NullableNotBoolean', locate([...path, 'nullable']), nullable, 'must be true or false', 'write nullable: true or leave it out');
  }
  if (share !== undefined && !(typeof share === 'number' && share >= 0 && share <= 1)) {
    problems.add('NullShareOutOfRange', locate([...path, 'maximumNullShare']), share, 'must be from 0 to 1', 'write 0.02 for two percent');
    return 0;
  }
  if (nullable === false && typeof share === 'number' && share > 0) {
    problems.add('NullableContradiction', locate([...path, 'maximumNullShare']), share, 'must be 0 when nullable is false', 'leave nullable out');
  }
  const maximumNullShare = typeof share === 'number' ? share : nullable === true ? 1 : 0;
  const needed = roles.find((role) => role === 'label' || role === 'id' || role === 'time');
  if (needed !== undefined && maximumNullShare > 0) {
    const key = share !== undefined ? 'maximumNullShare' : 'nullable';
    problems.add('MustNotBeNullable', locate([...path, key]), value[key], `a column with role ${needed} must not be nullable`, 'remove it');
  }
  return maximumNullShare;
}

function readTask(value: unknown, columns: readonly ContractColumn[], problems: ProblemList, locate: Locate): TaskType | undefined {
  const label = columns.find((column) => column.roles.includes('label'));
  const given = value === undefined ? undefined : oneOf(value, TASK_TYPES, 'UnknownTask', locate(['task']), problems);
  if (!label || (value !== undefined && given === undefined)) return given;
  const at = locate(['columns', columns.indexOf(label), 'type']);
  if (label.type === 'timestamp') {
    problems.add('LabelType', at, label.type, 'a label must be boolean, string, integer or number', 'choose another type');
    return undefined;
  }
  const derived: TaskType = label.type === 'boolean' ? 'binary-classification' : label.type === 'string' ? 'multiclass-classification' : 'regression';
  const task = given ?? derived;
  if (task === 'regression' && derived !== 'regression') {
    problems.add('TaskDoesNotFitLabel', locate(['task']), task, `needs a number as label, ${label.name} is ${label.type}`, `use ${derived}`);
  }
  if (label.type === 'string' && (label.categories?.length ?? 0) < 2) {
    const place = locate(['columns', columns.indexOf(label), 'categories']);
    problems.add('LabelWithoutCategories', place, label.categories, 'a label of type string must list its classes', 'add categories, the negative class first');
  } else if (task === 'binary-classification' && label.categories !== undefined && label.categories.length !== 2) {
    problems.add('TaskDoesNotFitLabel', locate(['task']), task, `needs two categories, ${label.name} has ${label.categories.length}`, 'use multiclass-classification');
  }
  if (task === 'multiclass-classification' && label.type !== 'string') {
    problems.add('TaskDoesNotFitLabel', locate(['task']), task, `needs a label of type string with categories, ${label.name} is ${label.type}`, 'list the classes as categories');
  }
  return task;
}

function oneOf<T extends string>(value: unknown, known: readonly T[], code: string, at: string, problems: ProblemList): T | undefined {
  if (known.includes(value as T)) return value as T;
  const near = typeof value === 'string' ? didYouMean(value, known) : undefined;
  problems.add(code, at, value, `must be one of ${known.join(', ')}`, near !== undefined ? `did you mean '${near}'?` : 'choose one of them');
  return undefined;
}

function unknownKeys(value: Record<string, unknown>, known: readonly string[], path: readonly (string | number)[], problems: ProblemList, locate: Locate): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = didYouMean(key, known);
    problems.add('UnknownKey', locate([...path, key]), value[key], `is no key that is known here (${known.join(', ')})`, near !== undefined ? `did you mean '${near}'?` : 'remove it');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
