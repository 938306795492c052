import type { CommandLineIo } from './main';

/** Every line of the command line's own text fits into this. */
export const WIDTH = 100;

type Paint = (text: string) => string;

/** Colours of a terminal; none where they would be in the way (https://no-color.org). */
export interface Palette {
  readonly good: Paint;
  readonly bad: Paint;
  readonly attention: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
}

export function palette({ stdout, environment }: CommandLineIo): Palette {
  const colour = stdout.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
  const paint = (code: string): Paint => (text) => (colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: paint('32'), bad: paint('31'), attention: paint('33'), strong: paint('1'), faint: paint('2') };
}

const GOOD = new Set(['DEPLOYED', 'REGISTERED', 'STABLE', 'STARTED', 'UNFROZEN']);
const BAD = new Set(['FAILED', 'ROLLED_BACK', 'DATA_INVALID', 'LOOP_GUARD', 'TIMED_OUT', 'ABORTED']);

export function outcomeColour(colours: Palette, outcome: string): Paint {
  if (GOOD.has(outcome)) return colours.good;
  return BAD.has(outcome) ? colours.bad : colours.attention;
}

/** `2001-03-04 05:06`, UTC. */
export function minute(time: string | number | Date): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** Breaks at spaces; a word that is longer than a line keeps together, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.replace(/\s+/g, ' ').trim().split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Text under a hanging indent: `first` stands before the first line. */
export function hanging(first: string, text: string, colour: Paint = (line) => line, width = WIDTH): string {
  const indent = ' '.repeat(first.length);
  return wrap(text, width - first.length)
    .map((line, index) => `${index === 0 ? first : indent}${colour(line)}\n`)
    .join('');
}

export function json(document: unknown): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
