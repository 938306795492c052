import type { TaskType } from '../data/data-contract.contract';

/** Every metric that evaluation computes and a gate may name. Imports nothing but contracts. */
export interface EvaluationMetric {
  readonly tasks: readonly TaskType[];
  /** Which direction is better. */
  readonly better: 'higher' | 'lower';
  /** `unit`: from 0 to 1. */
  readonly range: 'unit' | 'nonnegative' | 'any';
  readonly description: string;
}

const BINARY = ['binary-classification'] as const;
const CLASSES = ['binary-classification', 'multiclass-classification'] as const;
const MULTICLASS = ['multiclass-classification'] as const;
const REGRESSION = ['regression'] as const;

export const EVALUATION_METRICS: Readonly<Record<string, EvaluationMetric>> = {
  auc: { tasks: BINARY, better: 'higher', range: 'unit', description: 'area under the receiver operating characteristic curve' },
  prAuc: { tasks: BINARY, better: 'higher', range: 'unit', description: 'average precision, the area under the precision-recall curve' },
  accuracy: { tasks: CLASSES, better: 'higher', range: 'unit', description: 'share of right answers; a binary score counts as positive from 0.5' },
  precision: { tasks: BINARY, better: 'higher', range: 'unit', description: 'share of true positives among predicted positives' },
  recall: { tasks: BINARY, better: 'higher', range: 'unit', description: 'share of true positives among actual positives' },
  f1: { tasks: BINARY, better: 'higher', range: 'unit', description: 'harmonic mean of precision and recall' },
  logLoss: { tasks: BINARY, better: 'lower', range: 'nonnegative', description: 'mean negative log likelihood of the label' },
  brier: { tasks: BINARY, better: 'lower', range: 'unit', description: 'mean squared difference between score and label' },
  calibrationError: { tasks: BINARY, better: 'lower', range: 'unit', description: 'expected calibration error over 10 equal-width bins' },
  macroF1: { tasks: MULTICLASS, better: 'higher', range: 'unit', description: 'mean of the F1 of all classes that occur in labels or predictions' },
  balancedAccuracy: { tasks: MULTICLASS, better: 'higher', range: 'unit', description: 'mean of the recall of all classes that occur' },
  rmse: { tasks: REGRESSION, better: 'lower', range: 'nonnegative', description: 'root mean squared error' },
  mae: { tasks: REGRESSION, better: 'lower', range: 'nonnegative', description: 'mean absolute error' },
  r2: { tasks: REGRESSION, better: 'higher', range: 'any', description: 'share of the variance that is explained' },
};

export function metricsOf(task: TaskType): string[] {
  return Object.keys(EVALUATION_METRICS).filter((name) => EVALUATION_METRICS[name]!.tasks.includes(task));
}
