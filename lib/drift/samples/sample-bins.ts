import { type Baseline, type ColumnBaseline } from '../baseline';
import { CATEGORY_BINS_MAXIMUM, CATEGORY_SHARE_MINIMUM, FORMAT_VERSION, KNOWN_CATEGORIES_MAXIMUM } from '../baseline-format';
import { type CategoricalBins, categoryIndex, gridOf, type NumericBins } from '../column-bins';
import { type FrequentValues } from '../profile/frequent-values';
import { GridIndex } from '../profile/grid-index';
import { NO_MOMENTS } from '../profile/moments';
import { type ColumnProfile, type Profile } from '../profile/profile';
import { gridEdges, quantileEdges } from '../profile/quantile-edges';
import { type WeightedValues } from '../statistics/weighted-values';
import { type CategoricalSample, type ColumnSample, type NumericSample, rowsOf, type SampleTable } from './column-sample';

/** The bins that a baseline of this sample has. */
export function numericBins(numbers: WeightedValues): NumericBins {
  const edges = quantileEdges(numbers);
  const grid = gridEdges(numbers, edges);
  return { type: 'numeric', edges, grid: grid.edges, discrete: grid.discrete };
}

export function categoricalBins(counts: ReadonlyMap<string, number>, complete = true): CategoricalBins {
  const ranked = [...counts].sort(([a, count], [b, other]) => other - count || (a < b ? -1 : 1));
  const least = CATEGORY_SHARE_MINIMUM * ranked.reduce((sum, [, count]) => sum + count, 0);
  const frequent = ranked.filter(([, count], rank) => rank < CATEGORY_BINS_MAXIMUM && count >= least);
  return {
    type: 'categorical',
    categories: frequent.map(([category]) => category),
    others: ranked.slice(frequent.length, KNOWN_CATEGORIES_MAXIMUM).map(([category]) => category),
    complete: complete && ranked.length <= KNOWN_CATEGORIES_MAXIMUM,
  };
}

/** A sample as the reference that others are compared with. */
export function baselineOf(table: SampleTable): Baseline {
  const columns = table.columns.map((sample): ColumnBaseline => {
    if (sample.type === 'numeric') {
      const bins = numericBins(sample.numbers);
      return { name: sample.name, type: sample.type, bins, reference: numericProfile(bins, sample) };
    }
    const bins = categoricalBins(sample.counts, sample.others === 0);
    return { name: sample.name, type: sample.type, bins, reference: categoricalProfile(bins, sample) };
  });
  return { formatVersion: FORMAT_VERSION, rows: table.rows, sampledRows: table.rows, columns };
}

/** A sample in a baseline's bins. A column that the sample lacks, or that has another type there, was never observed. */
export function profileIn(baseline: Baseline, table: SampleTable): Profile {
  const found = new Map(table.columns.map((column) => [column.name, column]));
  return { rows: table.rows, columns: baseline.columns.map((column) => columnProfile(column, found.get(column.name))) };
}

function columnProfile({ name, bins }: ColumnBaseline, sample: ColumnSample | undefined): ColumnProfile {
  if (bins.type === 'numeric') {
    const none: NumericSample = { type: 'numeric', name, numbers: NO_NUMBERS, moments: NO_MOMENTS, missing: 0, unseen: 0 };
    return numericProfile(bins, sample?.type === 'numeric' ? sample : none);
  }
  const none: CategoricalSample = { type: 'categorical', name, counts: new Map(), missing: 0, others: 0, unseen: 0 };
  return categoricalProfile(bins, sample?.type === 'categorical' ? sample : none);
}

const NO_NUMBERS: WeightedValues = { values: new Float64Array(0), total: 0 };

function numericProfile(bins: NumericBins, sample: NumericSample): ColumnProfile {
  const edges = gridOf(bins);
  const index = new GridIndex(edges);
  const counts = new Array<number>(edges.length + 1).fill(0);
  const { values, counts: weights } = sample.numbers;
  for (let i = 0; i < values.length; i++) counts[index.binOf(values[i]!)]! += weights ? weights[i]! : 1;
  return { count: rowsOf(sample), missing: sample.missing, unseen: sample.unseen, counts, moments: sample.moments };
}

function categoricalProfile(bins: CategoricalBins, sample: CategoricalSample): ColumnProfile {
  const index = categoryIndex(bins);
  const counts = new Array<number>(bins.categories.length + 1).fill(0);
  let { unseen } = sample;
  const values: { value: string; count: number }[] = [];
  counts[bins.categories.length]! += sample.others;
  for (const [category, count] of sample.counts) {
    const bin = index.get(category) ?? (bins.complete ? undefined : bins.categories.length);
    if (bin !== undefined) counts[bin]! += count;
    else {
      unseen += count;
      values.push({ value: category, count });
    }
  }
  const unseenValues: FrequentValues = { values: values.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)), error: 0 };
  return { count: rowsOf(sample), missing: sample.missing, unseen, counts, moments: null, unseenValues };
}
