/**
 * Bundles what ships as a built artefact:
 *   lib/**\/x.lambda.ts  → dist/handlers/x/index.js   (Lambda handlers; the AWS SDK stays external, docs/adr/0003)
 *   lib/**\/x.bundle.ts  → dist/bundles/x/index.js    (code with third-party libraries that constructs load at synth)
 *   bin/cdk-ml-pipeline.ts → dist/bin/cdk-ml-pipeline.js (command line and rehearsal, everything included)
 *   examples/X/container/{train,serve}.ts → dist/examples/X/container/ (the container's build context, Dockerfile included)
 * Output is a pure function of the sources: no timestamps, no absolute paths.
 */
import { basename, dirname, join, relative, resolve } from 'node:path';
import { copyFileSync, chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build, type BuildOptions, type Metafile } from 'esbuild';

const root = resolve(__dirname, '..');

function filesBelow(folder: string, suffix: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix) && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .sort();
}

/** Name of the folder below dist/ for an entry: the file's own name without its suffix. Names are unique by test. */
function entryName(file: string, suffix: string): string {
  return basename(file).slice(0, -suffix.length);
}

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

async function bundleEntries(suffix: string, out: string, options: BuildOptions): Promise<Metafile[]> {
  const entries = filesBelow(join(root, 'lib'), suffix);
  const names = new Set(entries.map((file) => entryName(file, suffix)));
  if (names.size !== entries.length) throw new Error(`two entries *${suffix} have the same name`);
  mkdirSync(join(root, out), { recursive: true });
  for (const stale of readdirSync(join(root, out)).filter((name) => !names.has(name))) rmSync(join(root, out, stale), { recursive: true });
  return Promise.all(
    entries.map(async (file) => {
      const outfile = join(out, entryName(file, suffix), 'index.js');
      const result = await build({ ...common, ...options, entryPoints: [relative(root, file)], outfile });
      return result.metafile!;
    }),
  );
}

async function bundleContainers(): Promise<void> {
  for (const dockerfile of filesBelow(join(root, 'examples'), join('container', 'Dockerfile'))) {
    const source = dirname(dockerfile);
    const target = join(root, 'dist', relative(root, source));
    mkdirSync(target, { recursive: true });
    copyFileSync(dockerfile, join(target, 'Dockerfile'));
    for (const program of ['train', 'serve']) {
      const outfile = join(target, program);
      await build({
        ...common,
        minify: false,
        target: 'node20',
        entryPoints: [relative(root, join(source, `${program}.ts`))],
        outfile,
        banner: { js: '#!/usr/bin/env node' },
      });
      chmodSync(outfile, 0o755);
    }
  }
}

async function bundleCommandLine(): Promise<void> {
  if (!existsSync(join(root, 'bin', 'cdk-ml-pipeline.ts'))) return;
  await build({
    ...common,
    target: 'node20',
    entryPoints: ['bin/cdk-ml-pipeline.ts'],
    outfile: 'dist/bin/cdk-ml-pipeline.js',
    // Named at run time only: what a scenario in TypeScript brings itself.
    external: ['esbuild', 'tsx'],
  });
}

export async function bundle(): Promise<{ handlers: Metafile[] }> {
  const [handlers] = await Promise.all([
    bundleEntries('.lambda.ts', 'dist/handlers', { external: ['@aws-sdk/*', '@smithy/*'], target: 'node22' }),
    bundleEntries('.bundle.ts', 'dist/bundles', { target: 'node20' }),
    bundleContainers(),
    bundleCommandLine(),
  ]);
  writeFileSync(join(root, 'dist', 'handlers.metafile.json'), JSON.stringify(handlers));
  return { handlers };
}

if (require.main === module) {
  void bundle().then(({ handlers }) => {
    if (!process.argv.includes('--sizes')) return;
    for (const metafile of handlers) {
      for (const [file, output] of Object.entries(metafile.outputs)) console.log(`${String(output.bytes).padStart(9)} ${file}`);
    }
  });
}
