import { Z95 } from '../evaluation/interval';
import { type Metrics } from '../evaluation/metrics';
import { type QualityStatistics } from './quality-statistics';
import { confusionAt } from './score-histogram';

export interface SageMakerValue {
  readonly value: number;
  /** `NaN` below 200 rows, as Model Monitor does it. */
  readonly standard_deviation: number | 'NaN';
}

/** Model Monitor's statistics of model quality, as far as sums give them (guide, "Model quality metrics and Amazon CloudWatch monitoring"). */
export type SageMakerQuality = Readonly<Record<string, Readonly<Record<string, SageMakerValue | Readonly<Record<string, Readonly<Record<string, number>>>>>>>>;

/** Our names → theirs. */
const NAMES = {
  'binary-classification': {
    section: 'binary_classification_metrics',
    names: {
      auc: 'auc',
      accuracy: 'accuracy',
      precision: 'precision',
      recall: 'recall',
      f0_5: 'f0_5',
      f1: 'f1',
      f2: 'f2',
      truePositiveRate: 'true_positive_rate',
      trueNegativeRate: 'true_negative_rate',
      falsePositiveRate: 'false_positive_rate',
      falseNegativeRate: 'false_negative_rate',
    },
  },
  'multiclass-classification': { section: 'multiclass_classification_metrics', names: { accuracy: 'accuracy' } },
  regression: { section: 'regression_metrics', names: { mae: 'mae', mse: 'mse', rmse: 'rmse', r2: 'r2' } },
} as const;
const LEAST_ROWS = 200;

export function sagemakerQuality(statistics: QualityStatistics, metrics: Metrics, threshold: number): SageMakerQuality {
  const { section, names } = NAMES[statistics.task];
  const values = Object.entries(names).flatMap(([ours, theirs]): [string, SageMakerValue][] => {
    const found = metrics[ours];
    if (found === undefined) return [];
    const known = statistics.rows >= LEAST_ROWS && found.low !== undefined && found.high !== undefined;
    return [[theirs, { value: found.value, standard_deviation: known ? (found.high! - found.low!) / (2 * Z95) : 'NaN' }]];
  });
  const confusion = confusionMatrix(statistics, threshold);
  return { [section]: { ...(confusion ? { confusion_matrix: confusion } : {}), ...Object.fromEntries(values) } };
}

/** Actual class → predicted class → rows. */
function confusionMatrix(statistics: QualityStatistics, threshold: number): Record<string, Record<string, number>> | undefined {
  if (statistics.task === 'regression') return undefined;
  if (statistics.task === 'binary-classification') {
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = confusionAt(statistics.histogram, threshold);
    return { '0': { '0': trueNegatives, '1': falsePositives }, '1': { '0': falseNegatives, '1': truePositives } };
  }
  const matrix: Record<string, Record<string, number>> = {};
  for (const [cell, count] of Object.entries(statistics.confusion)) {
    const [actual, predicted] = cell.split('>');
    (matrix[actual!] ??= {})[predicted!] = count;
  }
  return matrix;
}
