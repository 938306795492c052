import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ModelGovernance } from '../governance/model-governance';
import { executionFailures } from '../private/execution-failures';
import { ModelAlarm, ModelAlarmProps } from '../private/model-alarm';
import { catalogueMetric } from './catalogue-metric';
import { CatalogueMetric, METRICS } from './metric-catalogue.contract';
import { MonitoringSettings } from './monitoring';

/** Windows without a sign of life before the monitor counts as blind. */
const BLIND_WINDOWS = 3;

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;

export interface MonitoringAlarmsProps {
  readonly governance: ModelGovernance;
  readonly settings: MonitoringSettings;
  readonly stateMachine: sfn.IStateMachine;
}

/** The alarms of one model's monitoring; each has its section in docs/operator-runbook.md. */
export class MonitoringAlarms extends Construct {
  public readonly dataDrift: cloudwatch.Alarm;
  public readonly predictionDrift: cloudwatch.Alarm;
  public readonly dataQuality: cloudwatch.Alarm;
  public readonly blindMonitor: cloudwatch.Alarm;
  public readonly captureGap: cloudwatch.Alarm;
  public readonly monitoringFailures: cloudwatch.Alarm;

  public constructor(scope: Construct, id: string, props: MonitoringAlarmsProps) {
    super(scope, id);
    const { governance, settings } = props;
    const interval = Duration.seconds(settings.intervalSeconds);
    const alarm = (alarmId: string, rest: Omit<ModelAlarmProps, 'governance'>): ModelAlarm => new ModelAlarm(this, alarmId, { governance, ...rest });
    const verdict = (alarmId: string, name: string, meaning: string, metric: CatalogueMetric): ModelAlarm =>
      alarm(alarmId, {
        name,
        meaning,
        metric: catalogueMetric(metric, governance.modelName, interval),
        threshold: 1,
        comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        datapointsToAlarm: settings.windows,
        evaluationPeriods: settings.of,
        // A window without a verdict is no evidence, neither of drift nor of recovery.
        treatMissingData: cloudwatch.TreatMissingData.IGNORE,
      });

    this.dataDrift = verdict('DataDrift', 'data-drift', "The distribution of the champion's inputs differs from its baseline.", METRICS.drift);
    this.predictionDrift = verdict('PredictionDrift', 'prediction-drift', "The distribution of the champion's predictions differs from its baseline.", METRICS.predictionDrift);
    this.dataQuality = verdict('DataQuality', 'data-quality', 'Requests to the endpoint break the data contract.', METRICS.dataQualityBreach);

    this.blindMonitor = alarm('BlindMonitor', {
      name: 'blind-monitor',
      meaning: 'Predictions are made that nobody judges, or the monitor has fallen silent.',
      metric: catalogueMetric(METRICS.monitorBlind, governance.modelName, interval),
      threshold: 1,
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: BLIND_WINDOWS,
      evaluationPeriods: BLIND_WINDOWS,
      // Each run emits the metric, also while nothing is deployed. Missing data as breaching would page in the first minutes of a new
      // stack, before the first run can be due. So silence leads to INSUFFICIENT_DATA, which pages as well, and in which a new alarm begins
      // without a transition, hence without a page.
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
      pageWithoutData: true,
    });
    this.captureGap = alarm('CaptureGap', {
      name: 'capture-gap',
      meaning: `Fewer than ${settings.captureRatio * 100} % of the expected invocations are captured.`,
      metric: catalogueMetric(METRICS.captureRatio, governance.modelName, interval),
      threshold: settings.captureRatio,
      comparison: LESS_THAN_THRESHOLD,
      datapointsToAlarm: settings.windows,
      evaluationPeriods: settings.of,
      // The ratio is absent without invocations.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    this.monitoringFailures = alarm('MonitoringFailures', {
      name: 'monitoring-failures',
      meaning: 'The monitoring workflow fails again and again; each failure has also been recorded.',
      metric: executionFailures(props.stateMachine, interval),
      threshold: 1,
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: settings.windows,
      evaluationPeriods: settings.of,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** In the order of the runbook. */
  public get all(): cloudwatch.Alarm[] {
    return [
      this.dataDrift,
      this.predictionDrift,
      this.dataQuality,
      this.blindMonitor,
      this.captureGap,
      this.monitoringFailures,
    ];
  }
}
