import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { HeadObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { columnLayout, type ContractColumn, type ContractDocument } from '../data/data-contract.contract';
import { lakeKeys } from '../data/data-lake.contract';
import { readCaptureFile } from '../capture/capture-reader';
import { DIMENSION_MODEL, METRIC_NAMESPACE, METRICS } from '../monitoring/metric-catalogue.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, getText, putJson } from '../private/object-store.lambda-shared';
import { PACKAGE_METADATA } from '../registry/model-package.contract';
import { parquetFile } from './parquet-file.lambda-shared';
import { featureColumns, FIXED_COLUMNS } from './prediction-columns';
import {
  type CapturedObject,
  DAY_COLUMN,
  isUncaptured,
  type LogAgainEvent,
  logKey,
  type LogPredictionsResult,
  type ObjectCreatedEvent,
  PREDICTION_LOG_ENVIRONMENT,
  readCapturedKey,
} from './prediction-log.contract';
import { countProblems, predictionRows } from './prediction-rows';

export interface LogPredictionsClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly cloudwatch: CloudWatchClient;
}

type Environment = Record<(typeof PREDICTION_LOG_ENVIRONMENT)[number], string>;

/** Writes the captured file, or all files below a prefix, into the prediction log. A file that is there is left alone. */
export async function logPredictions(event: ObjectCreatedEvent | LogAgainEvent, clients: LogPredictionsClients, environment: Environment): Promise<LogPredictionsResult> {
  const total = { files: 0, rows: 0, problems: 0 };
  for (const key of await capturedKeys(event, clients.s3, environment)) {
    const captured = readCapturedKey(environment.MODEL_NAME, key);
    if (!captured && isUncaptured(key)) continue;
    if (!captured) throw new Error(`${key} is not a captured file of model ${environment.MODEL_NAME}`);
    const logged = await logFile(captured, event.time, clients, environment);
    total.files += Number(logged !== undefined);
    total.rows += logged?.rows ?? 0;
    total.problems += logged?.problems ?? 0;
  }
  return total;
}

async function capturedKeys(event: ObjectCreatedEvent | LogAgainEvent, s3: S3Client, environment: Environment): Promise<string[]> {
  if (!('prefix' in event)) return [event.detail.object.key];
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: environment.LAKE_BUCKET, Prefix: event.prefix })) {
    for (const { Key } of page.Contents ?? []) if (Key!.endsWith('.jsonl')) keys.push(Key!);
  }
  return keys;
}

/** Order of writes: report → metric → log. Only the log marks the file as done, so that a crash between any two repeats the rest. */
async function logFile(captured: CapturedObject, time: string, clients: LogPredictionsClients, environment: Environment): Promise<{ rows: number; problems: number } | undefined> {
  const { LAKE_BUCKET: Bucket, MODEL_NAME: model } = environment;
  const Key = logKey(model, captured);
  if (await exists(clients.s3, Bucket, Key)) return undefined;
  const text = (await getText(clients.s3, Bucket, captured.key))?.value;
  // Expired, or removed on somebody's request: there is nothing left to log.
  if (text === undefined) return undefined;

  const modelPackageArn = `${environment.MODEL_PACKAGE_GROUP_ARN.replace(':model-package-group/', ':model-package/')}/${captured.version}`;
  const features = await featuresOf(modelPackageArn, clients, environment);
  const names = features.map(({ name }) => name);
  const columns = featureColumns(features, JSON.parse(environment.DROPPED_COLUMNS) as string[], [DAY_COLUMN]);
  const { rows, report } = predictionRows(readCaptureFile(text, { features: names }), { captured, modelPackageArn, features: names, columns });

  const problems = countProblems(report);
  if (problems > 0) {
    await putJson(clients.s3, Bucket, lakeKeys.predictionLogReport(model, captured.day, captured.name), report);
    await clients.cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: METRIC_NAMESPACE,
        MetricData: [
          {
            MetricName: METRICS.predictionLogProblems.name,
            Unit: METRICS.predictionLogProblems.unit,
            Value: problems,
            Timestamp: new Date(time),
            Dimensions: [{ Name: DIMENSION_MODEL, Value: model }],
          },
        ],
      }),
    );
  }
  await clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: parquetFile([...FIXED_COLUMNS, ...columns], rows), ContentType: 'application/vnd.apache.parquet' }));
  return { rows: rows.length, problems };
}

async function exists(s3: S3Client, Bucket: string, Key: string): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    // HeadObject has no body, hence no error code: 404 is all it says (API_HeadObject).
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}

/** Of versions whose package has been read; a version never changes. */
const known = new Map<string, Promise<readonly ContractColumn[]>>();

/** The features of the version itself: the contract of today may have others. */
function featuresOf(modelPackageArn: string, clients: LogPredictionsClients, environment: Environment): Promise<readonly ContractColumn[]> {
  let features = known.get(modelPackageArn);
  if (!features) {
    features = readFeatures(modelPackageArn, clients, environment);
    known.set(modelPackageArn, features);
    features.catch(() => known.delete(modelPackageArn));
  }
  return features;
}

async function readFeatures(modelPackageArn: string, clients: LogPredictionsClients, environment: Environment): Promise<readonly ContractColumn[]> {
  const modelPackage = await clients.sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: modelPackageArn }));
  const snapshotId = modelPackage.CustomerMetadataProperties?.[PACKAGE_METADATA.snapshotId];
  if (snapshotId === undefined) throw new Error(`${modelPackageArn} names no snapshot, so the columns of its requests are not known`);
  const key = lakeKeys.curatedContract(environment.MODEL_NAME, snapshotId);
  const contract = await getJson<ContractDocument>(clients.s3, environment.LAKE_BUCKET, key);
  if (!contract) throw new Error(`the contract ${key} does not exist`);
  return columnLayout(contract.value).features;
}

const clients: LogPredictionsClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}), cloudwatch: new CloudWatchClient({}) };

export async function handler(event: ObjectCreatedEvent | LogAgainEvent): Promise<LogPredictionsResult> {
  return logPredictions(event, clients, requireEnvironment(process.env, PREDICTION_LOG_ENVIRONMENT));
}
