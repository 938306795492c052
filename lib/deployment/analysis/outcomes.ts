import { parseNumber } from '../../drift';
import type { Counts } from './evidence';
import type { Counting } from './evidence-limits';
import type { Estimate } from './difference';
import { momentsEstimate, shareEstimate } from './test-verdict';

/** What makes a labelled prediction good. */
export type OutcomeMeasure = { readonly measure: 'accuracy'; readonly decisionThreshold: number } | { readonly measure: 'absolute-error' };

export interface LabelledPrediction {
  readonly prediction: number;
  readonly label: number;
}

/** Outcomes of a test: of each variant how many there are, their sum and the sum of their squares. */
export function countOutcomes(measure: OutcomeMeasure): Counting {
  return {
    scores: () => [],
    count: ({ old, new: challenger, label, ambiguous }): Counts | undefined => {
      if (ambiguous) return { ambiguousIds: 1 };
      // The same event of both variants is no answer of either.
      if (label === undefined || (old === undefined) === (challenger === undefined)) return undefined;
      const { outcomes, unusable } = joinLabel((old ?? challenger)!.slice(1), label.slice(1).map(String));
      const values = outcomes.map((pair) => (measure.measure === 'accuracy' ? Number(isRight(pair, measure.decisionThreshold)) : Math.abs(pair.prediction - pair.label)));
      const name = old === undefined ? 'challenger' : 'champion';
      const sum = (of: readonly number[]): number => of.reduce((total, value) => total + value, 0);
      return { labelled: 1, unusableLabels: unusable, [`${name}Count`]: values.length, [`${name}Sum`]: sum(values), [`${name}Squares`]: sum(values.map((value) => value ** 2)) };
    },
  };
}

/** What the sums say of one variant. */
export function outcomeEstimate(counts: Counts, variant: 'champion' | 'challenger', { measure }: OutcomeMeasure): Estimate {
  const [n, sum, squares] = ['Count', 'Sum', 'Squares'].map((name) => counts[`${variant}${name}`] ?? 0);
  return measure === 'accuracy' ? shareEstimate(sum!, n!) : momentsEstimate(n!, sum!, squares!);
}

/** Row by row. Labels that fit their answer in number or kind as little as a text fits a number are unusable. */
export function joinLabel(predictions: readonly string[], labels: readonly string[]): { readonly outcomes: readonly LabelledPrediction[]; readonly unusable: number } {
  if (labels.length !== predictions.length) return { outcomes: [], unusable: 1 };
  const outcomes = predictions.flatMap((text, row) => {
    const [prediction, label] = [number(text), number(labels[row])];
    return prediction === undefined || label === undefined ? [] : [{ prediction, label }];
  });
  return { outcomes, unusable: predictions.length - outcomes.length };
}

/** Blank is no number, although JavaScript says 0. */
export function number(text: string | undefined): number | undefined {
  return text === undefined || text.trim() === '' ? undefined : parseNumber(text);
}

/** Right or wrong: the score is on the side of the threshold that the label (0 or 1) says. */
export function isRight({ prediction, label }: LabelledPrediction, threshold: number): boolean {
  return prediction >= threshold === label >= 0.5;
}
