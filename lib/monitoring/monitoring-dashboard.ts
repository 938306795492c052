import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { EndpointAlarms } from '../deployment/endpoint-alarms';
import { catalogueMetric } from './catalogue-metric';
import { businessRows, driftRows } from './drift-widgets';
import { alarmStatus, deploymentAnalysis, endpointRow, graph, line, outcomes } from './endpoint-widgets';
import { CatalogueMetric, METRICS } from './metric-catalogue.contract';
import { MonitoringSettings } from './monitoring';

export interface MonitoringDashboardProps {
  readonly modelName: string;
  readonly settings: MonitoringSettings;
  /** Of monitoring. */
  readonly alarms: cloudwatch.Alarm[];
  readonly endpointAlarms: EndpointAlarms;
}

/** One page per model: alarms, the kinds of drift, business metrics, what the endpoint does, deployments, and what its workflows ended with. */
export class MonitoringDashboard extends cloudwatch.Dashboard {
  public constructor(scope: Construct, id: string, props: MonitoringDashboardProps) {
    const { modelName, settings, endpointAlarms } = props;
    const interval = Duration.seconds(settings.intervalSeconds);
    const ours = (metric: CatalogueMetric): cloudwatch.Metric => catalogueMetric(metric, modelName, interval);
    super(scope, id, {
      widgets: [
        [alarmStatus(modelName, [...endpointAlarms.all, ...props.alarms])],
        ...driftRows(modelName, settings, endpointAlarms),
        ...businessRows(modelName, settings),
        endpointRow(endpointAlarms),
        [
          graph('Rows judged', [ours(METRICS.rowsEvaluated)], { right: [ours(METRICS.insufficientData), ours(METRICS.monitorBlind), ours(METRICS.predictionLogProblems)] }),
          graph('Captured share of invocations', [ours(METRICS.captureRatio)], {
            leftAnnotations: [line(settings.captureRatio, 'capture gap')],
            right: [ours(METRICS.freshness), ...(endpointAlarms._kind === 'ASYNCHRONOUS' ? [ours(METRICS.asynchronousCaptureProblems)] : [])],
            rightYAxis: { min: 0 },
          }),
          deploymentAnalysis(modelName),
        ],
        [outcomes(modelName, interval)],
      ],
    });
  }
}
