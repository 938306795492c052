import { defineConfig } from 'vitest/config';

// `pure` never loads the CDK and runs in milliseconds; `synth` loads it once per worker (isolate: false);
// `rehearsal` runs whole lives of models; `faults` repeats deployments thousands of times and is the slowest.
export default defineConfig({
  test: {
    globalSetup: ['scripts/vitest-global-setup.ts'],
    projects: [
      { extends: true, test: { name: 'pure', include: ['test/pure/**/*.test.ts'], setupFiles: ['test/property-seed.ts'], testTimeout: 30_000 } },
      {
        extends: true,
        test: { name: 'synth', include: ['test/synth/**/*.test.ts'], isolate: false, testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        extends: true,
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 900_000 },
      },
      {
        extends: true,
        test: { name: 'rehearsal', include: ['test/rehearsal/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
      },
    ],
  },
});
