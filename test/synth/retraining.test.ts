import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { DataLake } from '../../lib/data/data-lake';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { Problems } from '../../lib/private/errors';
import { Retraining } from '../../lib/retraining/retraining';
import { RetrainingBudget } from '../../lib/retraining/retraining-budget';
import { RetrainingController } from '../../lib/retraining/retraining-controller';

const MODEL = 'churn';
const HOURS = RetrainingBudget.trainingTime(Duration.hours(20));

function synthesize(retraining: Retraining): Template {
  const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const lake = new DataLake(stack, 'Lake');
  const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner: ModelOwner.team('growth', { email: 'growth@example.com' }) });
  const trainingStateMachine = sfn.StateMachine.fromStateMachineArn(stack, 'Training', 'arn:aws:states:us-east-1:111122223333:stateMachine:Training');
  new RetrainingController(stack, 'Retraining', { modelName: MODEL, lake, governance, retraining, trainingStateMachine });
  return Template.fromStack(stack);
}

function codesOf(retraining: Retraining): string[] {
  const problems = new Problems();
  retraining._validate('retraining', problems);
  return problems.all.map(({ code, path }) => `${code} ${path}`);
}

const TRAINING_END = { source: ['aws.states'], detail: { stateMachineArn: ['arn:aws:states:us-east-1:111122223333:stateMachine:Training'], status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] } };
const RELEASE = { source: ['cdk-ml-pipeline'], 'detail-type': ['Model Pipeline Outcome'], detail: { modelName: [MODEL], workflow: ['operations'], outcome: ['UNFROZEN'] } };

describe('the retraining controller', () => {
  it.each([
    ['new data', Retraining.onNewData()],
    ['a schedule', Retraining.onSchedule(ScheduleExpression.rate(Duration.days(7)))],
  ])('hears of the end of every run and of every release when %s may be queued', (_, retraining) => {
    const template = synthesize(retraining);
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: TRAINING_END });
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: RELEASE });
  });

  it('listens to nothing when nothing is ever queued', () => {
    synthesize(Retraining.onDrift()).resourceCountIs('AWS::Events::Rule', 0);
  });

  it('hears of the end of every run, and may read how long its training jobs took, when there is a budget', () => {
    const template = synthesize(Retraining.onDrift().withinBudget(HOURS));
    template.resourceCountIs('AWS::Events::Rule', 1);
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: TRAINING_END });
    const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(policies).toContain('sagemaker:DescribeTrainingJob');
    expect(JSON.stringify(synthesize(Retraining.onDrift()).findResources('AWS::IAM::Policy'))).not.toContain('sagemaker:DescribeTrainingJob');
    expect(JSON.stringify(template.findResources('AWS::Lambda::Function'))).toContain('{\\"secondsPerMonth\\":72000}');
  });

  it('fails on a budget of nothing, two budgets, and a budget of one trigger among several', () => {
    expect(codesOf(Retraining.onDrift().withinBudget(RetrainingBudget.trainingTime(Duration.hours(0))))).toEqual(['RetrainingBudgetEmpty retraining.budget']);
    expect(codesOf(Retraining.manual().withinBudget(HOURS).withinBudget(HOURS))).toEqual(['RetrainingBudgetTwice retraining.budget']);
    expect(codesOf(Retraining.anyOf(Retraining.onDrift().withinBudget(HOURS), Retraining.onNewData()))).toEqual(['RetrainingBudgetInside retraining']);
    expect(codesOf(Retraining.anyOf(Retraining.onDrift(), Retraining.onNewData()).withinBudget(HOURS))).toEqual([]);
  });

  it('fails on impossible windows of concept drift', () => {
    expect(codesOf(Retraining.onDrift({ conceptWindows: 4 }))).toEqual(['RetrainingLimitOutOfRange retraining.conceptWindows']);
  });
});
