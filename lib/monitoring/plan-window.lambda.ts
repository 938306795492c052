import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { batchFileOf, listBatch } from '../capture/batch-files.lambda-shared';
import { areaPrefix, lakeKeys, parseS3Uri } from '../data/data-lake.contract';
import { type ChampionPointer, VARIANT_NAME } from '../deployment/deployment.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, getText, putJson } from '../private/object-store.lambda-shared';
import { PACKAGE_METADATA } from '../registry/model-package.contract';
import { type CapturedFile, MONITORING_ENVIRONMENT, type PlannedVersion, type PlanWindowEvent, type PlanWindowResult, windowKeys, type WindowPlan } from './monitoring.contract';
import { completedWindow, hourFolders } from './monitoring-window';

export interface PlanWindowClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
}

type Environment = Record<(typeof MONITORING_ENVIRONMENT)[number], string>;

/**
 * Finds the captured files of the completed window, per model version, and writes plan.json and files.json. A window that has its report
 * is done: the schedule may fire twice. Repeating an unfinished window plans it again with the files that are there by then.
 */
export async function planWindow(event: PlanWindowEvent, clients: PlanWindowClients, environment: Environment): Promise<PlanWindowResult> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = environment;
  const window = completedWindow(event.scheduledTime, event.intervalSeconds, event.watermarkSeconds);
  const filesKey = windowKeys.files(model, window.id);
  if (await getText(clients.s3, bucket, windowKeys.report(model, window.id))) return { status: 'DONE', window, files: 0, filesKey };

  const champion = (await getJson<ChampionPointer>(clients.s3, bucket, lakeKeys.championPointer(model)))?.value;
  const versions: PlannedVersion[] = [];
  const files: CapturedFile[] = [];
  if (champion) {
    for (const version of await observedVersions(clients.s3, bucket, model, champion.version)) {
      const keys = await capturedKeys(clients.s3, bucket, hourFolders(window).map((folder) => captureFolder(environment, version) + folder));
      const captured = [
        ...keys.map((key) => ({ kind: 'ENDPOINT' as const, key })),
        ...(await listBatch(clients.s3, bucket, model, version, Date.parse(window.start), Date.parse(window.end))).map(batchFileOf),
      ];
      if (captured.length === 0 && version !== champion.version) continue;
      const baselineKey = await baselineOf(clients.sagemaker, champion.modelPackageArn, version);
      if (baselineKey === undefined) {
        if (version === champion.version) throw new Error(`the model package of version ${version} names no baseline, so its predictions cannot be judged`);
        continue;
      }
      versions.push({ version, baselineKey });
      captured.forEach((file, index) => files.push({ ...file, version, profileKey: windowKeys.fileProfile(model, window.id, version, index) }));
    }
  }
  const plan: WindowPlan = {
    window,
    intervalSeconds: event.intervalSeconds,
    features: event.features,
    ...(champion ? { champion: { version: champion.version, since: champion.since } } : {}),
    versions,
  };
  await putJson(clients.s3, bucket, filesKey, files);
  await putJson(clients.s3, bucket, windowKeys.plan(model, window.id), plan);
  return { status: 'PLANNED', window, files: files.length, filesKey };
}

/** Versions that have ever been captured, and the champion. A canary that was rolled back within the window is among them. */
async function observedVersions(s3: S3Client, bucket: string, model: string, champion: number): Promise<number[]> {
  const area = areaPrefix('captured', model);
  const versions = new Set([champion]);
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: area, Delimiter: '/' })) {
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      const match = /^v(\d+)\/$/.exec(Prefix!.slice(area.length));
      if (match) versions.add(Number(match[1]));
    }
  }
  return [...versions].sort((a, b) => a - b);
}

async function capturedKeys(s3: S3Client, bucket: string, folders: readonly string[]): Promise<string[]> {
  const keys: string[] = [];
  for (const folder of folders) {
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: folder })) {
      for (const { Key } of page.Contents ?? []) if (Key!.endsWith('.jsonl')) keys.push(Key!);
    }
  }
  return keys;
}

/**
 * SageMaker appends endpoint, variant and hour to the destination of data capture. Only what clients got from a version that was, or was becoming,
 * the champion: a shadow's and a challenger's answers lie below the champion's version under their own variants, and their stages judge them.
 */
function captureFolder(environment: Environment, version: number): string {
  return `${lakeKeys.capturedPrefix(environment.MODEL_NAME, version)}${environment.ENDPOINT_NAME}/${VARIANT_NAME}/`;
}

/** The baseline lies with the model package of the version that made the predictions. */
async function baselineOf(sagemaker: SageMakerClient, championArn: string, version: number): Promise<string | undefined> {
  const arn = championArn.replace(/\/\d+$/, `/${version}`);
  const modelPackage = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
  const uri = modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.baselineUri];
  return uri === undefined ? undefined : parseS3Uri(uri).key;
}

const clients: PlanWindowClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}) };

export async function handler(event: PlanWindowEvent): Promise<PlanWindowResult> {
  return planWindow(event, clients, requireEnvironment(process.env, MONITORING_ENVIRONMENT));
}
