import { Aws, Lazy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmSeverity } from './alarm-severity';

/** What the alarms of a severity have in common. */
const MEANINGS: Record<AlarmSeverity, string> = {
  [AlarmSeverity.PAGE]: 'requests are not answered as they should be, now',
  [AlarmSeverity.TICKET]: 'answers may be wrong, or nobody would notice',
};

export interface SeverityAlarmProps {
  readonly modelName: string;
  readonly severity: AlarmSeverity;
  readonly topic: sns.ITopic;
  readonly runbookUrl: string;
}

/**
 * In ALARM while one of the model's alarms of a severity is: only this one notifies, so that one incident is one message (CloudWatch guide,
 * "Composite alarms": "use composite alarms to reduce alarm noise by taking actions only at an aggregated level"; at most 100 alarms in a
 * rule, API_PutCompositeAlarm).
 *
 * @internal
 */
export class SeverityAlarm extends cloudwatch.CompositeAlarm {
  private readonly children: cloudwatch.IAlarm[];
  private dashboard?: cloudwatch.Dashboard;

  public constructor(scope: Construct, id: string, { modelName, severity, topic, runbookUrl }: SeverityAlarmProps) {
    const children: cloudwatch.IAlarm[] = [];
    const link = Lazy.string({ produce: (): string => (this.dashboard ? ` Dashboard: https://console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards:name=${this.dashboard.dashboardName}` : '') });
    super(scope, id, {
      compositeAlarmName: `${scope.node.path}/${severity}`,
      alarmDescription: `An alarm of model ${modelName} says that ${MEANINGS[severity]}; which one is among the children of this alarm.${link} Runbook: ${runbookUrl}#${severity}`,
      alarmRule: { renderAlarmRule: () => Lazy.string({ produce: () => cloudwatch.AlarmRule.anyOf(...children.map((alarm) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM))).renderAlarmRule() }) },
    });
    this.children = children;
    this.addAlarmAction(new actions.SnsAction(topic));
  }

  /** @internal */
  public _add(alarm: cloudwatch.IAlarm): void {
    this.children.push(alarm);
  }

  /** @internal */
  public _link(dashboard: cloudwatch.Dashboard): void {
    this.dashboard = dashboard;
  }
}
