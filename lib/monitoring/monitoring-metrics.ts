import { type DriftReport } from './drift-report';
import { type CatalogueMetric, METRICS } from './metric-catalogue.contract';

export interface MetricPoint {
  readonly metric: CatalogueMetric;
  readonly value: number;
}

/**
 * The metrics of a window. Verdict metrics are absent when there is no verdict: no evidence must look neither like drift nor like
 * stability. `MonitorBlind` and `RowsEvaluated` come with every run, also while nothing is deployed: they are the heartbeat. Sparse ones come
 * only when there is something to say.
 */
export function metricPoints(report: DriftReport): MetricPoint[] {
  const champion = report.versions.find(({ version }) => version === report.champion?.version);
  const points: MetricPoint[] = [
    { metric: METRICS.monitorBlind, value: Number(report.blind) },
    { metric: METRICS.rowsEvaluated, value: champion?.windowRows ?? 0 },
  ];
  if (!champion) return points;
  const { verdict } = champion;
  points.push({ metric: METRICS.dataQualityBreach, value: Number(champion.breaches.length > 0) });
  if (champion.violations > 0) points.push({ metric: METRICS.schemaViolations, value: champion.violations });
  if (verdict.status === 'INSUFFICIENT_DATA') points.push({ metric: METRICS.insufficientData, value: 1 });
  if (report.freshnessSeconds !== null) points.push({ metric: METRICS.freshness, value: report.freshnessSeconds });
  if (report.captureRatio !== null) points.push({ metric: METRICS.captureRatio, value: report.captureRatio });
  if (verdict.status === 'INSUFFICIENT_DATA') return points;
  points.push(
    { metric: METRICS.drift, value: Number(verdict.dataDrift) },
    { metric: METRICS.driftedShare, value: verdict.driftedShare },
  );
  if (verdict.predictionPsi !== null) {
    points.push({ metric: METRICS.predictionDrift, value: Number(verdict.predictionDrift) }, { metric: METRICS.predictionPsi, value: verdict.predictionPsi });
  }
  return points;
}
