import type { TaskType } from '../data/data-contract.contract';
import type { Metrics } from './metrics';

/** Our names → names in SageMaker's statistics of model quality (SageMaker guide, "Model quality metrics and Amazon CloudWatch monitoring"). */
const NAMES: Record<TaskType, { readonly section: string; readonly metrics: Record<string, string> }> = {
  'binary-classification': { section: 'binary_classification_metrics', metrics: { auc: 'auc', accuracy: 'accuracy', precision: 'precision', recall: 'recall', f1: 'f1' } },
  'multiclass-classification': { section: 'multiclass_classification_metrics', metrics: { accuracy: 'accuracy' } },
  regression: { section: 'regression_metrics', metrics: { mae: 'mae', rmse: 'rmse', r2: 'r2' } },
};

/** What the registry's pages show for a model package; our own verdict holds more. */
export function modelQualityStatistics(task: TaskType, metrics: Metrics): Record<string, Record<string, { value: number; standard_deviation: string }>> {
  const { section, metrics: names } = NAMES[task];
  const entries = Object.entries(names)
    .filter(([ours]) => metrics[ours] !== undefined)
    .map(([ours, theirs]): [string, { value: number; standard_deviation: string }] => [theirs, { value: metrics[ours]!.value, standard_deviation: 'NaN' }]);
  return { [section]: Object.fromEntries(entries) };
}
