import { expect, it } from 'vitest';
import { expectCoverage } from './expectations';
import { checkSequences } from './fault-property';

/** The first half of the sequences of `npm test`; with FAULT_SEED and FAULT_PATH, the one that failed. docs/fault-sequences.md. */
const { FAULT_SEED, FAULT_PATH, FAULT_RUNS } = process.env;

it('keeps every invariant through sequences of faults', async () => {
  const evidence = await checkSequences({ seed: Number(FAULT_SEED ?? 1), runs: Number(FAULT_RUNS ?? 1000), path: FAULT_PATH });
  if (FAULT_PATH !== undefined) return;
  expect(evidence.sequences).toBe(Number(FAULT_RUNS ?? 1000));
  expectCoverage(evidence);
});
