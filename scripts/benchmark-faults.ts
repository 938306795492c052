/**
 * Sequences of faults per second, and what they met; with `--mutations`, how many sequences it takes to find each of the mistakes that
 * docs/fault-sequences.md lists. FAULT_RUNS sets the number of sequences.
 */
import { checkSequences } from '../test/faults/fault-property';
import { synthesize } from '../test/faults/fault-stacks';
import { MUTATIONS } from '../test/faults/mutations';
import { bundle } from './bundle';

const runs = Number(process.env.FAULT_RUNS ?? 300);

async function main(): Promise<void> {
  await bundle();
  const assemblies = synthesize();
  if (process.argv.includes('--mutations')) {
    for (const mutation of MUTATIONS) console.log(`${mutation.name.padEnd(52)} ${await firstFinding(assemblies, mutation)}`);
    return;
  }
  const began = performance.now();
  const { sequences, deployments, outcomes, struck } = await checkSequences({ seed: 1, runs, assemblies });
  const seconds = (performance.now() - began) / 1000;
  console.log(`${sequences} sequences in ${seconds.toFixed(1)} s: ${(sequences / seconds).toFixed(1)} per second, ${(deployments / sequences).toFixed(1)} executions each`);
  console.log(`outcomes: ${sorted(outcomes)}`);
  console.log(`sequences in which it struck: ${sorted(struck)}`);
}

async function firstFinding(assemblies: Record<string, string>, mutation: (typeof MUTATIONS)[number]): Promise<string> {
  try {
    await checkSequences({ seed: 1, runs, assemblies, mutation, shrink: false });
    return `not found in ${runs} sequences`;
  } catch (error) {
    const [first, violation] = (error as Error).message.split('\n');
    return `${/number (\d+)/.exec(first!)?.[1]} ${violation}`;
  }
}

function sorted(tally: Record<string, number>): string {
  return Object.entries(tally)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

void main();
