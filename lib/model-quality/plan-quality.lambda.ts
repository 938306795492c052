import { S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { listBatch } from '../capture/batch-files.lambda-shared';
import { BATCH_PREFIX, batchKey } from '../capture/batch-manifest';
import { columnLayout, type ContractDocument, hasRole } from '../data/data-contract.contract';
import { lakeKeys } from '../data/data-lake.contract';
import { type ChampionPointer } from '../deployment/deployment.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { PACKAGE_METADATA, packageOfVersion } from '../registry/model-package.contract';
import { BATCH_BYTES, batchesOf, type SourceFile } from './extract-batches';
import { BUCKETS } from './extract-file';
import { hourAndName } from './extract-record';
import {
  type ExtractBatch,
  type ExtractManifest,
  type HashRange,
  MODEL_QUALITY_ENVIRONMENT,
  type PlannedExtract,
  type PlanQualityEvent,
  type PlanQualityResult,
  qualityKeys,
  type QualityPlan,
  type QualityVersion,
} from './model-quality.contract';
import { capturedPrefix, capturedVersions, inTurns, listFiles, listHours, readJson } from './quality-files.lambda-shared';
import { stamp, windowIdOfHour, windowsInReach } from './quality-windows';

export interface PlanQualityClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
}

type Environment = Record<(typeof MODEL_QUALITY_ENVIRONMENT)[number], string>;

/** Bytes of captured data and labels whose extracts one function joins. */
const RANGE_BYTES = 256 * 1024 * 1024;
const READS_AT_ONCE = 16;

interface Source {
  readonly of: Pick<ExtractBatch, 'source' | 'version'>;
  readonly prefix: string;
  readonly files: readonly SourceFile[];
}

/**
 * Finds what is new: captured files and labels within reach that no extract holds, and windows whose time is over. What it plans follows from
 * what lies in the lake, so a run that died is made up for by the next one.
 */
export async function planQuality(event: PlanQualityEvent, clients: PlanQualityClients, environment: Environment): Promise<PlanQualityResult> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = environment;
  const { s3 } = clients;
  const { runId, settings } = event;
  const result = { runId, batches: 0, batchesKey: qualityKeys.batches(model, runId), rangesKey: qualityKeys.ranges(model, runId) };
  const champion = (await getJson<ChampionPointer>(s3, bucket, lakeKeys.championPointer(model)))?.value;
  if (!champion) return { ...result, status: 'NOT_DEPLOYED' };

  const { from, windows } = windowsInReach(event.scheduledTime, settings, event.watermarkSeconds);
  const sources = await sourcesOf(s3, environment, from);
  const closed = await closedWindows(s3, bucket, model, windows[0]?.id);
  const observed = new Set(sources.flatMap(({ of, prefix, files }) => (of.source === 'labels' ? [] : files.map(({ key }) => windowIdOfHour(hourAndName(key, prefix)!.hour, settings.intervalSeconds)))));
  const open = windows.filter(({ id }) => observed.has(id) && !closed.has(id));
  const { extracts, read, unfinished } = await extracted(s3, bucket, model, from);
  const batches = sources.flatMap(({ of, prefix, files }) => batchesOf(model, of, prefix, files.filter(({ key }) => !read.has(key))));
  if (batches.length === 0 && !unfinished && !open.some(({ final }) => final)) return { ...result, status: 'NOTHING_NEW' };

  const versions = await Promise.all(sources.flatMap(({ of, files }) => (of.version !== undefined && files.length > 0 ? [versionOf(of.version, champion.modelPackageArn, clients, environment)] : [])));
  const bytes = sources.reduce((sum, { files }) => files.reduce((total, { size }) => total + size, sum), 0);
  const ranges = rangesOf(runId, bytes);
  const plan: QualityPlan = {
    runId,
    scheduledTime: event.scheduledTime,
    champion: { version: champion.version, since: champion.since },
    windows: open,
    versions: versions.filter((version) => version !== undefined),
    policy: settings.policy,
    extracts: [...extracts, ...batches.map(({ source, version, extractKey }) => ({ source, ...(version === undefined ? {} : { version }), key: extractKey }))].sort((a, b) => (a.key < b.key ? -1 : 1)),
    ranges: ranges.length,
  };
  await putJson(s3, bucket, qualityKeys.plan(model, runId), plan);
  await putJson(s3, bucket, result.rangesKey, ranges);
  await putJson(s3, bucket, result.batchesKey, batches);
  await putJson(s3, bucket, qualityKeys.manifest(model, stamp(event.scheduledTime), runId), { batches } satisfies ExtractManifest);
  return { ...result, status: 'PLANNED', batches: batches.length };
}

async function sourcesOf(s3: S3Client, { LAKE_BUCKET: bucket, MODEL_NAME: model, ENDPOINT_NAME: endpoint }: Environment, from: string): Promise<Source[]> {
  const labels = lakeKeys.labelsPrefix(model);
  const places: Omit<Source, 'files'>[] = [
    { of: { source: 'labels' }, prefix: labels },
    ...(await capturedVersions(s3, bucket, model)).map((version) => ({ of: { source: 'predictions' as const, version }, prefix: capturedPrefix(model, version, endpoint) })),
  ];
  const sources = await inTurns(places, READS_AT_ONCE, async (place) => ({ ...place, files: await listHours(s3, bucket, place.prefix, from) }));
  const jobs = await inTurns(places.filter(({ of }) => of.version !== undefined), READS_AT_ONCE, ({ of }) => batchSource(s3, bucket, model, of, from));
  return [...sources, ...jobs];
}

/** What transform jobs predicted: one function for each object, whose size nobody has said. */
async function batchSource(s3: S3Client, bucket: string, model: string, of: Source['of'], from: string): Promise<Source> {
  const pairs = await listBatch(s3, bucket, model, of.version!, Date.parse(from), Infinity);
  return { of, prefix: BATCH_PREFIX, files: pairs.filter(({ output }) => output !== undefined).map((pair) => ({ key: batchKey(pair), size: BATCH_BYTES })) };
}

async function closedWindows(s3: S3Client, bucket: string, model: string, from: string | undefined): Promise<Set<string>> {
  const prefix = lakeKeys.qualityReports(model);
  const files = await listFiles(s3, bucket, prefix, from);
  return new Set(files.flatMap(({ key }) => /^([^/]+)\/closed\.json$/.exec(key.slice(prefix.length))?.[1] ?? []));
}

/** Extracts that exist and the files that they hold, by the manifests of former runs; `unfinished`: the last of them never published. */
async function extracted(s3: S3Client, bucket: string, model: string, from: string): Promise<{ extracts: PlannedExtract[]; read: Set<string>; unfinished: boolean }> {
  const day = stamp(from).slice(0, 8);
  const listed = await Promise.all((['predictions', 'labels'] as const).map((source) => listFiles(s3, bucket, qualityKeys.extractsPrefix(model, source), day)));
  const present = new Set(listed.flat().map(({ key }) => key));
  const prefix = qualityKeys.manifestsPrefix(model);
  const manifests = await listFiles(s3, bucket, prefix, stamp(from));
  const done = new Set((await listFiles(s3, bucket, qualityKeys.donePrefix(model), stamp(from))).map(({ key }) => key.slice(qualityKeys.donePrefix(model).length)));
  const extracts = new Map<string, PlannedExtract>();
  const read = new Set<string>();
  for (const { batches } of await inTurns(manifests, READS_AT_ONCE, ({ key }) => readJson<ExtractManifest>(s3, bucket, key))) {
    for (const { source, version, keys, extractKey } of batches) {
      if (!present.has(extractKey)) continue;
      extracts.set(extractKey, { source, ...(version === undefined ? {} : { version }), key: extractKey });
      keys.forEach((key) => read.add(key));
    }
  }
  const last = manifests[manifests.length - 1];
  return { extracts: [...extracts.values()], read, unfinished: last !== undefined && !done.has(last.key.slice(prefix.length)) };
}

/** What the version was trained on: the contract of today may have other columns. Undefined for a version of which the registry does not say it. */
async function versionOf(version: number, championArn: string, { s3, sagemaker }: PlanQualityClients, { LAKE_BUCKET: bucket, MODEL_NAME: model }: Environment): Promise<QualityVersion | undefined> {
  const { CustomerMetadataProperties: metadata } = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: packageOfVersion(championArn, version) }));
  const [snapshotId, trainingRun] = [metadata?.[PACKAGE_METADATA.snapshotId], metadata?.[PACKAGE_METADATA.runId]];
  if (snapshotId === undefined || trainingRun === undefined) return undefined;
  const contract = await readJson<ContractDocument>(s3, bucket, lakeKeys.curatedContract(model, snapshotId));
  const features = columnLayout(contract).features.map(({ name }) => name);
  const sliced = contract.columns.filter((column) => hasRole(column, 'slice') || hasRole(column, 'protected'));
  return {
    version,
    task: contract.task,
    features,
    slices: sliced.filter(({ name }) => features.includes(name)).map((column) => ({ column: column.name, place: features.indexOf(column.name), protected: hasRole(column, 'protected') })),
    unseenSlices: sliced.map(({ name }) => name).filter((name) => !features.includes(name)),
    trainingRun,
  };
}

function rangesOf(runId: string, bytes: number): HashRange[] {
  const count = Math.min(BUCKETS, Math.max(1, Math.ceil(bytes / RANGE_BYTES)));
  const edge = (index: number): number => Math.floor((index * BUCKETS) / count);
  return Array.from({ length: count }, (_, index) => ({ runId, from: edge(index), to: edge(index + 1) }));
}

const clients: PlanQualityClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}) };

export async function handler(event: PlanQualityEvent): Promise<PlanQualityResult> {
  return planQuality(event, clients, requireEnvironment(process.env, MODEL_QUALITY_ENVIRONMENT));
}
