import { hasType, parseDecimal, parseTimestamp } from './column-value';
import { type ContractColumn, type ContractDocument, hasRole } from './data-contract.contract';
import type { FileReport, Violation } from './raw-file.contract';

const EXAMPLES_MAXIMUM = 3;
const EXAMPLE_LENGTH = 80;

type Rule = Violation['rule'];
interface Tally {
  readonly rule: Rule;
  readonly column?: string;
  count: number;
  readonly examples: { line: number; value: string }[];
}

export type RowsReport = Pick<FileReport, 'rows' | 'earliest' | 'latest' | 'violations'>;

/**
 * Holds the rows of one raw file against the contract. The first row is the header; order of columns does not matter.
 * Line numbers count records, the header being line 1 (a quoted line break inside a value counts as one line).
 */
export function validateRows(contract: ContractDocument, rows: readonly (readonly string[])[]): RowsReport {
  const tallies = new Map<string, Tally>();
  const tally = (rule: Rule, column: string | undefined, line: number, value: string): void => {
    const key = `${rule} ${column ?? ''}`;
    let entry = tallies.get(key);
    if (!entry) tallies.set(key, (entry = { rule, column, count: 0, examples: [] }));
    entry.count += 1;
    if (entry.examples.length < EXAMPLES_MAXIMUM) entry.examples.push({ line, value: value.slice(0, EXAMPLE_LENGTH) });
  };
  const header = (rows[0] ?? []).map((name, index) => (index === 0 ? name.replace(/^\uFEFF/, '') : name).trim());
  const data = rows.slice(1);
  if (data.length === 0) tally('empty-file', undefined, 1, '');
  const places = columnPlaces(contract, header, tally);
  const checks = contract.columns
    .filter((column) => places.has(column.name))
    .map((column) => ({ column, place: places.get(column.name)!, check: valueCheck(contract, column), nulls: 0, seen: hasRole(column, 'id') ? new Set<string>() : undefined }));
  const time = contract.columns.find((column) => hasRole(column, 'time'));
  let earliest = Infinity;
  let latest = -Infinity;

  data.forEach((row, index) => {
    const line = index + 2;
    if (row.length !== header.length) {
      tally('row-length', undefined, line, `${row.length} values`);
      return;
    }
    for (const check of checks) {
      const text = row[check.place]!.trim();
      if (text === '') {
        check.nulls += 1;
        continue;
      }
      const broken = check.check(text);
      if (broken !== undefined) tally(broken, check.column.name, line, text);
      else if (check.column === time) {
        const at = parseTimestamp(text)!;
        if (at < earliest) earliest = at;
        if (at > latest) latest = at;
      }
      if (check.seen?.has(text)) tally('duplicate-id', check.column.name, line, text);
      check.seen?.add(text);
    }
  });

  const violations = [...tallies.values()].map((entry) => ({ ...entry, message: sentence(entry, contract, data.length) }));
  for (const { column, nulls } of checks) {
    const share = data.length === 0 ? 0 : nulls / data.length;
    if (share > column.maximumNullShare) {
      const message = `${column.name}: ${percent(share)} of the values are missing, allowed are ${percent(column.maximumNullShare)}`;
      violations.push({ rule: 'null-share', column: column.name, count: nulls, examples: [], message });
    }
  }
  return { rows: data.length, ...(latest >= earliest ? { earliest, latest } : {}), violations };
}

function columnPlaces(contract: ContractDocument, header: readonly string[], tally: (rule: Rule, column: string, line: number, value: string) => void): Map<string, number> {
  const places = new Map<string, number>();
  const known = new Set(contract.columns.map((column) => column.name));
  header.forEach((name, index) => {
    if (!known.has(name)) tally('unknown-column', name, 1, name);
    else if (places.has(name)) tally('duplicate-column', name, 1, name);
    else places.set(name, index);
  });
  for (const { name } of contract.columns) if (!places.has(name)) tally('missing-column', name, 1, '');
  return places;
}

/** What is wrong with one non-empty value of the column. */
function valueCheck(contract: ContractDocument, column: ContractColumn): (text: string) => Rule | undefined {
  const { minimum, maximum } = column;
  const categories = column.categories && new Set(column.categories);
  const binaryNumber = hasRole(column, 'label') && contract.task === 'binary-classification' && (column.type === 'integer' || column.type === 'number');
  return (text) => {
    if (!hasType(column, text)) return 'type';
    if (categories) return categories.has(text) ? undefined : 'category';
    if (minimum === undefined && maximum === undefined && !binaryNumber) return undefined;
    const value = parseDecimal(text)!;
    if (binaryNumber && value !== 0 && value !== 1) return 'range';
    return (minimum !== undefined && value < minimum) || (maximum !== undefined && value > maximum) ? 'range' : undefined;
  };
}

function sentence(entry: Tally, contract: ContractDocument, rows: number): string {
  const column = contract.columns.find(({ name }) => name === entry.column);
  const first = entry.examples[0];
  const where = first ? `, first on line ${first.line}: ${JSON.stringify(first.value)}` : '';
  const values = entry.count === 1 ? '1 value' : `${entry.count} values`;
  switch (entry.rule) {
    case 'empty-file':
      return 'the file has no rows';
    case 'missing-column':
      return `${entry.column}: the column is missing`;
    case 'unknown-column':
      return `${entry.column}: the contract has no such column`;
    case 'duplicate-column':
      return `${entry.column}: the header names it twice`;
    case 'row-length':
      return `${entry.count} of ${rows} rows have another number of values than the header${where}`;
    case 'type':
      return `${entry.column}: ${values} not of type ${column!.type}${where}`;
    case 'range':
      return `${entry.column}: ${values} outside ${column!.minimum ?? '…'} to ${column!.maximum ?? '…'}${where}`;
    case 'category':
      return `${entry.column}: ${values} not among the ${column!.categories!.length} categories${where}`;
    case 'duplicate-id':
      return `${entry.column}: ${values} repeated${where}`;
    case 'null-share':
      return `${entry.column}: ${values} missing`;
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
