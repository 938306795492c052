import { Z95 } from '../evaluation/interval';
import { type Metrics } from '../evaluation/metrics';
import { type MetricValue, type Verdict } from '../evaluation/verdict.contract';
import { qualityMetrics } from './quality-metrics';
import { type SegmentedQuality } from './quality-segment';

/** What a version showed on its own frozen test set. */
export interface QualityReference {
  readonly rows: number;
  /** With intervals of `z` standard errors. */
  metrics(z: number): Metrics;
  /** Undefined when the test set had none of that value. */
  slice(column: string, value: string, z: number): Metrics | undefined;
  /** Undefined for a version that was registered before its statistics were kept. */
  readonly segments?: SegmentedQuality;
}

export function referenceFromStatistics(segments: SegmentedQuality, threshold: number): QualityReference {
  return {
    rows: segments.whole.statistics.rows,
    metrics: (z) => qualityMetrics(segments.whole.statistics, threshold, z),
    slice: (column, value, z) => {
      const values = segments.slices[column];
      return values !== undefined && Object.hasOwn(values, value) ? qualityMetrics(values[value]!.statistics, threshold, z) : undefined;
    },
    segments,
  };
}

/** From the gate's verdict: its 95 % intervals are scaled; a metric that has none there is taken as exact. */
export function referenceFromVerdict(verdict: Verdict): QualityReference {
  const scaled = (metrics: Metrics, z: number): Metrics => Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, scale(value, z / Z95)]));
  return {
    rows: verdict.rows,
    metrics: (z) => scaled(verdict.challenger, z),
    slice: (column, value, z) => {
      const name = `${column}=${value}`;
      return Object.hasOwn(verdict.slices, name) ? scaled(verdict.slices[name]!, z) : undefined;
    },
  };
}

function scale({ value, low, high }: MetricValue, by: number): MetricValue {
  return low === undefined || high === undefined ? { value } : { value, low: value - (value - low) * by, high: value + (high - value) * by };
}
