import { type Baseline, baselineOf, type FileColumn, type FileProfile, FILE_PROFILE_KIND, fileSamples, type Moments, NO_MOMENTS, type NumberSketch } from '../drift';
import { type ProblemList } from '../private/problem-list';
import { type MonitorConstraints, readConstraints } from './constraints';
import { type KllSketch, sketchItems } from './kll-sketch';
import { type MonitorFeature, type MonitorNumbers, type MonitorTexts, readStatistics } from './statistics';

export const IMPORTED_BASELINE_KIND = 'imported-baseline';

/** What Model Monitor knew of a model's data, to compare with. */
export interface ImportedBaseline {
  readonly kind: typeof IMPORTED_BASELINE_KIND;
  readonly formatVersion: 1;
  /** The distributions as they are in the files: what `cdk-ml-pipeline drift` compares with. */
  readonly profile: FileProfile;
  /** The same, counted in bins: what a monitor compares with. */
  readonly baseline: Baseline;
  /** What its constraints ask for; absent without constraints.json. */
  readonly constraints?: Omit<MonitorConstraints, 'losses'>;
  /** What the files do not hold or this library does not have, in sentences. */
  readonly losses: readonly string[];
}

/** A file's name, for messages, and what is in it. */
export interface MonitorFile {
  readonly name: string;
  readonly value: unknown;
}

/** Points that stand for a bucket of equal width, so that quantiles fall inside of it. */
const POINTS_PER_BUCKET = 25;

/** Reads what is there; when there are problems with the files, the answer is not to be used. */
export function importBaseline(statistics: MonitorFile, constraints: MonitorFile | undefined, problems: ProblemList): ImportedBaseline {
  const known = readStatistics(statistics.value, statistics.name, problems);
  const losses: string[] = [];
  const columns = known.features.flatMap((feature) => columnOf(feature, losses) ?? []);
  const rows = known.rows ?? Math.max(0, ...known.features.map(({ present, missing }) => present + missing));
  const profile: FileProfile = { kind: FILE_PROFILE_KIND, formatVersion: 1, rows, columns };
  const imported = { kind: IMPORTED_BASELINE_KIND, formatVersion: 1, profile, baseline: baselineOf(fileSamples(profile)) } as const;
  if (!constraints) return { ...imported, losses };
  const { losses: left, ...asked } = readConstraints(constraints.value, constraints.name, problems);
  const names = new Set(known.features.map(({ name }) => name));
  for (const { name } of asked.features) if (!names.has(name)) losses.push(`${name}: ${constraints.name} constrains it, ${statistics.name} does not know it`);
  return { ...imported, constraints: asked, losses: [...losses, ...left] };
}

function columnOf(feature: MonitorFeature, losses: string[]): FileColumn | undefined {
  const { name, numbers, texts, present, inferredType } = feature;
  if (numbers === undefined && texts === undefined) losses.push(`${name}: it has no statistics (inferred type ${inferredType}) and is left out`);
  else if (present === 0) losses.push(`${name}: it had no values and is left out`);
  else if (texts !== undefined && (numbers === undefined || inferredType === 'String')) return categorical(feature, texts, losses);
  else return numeric(feature, numbers!, losses);
  return undefined;
}

function numeric(feature: MonitorFeature, numbers: MonitorNumbers, losses: string[]): FileColumn | undefined {
  const { name, present, missing } = feature;
  const read = numbers.sketch ? fromSketch(feature, numbers.sketch, losses) : fromBuckets(feature, numbers, losses);
  if (read === undefined) {
    losses.push(`${name}: its statistics have neither sketch nor buckets, so there is no distribution to compare with; it is left out`);
    return undefined;
  }
  const total = read.numbers.counts.reduce((sum, count) => sum + count, 0);
  if (total !== present) losses.push(`${name}: its distribution is of ${total} values, its statistics say ${present}; the distribution is what is compared with`);
  return { name, type: 'numeric', count: total + missing, missing, unseen: 0, moments: momentsOf(feature, numbers, losses), numbers: read.numbers, rankError: read.rankError };
}

interface Distribution {
  readonly numbers: NumberSketch;
  readonly rankError: number;
}

function fromSketch({ name }: MonitorFeature, sketch: KllSketch, losses: string[]): Distribution | undefined {
  const { values, counts, rankError } = sketchItems(sketch);
  if (values.length === 0) return undefined;
  if (rankError > 0) losses.push(`${name}: its sketch left values out, so each rank may be off by about ${percent(rankError)}`);
  return { numbers: { droppedBits: 0, values, counts }, rankError };
}

/** Values are taken to be spread evenly over their bucket. */
function fromBuckets({ name }: MonitorFeature, { buckets }: MonitorNumbers, losses: string[]): Distribution | undefined {
  const filled = buckets.filter(({ count }) => count > 0).sort((a, b) => a.lower - b.lower);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  const points = new Map<number, number>();
  for (const { lower, upper, count } of filled) {
    for (let point = 0; point < POINTS_PER_BUCKET; point++) {
      const share = Math.floor((count * (point + 1)) / POINTS_PER_BUCKET) - Math.floor((count * point) / POINTS_PER_BUCKET);
      const value = lower + (upper - lower) * ((point + 0.5) / POINTS_PER_BUCKET);
      if (share > 0) points.set(value, (points.get(value) ?? 0) + share);
    }
  }
  const rankError = Math.max(...filled.map(({ count }) => count)) / total;
  losses.push(`${name}: it has no sketch; its values are taken to be spread evenly over ${buckets.length} buckets, so a rank may be off by ${percent(rankError)}`);
  const values = [...points.keys()].sort((a, b) => a - b);
  return { numbers: { droppedBits: 0, values, counts: values.map((value) => points.get(value)!) }, rankError };
}

function momentsOf({ name, present }: MonitorFeature, { mean, standardDeviation, minimum, maximum }: MonitorNumbers, losses: string[]): Moments {
  if (mean === undefined || standardDeviation === undefined) {
    losses.push(`${name}: its mean or standard deviation is not known, so none is reported`);
    return NO_MOMENTS;
  }
  // deequ's standard deviation is that of the population: sqrt(m2 / n).
  return { count: present, mean, squares: standardDeviation ** 2 * present, minimum: minimum ?? null, maximum: maximum ?? null };
}

function categorical({ name, present, missing }: MonitorFeature, { buckets, distinct }: MonitorTexts, losses: string[]): FileColumn | undefined {
  if (buckets.length === 0) {
    losses.push(`${name}: its ${distinct ?? 'many'} values were not counted one by one, so there is no distribution to compare with; it is left out`);
    return undefined;
  }
  const counts = new Map<string, number>();
  for (const { value, count } of buckets) if (count > 0) counts.set(value, (counts.get(value) ?? 0) + count);
  const values = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  const counted = values.reduce((sum, { count }) => sum + count, 0);
  const unlisted = Math.max(0, present - counted);
  if (unlisted > 0) losses.push(`${name}: ${unlisted} of ${present} values are in categories that its statistics do not list; they count as other, and no value counts as unseen`);
  return { name, type: 'categorical', count: counted + unlisted + missing, missing, values: { values, error: unlisted } };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
