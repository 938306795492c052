import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTable } from '../../lib/tables/open-table';
import { type Cell, type Table } from '../../lib/tables/table';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tables-parquet-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function readFile(path: string): Promise<{ table: Table; columns: Record<string, Cell[]> }> {
  const table = await openTable(path);
  const columns: Record<string, Cell[]> = Object.fromEntries(table.columns.map(({ name }) => [name, []]));
  for await (const batch of table.batches()) {
    for (const [index, { name }] of table.columns.entries()) for (const cell of (await batch.column(index)) ?? []) columns[name]!.push(cell);
  }
  return { table, columns };
}

async function read(bytes: Uint8Array | ArrayBuffer): Promise<{ table: Table; columns: Record<string, Cell[]> }> {
  const path = join(folder, 'file.parquet');
  writeFileSync(path, bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  return readFile(path);
}

/** Written by another implementation than the one that reads. */
async function duckdb(query: string, options = ''): Promise<string> {
  const path = join(folder, 'duckdb.parquet');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
  connection.closeSync();
  return path;
}

describe('Parquet', () => {
  it('gives every number as it was written, in any row groups and pages, with and without missing ones', async () => {
    const doubles = fc.array(fc.option(fc.double(), { freq: 4 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(doubles, fc.integer({ min: 1, max: 25 }), fc.integer({ min: 16, max: 400 }), fc.constantFrom('SNAPPY', 'UNCOMPRESSED') as fc.Arbitrary<'SNAPPY'>, async (values, rowGroupSize, pageSize, codec) => {
        const some = values.map((value) => value ?? 0);
        const { columns } = await read(
          parquetWriteBuffer({
            columnData: [
              { name: 'some', data: values, type: 'DOUBLE' },
              { name: 'all', data: some, type: 'DOUBLE', nullable: false },
              { name: 'whole', data: some.map((value) => (Number.isFinite(value) ? Math.trunc(value % 2 ** 31) | 0 : 0)), type: 'INT32' },
            ],
            rowGroupSize,
            pageSize,
            codec,
          }),
        );
        expect(columns['some']).toEqual(values);
        expect(columns['all']).toEqual(some);
      }),
      { numRuns: 40 },
    );
  });

  it('gives texts, also from dictionaries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.constantFrom('a', 'b', 'é𝒳', '')), { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 40 }), async (values, rowGroupSize) => {
        const { columns } = await read(parquetWriteBuffer({ columnData: [{ name: 's', data: values, type: 'STRING' }], rowGroupSize }));
        expect(columns['s']).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['snappy', 'zstd', 'gzip', 'uncompressed', 'brotli', 'lz4_raw'])('reads every type of a column as DuckDB writes it with %s', async (codec) => {
    const path = await duckdb(
      `SELECT i::TINYINT AS tiny, (i * 3000000000)::BIGINT AS big, (i * 1000)::UINTEGER AS whole, i / 7 AS double, (i / 4)::FLOAT AS single, (i / 100)::DECIMAL(18, 2) AS money, (i * 1e20)::DECIMAL(38, 3) AS wide,
        i % 2 = 0 AS flag, 'cat' || (i % 3) AS category, CASE WHEN i % 5 = 0 THEN NULL ELSE i END AS gap, NULL::DOUBLE AS nothing, DATE '2001-02-03' + i::INTEGER AS day,
        TIMESTAMP '2001-02-03 04:05:06.789012' AS instant, TIMESTAMPTZ '2001-02-03 04:05:06Z' AS zoned, [i, i] AS list, {'a': i} AS structure, 'nan'::DOUBLE AS nan, 'infinity'::DOUBLE AS infinite
        FROM range(25) t(i)`,
      `, CODEC '${codec}', ROW_GROUP_SIZE 10`,
    );
    const { table, columns } = await readFile(path);
    const i = Array.from({ length: 25 }, (_, index) => index);
    const close = (values: readonly Cell[] | undefined, expected: readonly number[]): void => expected.forEach((value, index) => expect(values![index]).toBeCloseTo(value, 9));
    expect(columns['tiny']).toEqual(i);
    expect(columns['big']).toEqual(i.map((n) => n * 3e9));
    expect(columns['whole']).toEqual(i.map((n) => n * 1000));
    expect(columns['double']).toEqual(i.map((n) => n / 7));
    expect(columns['single']).toEqual(i.map((n) => n / 4));
    close(columns['money'], i.map((n) => n / 100));
    expect(columns['wide']).toEqual(i.map((n) => expect.closeTo(n * 1e20, -6)));
    expect(columns['flag']).toEqual(i.map((n) => String(n % 2 === 0)));
    expect(columns['category']).toEqual(i.map((n) => `cat${n % 3}`));
    expect(columns['gap']).toEqual(i.map((n) => (n % 5 === 0 ? null : n)));
    expect(columns['nothing']).toEqual(i.map(() => null));
    expect(columns['day']![1]).toBe('2001-02-04');
    expect(columns['instant']![0]).toBe('2001-02-03T04:05:06.789Z');
    expect(columns['zoned']![0]).toBe('2001-02-03T04:05:06.000Z');
    expect(columns['nan']![0]).toBeNaN();
    expect(columns['infinite']![0]).toBe(Infinity);
    expect(Object.keys(columns)).not.toContain('list');
    expect(table.problems.remarkable).toEqual(['column list holds lists or structures and is not read', 'column structure holds lists or structures and is not read']);
    const types = Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({ tiny: 'numeric', money: 'numeric', flag: 'categorical', category: 'categorical', day: 'timestamp', instant: 'timestamp', gap: 'numeric' });
    expect(table.problems.rows).toBe(0);
  });

  it('of no rows has columns', async () => {
    expect((await readFile(await duckdb('SELECT 1 AS a WHERE false'))).columns).toEqual({ a: [] });
  });

  it('loses what is damaged and says so, or is refused, and never crashes or hangs', async () => {
    const path = await duckdb("SELECT i AS a, 'c' || (i % 4) AS b, i / 3 AS c FROM range(4000) t(i)", ', ROW_GROUP_SIZE 2048');
    const whole = readFileSync(path);
    const outcomes = { refused: 0, told: 0, unnoticed: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.nat(whole.length - 1), fc.integer({ min: whole.length - 2000, max: whole.length - 1 })), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, change, cut) => {
        const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
        if (!cut) bytes[at] = bytes[at]! ^ change;
        try {
          const { table } = await read(bytes);
          if (table.problems.rows > 0) outcomes.told += 1;
          else outcomes.unnoticed += 1;
        } catch (error) {
          expect((error as Error).constructor.name).toBe('TableError');
          outcomes.refused += 1;
        }
      }),
      { numRuns: 150, seed: 7 },
    );
    // A flipped bit of a value is another value: Parquet's checksums are optional.
    expect(outcomes.refused).toBeGreaterThan(50);
    expect(outcomes.told).toBeGreaterThan(3);
  });
});
