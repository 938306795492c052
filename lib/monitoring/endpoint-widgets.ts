import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { EndpointAlarms } from '../deployment/endpoint-alarms';
import { OUTCOMES, WorkflowName } from '../governance/outcome.contract';
import { endpointMetric, outcomeMetric, queueMetric, requestCountMetric } from './catalogue-metric';
import { DIMENSION_ENDPOINT_CONFIG, DIMENSION_MODEL, ENDPOINT_METRICS, METRIC_NAMESPACE, METRICS } from './metric-catalogue.contract';

/** A third of the page. */
export const WIDGET_WIDTH = 8;
const HEIGHT = 6;
const PERIOD = Duration.minutes(5);

export function graph(title: string, left: cloudwatch.IMetric[], rest: Partial<cloudwatch.GraphWidgetProps> = {}): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, left, width: WIDGET_WIDTH, height: HEIGHT, leftYAxis: { min: 0 }, ...rest });
}

export function line(value: number, label: string): cloudwatch.HorizontalAnnotation {
  return { value, label };
}

/** Over the whole page, or over as many of its thirds. */
export function alarmStatus(title: string, alarms: cloudwatch.Alarm[], thirds = 3): cloudwatch.AlarmStatusWidget {
  return new cloudwatch.AlarmStatusWidget({ title, alarms, width: thirds * WIDGET_WIDTH, height: 3 });
}

/** What the endpoint does, by the metrics that its kind has. */
export function endpointRow(alarms: EndpointAlarms): cloudwatch.IWidget[] {
  const { _kind: kind, _settings: settings, _endpointName: endpointName } = alarms;
  const metric = (name: string, statistic: string): cloudwatch.Metric => endpointMetric(name, endpointName, PERIOD, statistic);
  return [
    graph('Requests', [requestCountMetric(kind, endpointName, PERIOD)], { right: [metric(ENDPOINT_METRICS.errors5xx, 'Sum'), metric(ENDPOINT_METRICS.errors4xx, 'Sum')], rightYAxis: { min: 0 } }),
    graph('Model latency (microseconds)', ['p50', 'p90', 'p99'].map((statistic) => metric(ENDPOINT_METRICS.modelLatency, statistic)), {
      leftAnnotations: [line(settings.latency.toMilliseconds() * 1000, 'latency')],
    }),
    capacity(alarms),
  ];
}

/** SageMaker publishes no count of instances: it follows from what is published per instance (monitoring-cloudwatch, async-inference-monitor). */
function capacity({ _kind: kind, _settings: settings, _endpointName: endpointName }: EndpointAlarms): cloudwatch.GraphWidget {
  const metric = (name: string, statistic: string): cloudwatch.Metric => endpointMetric(name, endpointName, PERIOD, statistic);
  const instances = (all: cloudwatch.Metric, each: cloudwatch.Metric): cloudwatch.MathExpression =>
    new cloudwatch.MathExpression({ label: 'instances', expression: 'whole / each', usingMetrics: { whole: all, each }, period: PERIOD });
  if (kind === 'SERVERLESS') {
    return graph('Used share of the maximum concurrency', [metric(ENDPOINT_METRICS.concurrentExecutionsUtilization, 'Maximum')], {
      leftAnnotations: settings.concurrency === undefined ? [] : [line(settings.concurrency, 'capacity')],
    });
  }
  if (kind === 'ASYNCHRONOUS') {
    const queue = (name: string, statistic: string): cloudwatch.Metric => queueMetric(name, endpointName, PERIOD, statistic);
    const size = queue(ENDPOINT_METRICS.backlogSize, 'Average');
    return graph('Instances and queue', [instances(size, queue(ENDPOINT_METRICS.backlogSizePerInstance, 'Average')), size], {
      right: [queue(ENDPOINT_METRICS.ageOfOldestRequest, 'Maximum')],
      rightAnnotations: settings.backlogAge === undefined ? [] : [line(settings.backlogAge.toSeconds(), 'backlog')],
      rightYAxis: { min: 0 },
    });
  }
  return graph('Instances', [instances(metric(ENDPOINT_METRICS.invocations, 'Sum'), metric(ENDPOINT_METRICS.invocationsPerInstance, 'Sum'))]);
}

/** What the workflows ended with. */
export function outcomes(modelName: string, period: Duration): cloudwatch.GraphWidget {
  const metrics = (Object.keys(OUTCOMES) as WorkflowName[]).flatMap((workflow) => OUTCOMES[workflow].map((outcome) => outcomeMetric(modelName, workflow, outcome, period)));
  return graph('Outcomes', metrics, { stacked: true });
}

/** 1 while the analysis of a deployment says that the new fleet is worse; each deployment has its own endpoint configuration. */
export function deploymentAnalysis(modelName: string): cloudwatch.GraphWidget {
  const schema = [METRIC_NAMESPACE, DIMENSION_MODEL, DIMENSION_ENDPOINT_CONFIG].join(',');
  const expression = `SEARCH('{${schema}} MetricName="${METRICS.analysisFailed.name}" ${DIMENSION_MODEL}="${modelName}"', 'Maximum', 60)`;
  return graph('Deployment analysis', [new cloudwatch.MathExpression({ expression, usingMetrics: {}, label: '', period: Duration.minutes(1) })]);
}
