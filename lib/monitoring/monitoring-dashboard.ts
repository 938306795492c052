import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { OUTCOMES, WorkflowName } from '../governance/outcome.contract';
import { catalogueMetric, endpointMetric } from './catalogue-metric';
import { CatalogueMetric, DIMENSION_MODEL, DIMENSION_OUTCOME, DIMENSION_WORKFLOW, ENDPOINT_METRICS, METRIC_NAMESPACE, METRICS } from './metric-catalogue.contract';
import { MonitoringSettings } from './monitoring';

export interface MonitoringDashboardProps {
  readonly modelName: string;
  readonly endpointName: string;
  readonly settings: MonitoringSettings;
  readonly alarms: cloudwatch.Alarm[];
}

const WIDTH = 8;
const HEIGHT = 6;

/** One page per model: alarms, the kinds of drift, latency and errors, traffic, and what its workflows ended with. */
export class MonitoringDashboard extends cloudwatch.Dashboard {
  public constructor(scope: Construct, id: string, props: MonitoringDashboardProps) {
    const { modelName, endpointName, settings } = props;
    const interval = Duration.seconds(settings.intervalSeconds);
    const minutes = Duration.minutes(5);
    const ours = (metric: CatalogueMetric): cloudwatch.Metric => catalogueMetric(metric, modelName, interval);
    const graph = (title: string, left: cloudwatch.IMetric[], rest: Partial<cloudwatch.GraphWidgetProps> = {}): cloudwatch.GraphWidget =>
      new cloudwatch.GraphWidget({ title, left, width: WIDTH, height: HEIGHT, leftYAxis: { min: 0 }, ...rest });
    const at = (value: number, label: string): cloudwatch.HorizontalAnnotation => ({ value, label });
    super(scope, id, {
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: modelName, alarms: props.alarms, width: 3 * WIDTH, height: 3 })],
        [
          graph('Data drift', [ours(METRICS.driftedShare), ours(METRICS.drift)], { leftAnnotations: [at(settings.policy.driftedShare, 'data drift')] }),
          graph('Greatest population stability index', [ours(METRICS.maxPsi), ours(METRICS.predictionPsi)], {
            leftAnnotations: [at(settings.policy.psiThreshold, 'drift'), at(settings.policy.psiWarning, 'warning')],
          }),
          graph('Prediction drift and data quality', [ours(METRICS.predictionDrift), ours(METRICS.dataQualityBreach)], { right: [ours(METRICS.schemaViolations)] }),
        ],
        [
          graph('Rows judged', [ours(METRICS.rowsEvaluated)], { right: [ours(METRICS.insufficientData), ours(METRICS.monitorBlind)] }),
          graph('Captured share of invocations', [ours(METRICS.captureRatio)], { leftAnnotations: [at(settings.captureRatio, 'capture gap')] }),
          graph('Traffic', [endpointMetric(ENDPOINT_METRICS.invocations, endpointName, minutes, 'Sum')]),
        ],
        [
          graph(
            'Model latency (microseconds)',
            ['p50', 'p90', 'p99'].map((statistic) => endpointMetric(ENDPOINT_METRICS.modelLatency, endpointName, minutes, statistic)),
            { leftAnnotations: [at(settings.latency.toMilliseconds() * 1000, 'latency')] },
          ),
          graph('Errors', [
            endpointMetric(ENDPOINT_METRICS.errors5xx, endpointName, minutes, 'Sum'),
            endpointMetric(ENDPOINT_METRICS.errors4xx, endpointName, minutes, 'Sum'),
          ]),
          graph('Outcomes', outcomeMetrics(modelName, interval), { stacked: true }),
        ],
      ],
    });
  }
}

function outcomeMetrics(modelName: string, period: Duration): cloudwatch.Metric[] {
  return (Object.keys(OUTCOMES) as WorkflowName[]).flatMap((workflow) =>
    OUTCOMES[workflow].map(
      (outcome) =>
        new cloudwatch.Metric({
          namespace: METRIC_NAMESPACE,
          metricName: METRICS.workflowOutcome.name,
          dimensionsMap: { [DIMENSION_MODEL]: modelName, [DIMENSION_WORKFLOW]: workflow, [DIMENSION_OUTCOME]: outcome },
          label: `${workflow} ${outcome}`,
          period,
          statistic: 'Sum',
        }),
    ),
  );
}
