import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlarmSeverity } from '../governance/alarm-severity';
import { ModelGovernance } from '../governance/model-governance';

export interface ModelAlarmProps {
  readonly governance: ModelGovernance;
  /** Kebab-case: the end of the alarm's name and the anchor of its section in the operator runbook. */
  readonly name: string;
  /**
   * Tells alarms with the same section apart: stands before the end of the name.
   *
   * @default - nothing
   */
  readonly label?: string;
  /** What it means, as a sentence. */
  readonly meaning: string;
  /**
   * How soon it has to be answered.
   *
   * @default AlarmSeverity.TICKET
   */
  readonly severity?: AlarmSeverity;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  readonly comparison: cloudwatch.ComparisonOperator;
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods: number;
  /** On purpose, for every alarm. */
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /**
   * Notifies also when the data stops.
   *
   * @default false
   */
  readonly notifiesWithoutData?: boolean;
}

/**
 * An alarm that tells the owner, as one of its severity, and says where to read what to do. Its name is its construct's path: stable, and
 * unique in the app.
 */
export class ModelAlarm extends cloudwatch.Alarm {
  public constructor(scope: Construct, id: string, props: ModelAlarmProps) {
    const { governance } = props;
    const severity = props.severity ?? AlarmSeverity.TICKET;
    super(scope, id, {
      alarmName: [scope.node.path, ...(props.label === undefined ? [] : [props.label]), props.name].join('/'),
      alarmDescription: `${props.meaning} Model ${governance.modelName}, ${severity}, severity ${governance.owner.severity}. Runbook: ${governance._runbookUrl(props.name)}`,
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator: props.comparison,
      datapointsToAlarm: props.datapointsToAlarm,
      evaluationPeriods: props.evaluationPeriods,
      treatMissingData: props.treatMissingData,
    });
    governance._alarmed(this, severity, props.notifiesWithoutData === true);
  }
}
