import { beforeAll, expect, it } from 'vitest';
import { checkSequences } from './fault-property';
import { play } from './fault-sequence';
import { DEPLOYMENTS, synthesize } from './fault-stacks';
import type { FleetFault, Step } from './fault-steps';
import { MUTATIONS } from './mutations';

/** What the stage of a deployment is there to notice. */
const BAD: Record<string, FleetFault> = { predictions: 'odd predictions', shadow: 'odd predictions', abTest: 'odd predictions' };

/** Sequences that once broke an invariant, as small as they were found, and mistakes that the sequences must go on finding. */
let assemblies: Record<string, string>;
beforeAll(() => {
  assemblies = synthesize();
}, 120_000);

async function expectHarmless(deployment: string, serving: boolean, steps: readonly Step[], minutes: number): Promise<readonly string[]> {
  const { violations, outcomes } = await play({ deployment, serving, steps, minutes }, assemblies[deployment]!);
  expect(violations).toEqual([]);
  return outcomes;
}

it.each(Object.keys(DEPLOYMENTS))('deploys a good version and turns a bad one away when nothing else breaks: %s', async (deployment) => {
  const good = await expectHarmless(deployment, true, [{ kind: 'approve', version: 2, event: 'once' }], 90);
  expect(good).toEqual(['DEPLOYED', 'DEPLOYED']);
  const bad = await expectHarmless(deployment, true, [{ kind: 'fleet', version: 2, fault: BAD[deployment] ?? 'errors' }, { kind: 'approve', version: 2, event: 'once' }], 90);
  expect(bad).toEqual(['DEPLOYED', deployment === 'shadow' || deployment === 'abTest' ? 'REJECTED' : 'ROLLED_BACK']);
});

it('does not take back the first version of a serverless endpoint because the model is frozen meanwhile: there is nothing else', async () => {
  const outcomes = await expectHarmless('serverless', false, [{ kind: 'approve', version: 1, event: 'once' }, { kind: 'wait', minutes: 1 }, { kind: 'freeze' }], 40);
  expect(outcomes).toEqual(['DEPLOYED']);
});

it('deletes nothing while both fleets serve because a rollback failed', async () => {
  const outcomes = await expectHarmless('shadow', true, [{ kind: 'rollback-fails' }, { kind: 'configuration' }, { kind: 'wait', minutes: 6 }, { kind: 'freeze' }, { kind: 'wait', minutes: 30 }], 15);
  expect(outcomes).toContain('FAILED');
});

it('makes the first version the champion although its run was stopped and the model was frozen meanwhile', async () => {
  const outcomes = await expectHarmless(
    'allAtOnce',
    false,
    [{ kind: 'approve', version: 1, event: 'once' }, { kind: 'wait', minutes: 1 }, { kind: 'stop' }, { kind: 'freeze' }],
    40,
  );
  expect(outcomes).toEqual(['DEPLOYED']);
});

it('tries a reconciliation again for as long as its functions cannot be invoked', async () => {
  const outcomes = await expectHarmless(
    'allAtOnce',
    true,
    [
      { kind: 'approve', version: 2, event: 'once' },
      { kind: 'wait', minutes: 9 },
      { kind: 'request', request: 'lambda:Invoke', error: 'failing', skip: 0, times: 40 },
      { kind: 'stop' },
    ],
    40,
  );
  expect(outcomes).toHaveLength(2);
});

it.each(['does not restore scaling', 'releases the lock before it deploys', 'does not move the champion pointer'])('would be noticed if the workflow %s', async (name) => {
  const mutation = MUTATIONS.find((candidate) => candidate.name === name)!;
  await expect(checkSequences({ seed: 1, runs: 60, assemblies, mutation, shrink: false })).rejects.toThrow('broke an invariant');
});
