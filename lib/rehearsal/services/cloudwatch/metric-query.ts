import { AwsError } from '../../kernel/aws-error';
import { asSeries, parseMetricMath, type MathValue } from './metric-math';
import { isStatistic, type MetricStore, type Series } from './metric-store';

export interface MetricDataQuery {
  readonly Id: string;
  readonly MetricStat?: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions?: { Name: string; Value: string }[] };
    readonly Period: number;
    readonly Stat: string;
    readonly Unit?: string;
  };
  readonly Expression?: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly Period?: number;
}

export function dimensionsOf(list: readonly { Name: string; Value: string }[] | undefined): Record<string, string> {
  return Object.fromEntries((list ?? []).map(({ Name, Value }) => [Name, Value]));
}

/** Queries and expressions of GetMetricData and of alarms, over periods that start at the given times. */
export class MetricQueries {
  private readonly byId: ReadonlyMap<string, MetricDataQuery>;
  private readonly known = new Map<NonNullable<MetricDataQuery['MetricStat']>, Series>();

  public constructor(
    private readonly store: MetricStore,
    private readonly queries: readonly MetricDataQuery[],
  ) {
    this.byId = new Map(queries.map((query) => [query.Id, query]));
    for (const query of queries) this.check(query);
  }

  /** Metrics that the queries read, as far as somebody has emitted them. */
  public series(): Series[] {
    return this.queries.flatMap(({ MetricStat }) => (MetricStat && this.seriesOf(MetricStat)) ?? []);
  }

  /** Period in seconds: the query's own, else the longest of what its expression reads. */
  public period(query: MetricDataQuery): number {
    if (query.MetricStat) return query.MetricStat.Period;
    return query.Period ?? Math.max(...this.queries.map((other) => other.MetricStat?.Period ?? 60));
  }

  public values(query: MetricDataQuery, starts: readonly number[]): ReadonlyMap<number, number> {
    return asSeries(this.evaluate(query, starts), starts);
  }

  private evaluate(query: MetricDataQuery, starts: readonly number[]): MathValue {
    if (query.MetricStat) return this.statistics(query.MetricStat, starts);
    const { evaluate, identifiers } = parseMetricMath(query.Expression!);
    const variables = new Map(identifiers.map((id): [string, MathValue] => [id, this.evaluate(this.byId.get(id)!, starts)]));
    return evaluate(variables, starts);
  }

  private statistics(stat: NonNullable<MetricDataQuery['MetricStat']>, starts: readonly number[]): ReadonlyMap<number, number> {
    const series = this.seriesOf(stat);
    const values = new Map<number, number>();
    for (const start of starts) {
      const value = this.store.statistic(series, stat.Stat, start, start + 1000 * stat.Period);
      if (value !== undefined) values.set(start, value);
    }
    return values;
  }

  /** Remembered once it exists: alarms ask every minute. */
  private seriesOf(stat: NonNullable<MetricDataQuery['MetricStat']>): Series | undefined {
    let series = this.known.get(stat);
    if (!series) {
      const { Namespace, MetricName, Dimensions } = stat.Metric;
      series = this.store.find(Namespace, MetricName, dimensionsOf(Dimensions));
      if (series) this.known.set(stat, series);
    }
    return series;
  }

  private check(query: MetricDataQuery): void {
    const invalid = (message: string): AwsError => new AwsError('ValidationError', message, 400);
    if ((query.MetricStat === undefined) === (query.Expression === undefined)) throw invalid(`Query ${query.Id} needs either MetricStat or Expression`);
    if (query.MetricStat && !isStatistic(query.MetricStat.Stat)) throw invalid(`The statistic ${query.MetricStat.Stat} of ${query.Id} is not simulated`);
    if (query.MetricStat && query.MetricStat.Period % 60 !== 0) throw invalid(`Periods below a minute are not simulated (${query.Id})`);
    if (query.Expression === undefined) return;
    try {
      for (const id of parseMetricMath(query.Expression).identifiers) {
        if (!this.byId.has(id)) throw new Error(`there is no query ${id}`);
      }
    } catch (error) {
      throw invalid(`Error in expression '${query.Id}': ${(error as Error).message}`);
    }
  }
}
