import { type Baseline, CATEGORY_BINS_MAXIMUM, CATEGORY_SHARE_MINIMUM, type CategoricalBins, type ColumnBaseline, type ColumnProfile, type Moments, gridEdges, KNOWN_CATEGORIES_MAXIMUM, quantileEdges, binCount, NO_MOMENTS, nextUp } from '../drift';
import { GridIndex } from '../drift/profile/grid-index';
import { type ProblemList } from '../private/problem-list';
import { type MonitorConstraints, readConstraints } from './constraints';
import { evenlyRanked, sketchValues } from './kll-sketch';
import { type MonitorFeature, type MonitorNumbers, type MonitorTexts, readStatistics } from './statistics';

/** What Model Monitor knew of a model's data, as a baseline to compare with. */
export interface ImportedBaseline {
  readonly baseline: Baseline;
  /** What its constraints ask for; absent without constraints.json. */
  readonly constraints?: Omit<MonitorConstraints, 'losses'>;
  /** What the files do not hold or this library does not have, in sentences. */
  readonly losses: readonly string[];
}

/** Values that quantiles are taken from. */
const RANKED_MAXIMUM = 1_000_000;

export function importBaseline(statistics: { readonly name: string; readonly value: unknown }, constraints: { readonly name: string; readonly value: unknown } | undefined, problems: ProblemList): ImportedBaseline {
  const known = readStatistics(statistics.value, statistics.name, problems);
  const asked = constraints && readConstraints(constraints.value, constraints.name, problems);
  const losses: string[] = [];
  const columns = known.features.flatMap((feature) => columnOf(feature, losses) ?? []);
  const rows = known.rows ?? Math.max(0, ...known.features.map(({ present, missing }) => present + missing));
  if (asked) {
    const names = new Set(known.features.map(({ name }) => name));
    for (const { name } of asked.features) if (!names.has(name)) losses.push(`${name}: ${constraints.name} constrains it, ${statistics.name} does not know it`);
    losses.push(...asked.losses);
  }
  const { losses: _, ...rest } = asked ?? { features: [], losses: [] };
  return { baseline: { formatVersion: 2, rows, sampledRows: rows, columns }, ...(asked ? { constraints: rest } : {}), losses };
}

function columnOf(feature: MonitorFeature, losses: string[]): ColumnBaseline | undefined {
  const { name, numbers, texts, present } = feature;
  if (numbers === undefined && texts === undefined) losses.push(`${name}: it has no statistics (inferred type ${feature.inferredType}) and is left out`);
  else if (present === 0) losses.push(`${name}: it had no values and is left out`);
  else if (texts !== undefined && (numbers === undefined || feature.inferredType === 'String')) return categorical(feature, texts, losses);
  else return numeric(feature, numbers!, losses);
  return undefined;
}

function numeric(feature: MonitorFeature, numbers: MonitorNumbers, losses: string[]): ColumnBaseline | undefined {
  const bins = numbers.sketch ? fromSketch(feature, numbers, numbers.sketch, losses) : fromBuckets(feature, numbers, losses);
  if (bins === undefined) {
    losses.push(`${feature.name}: its statistics have neither sketch nor buckets, so there is no distribution to compare with; it is left out`);
    return undefined;
  }
  const { edges, grid, counts } = bins;
  return column(feature, 'numeric', { type: 'numeric', edges, grid }, counts, momentsOf(feature, numbers, losses));
}

interface CountedBins {
  readonly edges: readonly number[];
  readonly grid: readonly number[];
  readonly counts: readonly number[];
}

/** Deciles and grid of what the sketch stands for, as of a sample of our own. */
function fromSketch({ name, present }: MonitorFeature, numbers: MonitorNumbers, sketch: readonly (readonly number[])[], losses: string[]): CountedBins {
  const items = sketchValues(sketch);
  if (items.total !== present) losses.push(`${name}: its sketch stands for ${items.total} values, its statistics say ${present}; the sketch is what is compared with`);
  const ranked = evenlyRanked(items, RANKED_MAXIMUM);
  // The sketch may have left the least and the greatest value out; the statistics have not.
  ranked[0] = Math.min(ranked[0]!, numbers.minimum ?? Infinity);
  ranked[ranked.length - 1] = Math.max(ranked[ranked.length - 1]!, numbers.maximum ?? -Infinity);
  const edges = quantileEdges(ranked);
  const grid = gridEdges(ranked, edges);
  const index = new GridIndex(grid);
  const counts = new Array<number>(grid.length + 1).fill(0);
  items.values.forEach((value, item) => (counts[index.binOf(value)]! += items.counts![item]!));
  return { edges, grid, counts };
}

/** The bounds of the buckets are the bins: their counts are what is known. */
function fromBuckets({ name }: MonitorFeature, { buckets }: MonitorNumbers, losses: string[]): CountedBins | undefined {
  const filled = [...buckets].sort((a, b) => a.lower - b.lower);
  if (filled.length === 0 || !filled.some(({ count }) => count > 0)) return undefined;
  losses.push(`${name}: it has no sketch; its ${filled.length} buckets of equal width are the bins, instead of deciles, so what moves inside of a bucket is not seen`);
  const edges = [...new Set(filled.slice(1).map(({ lower }) => lower))];
  const grid = [...new Set([filled[0]!.lower, ...edges, nextUp(filled[filled.length - 1]!.upper)])].filter(Number.isFinite);
  const index = new GridIndex(grid);
  const counts = new Array<number>(grid.length + 1).fill(0);
  for (const { lower, count } of filled) counts[index.binOf(lower)]! += count;
  return { edges, grid, counts };
}

function momentsOf({ name, present }: MonitorFeature, { mean, standardDeviation, minimum, maximum }: MonitorNumbers, losses: string[]): Moments {
  if (mean === undefined || standardDeviation === undefined) {
    losses.push(`${name}: its mean or standard deviation is not known, so none is reported`);
    return NO_MOMENTS;
  }
  // deequ's standard deviation is that of the population: sqrt(m2 / n).
  return { count: present, mean, squares: standardDeviation ** 2 * present, minimum: minimum ?? null, maximum: maximum ?? null };
}

function categorical(feature: MonitorFeature, { buckets, distinct }: MonitorTexts, losses: string[]): ColumnBaseline | undefined {
  const { name, present } = feature;
  if (buckets.length === 0) {
    losses.push(`${name}: its ${distinct ?? 'many'} values were not counted one by one, so there is no distribution to compare with; it is left out`);
    return undefined;
  }
  const ranked = [...buckets].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  const counted = ranked.reduce((sum, { count }) => sum + count, 0);
  const complete = counted >= present && ranked.length <= KNOWN_CATEGORIES_MAXIMUM;
  if (counted < present) losses.push(`${name}: ${present - counted} of ${present} values are in categories that its statistics do not list; they count as other, and no value counts as unseen`);
  const frequent = ranked.filter(({ count }, rank) => rank < CATEGORY_BINS_MAXIMUM && count >= CATEGORY_SHARE_MINIMUM * counted);
  const bins: CategoricalBins = {
    type: 'categorical',
    categories: frequent.map(({ value }) => value),
    others: ranked.slice(frequent.length, KNOWN_CATEGORIES_MAXIMUM).map(({ value }) => value),
    complete,
  };
  const others = ranked.slice(frequent.length).reduce((sum, { count }) => sum + count, 0) + Math.max(0, present - counted);
  return column(feature, 'categorical', bins, [...frequent.map(({ count }) => count), others], null);
}

function column(feature: MonitorFeature, type: ColumnBaseline['type'], bins: ColumnBaseline['bins'], counts: readonly number[], moments: Moments | null): ColumnBaseline {
  if (counts.length !== binCount(bins)) throw new Error(`${feature.name} has ${counts.length} counts for ${binCount(bins)} bins`);
  const counted = counts.reduce((sum, count) => sum + count, 0);
  const reference: ColumnProfile = { count: counted + feature.missing, missing: feature.missing, unseen: 0, counts, moments };
  return { name: feature.name, type, bins, reference };
}
