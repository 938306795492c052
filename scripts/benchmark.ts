/** Every benchmark of the README, one after the other. */
import { spawnSync } from 'node:child_process';

for (const script of ['bundle', 'measure-sdk-bundling', 'benchmark-synth', 'benchmark-rehearsal', 'benchmark-canary', 'benchmark-parquet']) {
  console.log(`\n# ${script}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `scripts/${script}.ts`], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
