import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DataLake } from '../data/data-lake';
import { METRIC_NAMESPACE } from '../monitoring/metric-catalogue.contract';
import { acknowledgeWildcard } from '../private/acknowledge';
import { AslState, AslValue, catchAll, expr, handlerTask } from '../private/asl';
import { Problems } from '../private/errors';
import { HandlerFunction } from '../private/handler-function';
import { AlarmSeverity } from './alarm-severity';
import { LockName } from './lock.contract';
import { ModelOwner } from './model-owner';
import { OUTCOME_EVENT_SOURCE, WorkflowName } from './outcome.contract';
import { SeverityAlarm } from './severity-alarm';

export interface ModelGovernanceProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly owner: ModelOwner;
}

/**
 * What keeps the workflows of a model honest: locks (one run of a kind at a time), the append-only hash-chained ledger in which every
 * path of every workflow records its outcome and tells EventBridge, the owner's topic for pages, and the kill switch.
 */
export class ModelGovernance extends Construct {
  public readonly modelName: string;
  public readonly owner: ModelOwner;
  /** Pages go here. */
  public readonly topic: sns.ITopic;
  /** Alarms of severity TICKET go here: the owner's `ticketTopic`, else the same topic. */
  public readonly ticketTopic: sns.ITopic;
  public readonly lockFunction: IFunction;
  public readonly outcomeFunction: IFunction;
  /** The kill switch: freezes and releases automatic deployment and retraining. Invoked by `cdk-ml-pipeline freeze`. */
  public readonly freezeFunction: IFunction;
  private readonly severityAlarms = new Map<AlarmSeverity, SeverityAlarm>();
  private dashboard?: cloudwatch.Dashboard;

  public constructor(scope: Construct, id: string, props: ModelGovernanceProps) {
    super(scope, id);
    const problems = new Problems();
    props.owner._validate('owner', problems);
    problems.throwIfAny(this);

    this.modelName = props.modelName;
    this.owner = props.owner;
    this.topic = props.owner._topic(this, props.lake.key);
    this.ticketTopic = props.owner._ticketTopic ?? this.topic;

    const lock = new HandlerFunction(this, 'Lock', {
      handler: 'lock',
      description: `Locks of model ${props.modelName}`,
      environment: { LAKE_BUCKET: props.lake.bucket.bucketName, MODEL_NAME: props.modelName },
    });
    this.lockFunction = lock;
    props.lake._grantRead(lock, 'state', props.modelName);
    props.lake._grantWrite(lock, 'state', props.modelName);
    // A lock is held by an execution of any state machine of the model; their names are made by CloudFormation.
    const executions = Stack.of(this).formatArn({ service: 'states', resource: 'execution', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    lock.addToRolePolicy(new iam.PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }));
    acknowledgeWildcard(lock.role!, executions, 'asks whether the execution that holds a lock still runs; state machine names are made by CloudFormation');

    const outcome = new HandlerFunction(this, 'RecordOutcome', {
      handler: 'record-outcome',
      description: `Ledger and pages of model ${props.modelName}`,
      environment: {
        LAKE_BUCKET: props.lake.bucket.bucketName,
        MODEL_NAME: props.modelName,
        TOPIC_ARN: this.topic.topicArn,
        RUNBOOK_URL: props.owner.runbookUrl,
      },
    });
    this.outcomeFunction = outcome;
    props.lake._grantRead(outcome, 'state', props.modelName);
    props.lake._grantWrite(outcome, 'state', props.modelName);
    outcome.addToRolePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn] }));
    props.lake.key.grant(outcome, 'kms:GenerateDataKey', 'kms:Decrypt');
    outcome.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
      }),
    );
    outcome.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
        // A request has the sources of all of its entries (EventBridge guide, example policy "Send events to a custom bus in a different account").
        conditions: { 'ForAllValues:StringEquals': { 'events:source': OUTCOME_EVENT_SOURCE } },
      }),
    );
    acknowledgeWildcard(outcome.role!, '*', 'PutMetricData has no resources; the namespace is a condition (Service Authorization Reference, CloudWatch)');
    this.freezeFunction = this.makeFreeze(props);
  }

  /**
   * The runbook section that an alarm or outcome links to.
   *
   * @internal
   */
  public _runbookUrl(anchor: string): string {
    return `${this.owner.runbookUrl}#${anchor}`;
  }

  /**
   * Lets an alarm of the model notify: as one of its severity, or by itself when the owner wants that, and when it is in another stack, whose
   * alarms the composite could not name without a cycle between the stacks. Silence is the end of a transition and not a state to be in, as a
   * new alarm begins in INSUFFICIENT_DATA: so that notifies by itself.
   *
   * @internal
   */
  public _alarmed(alarm: cloudwatch.Alarm, severity: AlarmSeverity, alsoWithoutData: boolean): void {
    const notify = new actions.SnsAction(severity === AlarmSeverity.PAGE ? this.topic : this.ticketTopic);
    if (alsoWithoutData) alarm.addInsufficientDataAction(notify);
    if (this.owner._eachAlarmNotifies || Stack.of(alarm) !== Stack.of(this)) alarm.addAlarmAction(notify);
    else this.severityAlarm(severity)._add(alarm);
  }

  /**
   * Messages lead to the model's dashboard.
   *
   * @internal
   */
  public _link(dashboard: cloudwatch.Dashboard): void {
    this.dashboard = dashboard;
    this.severityAlarms.forEach((alarm) => alarm._link(dashboard));
  }

  /**
   * Functions that a workflow with governance states invokes.
   *
   * @internal
   */
  public get _handlers(): IFunction[] {
    return [this.lockFunction, this.outcomeFunction];
  }

  /**
   * Asks for the lock; afterwards `$run` is `{ acquired, holder, runId }`.
   *
   * @internal
   */
  public _acquire(lock: LockName, options: { leaseSeconds: number; urgent?: AslValue; next: string; onError?: string }): AslState {
    return handlerTask(this.lockFunction, {
      payload: { ...this.lockEvent('acquire', lock, options.leaseSeconds), ...(options.urgent === undefined ? {} : { urgent: options.urgent }) },
      assign: { run: expr('$states.result.Payload') },
      output: expr('$states.input'),
      next: options.next,
      onError: options.onError,
      timeoutSeconds: 120,
    });
  }

  /**
   * Gives the lock back; without effect for somebody else's lock. An error is passed over: a lock whose execution has ended is taken over.
   *
   * @internal
   */
  public _release(lock: LockName, options: { next: string }): AslState {
    return {
      ...handlerTask(this.lockFunction, {
        payload: this.lockEvent('release', lock, 0),
        output: expr('$states.input'),
        next: options.next,
        timeoutSeconds: 120,
      }),
      Catch: [{ ErrorEquals: ['States.ALL'], Next: options.next, Output: expr('$states.input') }],
    };
  }

  /**
   * Records an outcome of this execution. `eventSuffix` distinguishes several records of one execution.
   *
   * @internal
   */
  public _record(workflow: WorkflowName, record: OutcomeRecord): AslState {
    return {
      ...handlerTask(this.outcomeFunction, {
        payload: {
          eventId: record.eventId ?? (record.eventSuffix !== undefined ? expr(`$states.context.Execution.Id & '#${record.eventSuffix}'`) : expr('$states.context.Execution.Id')),
          workflow,
          outcome: record.outcome,
          executionArn: expr('$states.context.Execution.Id'),
          time: expr('$states.context.State.EnteredTime'),
          reasons: record.reasons,
          ...(record.detail === undefined ? {} : { detail: record.detail }),
          page: record.page,
        },
        output: expr('$states.input'),
        next: record.next,
        timeoutSeconds: 120,
      }),
      ...(record.onError ? { Catch: catchAll(record.onError) } : {}),
    };
  }

  private severityAlarm(severity: AlarmSeverity): SeverityAlarm {
    let alarm = this.severityAlarms.get(severity);
    if (!alarm) {
      const topic = severity === AlarmSeverity.PAGE ? this.topic : this.ticketTopic;
      alarm = new SeverityAlarm(this, severity === AlarmSeverity.PAGE ? 'Page' : 'Ticket', { modelName: this.modelName, severity, topic, runbookUrl: this.owner.runbookUrl });
      if (this.dashboard) alarm._link(this.dashboard);
      this.severityAlarms.set(severity, alarm);
    }
    return alarm;
  }

  private makeFreeze({ modelName, lake }: ModelGovernanceProps): IFunction {
    const freeze = new HandlerFunction(this, 'Freeze', {
      handler: 'freeze',
      description: `Freezes and releases automatic deployment and retraining of model ${modelName}`,
      environment: { LAKE_BUCKET: lake.bucket.bucketName, MODEL_NAME: modelName, OUTCOME_FUNCTION: this.outcomeFunction.functionArn },
    });
    lake._grantRead(freeze, 'state', modelName);
    lake._grantWrite(freeze, 'state', modelName);
    freeze.addToRolePolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.outcomeFunction.functionArn] }));
    return freeze;
  }

  private lockEvent(action: 'acquire' | 'release', lock: LockName, leaseSeconds: number): Record<string, AslValue> {
    return { action, lock, holder: expr('$states.context.Execution.Id'), now: expr('$states.context.State.EnteredTime'), leaseSeconds };
  }
}

/** @internal */
export interface OutcomeRecord {
  readonly outcome: AslValue;
  readonly reasons: AslValue;
  readonly detail?: AslValue;
  readonly page: AslValue;
  readonly next?: string;
  readonly onError?: string;
  readonly eventSuffix?: string;
  /** Instead of the execution's ARN, when the same outcome may come from another execution too. */
  readonly eventId?: AslValue;
}
