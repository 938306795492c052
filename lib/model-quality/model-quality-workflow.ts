import { Aws, Duration, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { DataContract } from '../data/data-contract';
import { Area, QUALITY_WORK_FOLDER } from '../data/data-lake.contract';
import { DataLake } from '../data/data-lake';
import { ModelGovernance } from '../governance/model-governance';
import { catalogueMetric } from '../monitoring/catalogue-metric';
import { driftGraph } from '../monitoring/drift-widgets';
import { alarmStatus, graph } from '../monitoring/endpoint-widgets';
import { CatalogueMetric, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import { Monitoring, MonitoringSettings } from '../monitoring/monitoring';
import { acknowledgeWildcard } from '../private/acknowledge';
import { allowDistributedMap } from '../private/distributed-map';
import { Problems } from '../private/errors';
import { ExecutionFailuresAlarm } from '../private/execution-failures';
import { HandlerFunction } from '../private/handler-function';
import { ModelAlarm } from '../private/model-alarm';
import { Workflow } from '../private/workflow';
import { ModelRegistry } from '../registry/model-registry';
import { RetrainingController } from '../retraining/retraining-controller';
import { CONTROLLER_SECONDS, JUDGE_SECONDS, MAP_SECONDS, modelQualityDefinition, ModelQualityHandlers, PLAN_SECONDS, PUBLISH_SECONDS } from './model-quality-definition';
import { QualitySettings } from './model-quality.contract';

const DAY_SECONDS = 86_400;

export interface ModelQualityWorkflowProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly registry: ModelRegistry;
  /** The endpoint whose predictions are judged. */
  readonly endpointName: string;
  readonly contract: DataContract;
  /** With a ground truth. */
  readonly monitoring: Monitoring;

  /**
   * Is told the verdict of every window that was looked at.
   *
   * @default - nothing retrains
   */
  readonly controller?: RetrainingController;

  /**
   * Gets a row of widgets on the quality of predictions.
   *
   * @default - nothing is drawn
   */
  readonly dashboard?: cloudwatch.Dashboard;
}

/**
 * Judges the champion's predictions by what turned out to be true: labels are joined with captured predictions as they come, each window is
 * compared with the version's own test set, as a whole and by slice, and judged again until no label counts any more. See docs/model-quality.md.
 */
export class ModelQualityWorkflow extends Construct {
  public readonly stateMachine: sfn.StateMachine;
  public readonly schedule: scheduler.Schedule;
  /** Fires when the labels say that the model has got worse. */
  public readonly conceptDriftAlarm: cloudwatch.Alarm;
  /** The workflow itself fails. */
  public readonly failureAlarm: cloudwatch.Alarm;

  public constructor(scope: Construct, id: string, props: ModelQualityWorkflowProps) {
    super(scope, id);
    const document = props.contract._document();
    const problems = new Problems();
    const groundTruth = props.monitoring._groundTruth;
    problems.require(groundTruth !== undefined, 'GroundTruthMissing', 'monitoring.groundTruth', undefined, 'must say where labels come from', 'use GroundTruth.labels(), or leave the construct out');
    props.monitoring._validateGroundTruth('monitoring', problems, document);
    problems.throwIfAny(this);
    const { modelName, lake, governance } = props;
    const settings = groundTruth!._settings(document.task);
    const monitored = props.monitoring._settings();

    const handlers = this.handlers(props);
    const timeout = Duration.seconds(PLAN_SECONDS + JUDGE_SECONDS + PUBLISH_SECONDS + CONTROLLER_SECONDS).plus(Duration.hours(2));
    const workflow = new Workflow(this, 'Workflow', {
      definition: modelQualityDefinition({
        governance,
        handlers,
        settings,
        watermarkSeconds: monitored.watermarkSeconds,
        bucketName: lake.bucket.bucketName,
        executionSeconds: timeout.toSeconds(),
      }),
      handlers: [...governance._handlers, ...Object.values(handlers)],
      timeout,
    });
    this.stateMachine = workflow.stateMachine;
    lake._grantRead(this.stateMachine, 'reports', modelName);
    allowDistributedMap(this, this.stateMachine);
    this.schedule = this.runWithEveryWindow(modelName, settings, monitored.watermarkSeconds / 60);
    // Runs that judge a window for the first time emit the metric: each is a verdict, whenever it comes.
    const period = Duration.seconds(Math.min(settings.intervalSeconds, DAY_SECONDS));
    this.conceptDriftAlarm = this.makeAlarm(governance, period, monitored);
    this.failureAlarm = new ExecutionFailuresAlarm(this, 'Failures', { governance, stateMachine: this.stateMachine, workflow: 'model-quality' });
    if (props.dashboard) draw(props.dashboard, modelName, settings.policy.metric, period, [this.conceptDriftAlarm, this.failureAlarm]);
    // What a window is judged by is needed until it is judged for the last time; who wants to know more finds it in the report.
    const reach = Duration.days(Math.ceil((settings.intervalSeconds + settings.maximumDelaySeconds + settings.catchUpSeconds) / DAY_SECONDS) + 7);
    lake._expire('reports', modelName, reach, Duration.days(1), QUALITY_WORK_FOLDER);
  }

  private handlers(props: ModelQualityWorkflowProps): ModelQualityHandlers {
    const { modelName, lake, registry, endpointName } = props;
    const environment = { LAKE_BUCKET: lake.bucket.bucketName, MODEL_NAME: modelName, ENDPOINT_NAME: endpointName };
    const make = (id: string, handler: string, description: string, seconds: number, memory: number, reads: readonly Area[]): HandlerFunction => {
      const made = new HandlerFunction(this, id, {
        handler,
        description: `${description} of model ${modelName}`,
        environment,
        timeout: Duration.seconds(seconds),
        memory: Size.mebibytes(memory),
      });
      for (const area of reads) lake._grantRead(made, area, modelName);
      lake._grantWrite(made, 'reports', modelName);
      return made;
    };
    const plan = make('Plan', 'plan-quality', 'Finds new predictions and labels', PLAN_SECONDS, 512, ['state', 'captured', 'labels', 'curated', 'reports']);
    registry._grantOnVersions(plan, 'sagemaker:DescribeModelPackage');
    // One vCPU (Lambda guide, "Configure Lambda function memory"): parsing is what they do.
    const extract = make('Extract', 'extract-quality', 'Reads new predictions and labels', MAP_SECONDS, 1769, ['captured', 'labels', 'reports']);
    const join = make('Join', 'join-labels', 'Joins labels with predictions', MAP_SECONDS, 1769, ['reports']);
    const judge = make('Judge', 'judge-quality', 'Judges predictions by their labels', JUDGE_SECONDS, 1769, ['evaluations', 'reports']);
    judge.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } } }),
    );
    acknowledgeWildcard(judge.role!, '*', 'PutMetricData has no resources; the namespace is a condition (Service Authorization Reference, CloudWatch)');
    const publish = make('Publish', 'publish-quality', 'Publishes reports on the quality', PUBLISH_SECONDS, 512, ['reports']);
    return { plan, extract, join, judge, publish, ...(props.controller ? { controller: props.controller.function } : {}) };
  }

  private makeAlarm(governance: ModelGovernance, period: Duration, { windows, of, driftSeverity }: MonitoringSettings): cloudwatch.Alarm {
    // As far as a CloudWatch alarm looks back (PutMetricAlarm, EvaluationPeriods).
    const reach = Math.floor((7 * DAY_SECONDS) / period.toSeconds());
    return new ModelAlarm(this, 'ConceptDrift', {
      governance,
      name: 'concept-drift',
      meaning: "The champion's predictions are worse than on its own test set, by the labels that have come.",
      metric: catalogueMetric(METRICS.conceptDrift, governance.modelName, period),
      severity: driftSeverity,
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: Math.min(windows, reach),
      evaluationPeriods: Math.min(of, reach),
      // A run without a verdict is no evidence, neither of drift nor of recovery.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
  }

  /** With every window, at least daily: labels of earlier windows come meanwhile. In UTC, when the captured data of the window is there. */
  private runWithEveryWindow(modelName: string, { intervalSeconds }: QualitySettings, minute: number): scheduler.Schedule {
    const role = new iam.Role(this, 'ScheduleRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    });
    const hours = Math.min(intervalSeconds, DAY_SECONDS) / 3600;
    return new scheduler.Schedule(this, 'Schedule', {
      description: `Judges the predictions of ${modelName} by their labels`,
      schedule: scheduler.ScheduleExpression.cron({ minute: String(minute), hour: hours === 24 ? '0' : hours === 1 ? '*' : `0/${hours}` }),
      target: new targets.StepFunctionsStartExecution(this.stateMachine, {
        role,
        input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
      }),
    });
  }
}

function draw(dashboard: cloudwatch.Dashboard, modelName: string, metric: string, period: Duration, alarms: cloudwatch.Alarm[]): void {
  const ours = (of: CatalogueMetric): cloudwatch.Metric => catalogueMetric(of, modelName, period);
  dashboard.addWidgets(
    driftGraph(`Concept drift: quality by labels (${metric})`, [ours(METRICS.modelQuality)], ours(METRICS.conceptDrift), modelName, period),
    graph('Predictions that have their label', [ours(METRICS.labelCoverage)]),
    alarmStatus('Alarms of concept drift', alarms, 1),
  );
}
