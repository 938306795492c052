/**
 * Processor time of profiling, of comparing profiles, and of exact tests on sorted values; ratios to the plain thing. Median of rounds.
 * Run: npx tsx scripts/benchmark-drift.ts
 */
import { BaselineBuilder, ColumnProfileBuilder, compareColumns, COMPARISON_MODES, cumulativeDistance, driftVerdict, DEFAULT_DRIFT_POLICY, FileProfileBuilder, ProfileBuilder, weightedValues } from '../lib/drift';
import { Random } from '../lib/rehearsal/kernel/random';

const random = new Random(20010201);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const COLUMNS = Array.from({ length: 20 }, (_, index) => ({ name: `f${index}`, type: 'numeric' as const }));
const ROUNDS = 7;

/** Median of the rounds in nanoseconds of processor time per unit: what else runs on the machine does not count. */
function measure(units: number, work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1000) / units;
  });
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

const report = (what: string, figure: string, goal: string): void => console.log(`| ${what} | ${figure} | ${goal} |`);
report('what', 'median', 'goal');
report('---', '---', '---');

const values = Float64Array.from({ length: 1 << 20 }, normal);
let sink = 0;
const plain = measure(values.length, () => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  sink += sum;
});
const builder = new BaselineBuilder(COLUMNS);
for (let i = 0; i < 20_000; i++) builder.add(COLUMNS.map(() => String(normal())));
const baseline = builder.build();
const counted = measure(values.length, () => {
  const column = new ColumnProfileBuilder(baseline.columns[0]!.bins);
  for (let i = 0; i < values.length; i++) column.addNumber(values[i]!);
  sink += column.build().count;
});
report('profile a number in the bins of a baseline, with exact moments', `${counted.toFixed(1)} ns, ${(counted / plain).toFixed(0)} times a plain sum`, '100 ns');
const sketched = measure(values.length, () => {
  const file = new FileProfileBuilder([COLUMNS[0]!]);
  for (let i = 0; i < values.length; i++) file.columns[0]!.addNumber(values[i]!);
  sink += file.build().rows;
});
report('profile a number without a baseline', `${sketched.toFixed(1)} ns, ${(sketched / plain).toFixed(0)} times a plain sum`, '');

const profileBuilder = new ProfileBuilder(baseline);
for (let i = 0; i < 5000; i++) profileBuilder.add(COLUMNS.map(() => String(normal() + 0.2)));
const profile = profileBuilder.build();
report('verdict of a feature from profiles', `${(measure(20, () => void driftVerdict(baseline, profile, DEFAULT_DRIFT_POLICY)) / 1e6).toFixed(3)} ms`, '1 ms');
for (const mode of COMPARISON_MODES) {
  report(`all statistics of a feature from profiles, ${mode}`, `${(measure(20, () => void compareColumns(baseline, profile, mode)) / 1e6).toFixed(3)} ms`, '1 ms');
}

const [n, m] = [188_000, 376_000];
const reference = weightedValues(Float64Array.from({ length: n }, normal));
const raw = Float64Array.from({ length: m }, () => normal() + 0.01);
const current = raw.slice().sort();
const sorting = measure(m, () => void (sink += raw.slice().sort()[0]!));
const merging = measure(n + m, () => void (sink += cumulativeDistance(reference, { values: current, total: m }).area));
report('sort of the current values', `${sorting.toFixed(0)} ns a value`, '');
report('exact Kolmogorov-Smirnov and Wasserstein, merge of sorted values', `${merging.toFixed(1)} ns a value, ${(merging / sorting).toFixed(2)} of the sort`, '');
report('both, reference sorted before', `${((sorting * m + merging * (n + m)) / (n + m)).toFixed(0)} ns a value`, '200 ns');
if (Number.isNaN(sink)) throw new Error('no figure');
