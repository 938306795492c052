import { type TaskType } from '../data/data-contract.contract';
import { emptyStatistics, mergeStatistics, type QualityStatistics, type QualityStatisticsBuilder, qualityStatisticsBuilder } from './quality-statistics';

/** Predictions, and what is known of those whose label is known. */
export interface QualitySegment {
  readonly predictions: number;
  /** Of all predictions, at the decision threshold. */
  readonly positives: number;
  readonly statistics: QualityStatistics;
}

/** One version's predictions of one window, or its test set. */
export interface SegmentedQuality {
  readonly whole: QualitySegment;
  /** Column → value → segment. */
  readonly slices: Readonly<Record<string, Readonly<Record<string, QualitySegment>>>>;
  /** Columns with too many values to be slices. */
  readonly crowded: readonly string[];
}

/** As on the test set: a column with more values is an id, not a slice. */
export const SLICE_VALUES_MAXIMUM = 500;

class SegmentBuilder {
  private predictions = 0;
  private positives = 0;
  private readonly statistics: QualityStatisticsBuilder;

  public constructor(task: TaskType) {
    this.statistics = qualityStatisticsBuilder(task);
  }

  public add(prediction: number, label: number | undefined, positive: boolean): void {
    this.predictions += 1;
    if (positive) this.positives += 1;
    if (label !== undefined) this.statistics.add(label, prediction);
  }

  public build(): QualitySegment {
    return { predictions: this.predictions, positives: this.positives, statistics: this.statistics.build() };
  }
}

/** Counts predictions as a whole and by the values of the slice columns. */
export class SegmentedBuilder {
  private readonly whole: SegmentBuilder;
  private readonly slices: Map<string, SegmentBuilder>[];
  private readonly crowded = new Set<number>();

  public constructor(
    private readonly task: TaskType,
    private readonly columns: readonly string[],
    private readonly threshold: number,
  ) {
    this.whole = new SegmentBuilder(task);
    this.slices = columns.map(() => new Map());
  }

  /** @param values of the slice columns; absent when the request was not captured */
  public add(prediction: number, label: number | undefined, values: readonly string[] | undefined): void {
    const positive = this.task === 'binary-classification' && prediction >= this.threshold;
    this.whole.add(prediction, label, positive);
    values?.forEach((value, column) => {
      if (this.crowded.has(column)) return;
      const slices = this.slices[column]!;
      let segment = slices.get(value);
      if (!segment) {
        if (slices.size === SLICE_VALUES_MAXIMUM) {
          this.crowded.add(column);
          slices.clear();
          return;
        }
        slices.set(value, (segment = new SegmentBuilder(this.task)));
      }
      segment.add(prediction, label, positive);
    });
  }

  public build(): SegmentedQuality {
    const slices = this.columns.map((name, column): [string, Record<string, QualitySegment>] => [
      name,
      Object.fromEntries([...this.slices[column]!].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, segment]) => [value, segment.build()])),
    ]);
    return { whole: this.whole.build(), slices: Object.fromEntries(slices), crowded: this.columns.filter((_, column) => this.crowded.has(column)) };
  }
}

export function emptySegments(task: TaskType): SegmentedQuality {
  return { whole: { predictions: 0, positives: 0, statistics: emptyStatistics(task) }, slices: {}, crowded: [] };
}

export function mergeSegments(a: SegmentedQuality, b: SegmentedQuality): SegmentedQuality {
  const crowded = new Set([...a.crowded, ...b.crowded]);
  const slices: Record<string, Record<string, QualitySegment>> = {};
  for (const column of [...new Set([...Object.keys(a.slices), ...Object.keys(b.slices)])].sort()) {
    const merged = new Map(Object.entries(a.slices[column] ?? {}));
    for (const [value, segment] of Object.entries(b.slices[column] ?? {})) merged.set(value, merged.has(value) ? mergeSegment(merged.get(value)!, segment) : segment);
    if (merged.size > SLICE_VALUES_MAXIMUM) crowded.add(column);
    slices[column] = crowded.has(column) ? {} : Object.fromEntries([...merged].sort(([x], [y]) => (x < y ? -1 : 1)));
  }
  return { whole: mergeSegment(a.whole, b.whole), slices, crowded: [...crowded].sort() };
}

function mergeSegment(a: QualitySegment, b: QualitySegment): QualitySegment {
  return { predictions: a.predictions + b.predictions, positives: a.positives + b.positives, statistics: mergeStatistics(a.statistics, b.statistics) };
}
