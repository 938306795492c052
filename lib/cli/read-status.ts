import { alarmResource, type ChampionPointer, deploymentNames, VARIANT_NAME } from '../deployment/deployment.contract';
import type { FreezeState } from '../governance/freeze.contract';
import type { LedgerEntry } from '../governance/outcome.contract';
import { PACKAGE_METADATA } from '../registry/model-package.contract';
import type { AwsFailure } from './aws-failure';
import { type RunningExecution, runningExecutions } from './executions';
import { publicFreeze } from './freeze-command';
import { judgeTruth, type ServingEndpoint, type Truth } from './judge-truth';
import { readLedger } from './ledger-reader';
import type { OperatedModel } from './operated-model';

/** What `status --json` prints. */
export interface ModelStatus {
  readonly modelName: string;
  readonly region: string;
  readonly account: string;
  readonly champion: ChampionPointer | null;
  readonly endpoint: (ServingEndpoint & { readonly name: string; readonly failureReason: string | null; readonly variants: readonly VariantStatus[] }) | null;
  readonly truth: Truth;
  readonly running: readonly (RunningExecution & { readonly workflow: string })[];
  readonly freeze: Omit<FreezeState, 'events'> | null;
  /** The newest approved version, when it is newer than the champion and no deployment of it runs. */
  readonly waiting: { readonly version: number; readonly modelPackageArn: string; readonly registered: string; readonly deploymentOutcome: string | null } | null;
  readonly scaling: { readonly minimum: number; readonly maximum: number; readonly suspended: boolean } | null;
  readonly alarms: readonly { readonly name: string; readonly since: string; readonly reason: string }[];
  /** Newest first; equal ones of monitoring or retraining in a row once, with their number. */
  readonly outcomes: readonly { readonly sequence: number; readonly time: string; readonly workflow: string; readonly outcome: string; readonly times: number; readonly reasons: readonly string[] }[];
}

export interface VariantStatus {
  readonly name: string;
  /** Share of the requests, 0 to 1; null of a shadow. */
  readonly share: number | null;
  readonly shadow: boolean;
  /** Instances, or provisioned concurrency of a serverless variant; null of one without. */
  readonly capacity: number | null;
  readonly desired: number | null;
  readonly serverless: boolean;
}

/** Enough to find other outcomes among the windows of a day. */
const OUTCOMES_READ = 50;
const OUTCOMES_SHOWN = 5;

export async function readStatus(model: OperatedModel): Promise<ModelStatus> {
  const { deploymentStateMachineArn, trainingStateMachineArn, monitoringStateMachineArn } = model.settings;
  const machines = { deployment: deploymentStateMachineArn, training: trainingStateMachineArn, monitoring: monitoringStateMachineArn };
  const [champion, endpoint, running, freeze, scaling, alarms, outcomes] = await Promise.all([
    model.champion(),
    readEndpoint(model),
    Promise.all(Object.entries(machines).map(async ([workflow, arn]) => (arn === undefined ? [] : (await runningExecutions(model.aws, arn)).map((execution) => ({ workflow, ...execution }))))),
    model.freeze(),
    readScaling(model),
    readAlarms(model),
    readLedger(model, OUTCOMES_READ, () => true),
  ]);
  const executions = running.flat();
  const deploying = executions.some(({ workflow }) => workflow === 'deployment');
  return {
    modelName: model.name,
    ...model.place,
    champion: champion ?? null,
    endpoint,
    truth: judgeTruth(model.name, champion, endpoint ?? undefined, deploying),
    running: executions,
    freeze: publicFreeze(freeze),
    waiting: await readWaiting(model, champion, executions),
    scaling,
    alarms,
    outcomes: collapse(outcomes.entries.slice(0, OUTCOMES_READ)).slice(0, OUTCOMES_SHOWN),
  };
}

async function readEndpoint({ aws, settings }: OperatedModel): Promise<ModelStatus['endpoint']> {
  try {
    const endpoint = await aws.sageMaker.describeEndpoint({ EndpointName: settings.endpointName });
    const production = endpoint.ProductionVariants ?? [];
    const weights = production.reduce((sum, { CurrentWeight }) => sum + (CurrentWeight ?? 0), 0);
    const variants = (all: typeof production, shadow: boolean): VariantStatus[] =>
      all.map((variant) => ({
        name: variant.VariantName!,
        share: shadow || weights === 0 ? null : (variant.CurrentWeight ?? 0) / weights,
        shadow,
        capacity: variant.CurrentInstanceCount ?? variant.CurrentServerlessConfig?.ProvisionedConcurrency ?? null,
        serverless: variant.CurrentServerlessConfig !== undefined,
        desired: variant.DesiredInstanceCount ?? variant.DesiredServerlessConfig?.ProvisionedConcurrency ?? null,
      }));
    return {
      name: settings.endpointName,
      status: endpoint.EndpointStatus!,
      endpointConfigName: endpoint.EndpointConfigName!,
      pendingConfigName: endpoint.PendingDeploymentSummary?.EndpointConfigName ?? null,
      failureReason: endpoint.FailureReason ?? null,
      variants: [...variants(production, false), ...variants(endpoint.ShadowProductionVariants ?? [], true)],
    };
  } catch (error) {
    // SageMaker has no error of its own for what does not exist.
    if ((error as AwsFailure).code === 'ValidationException') return null;
    throw error;
  }
}

async function readScaling({ aws, settings }: OperatedModel): Promise<ModelStatus['scaling']> {
  const { ScalableTargets: [target] = [] } = await aws.autoScaling.describeScalableTargets({
    ServiceNamespace: 'sagemaker',
    ResourceIds: [deploymentNames.scalableTarget(settings.endpointName)],
  });
  if (target === undefined) return null;
  return { minimum: target.MinCapacity!, maximum: target.MaxCapacity!, suspended: target.SuspendedState?.DynamicScalingOutSuspended === true };
}

/** The permanent alarms, and those of a deployment under way. */
async function readAlarms({ aws, settings, name }: OperatedModel): Promise<ModelStatus['alarms'][number][]> {
  const found: ModelStatus['alarms'][number][] = [];
  for (const AlarmNamePrefix of [settings.alarmPrefix, deploymentNames.prefix(name)]) {
    let NextToken: string | undefined;
    do {
      const page = await aws.cloudWatch.describeAlarms({ AlarmNamePrefix, StateValue: 'ALARM', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], NextToken });
      for (const alarm of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]) {
        const mine = AlarmNamePrefix === settings.alarmPrefix || alarmResource(name, alarm.AlarmName!) !== undefined;
        if (mine) found.push({ name: alarm.AlarmName!, since: alarm.StateUpdatedTimestamp!.toISOString(), reason: alarm.StateReason ?? '' });
      }
      ({ NextToken } = page);
    } while (NextToken !== undefined);
  }
  return found;
}

async function readWaiting({ aws, settings }: OperatedModel, champion: ChampionPointer | undefined, running: ModelStatus['running']): Promise<ModelStatus['waiting']> {
  const { ModelPackageSummaryList: [newest] = [] } = await aws.sageMaker.listModelPackages({
    ModelPackageGroupName: settings.modelPackageGroup,
    ModelApprovalStatus: 'Approved',
    SortBy: 'CreationTime',
    SortOrder: 'Descending',
    MaxResults: 1,
  });
  if (newest === undefined || newest.ModelPackageVersion! <= (champion?.version ?? 0)) return null;
  if (running.some(({ workflow, version }) => workflow === 'deployment' && version === newest.ModelPackageVersion)) return null;
  const { CustomerMetadataProperties } = await aws.sageMaker.describeModelPackage({ ModelPackageName: newest.ModelPackageArn! });
  return {
    version: newest.ModelPackageVersion!,
    modelPackageArn: newest.ModelPackageArn!,
    registered: newest.CreationTime!.toISOString(),
    deploymentOutcome: CustomerMetadataProperties?.[PACKAGE_METADATA.deploymentOutcome] ?? null,
  };
}

/** What the clock starts: a quiet day of it is one line. */
const ROUTINE = new Set(['monitoring', 'model-quality', 'retraining']);

function collapse(entries: readonly LedgerEntry[]): ModelStatus['outcomes'][number][] {
  const shown: { sequence: number; time: string; workflow: string; outcome: string; times: number; reasons: readonly string[] }[] = [];
  for (const { sequence, time, workflow, outcome, reasons, silent } of entries) {
    // What was told to nobody when it happened.
    if (silent === true) continue;
    const last = shown[shown.length - 1];
    if (ROUTINE.has(workflow) && last?.workflow === workflow && last.outcome === outcome) last.times++;
    else shown.push({ sequence, time, workflow, outcome, times: 1, reasons });
  }
  return shown;
}

/** The variant that carries the champion. */
export function mainVariant(status: ModelStatus): VariantStatus | undefined {
  return status.endpoint?.variants.find(({ name }) => name === VARIANT_NAME);
}
