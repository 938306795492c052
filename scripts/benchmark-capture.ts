/**
 * How fast captured data is profiled, and in how much memory, beside what else one would take: `npx tsx scripts/benchmark-capture.ts
 * [megabytes] [rounds]`. All in one run, in turns, each in a process of its own, in seconds of a processor core; docs/capture.md has the table. What is generated lies in
 * the directory for temporary files until the end.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { baseline, type GeneratedFile, writeCapture } from './capture-data';
import type { Measurement } from './capture-contestant';

const MEGABYTES = Number(process.argv[2] ?? 200);
const ROUNDS = Number(process.argv[3] ?? 5);
/** Passes over the file, each with other event ids: 2 GB of 200 MB. */
const PASSES = 10;
const CONTESTANTS = ['ours', 'naive', 'duckdb', 'duckdb-all', 'python'] as const;
type Contestant = (typeof CONTESTANTS)[number];

const folder = mkdtempSync(join(tmpdir(), 'benchmark-capture-'));
try {
  main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function main(): void {
  const contestant = join(folder, 'contestant.js');
  const baselinePath = join(folder, 'baseline.json');
  // Built as handlers are.
  buildSync({ entryPoints: [join(__dirname, 'capture-contestant.ts')], outfile: contestant, bundle: true, platform: 'node', target: 'node20', logLevel: 'error', external: ['@duckdb/node-api'] });
  writeFileSync(baselinePath, JSON.stringify(baseline()));
  const python = preparePython();
  const run = (name: Contestant, path: string, passes = 1): Measurement => {
    const [command, ...words] =
      name === 'python' ? [python!, join(__dirname, 'capture_contestant.py'), path] : [process.execPath, contestant, name, path, baselinePath, String(passes)];
    return JSON.parse(execFileSync(command!, words, { encoding: 'utf8', maxBuffer: 1e6 })) as Measurement;
  };
  const names = CONTESTANTS.filter((name) => name !== 'python' || python !== undefined);
  for (const rowsPerRecord of [1, 100]) {
    const path = join(folder, `${rowsPerRecord}.jsonl`);
    const file = writeCapture(path, MEGABYTES * 1e6, rowsPerRecord);
    console.log(`\n${rowsPerRecord} row${rowsPerRecord > 1 ? 's' : ''} a record, ${(file.bytes / 1e6).toFixed(0)} MB, ${file.rows} rows, ${ROUNDS} rounds`);
    print(names, file, rounds(names, file, (name) => run(name, path)));
    const long = run('ours', path, PASSES);
    console.log(`ours, ${PASSES} times as much in one stream: ${(file.bytes * PASSES / 1e9).toFixed(1)} GB, ${long.rows} rows, ${long.maximumResidentMegabytes.toFixed(0)} MB resident`);
    rmSync(path);
  }
}

function rounds(names: readonly Contestant[], file: GeneratedFile, run: (name: Contestant) => Measurement): Map<Contestant, Measurement[]> {
  const measured = new Map<Contestant, Measurement[]>(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const measurement = run(name);
      if (measurement.rows !== file.rows) throw new Error(`${name} saw ${measurement.rows} of ${file.rows} rows`);
      measured.get(name)!.push(measurement);
    }
    const sums = names.map((name) => measured.get(name)![round]!.checksum);
    if (sums.some((sum) => Math.abs(sum / sums[0]! - 1) > 1e-9)) throw new Error(`the contestants disagree: ${sums.join(', ')}`);
  }
  return measured;
}

function print(names: readonly Contestant[], file: GeneratedFile, measured: Map<Contestant, Measurement[]>): void {
  const seconds = (name: Contestant): number[] => measured.get(name)!.map((measurement) => measurement.seconds);
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  console.log('| | MB/s best | MB/s median | rows/s best | ours is faster by (median of the rounds) | resident MB |\n| --- | --- | --- | --- | --- | --- |');
  for (const name of names) {
    const best = Math.min(...seconds(name));
    const ratio = median(seconds(name).map((value, round) => value / seconds('ours')[round]!));
    const memory = Math.max(...measured.get(name)!.map(({ maximumResidentMegabytes }) => maximumResidentMegabytes));
    const speed = (value: number): string => (file.bytes / 1e6 / value).toFixed(0);
    console.log(`| ${name} | ${speed(best)} | ${speed(median(seconds(name)))} | ${Math.round(file.rows / best / 1000)} k | ${name === 'ours' ? '' : ratio.toFixed(1)} | ${memory.toFixed(0)} |`);
  }
}

/** An interpreter with pandas in an environment of its own; without pandas the plain one, without Python none. */
function preparePython(): string | undefined {
  if (spawnSync('python3', ['--version']).status !== 0) return undefined;
  const environment = join(folder, 'python');
  const python = join(environment, 'bin', 'python');
  const made = spawnSync('python3', ['-m', 'venv', environment]).status === 0;
  const installed = made && spawnSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pandas']).status === 0;
  console.log(installed ? 'python: json.loads, split, pandas' : 'python: json.loads, split, lists of floats, since pandas cannot be installed');
  return installed ? python : 'python3';
}
