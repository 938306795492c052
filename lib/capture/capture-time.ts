/** A date and a time to the minute at least, with the zone: without one the same text is another time elsewhere. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Milliseconds since 1970. @throws with the reason */
export function parseInferenceTime(value: unknown): number {
  const match = typeof value === 'string' ? ISO_TIME.exec(value) : null;
  const time = match ? Date.parse(match[0]) : NaN;
  if (Number.isNaN(time)) throw new Error('eventMetadata.inferenceTime is not a time');
  if (match![1] === undefined) throw new Error('eventMetadata.inferenceTime has no time zone');
  return time;
}
