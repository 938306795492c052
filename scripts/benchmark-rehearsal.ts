/**
 * Rehearses the example twice with the same seed, each time in a process of its own, and prints wall time, the greatest resident size of
 * the process and of the containers it starts, and whether both summaries are the same bytes (wall time apart).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../lib/cli/synthesize';
import { bundle } from './bundle';

interface Run {
  readonly wallSeconds: number;
  readonly processMegabytes: number;
  readonly treeMegabytes: number;
  readonly summary: string;
}

const root = join(__dirname, '..');
/** Between two looks at the memory. */
const LOOK_MILLISECONDS = 100;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-'));
  try {
    await bundle();
    const assembly = join(folder, 'cdk.out');
    await synthesize('npx tsx examples/flight-delay/app.ts', root, assembly);
    const runs = [await rehearse(assembly, join(folder, '1.json')), await rehearse(assembly, join(folder, '2.json'))];
    for (const [index, run] of runs.entries()) {
      console.log(`run ${index + 1}: ${run.wallSeconds.toFixed(1)} s, ${run.processMegabytes} MB resident, ${run.treeMegabytes} MB with containers`);
    }
    const same = runs[0]!.summary === runs[1]!.summary;
    console.log(`summaries ${same ? 'are byte-equal' : 'DIFFER'} apart from wallSeconds`);
    process.exitCode = same ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rehearse(assembly: string, summary: string): Promise<Run> {
  const began = performance.now();
  const scenario = 'examples/flight-delay/scenario.ts';
  const argv = ['--import', 'tsx', 'bin/cdk-ml-pipeline.ts', 'rehearse', '--assembly', assembly, '--scenario', scenario, '--json', summary, '--quiet'];
  const child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  let own = 0;
  let tree = 0;
  const timer = setInterval(() => {
    const sizes = residentMegabytes(child.pid!);
    own = Math.max(own, sizes.own);
    tree = Math.max(tree, sizes.tree);
  }, LOOK_MILLISECONDS);
  const status = await new Promise<number | null>((done) => child.once('close', done));
  clearInterval(timer);
  if (status !== 0) throw new Error(`the rehearsal ended with exit code ${status}`);
  const text = readFileSync(summary, 'utf8').replace(/^ {2}"wallSeconds": .*\n/m, '');
  return { wallSeconds: (performance.now() - began) / 1000, processMegabytes: own, treeMegabytes: tree, summary: text };
}

/** From /proc, hence Linux only. */
function residentMegabytes(pid: number): { own: number; tree: number } {
  const parents = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      sizes.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  const below = (ancestor: number): number =>
    (sizes.get(ancestor) ?? 0) + [...parents].filter(([, parent]) => parent === ancestor).reduce((sum, [child]) => sum + below(child), 0);
  return { own: Math.round(sizes.get(pid) ?? 0), tree: Math.round(below(pid)) };
}

void main();
