/**
 * Figures of docs/adr/0003: size and start-up of every handler with the AWS SDK external (from the runtime) and bundled, interleaved,
 * each start in a fresh process. Prints medians and ratios; run `npm run bundle` first.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(__dirname, '..');
const ROUNDS = 9;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(root, 'dist', 'sdk-bundling-'));
  const entries = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lambda.ts'));
  const measured: { kind: string; kilobytes: number; milliseconds: number }[] = [];
  for (const kind of ['external', 'bundled']) {
    for (const entry of entries) {
      await build({
        absWorkingDir: root,
        entryPoints: [join('lib', entry)],
        outfile: join(folder, kind, `${entry.replaceAll('/', '-')}.js`),
        bundle: true,
        platform: 'node',
        target: 'node22',
        format: 'cjs',
        minify: true,
        logLevel: 'error',
        external: kind === 'external' ? ['@aws-sdk/*', '@smithy/*'] : [],
      });
    }
  }
  for (const entry of entries) {
    const times: Record<string, number[]> = { external: [], bundled: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of ['external', 'bundled']) {
        const file = join(folder, kind, `${entry.replaceAll('/', '-')}.js`);
        const script = `const t=process.hrtime.bigint();require(${JSON.stringify(file)});console.log(Number(process.hrtime.bigint()-t)/1e6)`;
        const result = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1' } });
        times[kind]!.push(Number(result.stdout));
      }
    }
    for (const kind of ['external', 'bundled']) {
      const kilobytes = statSync(join(folder, kind, `${entry.replaceAll('/', '-')}.js`)).size / 1000;
      measured.push({ kind, kilobytes, milliseconds: median(times[kind]!) });
    }
  }
  rmSync(folder, { recursive: true });
  const total = (kind: string, key: 'kilobytes' | 'milliseconds') => measured.filter((row) => row.kind === kind).reduce((sum, row) => sum + row[key], 0);
  console.log(`${entries.length} handlers below ${relative(root, join(root, 'lib'))}/`);
  for (const kind of ['external', 'bundled']) {
    console.log(`${kind.padEnd(9)} ${total(kind, 'kilobytes').toFixed(0).padStart(6)} kB together, median start ${(total(kind, 'milliseconds') / entries.length).toFixed(0)} ms`);
  }
  console.log(
    `bundled/external: size ${(total('bundled', 'kilobytes') / total('external', 'kilobytes')).toFixed(1)}, start ${(total('bundled', 'milliseconds') / total('external', 'milliseconds')).toFixed(2)}`,
  );
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

void main();
