import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { hasType, parseBoolean, parseDecimal, parseTimestamp } from '../../lib/data/column-value';
import { formatCsvRow, parseCsv } from '../../lib/data/csv';
import type { ContractColumn, ContractDocument } from '../../lib/data/data-contract.contract';
import { validateRows } from '../../lib/data/validate-rows';

const column = (name: string, over: Partial<ContractColumn>): ContractColumn => ({ name, type: 'string', roles: ['feature'], maximumNullShare: 0, ...over });
const contract: ContractDocument = {
  task: 'binary-classification',
  columns: [
    column('id', { roles: ['id'] }),
    column('time', { type: 'timestamp', roles: ['time'] }),
    column('distance', { type: 'integer', minimum: 0, maximum: 6000, maximumNullShare: 0.25 }),
    column('carrier', { categories: ['AA', 'UA'] }),
    column('delayed', { type: 'boolean', roles: ['label'] }),
  ],
};
const HEADER = 'id,time,distance,carrier,delayed';
const good = (id: string, distance = '100'): string => `${id},2001-01-05T10:00,${distance},AA,1`;
const check = (...lines: string[]): ReturnType<typeof validateRows> => validateRows(contract, parseCsv(lines.join('\n')));
const messages = (...lines: string[]): string[] => check(...lines).violations.map((violation) => violation.message);

describe('validating a raw file', () => {
  it('accepts good rows in any order of columns and reports their time span', () => {
    expect(check(HEADER, good('a'), 'b,2001-01-03,,UA,false', good('c'), good('d'))).toEqual({
      rows: 4,
      earliest: Date.UTC(2001, 0, 3),
      latest: Date.UTC(2001, 0, 5, 10),
      violations: [],
    });
    expect(messages('delayed,carrier,distance,time,id', '1,AA,5,2001-01-05,a')).toEqual([]);
    expect(messages(`\uFEFF${HEADER}`, good('a'))).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['a text in a number', [good('a', 'far')], 'distance: 1 value not of type integer, first on line 2: "far"'],
    ['a value out of range', [good('a'), good('b', '9999')], 'distance: 1 value outside 0 to 6000, first on line 3: "9999"'],
    ['an unknown category', ['a,2001-01-05,1,XX,1'], 'carrier: 1 value not among the 2 categories, first on line 2: "XX"'],
    ['a row that is too short', ['a,2001-01-05,1'], '1 of 1 rows have another number of values than the header, first on line 2: "3 values"'],
    ['an id twice', [good('a'), good('a')], 'id: 1 value repeated, first on line 3: "a"'],
    ['a spike of missing values', [good('a', ''), good('b', ''), good('c')], 'distance: 66.67 % of the values are missing, allowed are 25 %'],
    ['a missing label', ['a,2001-01-05,1,AA,'], 'delayed: 100 % of the values are missing, allowed are 0 %'],
  ])('refuses %s', (_name, rows, message) => {
    expect(messages(HEADER, ...rows)).toEqual([message]);
  });

  it('refuses columns that are unknown, missing or named twice', () => {
    expect(messages(`${HEADER},colour`, `${good('a')},red`)).toEqual(['colour: the contract has no such column']);
    expect(messages('id,time,distance,carrier', 'a,2001-01-05,1,AA')).toEqual(['delayed: the column is missing']);
    expect(messages(`${HEADER},id`, `${good('a')},a`)).toEqual(['id: the header names it twice']);
  });

  it('refuses a file without rows', () => {
    expect(messages(HEADER)).toEqual(['the file has no rows']);
    expect(check('').violations.map(({ rule }) => rule)).toContain('empty-file');
  });

  it('counts all mistakes and keeps the first three examples', () => {
    const rows = Array.from({ length: 10 }, (_, index) => good(String(index), 'x'));
    expect(check(HEADER, ...rows).violations[0]).toMatchObject({ count: 10, examples: [{ line: 2 }, { line: 3 }, { line: 4 }] });
  });

  it('wants 0 or 1 of a number that is a binary label', () => {
    const numeric: ContractDocument = { ...contract, columns: [column('x', { type: 'number' }), column('y', { type: 'integer', roles: ['label'] })] };
    expect(validateRows(numeric, [['x', 'y'], ['1', '2']]).violations[0]!.rule).toBe('range');
  });
});

describe('values', () => {
  it.each([
    ['2001-01-05', Date.UTC(2001, 0, 5)],
    ['2001-01-05T10:30', Date.UTC(2001, 0, 5, 10, 30)],
    ['2001-01-05 10:30:15.250', Date.UTC(2001, 0, 5, 10, 30, 15, 250)],
    ['2001-01-05T10:30:00Z', Date.UTC(2001, 0, 5, 10, 30)],
    ['2001-01-05T10:30:00+0200', Date.UTC(2001, 0, 5, 8, 30)],
  ])('reads the timestamp %s as UTC', (text, expected) => expect(parseTimestamp(text)).toBe(expected));

  it.each(['2001-02-30', '2001-13-01', '05/01/2001', '2001', 'yesterday', '2001-01-05T25:00', '1000000000'])('refuses the timestamp %s', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it.each(['0x10', '1_000', 'NaN', 'Infinity', '1e999', '', '.', '1,5'])('refuses the number %s', (text) => expect(parseDecimal(text)).toBeUndefined());

  it('reads whole numbers that went through a data frame', () => {
    expect(hasType(column('x', { type: 'integer' }), '12.0')).toBe(true);
    expect(hasType(column('x', { type: 'integer' }), '12.5')).toBe(false);
    expect([parseBoolean('TRUE'), parseBoolean('0'), parseBoolean('yes')]).toEqual([true, false, undefined]);
  });
});

describe('CSV rows', () => {
  const value = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(',', '"', '\n', '\r', ' ', 'a', '\uFEFF', 'é') }));

  it('are written as the CSV library writes them, and read back as they were', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 5 }), (values) => {
        const line = formatCsvRow(values);
        expect(line).toBe(Papa.unparse([values], { newline: '\n' }));
        expect(Papa.parse<string[]>(`first,second\n${line}`, { delimiter: ',', newline: '\n' }).data[1]).toEqual(values);
      }),
    );
  });

  it('are read as the CSV library reads them', () => {
    const rows = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), (values, newline, closed) => {
        const text = values.map(formatCsvRow).join(newline) + (closed ? newline : '');
        const read = parseCsv(text);
        expect(read).toEqual(values.filter((row) => row.length > 1 || row[0] !== ''));
        expect(read).toEqual(Papa.parse<string[]>(text, { delimiter: ',', newline, skipEmptyLines: true }).data);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, string, string[][]]>([
    ['a byte order mark', '\uFEFFa,b\n"1",2', [['a', 'b'], ['1', '2']]],
    ['old line endings', 'a,"b"\rc,d\r\r', [['a', 'b'], ['c', 'd']]],
    ['a quote within a field', 'a"b,c\nd,e', [['a"b', 'c'], ['d', 'e']]],
    ['text after a closing quote, without losing the next line', '"a"b,c\nd,e', [['ab', 'c'], ['d', 'e']]],
    ['a quote that is never closed', 'a,"b\nc', [['a', 'b\nc']]],
    ['nothing', '', []],
  ])('with %s are read as far as they can be', (_title, text, rows) => expect(parseCsv(text)).toEqual(rows));

  it('may be as long as a captured request', () => {
    const field = 'x'.repeat(5_000_000);
    expect(parseCsv(`"${field}""",1`)).toEqual([[`${field}"`, '1']]);
  });
});
