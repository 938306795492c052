import type { Counts, Seen } from './evidence';
import type { Counting, Totals } from './evidence-limits';
import { isRight, number } from './outcomes';
import { rankCorrelation } from './rank-correlation';

export interface AgreementRules {
  /** Scores on different sides of it disagree. */
  readonly decisionThreshold?: number;
  /** Without a threshold: scores further apart than this disagree. */
  readonly tolerance?: number;
}

/** Requests that are no pair, and why. */
export interface Pairing {
  /** Answers without a partner: not captured, failed, or not delivered yet. */
  readonly championOnly: number;
  readonly shadowOnly: number;
  /** Ids that a caller used for more than one request: nobody can say which answers belong together. */
  readonly ambiguous: number;
  /** Both answered, with another number of predictions. */
  readonly uneven: number;
}

export interface Comparison {
  readonly pairs: number;
  readonly disagreements: number;
  /** Of pairs of numbers. */
  readonly numeric: number;
  readonly meanDifference?: number;
  readonly p99Difference?: number;
  readonly rankCorrelation?: number;
}

/** Labelled pairs, and those of them in which exactly one side was right. */
export interface LabelledPairs {
  readonly pairs: number;
  readonly onlyChampion: number;
  readonly onlyShadow: number;
}

/**
 * Which answers are to the same request? Those with the same `inferenceId`, when the caller gave one. AWS documents no id of its own that
 * both variants' records share; `eventId` is tried because equal ones can only mean that they do. Each row is a pair of its own.
 */
export function countPairs(rules: AgreementRules): Counting {
  return {
    count: (seen): Counts | undefined => {
      if (seen.ambiguous) return { ambiguous: 1 };
      if (seen.old === undefined || seen.new === undefined) return undefined;
      if (seen.old.length !== seen.new.length) return { uneven: 1 };
      const pairs = rows(seen);
      const numbers = scores(pairs);
      return {
        pairs: pairs.length,
        disagreements: pairs.filter((pair) => !agree(pair, rules)).length,
        numeric: numbers.length,
        differences: numbers.reduce((sum, [champion, shadow]) => sum + Math.abs(champion - shadow), 0),
        ...(rules.decisionThreshold === undefined ? {} : labelledPairs(seen, pairs, rules.decisionThreshold)),
      };
    },
    alone: ({ new: shadow }): Counts => (shadow === undefined ? { championOnly: 1 } : { shadowOnly: 1 }),
    scores: (seen) => scores(rows(seen)),
  };
}

export function pairing({ counts }: Totals): Pairing {
  const { championOnly = 0, shadowOnly = 0, ambiguous = 0, uneven = 0 } = counts;
  return { championOnly, shadowOnly, ambiguous, uneven };
}

export function comparison({ counts, scores: sample }: Totals): Comparison {
  const { pairs = 0, disagreements = 0, numeric = 0, differences = 0 } = counts;
  const apart = Float64Array.from(sample, ([champion, shadow]) => Math.abs(champion - shadow)).sort();
  return {
    pairs,
    disagreements,
    numeric,
    ...(numeric === 0
      ? {}
      : {
          meanDifference: differences / numeric,
          p99Difference: apart[Math.ceil(0.99 * apart.length) - 1]!,
          rankCorrelation: rankCorrelation(
            sample.map(([champion]) => champion),
            sample.map(([, shadow]) => shadow),
          ),
        }),
  };
}

/** Pairs for which the truth is known already. */
export function labelled({ counts }: Totals): LabelledPairs {
  const { labelledPairs: pairs = 0, onlyChampion = 0, onlyShadow = 0 } = counts;
  return { pairs, onlyChampion, onlyShadow };
}

type Pair = readonly [champion: string, shadow: string];

function rows({ old: champion, new: shadow, ambiguous }: Seen): Pair[] {
  if (ambiguous || champion === undefined || shadow === undefined || champion.length !== shadow.length) return [];
  return champion.slice(1).map((text, row): Pair => [text, shadow[row + 1]!]);
}

function scores(pairs: readonly Pair[]): [number, number][] {
  return pairs.flatMap((pair): [number, number][] => {
    const [champion, shadow] = pair.map(number);
    return champion === undefined || shadow === undefined ? [] : [[champion, shadow]];
  });
}

/** Texts (classes) agree when they are equal; a number and a text never do. */
function agree([champion, shadow]: Pair, { decisionThreshold, tolerance }: AgreementRules): boolean {
  const [a, b] = [number(champion), number(shadow)];
  if (a === undefined || b === undefined) return champion === shadow;
  if (decisionThreshold !== undefined) return a >= decisionThreshold === b >= decisionThreshold;
  return Math.abs(a - b) <= (tolerance ?? 0);
}

function labelledPairs({ label }: Seen, pairs: readonly Pair[], threshold: number): Counts {
  let [known, onlyChampion, onlyShadow] = [0, 0, 0];
  pairs.forEach((pair, row) => {
    const truth = number(label?.[row + 1]?.toString());
    const [champion, shadow] = pair.map(number);
    if (truth === undefined || champion === undefined || shadow === undefined) return;
    const [ours, theirs] = [champion, shadow].map((prediction) => isRight({ prediction, label: truth }, threshold));
    known += 1;
    if (ours && !theirs) onlyChampion += 1;
    if (theirs && !ours) onlyShadow += 1;
  });
  return { labelledPairs: known, onlyChampion, onlyShadow };
}
