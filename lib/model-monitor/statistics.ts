import { type ProblemList } from '../private/problem-list';
import { JsonReader } from './json-reader';
import { type KllSketch } from './kll-sketch';

/**
 * `statistics.json` of SageMaker Model Monitor (guide, "Schema for Statistics"), as its container and containers of one's own write it: whatever is
 * not needed to compare with may be absent.
 */
export interface MonitorStatistics {
  readonly rows: number | undefined;
  readonly features: readonly MonitorFeature[];
}

export interface MonitorFeature {
  readonly name: string;
  /** `Integral`, `Fractional`, `String`, `Unknown`. */
  readonly inferredType: string;
  readonly present: number;
  readonly missing: number;
  readonly numbers?: MonitorNumbers;
  readonly texts?: MonitorTexts;
}

export interface MonitorNumbers {
  readonly mean?: number;
  readonly standardDeviation?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly buckets: readonly { readonly lower: number; readonly upper: number; readonly count: number }[];
  readonly sketch?: KllSketch;
}

export interface MonitorTexts {
  readonly distinct?: number;
  readonly buckets: readonly { readonly value: string; readonly count: number }[];
}

export function readStatistics(value: unknown, fileName: string, problems: ProblemList): MonitorStatistics {
  const reader = new JsonReader(value, fileName, problems);
  const features = reader.list('features', 'is this the statistics.json that Model Monitor wrote?');
  const seen = new Set<string>();
  return {
    rows: reader.child('dataset')?.number('item_count'),
    features: features.flatMap((feature) => {
      const name = feature.text('name', true);
      if (name === undefined) return [];
      if (seen.has(name)) {
        feature.problem('name', name, 'must name a feature once', 'remove one of them');
        return [];
      }
      seen.add(name);
      const inferredType = feature.text('inferred_type') ?? 'Unknown';
      const numerical = feature.child('numerical_statistics');
      const textual = feature.child('string_statistics');
      const common = (numerical ?? textual)?.child('common');
      return [
        {
          name,
          inferredType,
          present: common?.count('num_present') ?? 0,
          missing: common?.count('num_missing') ?? 0,
          ...(numerical ? { numbers: readNumbers(numerical) } : {}),
          ...(textual ? { texts: readTexts(textual) } : {}),
        },
      ];
    }),
  };
}

function readNumbers(reader: JsonReader): MonitorNumbers {
  const kll = reader.child('distribution')?.child('kll');
  const buckets = kll?.optionalList('buckets').map((bucket) => ({
    lower: bucket.number('lower_bound', true) ?? NaN,
    upper: bucket.number('upper_bound', true) ?? NaN,
    count: bucket.count('count') ?? 0,
  }));
  const sketch = kll?.child('sketch');
  const levels = sketch?.numberLists('data');
  const parameters = sketch?.child('parameters');
  return {
    mean: reader.number('mean'),
    standardDeviation: reader.number('std_dev'),
    minimum: reader.number('min'),
    maximum: reader.number('max'),
    buckets: buckets ?? [],
    ...(levels && levels.some((level) => level.length > 0) ? { sketch: { levels, k: parameters?.number('k') ?? 2048, c: parameters?.number('c') ?? 0.64 } } : {}),
  };
}

function readTexts(reader: JsonReader): MonitorTexts {
  const buckets = reader.child('distribution')?.child('categorical')?.optionalList('buckets') ?? [];
  return {
    distinct: reader.number('distinct_count'),
    buckets: buckets.flatMap((bucket) => {
      const value = bucket.text('value', true);
      return value === undefined ? [] : [{ value, count: bucket.count('count') ?? 0 }];
    }),
  };
}
