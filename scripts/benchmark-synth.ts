/**
 * Synth of 1, 10 and 50 models, and of the same resources written as plain L1 constructs, each in a fresh process. Prints the time per
 * added model, the ratio, and whether two synths are byte-equal.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const ROUNDS = 3;

interface Result {
  readonly milliseconds: number;
  readonly hash: string;
}

function synth(kind: 'pipeline' | 'plain', models: number): Result {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  const result = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'scripts', 'benchmark-synth-app.ts'), kind, String(models), outdir], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  const hash = createHash('sha256');
  for (const file of readdirSync(outdir).filter((name) => name.endsWith('.json')).sort()) hash.update(file).update(readFileSync(join(outdir, file)));
  rmSync(outdir, { recursive: true });
  return { milliseconds: Number(result.stdout.trim().split('\n').at(-1)), hash: hash.digest('hex') };
}

function best(kind: 'pipeline' | 'plain', models: number): Result {
  const results = Array.from({ length: ROUNDS }, () => synth(kind, models));
  if (new Set(results.map((result) => result.hash)).size !== 1) throw new Error(`${kind} ${models}: two synths differ`);
  return results.reduce((a, b) => (a.milliseconds < b.milliseconds ? a : b));
}

const sizes = [1, 10, 50];
const rows = sizes.map((models) => ({ models, pipeline: best('pipeline', models).milliseconds, plain: best('plain', models).milliseconds }));
console.log('| models | MlPipeline | the same resources as plain L1 | ratio |\n| --- | --- | --- | --- |');
for (const row of rows) console.log(`| ${row.models} | ${row.pipeline.toFixed(0)} ms | ${row.plain.toFixed(0)} ms | ${(row.pipeline / row.plain).toFixed(2)} |`);
const slope = (key: 'pipeline' | 'plain') => (rows[2]![key] - rows[0]![key]) / (sizes[2]! - sizes[0]!);
console.log(`per added model: MlPipeline ${slope('pipeline').toFixed(0)} ms, plain L1 ${slope('plain').toFixed(0)} ms, ratio ${(slope('pipeline') / slope('plain')).toFixed(2)}`);
console.log(`templates byte-equal in ${ROUNDS} synths each: yes`);
