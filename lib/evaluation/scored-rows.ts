import { columnLayout, type ContractDocument, hasRole } from '../data/data-contract.contract';
import { type SegmentedQuality, SegmentedBuilder } from '../model-quality/quality-segment';
import { computeMetrics, type Metrics, POSITIVE_THRESHOLD } from './metrics';
import type { SliceMetrics } from './gates';
import type { BiasFigures } from './verdict.contract';

/** Values of one slice column that get metrics of their own; the most frequent ones. A column with more is an id, not a slice. */
const SLICE_VALUES_MAXIMUM = 500;

/** Where everything stands in a row of joined batch transform output: passthrough columns, label, features, prediction. */
export function scoredLayout(contract: ContractDocument): { names: string[]; label: number; prediction: number; slices: { name: string; place: number }[] } {
  const { label, features, passthrough } = columnLayout(contract);
  const columns = [...passthrough, label, ...features];
  const slices = columns
    .map((column, place) => ({ name: column.name, place, column }))
    .filter(({ column }) => hasRole(column, 'slice') || hasRole(column, 'protected'))
    .map(({ name, place }) => ({ name, place }));
  return { names: columns.map(({ name }) => name), label: passthrough.length, prediction: columns.length, slices };
}

/** The scored test set of one model, in memory: label and score as numbers, slice columns as texts. */
export class ScoredRows {
  private readonly layout;
  private readonly labelValues: number[] = [];
  private readonly predictionValues: number[] = [];
  private readonly sliceRows: Map<string, number[]>[];

  public constructor(private readonly contract: ContractDocument) {
    this.layout = scoredLayout(contract);
    this.sliceRows = this.layout.slices.map(() => new Map());
  }

  /** @throws when the row is not what the transform job should have written */
  public add(row: readonly string[], where: string): void {
    const { names, label, prediction, slices } = this.layout;
    if (row.length !== prediction + 1) {
      throw new Error(`${where}: ${row.length} values, expected ${prediction + 1} (${[...names, 'prediction'].join(', ')}); the serving container must answer one number per row`);
    }
    const score = row[prediction]!.trim();
    const value = Number(score);
    if (score === '' || !Number.isFinite(value)) throw new Error(`${where}: the prediction ${JSON.stringify(row[prediction])} is no number`);
    const index = this.labelValues.push(Number(row[label])) - 1;
    this.predictionValues.push(value);
    slices.forEach(({ place }, slice) => {
      const rows = this.sliceRows[slice]!.get(row[place]!);
      if (rows) rows.push(index);
      else this.sliceRows[slice]!.set(row[place]!, [index]);
    });
  }

  public get count(): number {
    return this.labelValues.length;
  }

  public metrics(): Metrics {
    return computeMetrics(this.contract.task, Float64Array.from(this.labelValues), Float64Array.from(this.predictionValues));
  }

  /** In the form in which predictions are judged by ground truth later. */
  public segments(): SegmentedQuality {
    const values = this.layout.slices.map((_, slice) => {
      const of: string[] = [];
      for (const [value, rows] of this.sliceRows[slice]!) for (const row of rows) of[row] = value;
      return of;
    });
    const builder = new SegmentedBuilder(this.contract.task, this.layout.slices.map(({ name }) => name), POSITIVE_THRESHOLD);
    this.labelValues.forEach((label, row) => builder.add(this.predictionValues[row]!, label, values.map((of) => of[row]!)));
    return builder.build();
  }

  /** Metrics per slice value, of this model and beside it the champion, sorted by column and value. */
  public slices(champion: ScoredRows | undefined): SliceMetrics[] {
    return this.layout.slices.flatMap(({ name }, slice) =>
      [...this.sliceRows[slice]!]
        .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
        .slice(0, SLICE_VALUES_MAXIMUM)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([value, rows]) => {
          const other = champion?.sliceRows[slice]!.get(value);
          return { column: name, value, rows: rows.length, challenger: this.metricsOf(rows), ...(other ? { champion: champion!.metricsOf(other) } : {}) };
        }),
    );
  }

  /** Difference of positive rates and disparate impact for each protected column; for binary classification only. */
  public bias(): Record<string, BiasFigures> | undefined {
    if (this.contract.task !== 'binary-classification') return undefined;
    const found: [string, BiasFigures][] = [];
    this.layout.slices.forEach(({ name }, slice) => {
      if (!hasRole(this.contract.columns.find((column) => column.name === name)!, 'protected')) return;
      const rates = [...this.sliceRows[slice]!].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, rows]): [string, number] => {
        const positive = rows.filter((row) => this.predictionValues[row]! >= POSITIVE_THRESHOLD).length;
        return [value, positive / rows.length];
      });
      const values = rates.map(([, rate]) => rate);
      const greatest = values.reduce((a, b) => Math.max(a, b), 0);
      const smallest = values.reduce((a, b) => Math.min(a, b), 1);
      found.push([name, { positiveRateDifference: greatest - smallest, disparateImpact: greatest === 0 ? 1 : smallest / greatest, positiveRates: Object.fromEntries(rates) }]);
    });
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  }

  /** True when the labels of both are the same in number and sum: they are, when both models scored the same rows. */
  public sameTestSet(other: ScoredRows): boolean {
    const total = (rows: ScoredRows): number => rows.labelValues.reduce((sum, label) => sum + label, 0);
    return this.count === other.count && total(this) === total(other);
  }

  private metricsOf(rows: readonly number[]): Metrics {
    return computeMetrics(
      this.contract.task,
      Float64Array.from(rows, (row) => this.labelValues[row]!),
      Float64Array.from(rows, (row) => this.predictionValues[row]!),
    );
  }
}
