import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { EndpointAlarms } from '../deployment/endpoint-alarms';
import { OUTCOMES } from '../governance/outcome.contract';
import { BusinessMetric } from './business-metric';
import { businessMetric, catalogueMetric, endpointMetric, outcomeMetric, publishedMetric, requestCountMetric } from './catalogue-metric';
import { graph, line } from './endpoint-widgets';
import { CatalogueMetric, DIMENSION_FEATURE, DIMENSION_MODEL, ENDPOINT_METRICS, METRIC_NAMESPACE, METRICS } from './metric-catalogue.contract';
import { MonitoringSettings } from './monitoring';

const RELEASE = '#7f7f7f';
const ROLLBACK = '#d62728';

/**
 * Releases as needles over the whole height of the right axis, so that a reader sees whether drift began with one. Vertical annotations of a
 * dashboard have fixed times, written when it is deployed (Dashboard Body Structure and Syntax), and no release has one then.
 */
function releases(modelName: string, period: Duration): cloudwatch.IMetric[] {
  const needle = (outcome: (typeof OUTCOMES.deployment)[number], label: string, color: string): cloudwatch.MathExpression =>
    new cloudwatch.MathExpression({ expression: `FILL(${outcome.toLowerCase()}, 0)`, usingMetrics: { [outcome.toLowerCase()]: outcomeMetric(modelName, 'deployment', outcome, period) }, label, color, period });
  return [needle('DEPLOYED', 'release', RELEASE), needle('ROLLED_BACK', 'rolled back', ROLLBACK)];
}

/** A kind of drift: what is measured on the left, the verdict (0 or 1) and the releases on the right. */
export function driftGraph(title: string, left: cloudwatch.IMetric[], verdict: cloudwatch.IMetric, modelName: string, period: Duration, annotations: cloudwatch.HorizontalAnnotation[] = []): cloudwatch.GraphWidget {
  return graph(title, left, { leftAnnotations: annotations, right: [verdict, ...releases(modelName, period)], rightYAxis: { min: 0, max: 1, showUnits: false } });
}

/** Data, prediction and operational drift; concept drift is its own construct's. */
export function driftRows(modelName: string, settings: MonitoringSettings, endpointAlarms: EndpointAlarms): cloudwatch.IWidget[][] {
  const interval = Duration.seconds(settings.intervalSeconds);
  const ours = (metric: CatalogueMetric): cloudwatch.Metric => catalogueMetric(metric, modelName, interval);
  const drift = (title: string, left: cloudwatch.IMetric[], verdict: CatalogueMetric, annotations: cloudwatch.HorizontalAnnotation[] = []): cloudwatch.GraphWidget =>
    driftGraph(title, left, ours(verdict), modelName, interval, annotations);
  const { psiThreshold, psiWarning, driftedShare } = settings.policy;
  const endpoint = (name: string, statistic: string): cloudwatch.Metric => endpointMetric(name, endpointAlarms._endpointName, interval, statistic);
  const errorRate = new cloudwatch.MathExpression({
    expression: '100 * errors / requests',
    usingMetrics: { errors: endpoint(ENDPOINT_METRICS.errors5xx, 'Sum'), requests: requestCountMetric(endpointAlarms._kind, endpointAlarms._endpointName, interval) },
    label: 'errors (%)',
    period: interval,
  });
  return [
    [
      drift('Data drift: weighted share of drifted features', [ours(METRICS.driftedShare)], METRICS.drift, [line(driftedShare, 'data drift')]),
      drift('Prediction drift: population stability index', [ours(METRICS.predictionPsi)], METRICS.predictionDrift, [line(psiThreshold, 'drift'), line(psiWarning, 'warning')]),
      graph('Data quality and training-serving skew', [ours(METRICS.schemaViolations)], {
        right: [ours(METRICS.dataQualityBreach), ours(METRICS.trainingServingSkew)],
        rightYAxis: { min: 0, max: 1, showUnits: false },
      }),
    ],
    [
      drift('Operational drift: latency per window (microseconds)', ['p50', 'p99'].map((statistic) => endpoint(ENDPOINT_METRICS.modelLatency, statistic)), METRICS.operationalDrift),
      drift('Operational drift: errors per window', [errorRate], METRICS.operationalDrift),
      ...featureGraph(modelName, settings, interval),
    ],
  ];
}

/** Whichever features have a metric: a search finds at most 500 of the last two weeks (CloudWatch guide, "Search expression syntax"). */
function featureGraph(modelName: string, { policy }: MonitoringSettings, period: Duration): cloudwatch.IWidget[] {
  if (policy.featureMetrics === undefined) return [];
  const schema = [METRIC_NAMESPACE, DIMENSION_MODEL, DIMENSION_FEATURE].join(',');
  const expression = `SEARCH('{${schema}} MetricName="${METRICS.featurePsi.name}" ${DIMENSION_MODEL}="${modelName}"', 'Maximum', ${period.toSeconds()})`;
  return [graph('Features: population stability index', [new cloudwatch.MathExpression({ expression, usingMetrics: {}, label: '', period })], { leftAnnotations: [line(policy.psiThreshold, 'drift')] })];
}

/** Three to a row. A dashboard has at most 500 widgets (Dashboard Body Structure and Syntax); twenty business metrics are the most here. */
export function businessRows(modelName: string, { businessMetrics, intervalSeconds }: MonitoringSettings): cloudwatch.IWidget[][] {
  const period = Duration.seconds(intervalSeconds);
  const widgets = businessMetrics.map((metric) => businessGraph(metric, modelName, period));
  return Array.from({ length: Math.ceil(widgets.length / 3) }, (_, row) => widgets.slice(3 * row, 3 * row + 3));
}

function businessGraph(metric: BusinessMetric, modelName: string, period: Duration): cloudwatch.GraphWidget {
  const rule = metric._rule;
  const title = `Business: ${metric._name}`;
  // Their values may be negative, so nothing is said about the axis.
  if (rule?.type !== 'DROP') return graph(title, [publishedMetric(metric, period)], { leftYAxis: {}, leftAnnotations: rule ? [line(rule.value, rule.type === 'AT_LEAST' ? 'at least' : 'at most')] : [] });
  return graph(title, [publishedMetric(metric, period)], { leftYAxis: {}, right: [businessMetric(metric, modelName, period).with({ label: 'drop (%)' })], rightYAxis: { min: 0, max: 100 }, rightAnnotations: [line(rule.value, 'drop')] });
}
