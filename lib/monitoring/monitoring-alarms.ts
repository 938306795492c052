import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { EndpointAlarms } from '../deployment/endpoint-alarms';
import { ModelGovernance } from '../governance/model-governance';
import { executionFailures } from '../private/execution-failures';
import { ModelAlarm, ModelAlarmProps } from '../private/model-alarm';
import { BusinessMetric } from './business-metric';
import { businessMetric, catalogueMetric, requestCountMetric } from './catalogue-metric';
import { CatalogueMetric, METRICS } from './metric-catalogue.contract';
import { MonitoringSettings } from './monitoring';

/** Windows without a sign of life before the monitor counts as blind. */
const BLIND_WINDOWS = 3;

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;

export interface MonitoringAlarmsProps {
  readonly governance: ModelGovernance;
  readonly settings: MonitoringSettings;
  readonly stateMachine: sfn.IStateMachine;
  /** Alarms of the endpoint whose predictions are watched. */
  readonly endpointAlarms: EndpointAlarms;
}


/** The alarms of one model's monitoring; each has its section in docs/operator-runbook.md. */
export class MonitoringAlarms extends Construct {
  public readonly dataDrift: cloudwatch.Alarm;
  public readonly predictionDrift: cloudwatch.Alarm;
  public readonly dataQuality: cloudwatch.Alarm;
  public readonly blindMonitor: cloudwatch.Alarm;
  public readonly captureGap: cloudwatch.Alarm;
  public readonly staleCapture: cloudwatch.Alarm;
  public readonly operationalDrift: cloudwatch.Alarm;
  public readonly trainingServingSkew: cloudwatch.Alarm;
  public readonly monitoringFailures: cloudwatch.Alarm;
  /** Those of business metrics, in their order. */
  public readonly business: cloudwatch.Alarm[];

  public constructor(scope: Construct, id: string, props: MonitoringAlarmsProps) {
    super(scope, id);
    const { governance, settings } = props;
    const interval = Duration.seconds(settings.intervalSeconds);
    const alarm = (alarmId: string, rest: Omit<ModelAlarmProps, 'governance'>): ModelAlarm => new ModelAlarm(this, alarmId, { governance, ...rest });
    const verdict = (alarmId: string, name: string, meaning: string, metric: CatalogueMetric): ModelAlarm =>
      alarm(alarmId, {
        name,
        meaning,
        severity: settings.driftSeverity,
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
      // Each run emits the metric, also while nothing is deployed. Missing data as breaching would alarm in the first minutes of a new
      // stack, before the first run can be due. So silence leads to INSUFFICIENT_DATA, which notifies as well, and in which a new alarm begins
      // without a transition, hence without a message.
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
      notifiesWithoutData: true,
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
    this.staleCapture = alarm('StaleCapture', {
      name: 'stale-capture',
      meaning: 'Requests are answered, but the newest prediction that the monitor has seen is older than a whole window.',
      metric: this.freshness(props, interval),
      threshold: settings.intervalSeconds,
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // The newest period is short of a point until its window has been judged.
      datapointsToAlarm: BLIND_WINDOWS,
      evaluationPeriods: BLIND_WINDOWS,
      // The expression has a value for every period: nothing was expected where nobody asked, so silence is fine there, and nowhere else.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    const sparse = (alarmId: string, name: string, meaning: string, metric: CatalogueMetric): ModelAlarm =>
      alarm(alarmId, {
        name,
        meaning,
        metric: catalogueMetric(metric, governance.modelName, interval),
        threshold: 1,
        comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        datapointsToAlarm: settings.windows,
        evaluationPeriods: settings.of,
        // There is a point only when there is something to say.
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
    this.operationalDrift = sparse('OperationalDrift', 'operational-drift', 'Latency or error rate of the endpoint has moved away from its own past.', METRICS.operationalDrift);
    this.trainingServingSkew = sparse('TrainingServingSkew', 'training-serving-skew', 'Features come to a new version as they were not in its training.', METRICS.trainingServingSkew);
    this.business = settings.businessMetrics.flatMap((metric) => this.businessAlarm(metric, props, interval) ?? []);
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
      this.staleCapture,
      this.operationalDrift,
      this.trainingServingSkew,
      this.monitoringFailures,
      ...this.business,
    ];
  }

  /**
   * Age of the newest captured prediction, and where that is missing, twice the threshold in periods that have requests: missing data is breaching
   * when something was expected, and only then.
   */
  private freshness({ governance, settings, endpointAlarms }: MonitoringAlarmsProps, period: Duration): cloudwatch.MathExpression {
    const requests = requestCountMetric(endpointAlarms._kind, endpointAlarms._endpointName, period);
    return new cloudwatch.MathExpression({
      expression: `IF(FILL(requests, 0) > 0, FILL(age, ${2 * settings.intervalSeconds}), 0)`,
      label: 'age of the newest captured prediction while there are requests (seconds)',
      usingMetrics: { age: catalogueMetric(METRICS.freshness, governance.modelName, period), requests },
      period,
    });
  }

  private businessAlarm(metric: BusinessMetric, { governance, settings }: MonitoringAlarmsProps, period: Duration): ModelAlarm | undefined {
    const rule = metric._rule;
    if (rule === undefined) return undefined;
    const { value, against } = rule;
    const [meaning, comparison] = {
      AT_LEAST: [`is below ${value}`, LESS_THAN_THRESHOLD],
      AT_MOST: [`is above ${value}`, GREATER_THAN_THRESHOLD],
      DROP: [`is ${value} % lower than ${against?.toHumanString()} before`, GREATER_THAN_OR_EQUAL_TO_THRESHOLD],
    }[rule.type] as [string, cloudwatch.ComparisonOperator];
    return new ModelAlarm(this, `Business-${metric._name}`, {
      governance,
      name: 'business-metric',
      label: metric._name,
      meaning: `The business metric ${metric._name} ${meaning}.`,
      severity: metric._severity,
      metric: businessMetric(metric, governance.modelName, period),
      threshold: value,
      comparison,
      datapointsToAlarm: settings.windows,
      evaluationPeriods: settings.of,
      // What the application publishes, and when, is its own affair; silence is no bad business.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
