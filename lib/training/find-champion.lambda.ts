import { S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { lakeKeys } from '../data/data-lake.contract';
import type { ChampionPointer } from '../deployment/deployment.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson } from '../private/object-store.lambda-shared';
import { type FindChampionResult, TRAINING_STEP_ENVIRONMENT } from './training-steps.contract';

/** Image and model data of the version that the champion pointer names. */
export async function findChampion(s3: S3Client, sagemaker: SageMakerClient, bucket: string, model: string): Promise<FindChampionResult> {
  const pointer = await getJson<ChampionPointer>(s3, bucket, lakeKeys.championPointer(model));
  if (!pointer) return { exists: false };
  const { version, modelPackageArn } = pointer.value;
  const modelPackage = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: modelPackageArn }));
  const container = modelPackage.InferenceSpecification?.Containers?.[0];
  if (container?.Image === undefined || container.ModelDataUrl === undefined) throw new Error(`${modelPackageArn} names no image and model data to score`);
  return { exists: true, version, image: container.Image, modelDataUrl: container.ModelDataUrl, environment: container.Environment ?? {} };
}

const s3 = new S3Client({});
const sagemaker = new SageMakerClient({});

export const handler = (): Promise<FindChampionResult> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, TRAINING_STEP_ENVIRONMENT);
  return findChampion(s3, sagemaker, LAKE_BUCKET, MODEL_NAME);
};
