/** Values of one metric in one minute; enough for every statistic. */
interface Bucket {
  count: number;
  sum: number;
  min: number;
  max: number;
  /** Value → how often, for percentiles. Absent when somebody sent a statistic set of more than one value. */
  values: Map<number, number> | undefined;
}

export interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Record<string, string>;
  /** By minute since 1970. */
  readonly buckets: Map<number, Bucket>;
  /** Minutes that have a bucket, ascending. */
  readonly minutes: number[];
  unit: string;
  firstMinute: number;
  lastMinute: number;
  /** Counts writes: unchanged means unchanged data. */
  updates: number;
}

export const MINUTE = 60_000;

/** Custom and service metrics: a metric is its namespace, its name and exactly its dimensions (guide, "CloudWatch concepts"). */
export class MetricStore {
  private readonly series = new Map<string, Series>();

  public put(namespace: string, name: string, dimensions: Record<string, string>, value: number, count: number, unit: string, time: number): void {
    const bucket = this.bucket(namespace, name, dimensions, unit, time);
    bucket.count += count;
    bucket.sum += value * count;
    bucket.min = Math.min(bucket.min, value);
    bucket.max = Math.max(bucket.max, value);
    bucket.values?.set(value, (bucket.values.get(value) ?? 0) + count);
  }

  public putStatistics(
    namespace: string,
    name: string,
    dimensions: Record<string, string>,
    set: { SampleCount: number; Sum: number; Minimum: number; Maximum: number },
    unit: string,
    time: number,
  ): void {
    // Percentiles need single values, unless all of the set are the same (guide, "CloudWatch statistics definitions").
    if (set.Minimum === set.Maximum) return this.put(namespace, name, dimensions, set.Minimum, set.SampleCount, unit, time);
    const bucket = this.bucket(namespace, name, dimensions, unit, time);
    bucket.count += set.SampleCount;
    bucket.sum += set.Sum;
    bucket.min = Math.min(bucket.min, set.Minimum);
    bucket.max = Math.max(bucket.max, set.Maximum);
    bucket.values = undefined;
  }

  public find(namespace: string, name: string, dimensions: Record<string, string>): Series | undefined {
    return this.series.get(keyOf(namespace, name, dimensions));
  }

  public all(): Series[] {
    return [...this.series.values()];
  }

  /** Statistic of [from, to), both on whole minutes; undefined when there is no value. */
  public statistic(series: Series | undefined, statistic: string, from: number, to: number): number | undefined {
    if (!series) return undefined;
    const { minutes, buckets } = series;
    const end = to / MINUTE;
    const found: Bucket[] = [];
    for (let i = lowerBound(minutes, from / MINUTE); i < minutes.length && minutes[i]! < end; i++) {
      const bucket = buckets.get(minutes[i]!)!;
      if (bucket.count > 0) found.push(bucket);
    }
    return found.length === 0 ? undefined : aggregate(found, statistic);
  }

  /**
   * First whole minute after `now` at which a value of the series crosses the border of one of the periods that end at `now` and slide
   * with it, as far back as `range`: before it, nothing that an alarm sees changes. All in milliseconds.
   */
  public nextCrossing(series: Series, now: number, period: number, range: number): number {
    let next = Infinity;
    const { minutes } = series;
    for (let i = minutes.length - 1; i >= 0 && next > now + MINUTE; i--) {
      const time = minutes[i]! * MINUTE;
      if (time < now - range) break;
      const periods = Math.max(0, Math.ceil((now - time) / period));
      next = Math.min(next, time + periods * period + MINUTE);
    }
    return next;
  }

  private bucket(namespace: string, name: string, dimensions: Record<string, string>, unit: string, time: number): Bucket {
    const key = keyOf(namespace, name, dimensions);
    const minute = Math.floor(time / MINUTE);
    let series = this.series.get(key);
    if (!series) this.series.set(key, (series = { namespace, name, dimensions, buckets: new Map(), minutes: [], unit, firstMinute: minute, lastMinute: minute, updates: 0 }));
    series.updates++;
    series.firstMinute = Math.min(series.firstMinute, minute);
    series.lastMinute = Math.max(series.lastMinute, minute);
    series.unit = unit;
    let bucket = series.buckets.get(minute);
    if (!bucket) {
      series.buckets.set(minute, (bucket = { count: 0, sum: 0, min: Infinity, max: -Infinity, values: new Map() }));
      series.minutes.splice(lowerBound(series.minutes, minute), 0, minute);
    }
    return bucket;
  }
}

/** Index of the first element that is not smaller. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf(namespace: string, name: string, dimensions: Record<string, string>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function aggregate(buckets: readonly Bucket[], statistic: string): number | undefined {
  switch (statistic) {
    case 'SampleCount':
      return buckets.reduce((total, bucket) => total + bucket.count, 0);
    case 'Sum':
      return buckets.reduce((total, bucket) => total + bucket.sum, 0);
    case 'Average':
      return aggregate(buckets, 'Sum')! / aggregate(buckets, 'SampleCount')!;
    case 'Minimum':
      return Math.min(...buckets.map((bucket) => bucket.min));
    case 'Maximum':
      return Math.max(...buckets.map((bucket) => bucket.max));
    default: {
      const percentile = percentileOf(statistic);
      if (percentile === undefined) throw new Error(`CloudWatch statistic ${statistic} is not simulated`);
      return rank(buckets, percentile);
    }
  }
}

/** `p99`, `p99.9`; undefined for anything else. */
export function percentileOf(statistic: string): number | undefined {
  const match = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(statistic);
  return match ? Number(match[1]) : undefined;
}

export function isStatistic(statistic: string): boolean {
  return ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'].includes(statistic) || percentileOf(statistic) !== undefined;
}

/** Nearest rank. Buckets that hold statistic sets have no percentiles, as in CloudWatch. */
function rank(buckets: readonly Bucket[], percentile: number): number | undefined {
  const merged = new Map<number, number>();
  let total = 0;
  for (const { values } of buckets) {
    if (!values) return undefined;
    for (const [value, count] of values) {
      merged.set(value, (merged.get(value) ?? 0) + count);
      total += count;
    }
  }
  const wanted = Math.max(1, Math.ceil((percentile / 100) * total));
  let seen = 0;
  for (const [value, count] of [...merged].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= wanted) return value;
  }
  return undefined;
}
