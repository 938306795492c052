/**
 * False rollbacks and detection delay under continuous looking, side by side: 2000 simulated canaries each at 1, 1.5, 2 and 3 times the
 * base error rate. Seeded: the same table every time. docs/deployment-analysis.md has it.
 */
import { RULES, simulateCanaries, stops, summarize } from './canary-simulation';

const REPETITIONS = 2000;
const MULTIPLES = [1, 1.5, 2, 3];
const SEED = 20010201;

const canaries = MULTIPLES.map((multiple, index) => simulateCanaries(multiple, REPETITIONS, SEED + index));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(`| rule | false rollbacks | ${MULTIPLES.slice(1).map((multiple) => `found at ${multiple} times | median look`).join(' | ')} |`);
console.log(`| --- | --- | ${MULTIPLES.slice(1).map(() => '--- | ---').join(' | ')} |`);
for (const [name, rule] of Object.entries(RULES)) {
  const [equal, ...worse] = canaries.map((group) => summarize(stops(rule, group)));
  console.log(`| ${name} | ${percent(equal!.rolledBack)} | ${worse.map(({ rolledBack, medianLook }) => `${percent(rolledBack)} | ${medianLook ?? 'none'}`).join(' | ')} |`);
}
