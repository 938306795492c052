/**
 * False rollbacks and detection delay under continuous looking, side by side: 2000 simulated canaries each at 1, 1.5, 2 and 3 times the
 * base error rate; then false rollbacks with other traffic. Seeded: the same tables every time. docs/deployment-analysis.md has it.
 */
import { RULES, simulateCanaries, stops, summarize, type Traffic } from './canary-simulation';

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

const OTHER_TRAFFIC: readonly Traffic[] = [
  { champion: 900, challenger: 100, errorRate: 0.001 },
  { champion: 900, challenger: 100, errorRate: 0.05 },
  { champion: 90, challenger: 10, errorRate: 0.02 },
  { champion: 9000, challenger: 1000, errorRate: 0.001 },
  { champion: 700, challenger: 300, errorRate: 0.01 },
  { champion: 700, challenger: 300, errorRate: 0.001 },
  { champion: 500, challenger: 500, errorRate: 0.01 },
  { champion: 500, challenger: 500, errorRate: 0.001 },
  { champion: 50, challenger: 50, errorRate: 0.01 },
];
const ours = Object.entries(RULES).filter(([name]) => name.startsWith('ours'));
console.log(`\n| requests a minute | errors | ${ours.map(([name]) => `false rollbacks, ${name}`).join(' | ')} |\n| --- | --- | ${ours.map(() => '---').join(' | ')} |`);
for (const [index, traffic] of OTHER_TRAFFIC.entries()) {
  const equal = simulateCanaries(1, REPETITIONS, SEED + 100 + index, traffic);
  const shares = ours.map(([, rule]) => percent(summarize(stops(rule, equal)).rolledBack));
  console.log(`| ${traffic.champion} and ${traffic.challenger} | ${percent(traffic.errorRate)} | ${shares.join(' | ')} |`);
}
