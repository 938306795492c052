import { PREDICTION_COLUMN } from '../drift';
import { type DriftReport } from './drift-report';
import { type CatalogueMetric, DIMENSION_BUSINESS_METRIC, DIMENSION_FEATURE, DIMENSION_MODEL, METRIC_NAMESPACE, METRICS } from './metric-catalogue.contract';
import { type FeatureMetricsSettings } from './monitoring-choices.contract';
import { type MonitoringPolicy } from './monitoring.contract';

export interface MetricPoint {
  readonly metric: CatalogueMetric;
  readonly value: number;
  /** Beside the model's name. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** A datum of PutMetricData. */
export interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions: { Name: string; Value: string }[];
  readonly Timestamp: Date;
  readonly Unit: CatalogueMetric['unit'];
  readonly Value: number;
}

/** PutMetricData takes 1000 metrics and 1 MB (API_PutMetricData); with dimension values of up to 1 kB half of that always fits. */
const POINTS_PER_REQUEST = 500;

/**
 * The metrics of a window. Verdict metrics are absent when there is no verdict: no evidence must look neither like drift nor like
 * stability. `MonitorBlind` and `RowsEvaluated` come with every run, also while nothing is deployed: they are the heartbeat. Sparse ones come
 * only when there is something to say.
 */
export function metricPoints(report: DriftReport, policy: Pick<MonitoringPolicy, 'featureMetrics'>): MetricPoint[] {
  const champion = report.versions.find(({ version }) => version === report.champion?.version);
  const points: MetricPoint[] = [
    { metric: METRICS.monitorBlind, value: Number(report.blind) },
    { metric: METRICS.rowsEvaluated, value: champion?.windowRows ?? 0 },
    ...(report.business ?? []).flatMap(({ name, drop }) => (drop === null ? [] : [{ metric: METRICS.businessDrop, value: drop, dimensions: { [DIMENSION_BUSINESS_METRIC]: name } }])),
  ];
  if (!champion) return points;
  const { verdict } = champion;
  points.push({ metric: METRICS.dataQualityBreach, value: Number(champion.breaches.length > 0) });
  if (champion.violations > 0) points.push({ metric: METRICS.schemaViolations, value: champion.violations });
  if (verdict.status === 'INSUFFICIENT_DATA') points.push({ metric: METRICS.insufficientData, value: 1 });
  if (champion.skew?.judged === true && champion.skew.skewed) points.push({ metric: METRICS.trainingServingSkew, value: 1 });
  if (report.operational?.status === 'DRIFTED') points.push({ metric: METRICS.operationalDrift, value: 1 });
  if (report.captureRatio !== null) points.push({ metric: METRICS.captureRatio, value: report.captureRatio });
  if (report.freshnessSeconds !== null) points.push({ metric: METRICS.freshness, value: report.freshnessSeconds });
  if (verdict.status === 'INSUFFICIENT_DATA') return points;
  points.push({ metric: METRICS.driftedShare, value: verdict.driftedShare });
  if (verdict.predictionPsi !== null) points.push({ metric: METRICS.predictionPsi, value: verdict.predictionPsi });
  // Broken data is no evidence of drift: it pages for itself.
  if (champion.breaches.length === 0) {
    points.push({ metric: METRICS.drift, value: Number(verdict.dataDrift) });
    if (verdict.predictionPsi !== null) points.push({ metric: METRICS.predictionDrift, value: Number(verdict.predictionDrift) });
  }
  return [...points, ...featurePoints(champion.verdict, policy.featureMetrics)];
}

/** Those of the verdict's features that have a metric of their own. */
function featurePoints({ columns, status }: DriftReport['versions'][number]['verdict'], choice: FeatureMetricsSettings | undefined): MetricPoint[] {
  if (choice === undefined || status === 'INSUFFICIENT_DATA') return [];
  const features = columns.filter(({ name, status: own }) => name !== PREDICTION_COLUMN && own !== 'INSUFFICIENT_DATA');
  const greatest = (): typeof features => [...features].filter(({ weight }) => weight > 0).sort((a, b) => b.psi - a.psi || (a.name < b.name ? -1 : 1));
  const chosen = choice.type === 'ALL' ? features : choice.type === 'OF' ? features.filter(({ name }) => choice.features.includes(name)) : greatest().slice(0, choice.count);
  return chosen.map(({ name, psi }) => ({ metric: METRICS.featurePsi, value: psi, dimensions: { [DIMENSION_FEATURE]: name } }));
}

/** Inputs of PutMetricData, at the end of the window: a repetition writes the same points, and alarms see windows, not run times. */
export function metricRequests(report: DriftReport, model: string, policy: Pick<MonitoringPolicy, 'featureMetrics'>): { Namespace: string; MetricData: MetricDatum[] }[] {
  const data = metricPoints(report, policy).map(({ metric, value, dimensions }): MetricDatum => ({
    MetricName: metric.name,
    Dimensions: Object.entries({ [DIMENSION_MODEL]: model, ...dimensions }).map(([Name, Value]) => ({ Name, Value })),
    Timestamp: new Date(report.window.end),
    Unit: metric.unit,
    Value: value,
  }));
  const requests = [];
  for (let start = 0; start < data.length; start += POINTS_PER_REQUEST) requests.push({ Namespace: METRIC_NAMESPACE, MetricData: data.slice(start, start + POINTS_PER_REQUEST) });
  return requests;
}
