import { createHash } from 'node:crypto';
import type { Random } from '../../kernel/random';
import { parseExpression } from './expression';

/** Step Functions guide, "Transforming data with JSONata": `$hash` takes these. */
const HASHES: Record<string, string> = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

/** A generated array holds at most so many items (guide, "States.ArrayRange"). */
const RANGE_LIMIT = 1000;

/**
 * Functions that Step Functions adds to JSONata ($partition, $range, $hash, $random, $uuid, $parse), takes away ($eval), and those of the
 * library that would read the real clock or real randomness. Bound like variables, so they win over the library's own.
 */
export function jsonataFunctions(random: Random, now: () => number): Record<string, (...args: any[]) => unknown> {
  return {
    partition: (items: unknown, size: unknown) => {
      const list = Array.isArray(items) ? items : [items];
      if (!isInteger(size) || size < 1) throw new Error('$partition: the chunk size must be a positive integer');
      return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
    },
    range: (first: unknown, last: unknown, step: unknown) => {
      if (!isInteger(first) || !isInteger(last) || !isInteger(step) || step === 0) {
        throw new Error('$range: first value, last value and step must be integers and the step must not be 0');
      }
      const length = Math.max(0, Math.floor((last - first) / step) + 1);
      if (length > RANGE_LIMIT) throw new Error(`$range: at most ${RANGE_LIMIT} items`);
      return Array.from({ length }, (_, i) => first + i * step);
    },
    hash: (data: unknown, algorithm: unknown) => {
      const name = HASHES[String(algorithm)];
      if (typeof data !== 'string' || !name) throw new Error(`$hash: takes a string and one of ${Object.keys(HASHES).join(', ')}`);
      return createHash(name).update(data).digest('hex');
    },
    random: (seed?: unknown) => {
      if (seed === undefined) return random.next();
      if (!isInteger(seed)) throw new Error('$random: the seed must be an integer');
      return random.stream(`$random ${seed}`).next();
    },
    uuid: () => random.uuid(),
    parse: (text: unknown) => {
      if (text === undefined) return undefined;
      if (typeof text !== 'string') throw new Error('$parse: takes a string');
      return JSON.parse(text) as unknown;
    },
    eval: () => {
      throw new Error('$eval is not supported in Step Functions; use $parse for JSON');
    },
    shuffle: (items: unknown) => {
      if (items === undefined) return undefined;
      const list = Array.isArray(items) ? [...(items as unknown[])] : [items];
      for (let i = list.length - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        [list[i], list[j]] = [list[j], list[i]];
      }
      return list;
    },
    now: (picture?: unknown, timezone?: unknown) =>
      picture === undefined
        ? new Date(now()).toISOString()
        : parseExpression('$fromMillis($millis, $picture, $timezone)').evaluate(undefined, { millis: now(), picture, timezone }),
    millis: () => now(),
    toMillis: (text: unknown, picture?: unknown) => {
      // The library fills the parts of a date that a picture leaves out from the real clock.
      if (typeof picture === 'string' && !/\[Y/.test(picture)) throw new Error('$toMillis: a picture without the year depends on today; not simulated');
      return parseExpression('$toMillis($text, $picture)').evaluate(undefined, { text, picture });
    },
  };
}

/** Names of all functions an expression may call: JSONata's (docs.jsonata.org, "Function Library") and Step Functions' own. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set(
  (
    'string length substring substringBefore substringAfter uppercase lowercase trim pad contains split join match replace ' +
    'base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl ' +
    'number abs floor ceil round power sqrt random formatNumber formatBase formatInteger parseInteger ' +
    'sum max min average boolean not exists count append sort reverse shuffle distinct zip ' +
    'keys lookup spread merge sift each error assert type now millis fromMillis toMillis map filter single reduce clone ' +
    'partition range hash uuid parse'
  ).split(' '),
);

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}
