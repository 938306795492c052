import type { ChangedPredictions } from '../../kernel/faults';

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The answer of a container whose predictions a fault changes: every number in it, whatever its form (CSV or JSON); names stay. */
export function changePredictions(body: Buffer, contentType: string | undefined, change: ChangedPredictions): Buffer {
  const text = body.toString('utf8');
  const changed = /json/.test(contentType ?? '') ? changeJsonLines(text, change) : text.replace(NUMBER, (found) => String(changeNumber(Number(found), change)));
  return Buffer.from(changed);
}

export function changeNumber(value: number, { constant, factor = 1, offset = 0, minimum = -Infinity, maximum = Infinity }: ChangedPredictions): number {
  return Math.min(maximum, Math.max(minimum, constant ?? factor * value + offset));
}

/** One JSON document, or one on each line. */
function changeJsonLines(text: string, change: ChangedPredictions): string {
  const reviver = (_key: string, value: unknown): unknown => (typeof value === 'number' ? changeNumber(value, change) : value);
  const changeDocument = (document: string): string => JSON.stringify(JSON.parse(document, reviver));
  try {
    return changeDocument(text);
  } catch {
    return text.replace(/[^\n]+/g, changeDocument);
  }
}
