/**
 * Rows of a JSON request. Understood are SageMaker's common formats (guide, "Common data formats for inference"): `{"instances": […]}`
 * with `{"features": […]}`, a list of rows, one row, and objects by the names of the features.
 */
export function jsonRows(value: unknown, features: readonly string[]): string[][] {
  if (Array.isArray(value)) {
    return value.some((element) => typeof element === 'object' && element !== null) ? value.flatMap((row) => jsonRows(row, features)) : [value.map(cell)];
  }
  if (typeof value !== 'object' || value === null) throw new Error('endpointInput.data is neither a list nor an object');
  const object = value as Record<string, unknown>;
  if (Array.isArray(object['instances'])) return jsonRows(object['instances'], features);
  if (Array.isArray(object['features'])) return [object['features'].map(cell)];
  if (!features.some((name) => name in object)) throw new Error('endpointInput.data names none of the features');
  return [features.map((name) => cell(object[name]))];
}

/** Names under which JSON responses keep what was predicted. */
const PREDICTION_KEYS = ['predictions', 'prediction', 'score', 'predicted_value'] as const;

/** Predictions of a JSON response: a number, a list, or `{"predictions": [{"score": …}]}`, which the built-in algorithms answer. */
export function jsonPredictions(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(jsonPredictions);
  if (typeof value !== 'object' || value === null) return [cell(value)];
  const key = PREDICTION_KEYS.find((name) => name in value);
  if (key === undefined) throw new Error(`endpointOutput.data has none of ${PREDICTION_KEYS.join(', ')}`);
  return jsonPredictions((value as Record<string, unknown>)[key]);
}

/** Absent and null are the empty field of CSV: missing. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
