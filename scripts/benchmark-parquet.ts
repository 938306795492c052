/**
 * Files of rows: Parquet and CSV of 20 columns of doubles, beside DuckDB on one thread and a naive reader, in the same run. Rounds take turns, so that
 * what else the machine does falls on all alike; ratios are what holds elsewhere. Measured: docs/adr/0010.
 *
 *   npx tsx scripts/benchmark-parquet.ts [rows] [rounds]
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetWriteFile } from 'hyparquet-writer';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ColumnProfileBuilder, FileProfileBuilder, gridEdges, quantileEdges, weightedValues } from '../lib/drift';
import { openTable } from '../lib/tables/open-table';
import { type ColumnSink, TableReader } from '../lib/tables/table-reader';

const COLUMNS = 20;
/** Rows of the CSV file: its text is two and a half times as large. */
const CSV_SHARE = 0.2;
const GOAL_ROWS_PER_SECOND = 300_000;

const rows = Number(process.argv[2] ?? 500_000);
const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'benchmark-parquet-'));
const parquet = join(folder, 'rows.parquet');
const gaps = join(folder, 'gaps.parquet');
const csv = join(folder, 'rows.csv');
const csvRows = Math.round(rows * CSV_SHARE);

/** Doubles with every digit used, normally distributed, the same every time. */
function normals(count: number, seed: number): Float64Array {
  let state = seed >>> 0;
  const uniform = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
  return Float64Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

const data = Array.from({ length: COLUMNS }, (_, column) => normals(rows, 20010201 + column));
const names = data.map((_, column) => `c${column}`);
parquetWriteFile({ filename: parquet, columnData: data.map((values, column) => ({ name: names[column]!, data: values, type: 'DOUBLE', nullable: false })), rowGroupSize: 100_000 });
parquetWriteFile({ filename: gaps, columnData: data.map((values, column) => ({ name: names[column]!, data: Array.from(values, (value, row) => (row % 50 === 0 ? null : value)), type: 'DOUBLE' })), rowGroupSize: 100_000 });
writeFileSync(csv, `${names.join(',')}\n${Array.from({ length: csvRows }, (_, row) => data.map((values) => values[row]).join(',')).join('\n')}\n`);
const sample = weightedValues(data[0]!.slice(0, 50_000));
const edges = quantileEdges(sample);
const bins = { type: 'numeric', edges, grid: gridEdges(sample, edges).edges } as const;

async function read(path: string): Promise<void> {
  const table = await openTable(path);
  for await (const batch of table.batches()) for (let column = 0; column < COLUMNS; column++) await batch.column(column);
}

async function profile(path: string, sink: (name: string) => ColumnSink): Promise<void> {
  await new TableReader({}, sink).read(await openTable(path));
}

/** What one writes without a library. */
async function naive(path: string): Promise<void> {
  const sums = new Array<number>(COLUMNS).fill(0);
  for await (const line of createInterface({ input: createReadStream(path) })) line.split(',').forEach((text, column) => (sums[column]! += Number(text)));
}

async function main(): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const duckdb = async (from: string, each: (column: string) => string): Promise<void> => void (await connection.runAndReadAll(`SELECT ${names.map(each).join(', ')} FROM ${from}`));
  const from = { parquet: `read_parquet('${parquet}')`, csv: `read_csv('${csv}')` };
  const summary = (column: string): string => `avg(${column}), stddev_pop(${column}), min(${column}), max(${column}), approx_quantile(${column}, [0.25, 0.5, 0.75])`;
  const inBins = (): ColumnProfileBuilder => new ColumnProfileBuilder(bins);
  const ofFile = (name: string): ColumnSink => new FileProfileBuilder([{ name, type: 'numeric' }]).columns[0]!;
  const runs: Record<string, { readonly rows: number; readonly run: () => Promise<void>; readonly peer?: string }> = {
    'Parquet: DuckDB, sums': { rows, run: () => duckdb(from.parquet, (column) => `sum(${column})`) },
    'Parquet: ours, read': { rows, run: () => read(parquet), peer: 'Parquet: DuckDB, sums' },
    'Parquet: DuckDB, moments and quartiles': { rows, run: () => duckdb(from.parquet, summary) },
    'Parquet: ours, profile in the bins of a baseline': { rows, run: () => profile(parquet, inBins), peer: 'Parquet: DuckDB, moments and quartiles' },
    'Parquet: ours, profile of a file': { rows, run: () => profile(parquet, ofFile), peer: 'Parquet: DuckDB, moments and quartiles' },
    'Parquet, 2 % missing: DuckDB, moments and quartiles': { rows, run: () => duckdb(`read_parquet('${gaps}')`, summary) },
    'Parquet, 2 % missing: ours, read': { rows, run: () => read(gaps) },
    'Parquet, 2 % missing: ours, profile in the bins of a baseline': { rows, run: () => profile(gaps, inBins), peer: 'Parquet, 2 % missing: DuckDB, moments and quartiles' },
    'CSV: readline, split, Number, sums': { rows: csvRows, run: () => naive(csv) },
    'CSV: DuckDB, moments and quartiles': { rows: csvRows, run: () => duckdb(from.csv, summary) },
    'CSV: ours, read': { rows: csvRows, run: () => read(csv), peer: 'CSV: readline, split, Number, sums' },
    'CSV: ours, profile of a file': { rows: csvRows, run: () => profile(csv, ofFile), peer: 'CSV: DuckDB, moments and quartiles' },
  };
  const speeds: Record<string, number[]> = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { rows: count, run }] of Object.entries(runs)) {
      // Time of the processor, of all threads: the machine may be busy with other things.
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      speeds[name]!.push((count / (user + system)) * 1e6);
    }
  }
  const best = (name: string): number => Math.max(...speeds[name]!);
  const median = (name: string): number => [...speeds[name]!].sort((a, b) => a - b)[rounds >> 1]!;
  const thousands = (speed: number): string => `${Math.round(speed / 1000).toLocaleString('en-US')} k`;
  console.log(`${COLUMNS} columns of doubles; Parquet ${rows.toLocaleString('en-US')} rows, ${megabytes(parquet)} MB; CSV ${csvRows.toLocaleString('en-US')} rows, ${megabytes(csv)} MB; ${rounds} rounds, rows per second of processor time\n`);
  console.log('| | best | median | of DuckDB or naive |\n| --- | --- | --- | --- |');
  for (const [name, { peer }] of Object.entries(runs)) console.log(`| ${name} | ${thousands(best(name))} | ${thousands(median(name))} | ${peer === undefined ? '' : (best(name) / best(peer)).toFixed(2)} |`);
  const reached = Math.min(best('Parquet: ours, read'), best('Parquet, 2 % missing: ours, read'));
  console.log(`\ngoal: Parquet at least ${thousands(GOAL_ROWS_PER_SECOND)} rows/s: ${reached >= GOAL_ROWS_PER_SECOND ? 'reached' : 'missed'}`);
  connection.closeSync();
  rmSync(folder, { recursive: true });
}

function megabytes(path: string): string {
  return (statSync(path).size / 1e6).toFixed(0);
}

void main();
