import { ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as eventTargets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { DataLake } from '../data/data-lake';
import { areaPrefix } from '../data/data-lake.contract';
import { ModelGovernance } from '../governance/model-governance';
import { OUTCOME_EVENT_DETAIL_TYPE, OUTCOME_EVENT_SOURCE } from '../governance/outcome.contract';
import { acknowledgeWildcard } from '../private/acknowledge';
import { Problems } from '../private/errors';
import { HandlerFunction } from '../private/handler-function';
import { ModelAlarm } from '../private/model-alarm';
import { Retraining } from './retraining';

export interface RetrainingControllerProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly retraining: Retraining;
  /** Started with `{ trigger, reason }`. */
  readonly trainingStateMachine: sfn.IStateMachine;
}

/**
 * Decides whether something starts a retraining: drift (told by the monitoring workflow), new data, a schedule, a person. One at a time
 * with at most one queued, with cooldown, weekly limit, budget and loop guard; every decision is recorded, also that nothing was needed.
 */
export class RetrainingController extends Construct {
  /** Invoke it to retrain by hand: see the operator runbook, section "Retrain by hand". */
  public readonly function: IFunction;
  /** The controller itself failed. */
  public readonly failureAlarm: cloudwatch.Alarm;

  public constructor(scope: Construct, id: string, props: RetrainingControllerProps) {
    super(scope, id);
    const problems = new Problems();
    props.retraining._validate('retraining', problems);
    problems.throwIfAny(this);
    const { modelName, lake, governance, trainingStateMachine } = props;
    const { policy, schedules } = props.retraining._triggers();

    const handler = new HandlerFunction(this, 'Decide', {
      handler: 'decide-retraining',
      description: `Decides whether model ${modelName} is trained again`,
      environment: {
        LAKE_BUCKET: lake.bucket.bucketName,
        MODEL_NAME: modelName,
        TRAINING_STATE_MACHINE_ARN: trainingStateMachine.stateMachineArn,
        OUTCOME_FUNCTION: governance.outcomeFunction.functionArn,
        POLICY: JSON.stringify(policy),
      },
    });
    this.function = handler;
    lake._grantRead(handler, 'state', modelName);
    lake._grantWrite(handler, 'state', modelName);
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [trainingStateMachine.stateMachineArn] }));
    const executions = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${Stack.of(this).splitArn(trainingStateMachine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName!}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }));
    acknowledgeWildcard(handler.role!, executions, 'asks whether a training execution still runs; executions are named at run time');
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [governance.outcomeFunction.functionArn] }));

    // What may be queued has to be taken from the queue when nothing holds it back any more, monitoring or not.
    const queues = policy.newData !== undefined || schedules.length > 0;
    if (queues || policy.budget) this.onTrainingEnd(modelName, trainingStateMachine);
    if (queues) this.onRelease(modelName);
    if (policy.budget) this.allowMeasuring(handler, modelName);
    if (policy.newData) this.onNewData(lake, modelName, policy.newData.marker);
    schedules.forEach((schedule, index) => this.onSchedule(schedule, index, modelName));
    this.failureAlarm = new ModelAlarm(this, 'Failures', {
      governance,
      name: 'retraining-controller-failures',
      meaning: 'The retraining controller failed to decide, so a trigger may have been lost.',
      metric: handler.metricErrors({ period: Duration.minutes(5) }),
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: 1,
      evaluationPeriods: 1,
      // It runs only when something triggers it.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** The event goes to the function as it is: object and version in it name the trigger, so that a repeated delivery decides once. */
  private onNewData(lake: DataLake, modelName: string, marker: string): void {
    new events.Rule(this, 'NewData', {
      description: `New raw data of ${modelName} is complete`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [lake.bucket.bucketName] }, object: { key: [{ wildcard: `${areaPrefix('raw', modelName)}*${marker}` }] } },
      },
      targets: [new eventTargets.LambdaFunction(this.function)],
    });
  }

  /** Step Functions guide, "Automating Step Functions event delivery with EventBridge". However the execution was started and has ended. */
  private onTrainingEnd(modelName: string, stateMachine: sfn.IStateMachine): void {
    new events.Rule(this, 'TrainingEnd', {
      description: `A training execution of ${modelName} is over`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [stateMachine.stateMachineArn], status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      targets: [new eventTargets.LambdaFunction(this.function)],
    });
  }

  private onRelease(modelName: string): void {
    new events.Rule(this, 'Release', {
      description: `Model ${modelName} is no longer frozen`,
      eventPattern: { source: [OUTCOME_EVENT_SOURCE], detailType: [OUTCOME_EVENT_DETAIL_TYPE], detail: { modelName: [modelName], workflow: ['operations'], outcome: ['UNFROZEN'] } },
      targets: [new eventTargets.LambdaFunction(this.function)],
    });
  }

  private allowMeasuring(handler: HandlerFunction, modelName: string): void {
    const jobs = Stack.of(this).formatArn({ service: 'sagemaker', resource: 'training-job', resourceName: `${modelName}-*` });
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['sagemaker:DescribeTrainingJob'], resources: [jobs] }));
    acknowledgeWildcard(handler.role!, jobs, 'reads how long the training jobs of one model took, whose names end in the id of the run');
  }

  private onSchedule(schedule: scheduler.ScheduleExpression, index: number, modelName: string): void {
    const role = new iam.Role(this, `ScheduleRole${index}`, {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    });
    const target = new targets.LambdaInvoke(this.function, {
      role,
      input: scheduler.ScheduleTargetInput.fromObject({
        trigger: 'schedule',
        eventId: scheduler.ContextAttribute.scheduledTime,
        time: scheduler.ContextAttribute.scheduledTime,
      }),
    });
    new scheduler.Schedule(this, `Schedule${index}`, { description: `Retrains ${modelName}`, schedule, target });
    const anyVersion = `${this.function.functionArn}:*`;
    acknowledgeWildcard(role, anyVersion, 'the CDK target grants versions and aliases of the one function too');
  }
}
