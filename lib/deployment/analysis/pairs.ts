import { parseNumber } from '../../drift';
import { rankCorrelation } from './rank-correlation';

/** One captured answer; a request may hold several rows, each with its prediction. */
export interface Answer {
  readonly eventId: string;
  /** As the caller gave it. */
  readonly inferenceId?: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly predictions: readonly string[];
}

export interface Pair {
  /** Joins a label: the answer's id. */
  readonly id: string;
  /** Row of the request. */
  readonly row: number;
  readonly champion: string;
  readonly shadow: string;
}

export interface Pairing {
  /** In the order of their ids. */
  readonly pairs: readonly Pair[];
  /** Answers without a partner: not sampled, failed, or not delivered yet. */
  readonly championOnly: number;
  readonly shadowOnly: number;
  /** Ids that a caller used for more than one request: nobody can say which answers belong together. */
  readonly ambiguous: number;
  /** Both answered, with another number of predictions. */
  readonly uneven: number;
}

/**
 * Which answers are to the same request? `inferenceId` when the caller gave one. AWS documents no id of its own that both variants'
 * records share; `eventId` is tried because equal ones can only mean that they do.
 */
export function pairAnswers(champion: readonly Answer[], shadow: readonly Answer[]): Pairing {
  const [left, right] = [byId(champion), byId(shadow)];
  const ambiguous = new Set([...left.repeated, ...right.repeated]);
  const pairs: Pair[] = [];
  let [uneven, matched] = [0, 0];
  for (const id of [...left.answers.keys()].sort()) {
    if (ambiguous.has(id)) continue;
    const [ours, theirs] = [left.answers.get(id)!, right.answers.get(id)];
    if (theirs === undefined) continue;
    matched += 1;
    if (ours.predictions.length !== theirs.predictions.length) uneven += 1;
    else ours.predictions.forEach((value, row) => pairs.push({ id, row, champion: value, shadow: theirs.predictions[row]! }));
  }
  const alone = (side: ReturnType<typeof byId>): number => [...side.answers.keys()].filter((id) => !ambiguous.has(id)).length - matched;
  return { pairs, championOnly: alone(left), shadowOnly: alone(right), ambiguous: ambiguous.size, uneven };
}

/** Captured files may be delivered twice: the same event is one answer. */
function byId(answers: readonly Answer[]): { answers: Map<string, Answer>; repeated: Set<string> } {
  const found = new Map<string, Answer>();
  const repeated = new Set<string>();
  for (const answer of answers) {
    const id = answerId(answer);
    const before = found.get(id);
    if (before === undefined) found.set(id, answer);
    else if (before.eventId !== answer.eventId) repeated.add(id);
  }
  return { answers: found, repeated };
}

/** What labels and pairs are joined by (model-monitor-model-quality-merge: the inference id if there is one, else the event id). */
export function answerId({ inferenceId, eventId }: Answer): string {
  return inferenceId ?? eventId;
}

export interface AgreementRules {
  /** Scores on different sides of it disagree. */
  readonly decisionThreshold?: number;
  /** Without a threshold: scores further apart than this disagree. */
  readonly tolerance?: number;
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

export function comparePairs(pairs: readonly Pair[], rules: AgreementRules): Comparison {
  const scores: { champion: number; shadow: number }[] = [];
  let disagreements = 0;
  for (const pair of pairs) {
    const [champion, shadow] = [score(pair.champion), score(pair.shadow)];
    if (champion !== undefined && shadow !== undefined) scores.push({ champion, shadow });
    if (!agree(pair, champion, shadow, rules)) disagreements += 1;
  }
  const differences = Float64Array.from(scores, ({ champion, shadow }) => Math.abs(champion - shadow)).sort();
  return {
    pairs: pairs.length,
    disagreements,
    numeric: scores.length,
    ...(scores.length === 0
      ? {}
      : {
          meanDifference: differences.reduce((sum, value) => sum + value, 0) / scores.length,
          p99Difference: differences[Math.ceil(0.99 * scores.length) - 1]!,
          rankCorrelation: rankCorrelation(
            scores.map(({ champion }) => champion),
            scores.map(({ shadow }) => shadow),
          ),
        }),
  };
}

/** Texts (classes) agree when they are equal; a number and a text never do. */
function agree(pair: Pair, champion: number | undefined, shadow: number | undefined, { decisionThreshold, tolerance }: AgreementRules): boolean {
  if (champion === undefined || shadow === undefined) return pair.champion === pair.shadow;
  if (decisionThreshold !== undefined) return champion >= decisionThreshold === shadow >= decisionThreshold;
  return Math.abs(champion - shadow) <= (tolerance ?? 0);
}

/** Blank is no number, although JavaScript says 0. */
function score(text: string): number | undefined {
  return text.trim() === '' ? undefined : parseNumber(text);
}
