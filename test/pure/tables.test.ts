import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CsvScanner, formatCsvRow, parseCsv } from '../../lib/data/csv';
import { openTable, type TableOptions } from '../../lib/tables/open-table';
import { type Cell, type Table } from '../../lib/tables/table';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tables-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function captureLine(eventId: string, input: string, output: string): string {
  const side = (data: string, mode: string): object => ({ observedContentType: 'text/csv', mode, data, encoding: 'CSV' });
  const captureData = { endpointInput: side(input, 'INPUT'), endpointOutput: side(output, 'OUTPUT') };
  return JSON.stringify({ captureData, eventMetadata: { eventId, inferenceTime: '2001-02-05T10:30:00Z' }, eventVersion: '0' });
}

let files = 0;
function file(content: string | Uint8Array): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, content);
  return path;
}

interface Read {
  readonly table: Table;
  readonly columns: Record<string, Cell[]>;
}

/** Reads everything. */
async function read(content: string | Uint8Array, options?: TableOptions): Promise<Read> {
  const table = await openTable(file(content), options);
  const found: Cell[][] = [];
  let rows = 0;
  for await (const batch of table.batches()) {
    for (let index = 0; index < table.columns.length; index++) {
      const list = (found[index] ??= []);
      while (list.length < rows) list.push(null);
      for (const cell of (await batch.column(index)) ?? new Array<null>(batch.rows).fill(null)) list.push(cell);
    }
    rows += batch.rows;
  }
  return { table, columns: Object.fromEntries(table.columns.map(({ name }, index) => [name, found[index] ?? []])) };
}

const text = fc.string({ unit: fc.constantFrom('a', 'é', '1', '.', '"', ',', '\n', '\r', '\r\n', ' ', '\t', ';', '𝒳'), maxLength: 8 });
/** Rows that are not a single empty value, which is an empty line. */
const rows = fc
  .integer({ min: 1, max: 4 })
  .chain((columns) => fc.array(fc.array(text, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 6 }))
  .map((list) => list.filter((row) => row.length > 1 || row[0] !== ''));

describe('the CSV scanner', () => {
  it('reads what was written, whatever the values, line endings and cuts', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 6, maxLength: 6 }), fc.boolean(), fc.nat(), (written, endings, ended, seed) => {
        const document = written.map((row, index) => formatCsvRow(row) + (ended || index < written.length - 1 ? endings[index]! : '')).join('');
        expect(parseCsv(document)).toEqual(written);
        const found: string[][] = [];
        const scanner = new CsvScanner((row) => found.push(row));
        for (let at = 0, step = 1 + (seed % 5); at < document.length; at += step, step = 1 + ((seed + at) % 7)) scanner.write(document.slice(at, at + step));
        scanner.end();
        expect(found).toEqual(written);
      }),
    );
  });

  it('agrees with papaparse on files of one line ending', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), (written, newline) => {
        const document = written.map(formatCsvRow).join(newline);
        expect(parseCsv(document)).toEqual(Papa.parse<string[]>(document, { delimiter: ',', newline, skipEmptyLines: true }).data);
      }),
    );
  });

  it('counts lines, also those inside of quotes', () => {
    const lines: number[] = [];
    const scanner = new CsvScanner((_, line) => lines.push(line));
    scanner.write('a,b\n\n"x\ny",1\r\n2,"p\rq\r\nr"\n3,4\n');
    scanner.end();
    expect(lines).toEqual([1, 3, 5, 8]);
  });

  it('reads a field of millions of doubled quotes in linear time', () => {
    expect(parseCsv(`"${'""'.repeat(4_500_000)}"`)[0]![0]).toHaveLength(4_500_000);
  });
});

describe('CSV', () => {
  it('is read with and without a header, with any usual delimiter', async () => {
    expect((await read('a,b\n1,x\n2,y\n')).columns).toEqual({ a: ['1', '2'], b: ['x', 'y'] });
    expect((await read('\uFEFFa;b\r\n1;x\r\n')).columns).toEqual({ a: ['1'], b: ['x'] });
    expect((await read('a\tb, c\n1\tx\n', { csv: { delimiter: '\t' } })).columns).toEqual({ a: ['1'], 'b, c': ['x'] });
    expect((await read('"a;b"|c\n1|x\n')).columns).toEqual({ 'a;b': ['1'], c: ['x'] });
    const data = await read('1.5,x\n2,y\n');
    expect(data.columns).toEqual({ column1: ['1.5', '2'], column2: ['x', 'y'] });
    expect(data.table.problems.remarkable[0]).toMatch(/looks like data \(1.5\)/);
    expect((await read('1,x\n2,y\n', { csv: { names: [['only'], ['n', 's']] } })).columns).toEqual({ n: ['1', '2'], s: ['x', 'y'] });
    expect((await read('x,y\nz,w\n', { csv: { header: false } })).columns).toEqual({ column1: ['x', 'z'], column2: ['y', 'w'] });
    await expect(read('1,2,3\n', { csv: { names: [['n', 's']] } })).rejects.toThrow(/has no header and 3 columns, but the contract names 2/);
  });

  it('gives every column a name of its own', async () => {
    const { columns, table } = await read(',a,a,\n1,2,3,4\n');
    expect(Object.keys(columns)).toEqual(['column1', 'a', 'a.2', 'column4']);
    expect(table.problems.remarkable).toEqual([expect.stringMatching(/a more than once/)]);
  });

  it('counts and describes rows that do not fit, and reads the others', async () => {
    const { columns, table } = await read('a,b\n1,2\n3\n4,5,6\n7,8\n');
    expect(columns).toEqual({ a: ['1', '7'], b: ['2', '8'] });
    expect(table.problems.rows).toBe(2);
    expect(table.problems.examples).toEqual([
      { place: 'line 3', reason: 'it has 1 value, expected 2' },
      { place: 'line 4', reason: 'it has 3 values, expected 2' },
    ]);
  });

  it('goes on after a quote that is never closed', async () => {
    const { columns, table } = await read('a,b\n1,2\n"3,4\n5,6\n');
    expect(columns).toEqual({ a: ['1', '5'], b: ['2', '6'] });
    expect(table.problems.examples).toEqual([{ place: 'line 3', reason: 'a quote is never closed' }]);
    const huge = await read(`a,b\n1,2\n"3,4\n${'5,6\n'.repeat(4_500_000)}`);
    expect(huge.columns['a']).toHaveLength(4_500_001);
    expect(huge.table.problems.examples[0]!.reason).toMatch(/longer than 16777216 characters/);
  });

  it('is read through gzip, up to where it is cut off', async () => {
    const document = `a,b\n${Array.from({ length: 50_000 }, (_, index) => `${index},${Math.imul(index, 2654435761) >>> 0}`).join('\n')}\n`;
    const whole = await read(gzipSync(document));
    expect(whole.columns['a']).toHaveLength(50_000);
    const packed = gzipSync(document);
    const cut = await read(packed.subarray(0, packed.length - 1000));
    expect(cut.columns['a']!.length).toBeGreaterThan(10_000);
    expect(cut.table.problems.examples[0]!.reason).toMatch(/damaged or cut off/);
  });

  it('says that bytes are no UTF-8', async () => {
    const { table, columns } = await read(Buffer.from('a,b\n1,caf\xe9\n', 'latin1'));
    expect(columns['b']).toEqual(['caf\uFFFD']);
    expect(table.problems.remarkable[0]).toMatch(/not UTF-8/);
  });

  it('of a header alone has columns and no rows', async () => {
    expect((await read('a,b')).columns).toEqual({ a: [], b: [] });
  });
});

describe('JSON lines', () => {
  it('may name columns on any line', async () => {
    const { columns, table } = await read('{"a":1,"b":"x"}\n{"b":null,"c":true}\nnot json\n3\n{"a":{"deep":[1]}}');
    expect(columns).toEqual({ a: [1, null, '{"deep":[1]}'], b: ['x', null, null], c: [null, 'true', null] });
    expect(table.format).toBe('json-lines');
    expect(table.problems.examples).toEqual([
      { place: 'line 3', reason: 'it is not JSON' },
      { place: 'line 4', reason: 'it is neither an object nor a list' },
    ]);
  });

  it('may be lists', async () => {
    expect((await read('[1,"x"]\n[2,"y"]\n')).columns).toEqual({ column1: [1, 2], column2: ['x', 'y'] });
  });
});

describe('data capture', () => {
  it('gives the rows of requests and their predictions, each event once', async () => {
    const lines = [captureLine('e1', '1,x\n2,y\n', '0.5,0.25'), captureLine('e2', '3,z', '0.75'), captureLine('e1', '1,x\n2,y\n', '0.5,0.25'), '{"captureData":{}}'];
    const { columns, table } = await read(lines.join('\n'));
    expect(table.format).toBe('data-capture');
    expect(columns).toEqual({ feature1: ['1', '2', '3'], feature2: ['x', 'y', 'z'], prediction: ['0.5', '0.25', '0.75'] });
    expect(table.problems.examples).toEqual([{ place: 'line 4', reason: expect.any(String) }]);
    expect(table.problems.remarkable).toEqual([expect.stringMatching(/1 event was captured more than once/)]);
    expect(Object.keys((await read(lines.join('\n'), { features: ['age', 'plan'] })).columns)).toEqual(['age', 'plan', 'prediction']);
  });
});

describe('a file that is something else', () => {
  it.each([
    ['', /is empty/],
    [' \n\n', /nothing but blanks/],
    ['PK\x03\x04zip', /is a ZIP archive or a spreadsheet: unpack it, or save it as CSV/],
    ['ORC...', /is an ORC file/],
    ['a\0b', /is not text/],
    [Buffer.from('\uFEFFa,b\n', 'utf16le'), /UTF-16: save it as UTF-8/],
    ['[{"a":1},\n{"a":2}]', /is one JSON list/],
    ['PAR1 and no footer', /cannot be read as Parquet.*cut off or damaged/],
    [gzipSync('PAR1'), /Parquet compressed with gzip/],
    [Buffer.from([0x1f, 0x8b, 1, 2, 3]), /begins as gzip and cannot be unpacked/],
  ])('is named: %#', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('is named when it does not exist or is a folder', async () => {
    await expect(openTable(join(folder, 'none.csv'))).rejects.toThrow(/none\.csv does not exist$/);
    await expect(openTable(folder)).rejects.toThrow(/is a folder/);
    await expect(read('a,b\n', { format: 'parquet' })).rejects.toThrow(/is not Parquet/);
  });
});
