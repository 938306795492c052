import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { ModelGovernance } from '../governance/model-governance';

export interface ModelAlarmProps {
  readonly governance: ModelGovernance;
  /** Kebab-case: the end of the alarm's name and the anchor of its section in the operator runbook. */
  readonly name: string;
  /** What it means, as a sentence. */
  readonly meaning: string;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  readonly comparison: cloudwatch.ComparisonOperator;
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods: number;
  /** On purpose, for every alarm. */
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /**
   * Pages also when the data stops.
   *
   * @default false
   */
  readonly pageWithoutData?: boolean;
}

/** An alarm that pages the owner and says where to read what to do. Its name is its construct's path: stable, and unique in the app. */
export class ModelAlarm extends cloudwatch.Alarm {
  public constructor(scope: Construct, id: string, props: ModelAlarmProps) {
    const { governance } = props;
    super(scope, id, {
      alarmName: `${scope.node.path}/${props.name}`,
      alarmDescription: `${props.meaning} Model ${governance.modelName}, severity ${governance.owner.severity}. Runbook: ${governance._runbookUrl(props.name)}`,
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator: props.comparison,
      datapointsToAlarm: props.datapointsToAlarm,
      evaluationPeriods: props.evaluationPeriods,
      treatMissingData: props.treatMissingData,
    });
    const page = new actions.SnsAction(governance.topic);
    this.addAlarmAction(page);
    if (props.pageWithoutData === true) this.addInsufficientDataAction(page);
  }
}
