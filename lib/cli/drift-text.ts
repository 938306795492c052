import type { Comparison, ComparisonVerdict, FeatureComparison } from '../drift';
import { hanging, type Palette, WIDTH, wrap } from './text';
import { count, figure, type TextColumn, textTable } from './text-table';

const COLUMNS: readonly TextColumn[] = [
  { title: 'feature', rank: 0 },
  { title: 'verdict', rank: 0 },
  { title: 'PSI', right: true, rank: 0 },
  { title: 'KS', right: true, rank: 0 },
  { title: 'chi²', right: true, rank: 3 },
  { title: 'p', right: true, rank: 1 },
  { title: 'W1/sd', right: true, rank: 2 },
  { title: 'L∞', right: true, rank: 4 },
  { title: 'JS', right: true, rank: 5 },
  { title: 'Hellinger', right: true, rank: 6 },
];

const SENTENCES: Readonly<Record<ComparisonVerdict, string>> = {
  drifted: '✗ DRIFTED',
  warning: '! WARNING',
  stable: '✓ STABLE',
  inconclusive: '· INCONCLUSIVE',
};

export function formatComparison({ features, dataset }: Comparison, names: { readonly reference: string; readonly current: string }, width: number, colours: Palette): string {
  const rows = features.map((feature) => row(feature, colours));
  const empty = COLUMNS.map((_, index) => index > 1 && rows.every((cells) => cells[index]!.text === '–'));
  const keep = <T>(cells: readonly T[]): T[] => cells.filter((_, index) => !empty[index]);
  const colour = verdictColour(dataset.verdict, colours);
  const before = `${SENTENCES[dataset.verdict]}  `;
  const sentences = Math.min(width, WIDTH);
  const told = features.filter(({ verdict }) => verdict !== 'stable');
  return [
    `${colours.strong(names.reference)}  ${count(dataset.referenceRows)} rows   against   ${colours.strong(names.current)}  ${count(dataset.currentRows)} rows   ${colours.faint(`mode ${dataset.mode}`)}\n\n`,
    textTable(keep(COLUMNS), rows.map(keep), width, colours),
    '\n',
    ...told.map(({ name, verdict, reason }) => hanging('', `${name} ${verdict === 'warning' ? 'warned of' : verdict}: ${reason}`, verdictColour(verdict, colours), sentences)),
    ...(told.length > 0 ? ['\n'] : []),
    ...wrap(dataset.reason === '' ? 'no column drifted' : dataset.reason, sentences - before.length).map((line, index) => `${index === 0 ? colour(before) : ' '.repeat(before.length)}${line}\n`),
  ].join('');
}

function row({ name, verdict, statistics }: FeatureComparison, colours: Palette): { text: string; colour?: (text: string) => string }[] {
  const { psi, kolmogorovSmirnov, chiSquare, wassersteinNormed, lInfinity, jensenShannon, hellinger } = statistics;
  const p = kolmogorovSmirnov?.pValue ?? chiSquare?.pValue;
  return [
    { text: name, colour: colours.strong },
    { text: verdict, colour: verdictColour(verdict, colours) },
    { text: figure(psi) },
    { text: figure(kolmogorovSmirnov?.statistic) },
    { text: figure(chiSquare?.statistic) },
    { text: p === undefined ? '–' : p > 0 && p < 0.0001 ? p.toExponential(0) : figure(p) },
    { text: figure(wassersteinNormed) },
    { text: figure(lInfinity) },
    { text: figure(jensenShannon) },
    { text: figure(hellinger) },
  ];
}

function verdictColour(verdict: ComparisonVerdict, colours: Palette): (text: string) => string {
  return verdict === 'drifted' ? colours.bad : verdict === 'stable' ? colours.good : colours.attention;
}
