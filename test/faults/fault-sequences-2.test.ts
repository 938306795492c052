import { expect, it } from 'vitest';
import { expectCoverage } from './expectations';
import { checkSequences } from './fault-property';

/** The second half; beside the first one where vitest has more than one worker. */
const { FAULT_SEED, FAULT_PATH, FAULT_RUNS } = process.env;

it.skipIf(FAULT_PATH !== undefined)('keeps every invariant through other sequences of faults', async () => {
  const evidence = await checkSequences({ seed: Number(FAULT_SEED ?? 1) + 1, runs: Number(FAULT_RUNS ?? 1000) });
  expect(evidence.sequences).toBe(Number(FAULT_RUNS ?? 1000));
  expectCoverage(evidence);
});
