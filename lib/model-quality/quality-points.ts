import { type CatalogueMetric, METRICS } from '../monitoring/metric-catalogue.contract';
import { type JudgeQualityResult } from './model-quality.contract';

export interface QualityPoint {
  readonly metric: CatalogueMetric;
  readonly value: number;
}

/** The metrics of a run. Without a verdict there is none of it: no evidence must look neither like drift nor like stability. */
export function qualityPoints({ told, modelQuality, labelCoverage }: JudgeQualityResult): QualityPoint[] {
  // A window that stays what it was found to be is not found again.
  const judged = told.filter(({ outcome, first }) => first && (outcome === 'DRIFTED' || outcome === 'STABLE'));
  return [
    ...(judged.length > 0 ? [{ metric: METRICS.conceptDrift, value: Number(judged.some(({ outcome }) => outcome === 'DRIFTED')) }] : []),
    ...(modelQuality === null ? [] : [{ metric: METRICS.modelQuality, value: modelQuality }]),
    ...(labelCoverage === null ? [] : [{ metric: METRICS.labelCoverage, value: labelCoverage }]),
  ];
}
