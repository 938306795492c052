/**
 * Compiles the public surface with jsii, writes API.md from the assembly, and generates the Python package's code.
 * `--check` fails when the committed API.md differs: an API change is seen in review.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const api = join(root, 'API.md');

function run(tool: string, ...args: string[]): void {
  execFileSync(process.execPath, [require.resolve(tool), ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1' } });
}

const committed = process.argv.includes('--check') ? readFileSync(api, 'utf8') : undefined;
rmSync(join(root, 'dist', 'js'), { recursive: true, force: true });
run('jsii/bin/jsii', '--silence-warnings=reserved-word', '--tsconfig', 'tsconfig.build.json', '--validate-tsconfig', 'minimal');
run('jsii-docgen/bin/jsii-docgen', '--output', 'API.md');
if (committed !== undefined && committed !== readFileSync(api, 'utf8')) {
  writeFileSync(api, committed);
  throw new Error('API.md does not describe the public surface: run npm run jsii and commit it');
}
if (process.argv.includes('--python')) run('jsii-pacmak/bin/jsii-pacmak', '--target', 'python', '--code-only', '--outdir', 'dist/packages');
