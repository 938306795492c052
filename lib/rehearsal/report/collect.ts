import { METADATA_HYPERPARAMETER, METADATA_METRIC, PACKAGE_METADATA } from '../../registry/model-package.contract';
import { readCapturedKey } from '../../prediction-log/prediction-log.contract';
import { lakeKeys, parseS3Uri } from '../../data/data-lake.contract';
import type { Verdict } from '../../evaluation/verdict.contract';
import type { LedgerEntry } from '../../governance/outcome.contract';
import { verifyLedger } from '../../governance/ledger';
import type { Rehearsal } from '../driver';
import type { SummaryAlarm, SummaryEndpoint, SummaryPackage } from '../summary';
import type { ReportVersion, TrafficPoint } from './report-data';


export interface PackageFacts {
  readonly arn: string;
  readonly group: string;
  readonly version: number;
  readonly created: number;
  readonly status: string;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** S3 URI of the artifact: says which package a deployed model comes from. */
  readonly modelDataUrl?: string;
}

/** Names of the model package groups, which are the names of the models. */
export async function collectModels(rehearsal: Rehearsal): Promise<string[]> {
  const groups = await rehearsal.awsAll('sagemaker', 'ListModelPackageGroups', {}, 'ModelPackageGroupSummaryList');
  return groups.map(({ ModelPackageGroupName: name }) => name as string).sort();
}

/** Every model package, by group and version. */
export async function collectPackages(rehearsal: Rehearsal): Promise<PackageFacts[]> {
  const packages: PackageFacts[] = [];
  for (const group of await collectModels(rehearsal)) {
    const list = await rehearsal.awsAll('sagemaker', 'ListModelPackages', { ModelPackageGroupName: group }, 'ModelPackageSummaryList');
    for (const { ModelPackageArn: arn } of list) {
      const found = await rehearsal.aws('sagemaker', 'DescribeModelPackage', { ModelPackageName: arn });
      packages.push({
        arn,
        group,
        version: found.ModelPackageVersion,
        created: (found.CreationTime as Date).getTime(),
        status: found.ModelApprovalStatus,
        reason: found.ApprovalDescription ?? '',
        metadata: found.CustomerMetadataProperties ?? {},
        modelDataUrl: found.InferenceSpecification?.Containers?.[0]?.ModelDataUrl,
      });
    }
  }
  return packages.sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : a.version - b.version));
}

export function summarizePackage(facts: PackageFacts): SummaryPackage {
  return { group: facts.group, version: facts.version, status: facts.status, reason: facts.reason, metrics: metricsOf(facts) };
}

function metricsOf(facts: PackageFacts): Record<string, number> {
  const entries = Object.entries(facts.metadata).filter(([name]) => name.startsWith(METADATA_METRIC));
  return Object.fromEntries(entries.map(([name, value]): [string, number] => [name.slice(METADATA_METRIC.length), Number.parseFloat(value)]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the first endpoint serves, followed from its configuration to the artifact and the model package that has it. */
export async function collectEndpoint(rehearsal: Rehearsal, packages: readonly PackageFacts[]): Promise<SummaryEndpoint | undefined> {
  const [first] = await rehearsal.awsAll('sagemaker', 'ListEndpoints', {}, 'Endpoints');
  if (first === undefined) return undefined;
  const { EndpointConfigName: config } = await rehearsal.aws('sagemaker', 'DescribeEndpoint', { EndpointName: first.EndpointName });
  const { ProductionVariants: variants } = await rehearsal.aws('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName: config });
  const model = await rehearsal.aws('sagemaker', 'DescribeModel', { ModelName: variants[0].ModelName });
  const { ModelPackageName: arn, ModelDataUrl: url } = model.PrimaryContainer ?? model.Containers[0];
  const version = packages.find((facts) => facts.arn === arn || (url !== undefined && facts.modelDataUrl === url))?.version;
  return { name: first.EndpointName, config, ...(version === undefined ? {} : { modelVersion: version }) };
}

/** Transitions of every alarm that changed its state, from the timeline: alarms that are deleted by now included. */
export function collectAlarms(rehearsal: Rehearsal): SummaryAlarm[] {
  const alarms = new Map<string, { time: string; state: string }[]>();
  for (const event of rehearsal.simulation.timeline.events) {
    if (event.kind !== 'alarm' || event.status === undefined) continue;
    const transitions = alarms.get(event.subject) ?? [];
    alarms.set(event.subject, transitions);
    transitions.push({ time: new Date(event.time).toISOString(), state: event.status });
  }
  return [...alarms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, transitions]) => ({ name, transitions }));
}

export interface ModelRecords {
  readonly ledger: LedgerEntry[];
  readonly ledgerProblems: string[];
  readonly traffic: TrafficPoint[];
}

/** Ledger and captured predictions of a model. */
export async function collectRecords(rehearsal: Rehearsal, model: string, bucket: string, grain: number): Promise<ModelRecords> {
  const ledger: LedgerEntry[] = [];
  for (const key of await rehearsal.keys(bucket, `${lakeKeys.ledgerPrefix(model)}entries/`)) ledger.push(await rehearsal.json(bucket, key));
  const rows = new Map<string, number>();
  const prefix = lakeKeys.capturedPrefix(model, 0).replace(/v0\/$/, '');
  for (const key of await rehearsal.keys(bucket, prefix)) {
    const captured = readCapturedKey(model, key);
    // Requests and answers of asynchronous endpoints lie there, too.
    if (captured === undefined) continue;
    for (const line of (await rehearsal.text(bucket, key)).split('\n').filter((text) => text !== '')) {
      const { captureData, eventMetadata } = JSON.parse(line);
      const from = Math.floor(Date.parse(eventMetadata.inferenceTime) / grain) * grain;
      const slot = `${from} ${captured.version} ${Number(captured.shadow)}`;
      rows.set(slot, (rows.get(slot) ?? 0) + String(captureData.endpointInput.data).trim().split('\n').length);
    }
  }
  const traffic = [...rows].map(([slot, count]): TrafficPoint => {
    const [time, version, shadow] = slot.split(' ').map(Number);
    return { time: time!, version: version!, rows: count, ...(shadow === 1 ? { shadow: true } : {}) };
  });
  return { ledger, ledgerProblems: verifyLedger(ledger), traffic: traffic.sort((a, b) => a.time - b.time || a.version! - b.version!) };
}

/** A version with its gates (from the verdict in the lake) and what the ledger says of its deployments. */
export async function collectVersion(rehearsal: Rehearsal, facts: PackageFacts, ledger: readonly LedgerEntry[]): Promise<ReportVersion> {
  const uri = facts.metadata[PACKAGE_METADATA.verdictUri];
  const place = uri === undefined ? undefined : parseS3Uri(uri);
  const verdict = place === undefined ? undefined : await rehearsal.json<Verdict>(place.bucket, place.key);
  const shown = Object.entries(facts.metadata).filter(([name]) => !name.startsWith(METADATA_METRIC));
  return {
    version: facts.version,
    created: facts.created,
    status: facts.status,
    metrics: metricsOf(facts),
    gates: verdict?.results ?? [],
    events: ledger
      .filter((entry) => entry.workflow === 'deployment' && entry.outcome !== 'SKIPPED' && concerns(entry, facts))
      .map((entry) => ({ time: Date.parse(entry.time), word: entry.outcome, reason: entry.reasons[0] ?? '' })),
    facts: Object.fromEntries(shown.map(([name, value]) => [name.replace(METADATA_HYPERPARAMETER, 'hyperparameter '), value])),
  };
}

function concerns(entry: LedgerEntry, facts: PackageFacts): boolean {
  const input = entry.detail?.input as { modelPackageArn?: string } | undefined;
  return input?.modelPackageArn === facts.arn;
}
