import { createHash } from 'node:crypto';

/** Of the execution that holds a lock: `r` and 12 hexadecimal digits, the same for every repetition of the run, short enough for every derived name. */
export function runIdOf(holder: string): string {
  return `r${createHash('sha256').update(holder).digest('hex').slice(0, 12)}`;
}
