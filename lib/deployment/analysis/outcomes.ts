import { parseNumber } from '../../drift';
import { type Answer, answerId } from './pairs';

/** Ground truth of one request; several rows have several labels. */
export interface Label {
  /** The inference id, or the event id where the caller gave none. */
  readonly id: string;
  readonly values: readonly string[];
}

export interface Labels {
  readonly byId: ReadonlyMap<string, Label>;
  readonly repeated: number;
}

/** A label that comes twice counts once: the first, so that what was counted at one look is not another at the next. */
export function indexLabels(labels: readonly Label[]): Labels {
  const byId = new Map<string, Label>();
  let repeated = 0;
  for (const label of labels) {
    if (byId.has(label.id)) repeated += 1;
    else byId.set(label.id, label);
  }
  return { byId, repeated };
}

export interface LabelledPrediction {
  readonly prediction: number;
  readonly label: number;
}

export interface JoinedOutcomes {
  readonly outcomes: readonly LabelledPrediction[];
  /** Ids that got a label. */
  readonly joined: ReadonlySet<string>;
  /** Labels that fit their answer in number or kind as little as a text fits a number. */
  readonly unusable: number;
}

/** Each answer once, with its label. Ids that the caller used twice are left out: nobody knows whose label it is. */
export function joinLabels(answers: readonly Answer[], labels: Labels): JoinedOutcomes {
  const events = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const answer of answers) {
    const id = answerId(answer);
    const before = events.get(id);
    if (before !== undefined && before !== answer.eventId) ambiguous.add(id);
    events.set(id, answer.eventId);
  }
  const outcomes: LabelledPrediction[] = [];
  const joined = new Set<string>();
  let unusable = 0;
  for (const answer of answers) {
    const id = answerId(answer);
    const label = labels.byId.get(id);
    if (label === undefined || ambiguous.has(id) || joined.has(id)) continue;
    joined.add(id);
    const rows = answer.predictions.map((value, row) => ({ prediction: number(value), label: number(label.values[row]) }));
    if (label.values.length !== answer.predictions.length) unusable += 1;
    else {
      for (const { prediction, label: truth } of rows) {
        if (prediction === undefined || truth === undefined) unusable += 1;
        else outcomes.push({ prediction, label: truth });
      }
    }
  }
  return { outcomes, joined, unusable };
}

function number(text: string | undefined): number | undefined {
  return text === undefined || text.trim() === '' ? undefined : parseNumber(text);
}

/** Right or wrong: the score is on the side of the threshold that the label (0 or 1) says. */
export function isRight({ prediction, label }: LabelledPrediction, threshold: number): boolean {
  return prediction >= threshold === label >= 0.5;
}
