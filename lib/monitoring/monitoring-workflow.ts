import { ArnFormat, Aws, Duration, Size, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { monitoredFeatures } from '../capture/monitored-feature';
import { DataContract } from '../data/data-contract';
import { DataLake } from '../data/data-lake';
import { EndpointAlarms } from '../deployment/endpoint-alarms';
import { ModelGovernance } from '../governance/model-governance';
import { acknowledgeWildcard } from '../private/acknowledge';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { allowDistributedMap } from '../private/distributed-map';
import { HandlerFunction } from '../private/handler-function';
import { Workflow } from '../private/workflow';
import { ModelRegistry } from '../registry/model-registry';
import { RetrainingController } from '../retraining/retraining-controller';
import { METRIC_NAMESPACE } from './metric-catalogue.contract';
import { Monitoring } from './monitoring';
import { MonitoringAlarms } from './monitoring-alarms';
import { MonitoringDashboard } from './monitoring-dashboard';
import { monitoringDefinition, PLAN_SECONDS } from './monitoring-definition';
import { CONTROLLER_SECONDS, DUPLICATES_SECONDS, EVALUATE_SECONDS, MonitoringHandlers, PROFILE_SECONDS, REDUCE_SECONDS } from './window-states';

export interface MonitoringWorkflowProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly registry: ModelRegistry;
  /** The endpoint whose predictions are monitored. */
  readonly endpointName: string;
  /** Alarms of that endpoint, for the dashboard. */
  readonly endpointAlarms: EndpointAlarms;
  readonly contract: DataContract;
  readonly monitoring: Monitoring;

  /**
   * Percentage of the inferences of an asynchronous endpoint that are captured. A real-time endpoint says itself what it captures.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * Is told the verdict of every window.
   *
   * @default - nothing retrains
   */
  readonly controller?: RetrainingController;
}

/**
 * Judges the captured predictions of every window against the baseline of the model version that made them: profiles per file, reduced per
 * version, verdict, metrics, report, alarms and dashboard. Needs no Model Monitor.
 */
export class MonitoringWorkflow extends Construct {
  public readonly stateMachine: sfn.StateMachine;
  public readonly schedule: scheduler.Schedule;
  /** Reads captured data. Grant it what transform jobs read and write outside of the lake: docs/capture-sources.md. */
  public readonly profileFunction: IFunction;
  /** Every alarm of the model's monitoring. Those of the endpoint itself belong to its deployment. */
  public readonly alarms: cloudwatch.Alarm[];
  /** Fires when the inputs have drifted. */
  public readonly dataDriftAlarm: cloudwatch.Alarm;
  public readonly dashboard: cloudwatch.Dashboard;

  public constructor(scope: Construct, id: string, props: MonitoringWorkflowProps) {
    super(scope, id);
    const problems = new Problems();
    props.monitoring._validate('monitoring', problems);
    props.monitoring._validateFeatures('monitoring', problems, monitoredFeatures(props.contract._document()).map(({ name }) => name));
    problems.require(props.monitoring._enabled, 'MonitoringDisabled', 'monitoring', 'Monitoring.none()', 'must be a way to monitor', 'leave the construct out');
    problems.throwIfAny(this);
    const { modelName, lake, governance, endpointAlarms } = props;
    const settings = props.monitoring._settings();

    const handlers = this.handlers(props);
    this.profileFunction = handlers.profileCapture;
    // The profiles run in parallel batches; an hour is far more than the hundred gigabytes per window that the design is for. As much again for
    // windows that were missed; what does not fit is done by the next run.
    const timeout = Duration.seconds(PLAN_SECONDS + EVALUATE_SECONDS + CONTROLLER_SECONDS).plus(Duration.hours(2));
    const controller = props.controller?.function;
    const workflow = new Workflow(this, 'Workflow', {
      definition: monitoringDefinition({
        governance,
        handlers: { ...handlers, controller },
        settings,
        samplingPercentage: props.samplingPercentage ?? Defaults.SAMPLING_PERCENTAGE,
        features: monitoredFeatures(props.contract._document()),
        bucketName: lake.bucket.bucketName,
        executionSeconds: timeout.toSeconds(),
      }),
      handlers: [...governance._handlers, ...Object.values(handlers), ...(controller ? [controller] : [])],
      timeout,
    });
    this.stateMachine = workflow.stateMachine;
    lake._grantRead(this.stateMachine, 'reports', modelName);
    allowDistributedMap(this, this.stateMachine);

    this.schedule = this.runEveryWindow(modelName, settings.intervalSeconds / 3600, settings.watermarkSeconds / 60);
    const alarms = new MonitoringAlarms(this, 'Alarms', { governance, settings, stateMachine: this.stateMachine, endpointAlarms });
    this.alarms = alarms.all;
    this.dataDriftAlarm = alarms.dataDrift;
    this.dashboard = new MonitoringDashboard(this, 'Dashboard', { modelName, settings, alarms: this.alarms, endpointAlarms });
    governance._link(this.dashboard);
  }

  private handlers(props: MonitoringWorkflowProps): Record<Exclude<keyof MonitoringHandlers, 'controller'>, HandlerFunction> {
    const { modelName, lake, registry, endpointName } = props;
    const environment = { LAKE_BUCKET: lake.bucket.bucketName, MODEL_NAME: modelName, ENDPOINT_NAME: endpointName };
    const make = (id: string, handler: string, description: string, seconds: number, memory: number): HandlerFunction =>
      new HandlerFunction(this, id, {
        handler,
        description: `${description} of model ${modelName}`,
        environment,
        timeout: Duration.seconds(seconds),
        memory: Size.mebibytes(memory),
      });

    const planWindow = make('PlanWindow', 'plan-window', 'Finds the window to be judged and its captured files', PLAN_SECONDS, 512);
    for (const area of ['state', 'captured', 'reports'] as const) lake._grantRead(planWindow, area, modelName);
    lake._grantWrite(planWindow, 'reports', modelName);
    registry._grantOnVersions(planWindow, 'sagemaker:DescribeModelPackage');

    // One vCPU (Lambda guide, "Configure Lambda function memory"): parsing is what it does.
    const profileCapture = make('ProfileCapture', 'profile-capture', 'Profiles a captured file', PROFILE_SECONDS, 1769);
    for (const area of ['captured', 'reports', 'baselines'] as const) lake._grantRead(profileCapture, area, modelName);
    lake._grantWrite(profileCapture, 'reports', modelName);

    const findDuplicates = make('FindDuplicates', 'find-duplicates', 'Finds events that are in several captured files', DUPLICATES_SECONDS, 1769);
    lake._grantRead(findDuplicates, 'reports', modelName);
    lake._grantWrite(findDuplicates, 'reports', modelName);

    const reduceProfiles = make('ReduceProfiles', 'reduce-profiles', 'Merges profiles of captured files', REDUCE_SECONDS, 1769);
    for (const area of ['reports', 'baselines'] as const) lake._grantRead(reduceProfiles, area, modelName);
    lake._grantWrite(reduceProfiles, 'reports', modelName);

    const evaluateDrift = make('EvaluateDrift', 'evaluate-drift', 'Judges a window', EVALUATE_SECONDS, 1024);
    for (const area of ['reports', 'baselines'] as const) lake._grantRead(evaluateDrift, area, modelName);
    lake._grantWrite(evaluateDrift, 'reports', modelName);
    const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
    const endpoint = Stack.of(this).formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName: endpointName, arnFormat });
    evaluateDrift.addToRolePolicy(new iam.PolicyStatement({ actions: ['sagemaker:DescribeEndpoint'], resources: [endpoint] }));
    evaluateDrift.addToRolePolicy(new iam.PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] }));
    evaluateDrift.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
      }),
    );
    acknowledgeWildcard(
      evaluateDrift.role!,
      '*',
      'GetMetricData and PutMetricData have no resources; the namespace written is a condition (Service Authorization Reference, CloudWatch)',
    );
    return { planWindow, profileCapture, findDuplicates, reduceProfiles, evaluateDrift };
  }

  /** When a window's watermark has passed, in UTC as the windows are. A repeated or late start finds its own window by the scheduled time. */
  private runEveryWindow(modelName: string, hours: number, minute: number): scheduler.Schedule {
    const role = new iam.Role(this, 'ScheduleRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    });
    return new scheduler.Schedule(this, 'Schedule', {
      description: `Monitors ${modelName}`,
      schedule: scheduler.ScheduleExpression.cron({ minute: String(minute), hour: hours === 24 ? '0' : hours === 1 ? '*' : `0/${hours}` }),
      target: new targets.StepFunctionsStartExecution(this.stateMachine, {
        role,
        input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
      }),
    });
  }
}
