/** One thing that is wrong with a configuration, in the words of the caller. */
export interface Problem {
  /** Stable PascalCase code, documented and greppable, e.g. `CanarySizeOutOfRange`. */
  readonly code: string;
  /** Property path as the user wrote it, e.g. `deployment.canarySize`. */
  readonly path: string;
  /** The value received; printed with JSON.stringify. */
  readonly value: unknown;
  /** The rule that the value breaks: "must be an integer from 1 to 50". */
  readonly rule: string;
  /** What to do instead: "use Deployment.allAtOnce() to skip the canary". */
  readonly fix: string;
}

/** Problems of one document, so that its author meets them all at once. Knows no CDK: the command line reads documents too. */
export class ProblemList {
  private readonly found: Problem[] = [];

  public add(code: string, path: string, value: unknown, rule: string, fix: string): void {
    this.found.push({ code, path, value, rule, fix });
  }

  public get all(): readonly Problem[] {
    return this.found;
  }
}

/** In one line, without its code. */
export function problemSentence({ path, rule, value, fix }: Problem): string {
  return `${path}: ${rule}, got ${value === undefined ? 'nothing' : JSON.stringify(value)}; ${fix}`;
}

/** The nearest of the known words, for "did you mean"; undefined when none is near (edit distance over a third of the word). */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Optimal string alignment: insertions, deletions, replacements and swapped neighbours cost 1 each. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) current[j] = Math.min(current[j]!, before[j - 2]! + 1);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}
