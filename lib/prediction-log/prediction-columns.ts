import type { ColumnType } from '../data/data-contract.contract';

/** A column of the log, with its type as Glue writes it. */
export interface LogColumn {
  readonly name: string;
  readonly type: 'string' | 'int' | 'bigint' | 'double' | 'boolean' | 'timestamp';
  readonly comment: string;
}

/** A feature of the contract and the column that it has in the log. */
export interface FeatureColumn extends LogColumn {
  readonly feature: string;
}

/** Columns of every log, before the features. */
export const FIXED_COLUMNS = [
  { name: 'prediction_id', type: 'string', comment: 'inference id that the caller gave, else the event id of data capture' },
  { name: 'row_index', type: 'int', comment: 'place of the row in its request, from 0' },
  { name: 'model_version', type: 'int', comment: 'version of the model package that answered' },
  { name: 'model_package_arn', type: 'string', comment: 'model package that answered' },
  { name: 'endpoint_name', type: 'string', comment: 'endpoint that was asked' },
  { name: 'variant_name', type: 'string', comment: 'variant that answered' },
  { name: 'shadow', type: 'boolean', comment: 'true: a copy of the request; the caller did not get this answer' },
  { name: 'inference_time', type: 'timestamp', comment: 'UTC, in whole seconds' },
  { name: 'latency_ms', type: 'double', comment: 'of the whole request, as the container reported it; null when it does not' },
  { name: 'prediction', type: 'double', comment: 'what the model answered for this row' },
  { name: 'response', type: 'string', comment: 'the predictions of the whole request as JSON, when they cannot be told apart by row' },
  { name: 'unreadable_values', type: 'string', comment: 'values that are not of their column, as JSON by name' },
  { name: 'event_id', type: 'string', comment: 'event id of data capture' },
] as const satisfies readonly LogColumn[];

const GLUE_TYPES = { integer: 'bigint', number: 'double', string: 'string', boolean: 'boolean', timestamp: 'timestamp' } as const satisfies Record<ColumnType, LogColumn['type']>;

/**
 * The columns of the features that are kept. Athena wants lower-case letters, digits and underscores ("Names for tables, databases, and
 * columns"); a name that another column has already is prefixed.
 */
export function featureColumns(features: readonly { readonly name: string; readonly type: ColumnType }[], dropped: readonly string[], reserved: readonly string[]): FeatureColumn[] {
  const taken = new Set<string>([...FIXED_COLUMNS.map(({ name }) => name), ...reserved]);
  return features.flatMap(({ name: feature, type }) => {
    let name = feature.toLowerCase().replace(/[^a-z0-9_]/g, '_');
    while (taken.has(name)) name = `feature_${name}`;
    // Dropped ones take their name too: dropping a column must not rename another.
    taken.add(name);
    return dropped.includes(feature) ? [] : [{ feature, name, type: GLUE_TYPES[type], comment: `feature ${feature}` }];
  });
}

/** "Which model version made prediction X, on what input, when, how fast?" The id is the parameter. */
export function findPredictionQuery(table: string, features: readonly FeatureColumn[]): string {
  const answer = ['model_version', 'model_package_arn', 'variant_name', 'shadow', 'prediction', 'inference_time', 'latency_ms', 'response', 'unreadable_values'];
  const columns = [...answer, ...features.map(({ name }) => `"${name}"`)];
  return `SELECT ${columns.join(', ')}\nFROM ${table}\nWHERE prediction_id = ?\nORDER BY shadow, row_index`;
}
