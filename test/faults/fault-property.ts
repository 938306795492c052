import fc from 'fast-check';
import { type Sequence, play } from './fault-sequence';
import { DEPLOYMENTS, stateNames, synthesize } from './fault-stacks';
import { steps } from './fault-steps';
import { type Mutation, mutate } from './mutations';
import { VERSIONS } from './fault-world';

/** How often something happened in all sequences of a check. */
export type Tally = Record<string, number>;

export interface Evidence {
  readonly sequences: number;
  readonly deployments: number;
  readonly outcomes: Tally;
  /** Sequences in which a kind of fault really struck. */
  readonly struck: Tally;
}

export interface CheckOptions {
  readonly seed: number;
  readonly runs: number;
  /** Of a counterexample: only that one is replayed. */
  readonly path?: string;
  /** Cloud assemblies by name in `DEPLOYMENTS`. @default synthesized now */
  readonly assemblies?: Record<string, string>;
  /** A mistake that the sequences should find. */
  readonly mutation?: Mutation;
  /** Looks for the smallest sequence that fails. @default true */
  readonly shrink?: boolean;
}

export function sequences(assemblies: Record<string, string>): fc.Arbitrary<Sequence> {
  return fc.record({
    deployment: fc.constantFrom(...Object.keys(DEPLOYMENTS).filter((name) => name in assemblies)),
    serving: fc.boolean(),
    steps: steps(stateNames(assemblies), VERSIONS),
    minutes: fc.constantFrom(0, 15, 40, 90),
  });
}

/** @throws Error with the smallest sequence found that breaks an invariant, and the command that replays it */
export async function checkSequences({ seed, runs, path, assemblies: correct = synthesize(), mutation, shrink = true }: CheckOptions): Promise<Evidence> {
  const assemblies = mutation === undefined ? correct : mapValues(correct, (folder) => mutate(folder, mutation));
  const evidence = { sequences: 0, deployments: 0, outcomes: {} as Tally, struck: {} as Tally };
  const property = fc.asyncProperty(sequences(assemblies), async (sequence) => {
    const { violations, outcomes, struck, deployments } = await play(sequence, assemblies[sequence.deployment]!, mutation);
    evidence.sequences++;
    evidence.deployments += deployments;
    for (const outcome of outcomes) evidence.outcomes[outcome] = (evidence.outcomes[outcome] ?? 0) + 1;
    for (const kind of struck) evidence.struck[kind] = (evidence.struck[kind] ?? 0) + 1;
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });
  const result = await fc.check(property, { seed, numRuns: runs, endOnFailure: !shrink, ...(path === undefined ? {} : { path }) });
  if (result.failed) throw new Error(report(result));
  return evidence;
}

function mapValues(record: Record<string, string>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

function report(result: fc.RunDetails<[Sequence]>): string {
  const [sequence] = result.counterexample ?? [];
  return [
    `A sequence of faults broke an invariant (number ${result.numRuns}, made smaller ${result.numShrinks} times):`,
    String((result.errorInstance as Error | undefined)?.message),
    `Deployment ${sequence?.deployment}, ${sequence?.serving ? 'version 1 serving' : 'nothing serving'}:`,
    ...(sequence?.steps ?? []).map((step) => `  ${JSON.stringify(step)}`),
    `  and ${sequence?.minutes} minutes more`,
    'Replay:',
    `  FAULT_SEED=${result.seed} FAULT_PATH=${result.counterexamplePath} npx vitest run --project faults test/faults/fault-sequences-1.test.ts`,
  ].join('\n');
}
