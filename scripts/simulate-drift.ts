/**
 * How often unchanged data is called drifted, and changed data is not: this library's rule beside the defaults of Evidently and of SageMaker Model
 * Monitor. Reference of 12,000 rows, 20 features, seeded: the same tables every time. docs/drift.md has them. Some minutes.
 * Run: npx tsx scripts/simulate-drift.ts
 */
import { DriftSimulation, FEATURES, KINDS } from './drift-simulation';

const SEED = 20010201;
const SIZES = [30, 50, 100, 200, 500, 1000, 5000];
/** Enough feature-windows to see half a percent, fewer where each costs more. */
const windowsAt = (rows: number): number => Math.max(25, Math.min(500, Math.floor(100_000 / rows)));
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const line = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const head = (...cells: string[]): void => {
  line(...cells);
  line(...cells.map(() => '---'));
};

console.log('## False alarms: no change, columns normal, lognormal, discrete and categorical in turn\n');
head('rows', 'feature-windows', 'ours: page', 'ours: warning', 'ours: 20-feature windows', 'Evidently, reference 1000', 'Evidently, reference 12,000', 'SageMaker simple', 'SageMaker robust');
const mixed = new DriftSimulation('mixed', SEED);
for (const rows of SIZES) {
  const windows = windowsAt(rows);
  const ours = mixed.ours(rows, 0, windows);
  line(rows, windows * FEATURES, percent(ours.paged), percent(ours.warned), percent(ours.windows), ...mixed.peers(rows, 0, Math.max(10, windows / 10)).map(percent));
}

console.log('\n## False pages of our rule per kind of column\n');
head('rows', ...KINDS);
const simulations = KINDS.map((kind, index) => new DriftSimulation(kind, SEED + 1 + index));
for (const rows of SIZES) line(rows, ...simulations.map((simulation) => percent(simulation.ours(rows, 0, windowsAt(rows)).paged)));

console.log('\n## Power: normal columns shifted, by standard deviations\n');
head('rows', 'shift', 'ours: warning', 'ours: page', 'ours: warning, 1 of 20 shifted', 'ours: page, 1 of 20 shifted', 'Evidently, reference 1000', 'Evidently, reference 12,000', 'SageMaker simple', 'SageMaker robust');
for (const rows of [100, 200, 500, 1000, 5000]) {
  for (const shift of [0.1, 0.2, 0.5, 1]) {
    const windows = Math.max(10, windowsAt(rows) / 10);
    const ours = simulations[0]!.ours(rows, shift, windows);
    const one = simulations[0]!.ours(rows, shift, Math.min(100, windowsAt(rows)), 1);
    line(rows, shift, percent(ours.warned), percent(ours.paged), percent(one.warned), percent(one.paged), ...simulations[0]!.peers(rows, shift, 10).map(percent));
  }
}
