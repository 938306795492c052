import { type CategoricalFileColumn, type FileProfile, type NumericFileColumn, quantiles, sketchValues, standardDeviation } from '../drift';
import type { Palette } from './text';
import { count, cut, figure, type TextColumn, textTable } from './text-table';

const NUMERIC: readonly TextColumn[] = [
  { title: 'number', rank: 0 },
  { title: 'rows', right: true, rank: 5 },
  { title: 'missing', right: true, rank: 0 },
  { title: 'other', right: true, rank: 3 },
  { title: 'mean', right: true, rank: 0 },
  { title: 'sd', right: true, rank: 0 },
  { title: 'min', right: true, rank: 0 },
  { title: '25 %', right: true, rank: 4 },
  { title: '50 %', right: true, rank: 0 },
  { title: '75 %', right: true, rank: 4 },
  { title: 'max', right: true, rank: 0 },
];
const CATEGORICAL: readonly TextColumn[] = [
  { title: 'category', rank: 0 },
  { title: 'rows', right: true, rank: 1 },
  { title: 'missing', right: true, rank: 0 },
  { title: 'distinct', right: true, rank: 0 },
  { title: 'most frequent', rank: 0 },
];
/** Categories named. */
const TOP = 4;
/** Of a category's name. */
const CATEGORY_ROOM = 18;

/** A table of the columns of numbers and one of those of categories, as wide as allowed. */
export function formatProfile(profile: FileProfile, width: number, colours: Palette): string {
  const numeric = profile.columns.filter((column) => column.type === 'numeric');
  const categorical = profile.columns.filter((column) => column.type === 'categorical');
  const parts: string[] = [];
  if (numeric.length > 0) {
    // Without any the column would be all dashes.
    const others = numeric.some(({ unseen }) => unseen > 0);
    const keep = NUMERIC.map((_, index) => others || index !== 3);
    const rows = numeric.map((column) => numericRow(column, colours).filter((_, index) => keep[index]));
    parts.push(textTable(NUMERIC.filter((_, index) => keep[index]), rows, width, colours));
    if (others) parts.push(colours.faint('other: neither missing nor a finite number\n'));
    const worst = Math.max(...numeric.map(({ rankError }) => rankError));
    if (worst > 0) parts.push(colours.faint(`quantiles: of another rank by at most ${figure(worst * 100)} % of the rows\n`));
  }
  if (categorical.length > 0) {
    const fixed = 2 + Math.max(8, ...categorical.map(({ name }) => Math.min(32, name.length))) + 2 + 10 + 10 + 10;
    const rows = categorical.map((column) => categoricalRow(column, Math.max(20, width - fixed), colours));
    parts.push(...(numeric.length > 0 ? ['\n'] : []), textTable(CATEGORICAL, rows, width, colours));
  }
  return parts.join('');
}

function numericRow({ name, count: rows, missing, unseen, moments, numbers }: NumericFileColumn, colours: Palette): { text: string; colour?: (text: string) => string }[] {
  const values = sketchValues(numbers);
  const at = values.total === 0 ? () => null : quantiles(values);
  return [
    { text: name, colour: colours.strong },
    { text: count(rows) },
    { text: part(missing, rows) },
    { text: part(unseen, rows), colour: unseen > 0 ? colours.attention : undefined },
    { text: moments.count === 0 ? '–' : figure(moments.mean) },
    { text: moments.count === 0 ? '–' : figure(standardDeviation(moments)) },
    { text: figure(moments.minimum) },
    { text: figure(at(0.25)) },
    { text: figure(at(0.5)) },
    { text: figure(at(0.75)) },
    { text: figure(moments.maximum) },
  ];
}

function categoricalRow({ name, count: rows, missing, values }: CategoricalFileColumn, room: number, colours: Palette): { text: string; colour?: (text: string) => string }[] {
  const present = rows - missing;
  let top = '';
  for (const { value, count: times } of values.values.slice(0, TOP)) {
    const next = `${top === '' ? '' : `${top}, `}${cut(value, CATEGORY_ROOM)} ${part(times, present)}`;
    if (top !== '' && next.length > room) break;
    top = next;
  }
  return [
    { text: name, colour: colours.strong },
    { text: count(rows) },
    { text: part(missing, rows) },
    { text: values.error > 0 ? 'many' : count(values.values.length) },
    { text: top !== '' ? cut(top, room) : present === 0 ? '–' : 'none is frequent' },
  ];
}

/** A share in percent, a dash for nothing. */
function part(some: number, all: number): string {
  if (some === 0) return '–';
  const share = (some / all) * 100;
  return share < 0.1 ? '<0.1 %' : `${share >= 10 ? Math.round(share) : Number(share.toFixed(1))} %`;
}
