/**
 * How long the model took for a captured request. Data capture itself measures nothing: a record has an event id, a time in whole seconds,
 * perhaps an inference id and custom attributes (guide, "Preprocessing and postprocessing", structure of the inference record). So the
 * container has to say it, in one of two places; docs/prediction-log.md, "How fast".
 */

/** `latency-ms=12.5` among the custom attributes, which data capture keeps as a list of texts. */
export function attributeLatency(customAttributes: unknown): number | undefined {
  const texts = Array.isArray(customAttributes) ? customAttributes : [customAttributes];
  for (const text of texts) {
    const match = typeof text === 'string' ? /(?:^|[\s;,&])latency-ms=(\d+(?:\.\d+)?)(?=$|[\s;,&])/.exec(text) : null;
    if (match) return Number(match[1]);
  }
  return undefined;
}

/** `latency_ms` beside the predictions of a JSON response. */
export function responseLatency(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || Array.isArray(response)) return undefined;
  const value = (response as Record<string, unknown>)['latency_ms'];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
