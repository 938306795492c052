import { Arn, Stack, Tags, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { columnLayout } from './data/data-contract.contract';
import { DataLake } from './data/data-lake';
import { TrainingData } from './data/training-data';
import { Deployment } from './deployment/choices/deployment';
import { EndpointAlarms } from './deployment/endpoint-alarms';
import { DeploymentWorkflow } from './deployment/workflow/deployment-workflow';
import { Approval } from './evaluation/approval';
import { EvaluationGate } from './evaluation/evaluation-gate';
import { metricsOf } from './evaluation/metric-table.contract';
import { PinnedDeployment } from './deployment/pinned/pinned-deployment';
import { ModelGovernance } from './governance/model-governance';
import { ModelOwner } from './governance/model-owner';
import { MlPipelineGrants } from './ml-pipeline-grants';
import { ModelFileOptions, readModelFile } from './model-file/model-file';
import { EndpointDashboard } from './monitoring/endpoint-dashboard';
import { CatalogueMetric, DIMENSION_MODEL, METRIC_NAMESPACE, METRICS } from './monitoring/metric-catalogue.contract';
import { ModelQualityWorkflow } from './model-quality/model-quality-workflow';
import { Monitoring } from './monitoring/monitoring';
import { MonitoringWorkflow } from './monitoring/monitoring-workflow';
import { ModelOperations } from './operations/model-operations';
import { PredictionLog } from './prediction-log/prediction-log';
import { PredictionLogTable } from './prediction-log/prediction-log-table';
import { Problems } from './private/errors';
import { ModelRegistry } from './registry/model-registry';
import { Retraining } from './retraining/retraining';
import { RetrainingController } from './retraining/retraining-controller';
import { Training } from './training/training';
import { TrainingWorkflow } from './training/training-workflow';
import { MODEL_NAME_MAXIMUM, MODEL_NAME_PATTERN } from './training/training-workflow.contract';

/** One model: what it learns from, how, who answers for it, and how carefully it is released and watched. */
export interface MlPipelineProps {
  /** Lower-case letters, digits and single hyphens, at most 32 characters. Names the endpoint and the model package group. */
  readonly modelName: string;

  /** Who answers for the model. */
  readonly owner: ModelOwner;

  /** Where its data comes from and what the data must look like. */
  readonly trainingData: TrainingData;

  /** How it is trained and served. */
  readonly training: Training;

  /**
   * What a trained model has to show on the frozen test set before it may be deployed.
   *
   * @default - no worse than the champion on the leading metric of the task type
   */
  readonly gates?: EvaluationGate[];

  /**
   * Who lets a model that passed its gates into production.
   *
   * @default Approval.manual()
   */
  readonly approval?: Approval;

  /**
   * How an approved model reaches production.
   *
   * @default Deployment.canary()
   */
  readonly deployment?: Deployment;

  /**
   * How the model is watched in production.
   *
   * @default Monitoring.standard()
   */
  readonly monitoring?: Monitoring;

  /**
   * When the model is trained again.
   *
   * @default Retraining.manual()
   */
  readonly retraining?: Retraining;

  /**
   * How every prediction is kept, so that it can be explained later.
   *
   * @default - PredictionLog.standard() when requests are captured, else PredictionLog.none()
   */
  readonly predictionLog?: PredictionLog;
}

/**
 * The whole life of one machine learning model: validated and versioned data, training, gate, registry, canary deployment with verified
 * rollback, drift alarms, debounced retraining, ledger and owner.
 */
export class MlPipeline extends Construct {
  /**
   * The same from one YAML or JSON file, checked against the published schema (`schema/model-file.schema.json`).
   *
   * @param path of the model file; paths in it are relative to it
   */
  public static fromFile(scope: Construct, id: string, path: string, options: ModelFileOptions = {}): MlPipeline {
    return new MlPipeline(scope, id, readModelFile(scope, id, path, options));
  }

  public readonly modelName: string;
  public readonly lake: DataLake;
  public readonly governance: ModelGovernance;
  public readonly registry: ModelRegistry;
  public readonly training: TrainingWorkflow;
  /** Undefined with `Deployment.pinned()`. */
  public readonly deployment?: DeploymentWorkflow;
  /** Undefined but with `Deployment.pinned()`. */
  public readonly pinnedDeployment?: PinnedDeployment;
  /** The endpoint exists from the first deployment on. */
  public readonly endpointName: string;
  /** Page the owner when the endpoint as a whole is ill; also with `Monitoring.none()`. */
  public readonly endpointAlarms: EndpointAlarms;
  public readonly retraining: RetrainingController;
  /** Undefined with `Monitoring.none()`. */
  public readonly monitoring?: MonitoringWorkflow;
  /** Undefined without `groundTruth` in the monitoring. */
  public readonly modelQuality?: ModelQualityWorkflow;
  /** The page of the model; with `Monitoring.none()` its endpoint and its deployments only. */
  public readonly dashboard: cloudwatch.Dashboard;
  /** What the command line needs to find this model. */
  public readonly operations: ModelOperations;
  /** Undefined with `PredictionLog.none()`. */
  public readonly predictionLog?: PredictionLogTable;
  /** Permissions on this pipeline. */
  public readonly grants: MlPipelineGrants;

  public constructor(scope: Construct, id: string, props: MlPipelineProps) {
    super(scope, id);
    const contract = props.trainingData.contract;
    const document = contract._tryDocument();
    const gates = props.gates ?? (document ? [EvaluationGate.noWorseThanChampion(metricsOf(document.task)[0]!)] : []);
    const approval = props.approval ?? Approval.manual();
    const deployment = props.deployment ?? Deployment.canary();
    const monitoring = props.monitoring ?? Monitoring.standard();
    const retraining = props.retraining ?? Retraining.manual();
    const predictionLog = props.predictionLog ?? (deployment._captures ? PredictionLog.standard() : PredictionLog.none());

    const problems = new Problems();
    checkModelName(props.modelName, problems);
    props.owner._validate('owner', problems);
    props.trainingData._validate('trainingData', problems);
    props.training._validate('training', problems, document);
    props.training._validateRegion(this, 'training', problems);
    gates.forEach((gate, index) => gate._validate(`gates[${index}]`, problems, document));
    deployment._validate('deployment', problems);
    if (document) deployment._validateTask('deployment', problems, document.task);
    monitoring._validate('monitoring', problems);
    monitoring._validateGroundTruth('monitoring', problems, document);
    if (document) monitoring._validateFeatures('monitoring', problems, columnLayout(document).features.map(({ name }) => name));
    retraining._validate('retraining', problems);
    predictionLog._validate('predictionLog', problems, monitoring._captureMinimum, props.trainingData.lake._capturedExpiration, document);
    problems.require(
      monitoring._enabled || retraining._triggers().policy.drift === undefined,
      'DriftWithoutMonitoring',
      'retraining',
      'Retraining.onDrift()',
      'needs monitoring, which alone can see drift',
      'use Monitoring.standard(), or another trigger',
    );
    problems.require(
      !monitoring._enabled || deployment._captures,
      'MonitoringWithoutCapture',
      'monitoring',
      'Monitoring.standard()',
      'needs captured requests, in which alone drift can be seen: real-time and asynchronous endpoints have them, by samplingPercentage',
      'write Monitoring.none(), or use Endpoint.realTime() or Endpoint.asynchronous() with a samplingPercentage greater than 0',
    );
    const pinnedArn = deployment._pinned?.modelPackageArn;
    problems.require(
      !predictionLog._enabled || pinnedArn === undefined || pinnedArn.includes(`:model-package/${props.modelName}/`),
      'PredictionLogOfOtherGroup',
      'predictionLog',
      'PredictionLog.standard()',
      `needs versions of model package group ${props.modelName}: the columns of the requests are known only for versions that this pipeline trained`,
      'write PredictionLog.none(), or pin a version of the own group',
    );
    problems.require(
      !predictionLog._enabled || deployment._captures,
      'PredictionLogWithoutCapture',
      'predictionLog',
      'PredictionLog.standard()',
      'needs captured requests, which it is made of: real-time and asynchronous endpoints have them, by samplingPercentage',
      'leave it out, or use Endpoint.realTime() or Endpoint.asynchronous() with a samplingPercentage greater than 0',
    );
    problems.throwIfAny(this);

    this.modelName = props.modelName;
    this.lake = props.trainingData.lake;
    Tags.of(this).add('ml-pipeline:model', this.modelName);
    Tags.of(this).add('ml-pipeline:owner', props.owner.name);

    const shared = { modelName: this.modelName, lake: this.lake };
    this.governance = new ModelGovernance(this, 'Governance', { ...shared, owner: props.owner });
    const governed = { ...shared, governance: this.governance };
    this.registry = new ModelRegistry(this, 'Registry', { modelName: this.modelName });
    this.training = new TrainingWorkflow(this, 'Training', {
      ...governed,
      registry: this.registry,
      trainingData: props.trainingData,
      training: props.training,
      gates,
      approval,
    });
    const deployed = { ...governed, registry: this.registry, deployment };
    if (deployment._pinned) this.pinnedDeployment = new PinnedDeployment(this, 'Deployment', deployed);
    else this.deployment = new DeploymentWorkflow(this, 'Deployment', deployed);
    ({ endpointName: this.endpointName, alarms: this.endpointAlarms } = (this.pinnedDeployment ?? this.deployment!));
    this.retraining = new RetrainingController(this, 'Retraining', { ...governed, retraining, trainingStateMachine: this.training.stateMachine });
    if (monitoring._enabled) {
      this.monitoring = new MonitoringWorkflow(this, 'Monitoring', {
        ...governed,
        registry: this.registry,
        endpointName: this.endpointName,
        endpointAlarms: this.endpointAlarms,
        contract,
        monitoring,
        samplingPercentage: deployment._asynchronousCapture?.samplingPercentage,
        controller: this.retraining,
      });
    }
    if (monitoring._groundTruth) {
      this.modelQuality = new ModelQualityWorkflow(this, 'ModelQuality', {
        ...governed,
        registry: this.registry,
        endpointName: this.endpointName,
        contract,
        monitoring,
        controller: this.retraining,
        dashboard: this.monitoring!.dashboard,
      });
    }
    const { modelName, endpointAlarms } = this;
    this.dashboard = this.monitoring?.dashboard ?? new EndpointDashboard(this, 'Dashboard', { modelName, endpointAlarms });
    this.governance._link(this.dashboard);
    this.operations = new ModelOperations(this, 'Operations', {
      ...shared,
      registry: this.registry,
      endpointName: this.endpointName,
      freezeFunction: this.governance.freezeFunction,
      trainingStateMachine: this.training.stateMachine,
      deploymentStateMachine: this.deployment?.stateMachine,
      monitoringStateMachine: this.monitoring?.stateMachine,
    });
    if (predictionLog._enabled) {
      this.predictionLog = new PredictionLogTable(this, 'PredictionLog', { ...governed, registry: this.registry, contract, predictionLog });
    }
    this.grants = new MlPipelineGrants(this);
  }

  /** ARN of the endpoint. It exists from the first deployment on. */
  public get endpointArn(): string {
    return Arn.format({ service: 'sagemaker', resource: 'endpoint', resourceName: this.endpointName }, Stack.of(this));
  }

  /** 1 when the window's verdict is data drift, else 0. */
  public metricDataDrift(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(METRICS.drift, options);
  }

  /** 1 when the distribution of predictions drifted, else 0. */
  public metricPredictionDrift(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(METRICS.predictionDrift, options);
  }

  /** Captured predictions in the window. */
  public metricRowsEvaluated(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(METRICS.rowsEvaluated, options);
  }

  /** 1 when a run found a window degraded by its labels, 0 when it judged windows and found none. */
  public metricConceptDrift(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(METRICS.conceptDrift, options);
  }

  /** The metric of the ground truth on the newest window that was judged. */
  public metricModelQuality(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(METRICS.modelQuality, options);
  }

  private metric(metric: CatalogueMetric, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName: metric.name,
      dimensionsMap: { [DIMENSION_MODEL]: this.modelName },
      statistic: 'Maximum',
      ...options,
    });
  }
}

function checkModelName(name: string, problems: Problems): void {
  if (Token.isUnresolved(name)) {
    problems.add('ModelNameToken', 'modelName', '(token)', 'must be known at synth: names and permissions are derived from it', 'write the name as text');
    return;
  }
  const simple = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, MODEL_NAME_MAXIMUM).replace(/^-+|-+$/g, '');
  const fix = simple === '' ? "write a name such as 'flight-delay'" : `write for example ${JSON.stringify(simple)}`;
  problems.require(
    name.length <= MODEL_NAME_MAXIMUM,
    'ModelNameTooLong',
    'modelName',
    name,
    `must have at most ${MODEL_NAME_MAXIMUM} characters, because job names of at most 63 are derived from it`,
    fix,
  );
  problems.require(MODEL_NAME_PATTERN.test(name), 'ModelNameInvalid', 'modelName', name, 'must be lower-case letters and digits with single hyphens between', fix);
}
