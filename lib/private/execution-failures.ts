import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ModelGovernance } from '../governance/model-governance';
import { ModelAlarm } from './model-alarm';

/** Executions that did not succeed. Step Functions emits these counts only when there is something to count. */
export function executionFailures(stateMachine: sfn.IStateMachine, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: 'FILL(failed, 0) + FILL(timedOut, 0) + FILL(aborted, 0)',
    label: 'executions that did not succeed',
    period,
    usingMetrics: {
      failed: stateMachine.metricFailed({ period }),
      timedOut: stateMachine.metricTimedOut({ period }),
      aborted: stateMachine.metricAborted({ period }),
    },
  });
}

export interface ExecutionFailuresAlarmProps {
  readonly governance: ModelGovernance;
  readonly stateMachine: sfn.IStateMachine;
  /** `deployment`: the alarm is `deployment-failures`. */
  readonly workflow: string;
}

/**
 * A failure that the workflow could record has paged by itself; this is for those that it could not, which come again: a dead deployment is
 * reconciled, and a reconciliation that cannot record ends as failed after hours.
 */
export class ExecutionFailuresAlarm extends ModelAlarm {
  public constructor(scope: Construct, id: string, { governance, stateMachine, workflow }: ExecutionFailuresAlarmProps) {
    super(scope, id, {
      governance,
      name: `${workflow}-failures`,
      meaning: `The ${workflow} workflow failed more than once within half a day; not every failure need have been recorded.`,
      metric: executionFailures(stateMachine, Duration.hours(12)),
      threshold: 2,
      comparison: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
