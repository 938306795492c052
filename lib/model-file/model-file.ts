import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { DataContract } from '../data/data-contract';
import { DataLake } from '../data/data-lake';
import { TrainingData } from '../data/training-data';
import { Approval } from '../evaluation/approval';
import { EvaluationGate } from '../evaluation/evaluation-gate';
import { ModelOwner, Severity } from '../governance/model-owner';
import { MlPipelineProps } from '../ml-pipeline';
import { checkAgainstSchema, parseYamlOrJson } from '../private/bundled';
import { parseDuration } from '../private/duration';
import { didYouMean, Problems } from '../private/errors';
import { packageRoot } from '../private/package-root';
import { PredictionLog } from '../prediction-log/prediction-log';
import { Retraining } from '../retraining/retraining';
import { RetrainingBudget } from '../retraining/retraining-budget';
import { Algorithm } from '../training/algorithm';
import { ContainerImage } from '../training/container-image';
import { Training } from '../training/training';
import { ALTERNATIVES, DeploymentFile, readDeployment } from './deployment-file';
import { BUSINESS_RULES, FEATURE_METRICS, MonitoringFile, readMonitoring } from './monitoring-file';

/** What a model file does not say. */
export interface ModelFileOptions {
  /**
   * The lake that holds the model's data; several models may share one.
   *
   * @default - a new lake beside the pipeline
   */
  readonly lake?: DataLake;
}

/** @internal */
export interface ModelFile {
  readonly modelName: string;
  readonly owner: { team: string; email?: string; severity?: string; runbookUrl?: string; eachAlarmNotifies?: boolean };
  readonly trainingData: { contract: string; testWindow?: string; testShare?: number; validationShare?: number };
  readonly training: {
    container?: { image?: string; asset?: string };
    builtIn?: string;
    hyperparameters?: Record<string, string | number | boolean>;
    maxRuntime?: string;
    instanceType?: string;
    instanceCount?: number;
    environment?: Record<string, string>;
  };
  readonly gates?: { metric: string; atLeast?: number; atMost?: number; betterThanChampion?: number; noWorseThanChampion?: number }[];
  readonly approval?: string;
  readonly deployment?: DeploymentFile;
  readonly monitoring?: MonitoringFile;
  readonly retraining?: {
    onDrift?: { cooldown?: string; windows?: number; of?: number; conceptWindows?: number; conceptOf?: number; maximumPerWeek?: number; maximumUncured?: number };
    onSchedule?: string;
    onNewData?: { marker?: string };
    budget?: { trainingTime: string };
  };
  readonly predictionLog?: { enabled?: boolean; retention?: string; captureRetention?: string; droppedColumns?: string[] };
}

/**
 * The properties that a model file stands for. Everything that is wrong with the file is reported at once, with line numbers.
 *
 * @internal
 */
export function readModelFile(scope: Construct, id: string, path: string, options: ModelFileOptions): MlPipelineProps {
  const name = basename(path);
  const where = `model file ${name}`;
  const problems = new Problems();
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const fix = 'check the path; it is relative to the current folder';
    problems.add('ModelFileUnreadable', path, (error as NodeJS.ErrnoException).code, 'must be a readable file', fix);
  }
  problems.throwIfAny(where);

  const parsed = parseYamlOrJson(text, name);
  for (const error of parsed.errors) {
    const line = text.split('\n')[error.line - 1]?.trim();
    problems.add('ModelFileSyntax', `${name}:${error.line}:${error.column}`, line, error.message.replace(/^\S+: /, ''), 'correct the YAML or JSON');
  }
  problems.throwIfAny(where);

  const schema = JSON.parse(readFileSync(join(packageRoot(), 'schema', 'model-file.schema.json'), 'utf8')) as object;
  const located = (steps: (string | number)[]) => `${name}:${parsed.locate(steps).line} ${written(steps)}`;
  for (const breach of checkAgainstSchema(schema, parsed.value)) {
    const near = didYouMean(String(breach.value), breach.allowed);
    const fix =
      near !== undefined ? `did you mean ${JSON.stringify(near)}?` : breach.kind === 'unknown-key' ? `known keys are ${breach.allowed.join(', ')}` : 'correct it';
    const code = { 'unknown-key': 'UnknownKey', 'missing-key': 'MissingKey', value: 'ValueNotAllowed' }[breach.kind];
    problems.add(code, located(breach.steps), breach.value, breach.rule, breach.kind === 'missing-key' ? 'add it' : fix);
  }
  problems.throwIfAny(where);

  const file = parsed.value as ModelFile;
  exactlyOne(file.training, ['container', 'builtIn'], 'training', located, problems);
  if (file.training.container) exactlyOne(file.training.container, ['image', 'asset'], 'training.container', located, problems);
  for (const { path, keys, needed } of ALTERNATIVES) {
    const value = path.split('.').reduce<unknown>((part, key) => (key === '' ? part : (part as Record<string, unknown> | undefined)?.[key]), file.deployment);
    if (value !== undefined) (needed ? exactlyOne : atMostOne)(value as object, keys, path === '' ? 'deployment' : `deployment.${path}`, located, problems);
  }
  const { featureMetrics, businessMetrics } = file.monitoring ?? {};
  if (featureMetrics) exactlyOne(featureMetrics, FEATURE_METRICS, 'monitoring.featureMetrics', located, problems);
  (businessMetrics ?? []).forEach((metric, index) => atMostOne(metric, BUSINESS_RULES, `monitoring.businessMetrics[${index}]`, located, problems));
  if (file.retraining) atMostOne(file.retraining, ['onDrift', 'onSchedule', 'onNewData'], 'retraining', located, problems);
  (file.gates ?? []).forEach((gate, index) => exactlyOne(gate, GATE_RULES, `gates[${index}]`, located, problems));
  problems.throwIfAny(where);

  return translate(file, resolve(dirname(path)), options.lake ?? new DataLake(scope, `${id}Lake`));
}

const GATE_RULES = ['atLeast', 'atMost', 'betterThanChampion', 'noWorseThanChampion'];

function translate(file: ModelFile, folder: string, lake: DataLake): MlPipelineProps {
  const { owner, trainingData } = file;
  return {
    modelName: file.modelName,
    owner: ModelOwner.team(owner.team, { email: owner.email, severity: owner.severity as Severity | undefined, runbookUrl: owner.runbookUrl, eachAlarmNotifies: owner.eachAlarmNotifies }),
    trainingData: TrainingData.fromBucket(lake, {
      contract: DataContract.fromFile(resolve(folder, trainingData.contract)),
      testWindow: duration(trainingData.testWindow),
      testShare: trainingData.testShare,
      validationShare: trainingData.validationShare,
    }),
    training: training(file.training, folder),
    gates: file.gates?.map(gate),
    approval: file.approval === 'automatic' ? Approval.automatic() : file.approval === 'manual' ? Approval.manual() : undefined,
    deployment: file.deployment && readDeployment(file.deployment),
    monitoring: file.monitoring && readMonitoring(file.monitoring),
    retraining: file.retraining && retraining(file.retraining),
    predictionLog: file.predictionLog && predictionLog(file.predictionLog),
  };
}

function training(file: ModelFile['training'], folder: string): Training {
  const options = {
    hyperparameters: file.hyperparameters && Object.fromEntries(Object.entries(file.hyperparameters).map(([key, value]) => [key, String(value)])),
    maxRuntime: duration(file.maxRuntime),
    instanceType: file.instanceType,
    instanceCount: file.instanceCount,
    environment: file.environment,
  };
  if (file.builtIn !== undefined) return Training.builtIn(Algorithm.XGBOOST_1_7, options);
  const { image, asset } = file.container!;
  return Training.container(image !== undefined ? ContainerImage.fromUri(image) : ContainerImage.fromAsset(resolve(folder, asset!)), options);
}

function gate(file: NonNullable<ModelFile['gates']>[number]): EvaluationGate {
  if (file.atLeast !== undefined) return EvaluationGate.atLeast(file.metric, file.atLeast);
  if (file.atMost !== undefined) return EvaluationGate.atMost(file.metric, file.atMost);
  if (file.betterThanChampion !== undefined) return EvaluationGate.betterThanChampion(file.metric, { margin: file.betterThanChampion });
  return EvaluationGate.noWorseThanChampion(file.metric, { tolerance: file.noWorseThanChampion });
}

function predictionLog(file: NonNullable<ModelFile['predictionLog']>): PredictionLog {
  if (file.enabled === false) return PredictionLog.none();
  return PredictionLog.standard({ retention: duration(file.retention), captureRetention: duration(file.captureRetention), droppedColumns: file.droppedColumns });
}

function retraining(file: NonNullable<ModelFile['retraining']>): Retraining {
  const triggers = retrainingTrigger(file);
  return file.budget ? triggers.withinBudget(RetrainingBudget.trainingTime(parseDuration(file.budget.trainingTime))) : triggers;
}

function retrainingTrigger(file: NonNullable<ModelFile['retraining']>): Retraining {
  if (file.onDrift) return Retraining.onDrift({ ...file.onDrift, cooldown: duration(file.onDrift.cooldown) });
  if (file.onSchedule !== undefined) return Retraining.onSchedule(ScheduleExpression.expression(file.onSchedule));
  if (file.onNewData) return Retraining.onNewData({ marker: file.onNewData.marker });
  return Retraining.manual();
}

function duration(text: string | undefined) {
  return text === undefined ? undefined : parseDuration(text);
}

type Located = (steps: (string | number)[]) => string;

function exactlyOne(value: object, keys: readonly string[], path: string, located: Located, problems: Problems): void {
  const present = keys.filter((key) => key in value);
  if (present.length === 1) return;
  problems.add('ExactlyOne', located(steps(path)), present.length === 0 ? undefined : present, `must have exactly one of ${keys.join(', ')}`, present.length === 0 ? 'add one' : 'keep one');
}

function atMostOne(value: object, keys: readonly string[], path: string, located: Located, problems: Problems): void {
  const present = keys.filter((key) => key in value);
  if (present.length > 1) problems.add('AtMostOne', located(steps(path)), present, `must have at most one of ${keys.join(', ')}`, 'keep one');
}

function steps(path: string): (string | number)[] {
  return path.split(/[.[\]]+/).filter((step) => step !== '').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function written(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('') || 'file';
}
