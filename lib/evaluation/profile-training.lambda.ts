import { S3Client } from '@aws-sdk/client-s3';
import { CsvScanner } from '../data/csv';
import { lakeKeys } from '../data/data-lake.contract';
import { type Baseline, PREDICTION_COLUMN, ProfileBuilder } from '../drift';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, getStream, putJson } from '../private/object-store.lambda-shared';
import { EVALUATE_ENVIRONMENT, type ProfileTrainingEvent } from './gate.contract';

/**
 * Profiles one curated part of the training channel in the bins of the version's baseline, so that the monitor can compare what the endpoint
 * gets with what the version was trained on. A raw file without training rows has no part, and gives an empty profile.
 */
export async function profileTraining(s3: S3Client, bucket: string, model: string, event: ProfileTrainingEvent): Promise<void> {
  const { runId, snapshotId, file } = event;
  const baseline = await getJson<Baseline>(s3, bucket, lakeKeys.baseline(model, runId));
  if (!baseline) throw new Error(`run ${runId} has no baseline: evaluate comes first`);
  const profile = new ProfileBuilder(baseline.value);
  const features = baseline.value.columns.filter(({ name }) => name !== PREDICTION_COLUMN).length;
  const partKey = lakeKeys.curatedPart(model, snapshotId, 'train', file.index);
  // The label comes first, then the features in the baseline's order; nothing was predicted for them.
  const scanner = new CsvScanner((row, line) => {
    if (row.length !== features + 1) throw new Error(`${partKey}:${line} has ${row.length} values, expected the label and ${features} features`);
    profile.add([...row.slice(1), undefined]);
  });
  const decoder = new TextDecoder();
  for await (const chunk of (await getStream(s3, bucket, partKey)) ?? []) scanner.write(decoder.decode(chunk, { stream: true }));
  scanner.end();
  await putJson(s3, bucket, lakeKeys.trainingProfile(model, runId, file.index), profile.build());
}

const s3 = new S3Client({});

/** Answers next to nothing: a distributed map collects what thousands of children answer. */
export const handler = async (event: ProfileTrainingEvent): Promise<{ done: true }> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, EVALUATE_ENVIRONMENT);
  await profileTraining(s3, LAKE_BUCKET, MODEL_NAME, event);
  return { done: true };
};
