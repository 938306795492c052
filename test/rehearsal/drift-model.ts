import { App, Duration, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import * as ml from '../../lib';
import { type ContractDocument } from '../../lib/data/data-contract.contract';
import { BaselineBuilder, type Baseline, PREDICTION_COLUMN } from '../../lib/drift';
import { SegmentedBuilder } from '../../lib/model-quality/quality-segment';

export const MODEL = 'churn';
export const IMAGE = `111122223333.dkr.ecr.us-east-1.amazonaws.com/${MODEL}:v1`;

/** Its columns, as a request has them. */
export const FEATURES = ['amount', 'age', 'channel', 'city'] as const;
const CHANNELS = ['web', 'shop', 'phone'];

export const CONTRACT: ContractDocument = {
  task: 'binary-classification',
  columns: [
    { name: 'left', type: 'boolean', roles: ['label'], maximumNullShare: 0 },
    { name: 'amount', type: 'number', roles: ['feature'], maximumNullShare: 0, minimum: 0 },
    { name: 'age', type: 'integer', roles: ['feature'], maximumNullShare: 0, minimum: 0, maximum: 120 },
    { name: 'channel', type: 'string', roles: ['feature'], maximumNullShare: 0, categories: CHANNELS },
    { name: 'city', type: 'string', roles: ['feature'], maximumNullShare: 0 },
  ],
};

/** Synthesizes one small model with everything that watches it, as a user gets it; what is not watching is left out. */
export function synthesize(outdir: string): string {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Drift', { env: { account: '111122223333', region: 'us-east-1' } });
  const contract = { task: CONTRACT.task, columns: CONTRACT.columns.map(({ roles, categories, maximumNullShare: _, ...column }) => ({ ...column, roles: [...roles], ...(categories ? { categories: [...categories] } : {}) })) };
  new ml.MlPipeline(stack, 'Pipeline', {
    modelName: MODEL,
    owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake'), { contract: ml.DataContract.fromObject(contract) }),
    training: ml.Training.container(ml.ContainerImage.fromEcrRepository(Repository.fromRepositoryName(stack, 'Image', MODEL), 'v1')),
    deployment: ml.Deployment.allAtOnce({ waitInterval: Duration.minutes(6), comparePredictions: false }),
    monitoring: ml.Monitoring.standard({ criticalFeatures: ['city'], groundTruth: ml.GroundTruth.labels({ interval: Duration.hours(6), maximumDelay: Duration.hours(12) }) }),
    retraining: ml.Retraining.onDrift(),
    predictionLog: ml.PredictionLog.none(),
  });
  app.synth();
  return outdir;
}

/** One prediction; the same number is always the same. */
export interface Row {
  readonly number: number;
  readonly amount: number | string;
  readonly age: number | string;
  readonly channel: string;
  readonly city: string;
  readonly score: number;
  /** What turns out to be true. */
  readonly truth: 0 | 1;
}

/** Scores are calibrated: of those with score 0.7, seven in ten leave. */
export function row(number: number): Row {
  const score = Number(fraction(number, 5).toFixed(6));
  return {
    number,
    amount: Math.round(50_000 * fraction(number, 1)) / 100,
    age: 18 + Math.floor(60 * fraction(number, 2)),
    channel: CHANNELS[Math.floor(3 * fraction(number, 3))]!,
    city: `city-${Math.floor(20 * fraction(number, 4))}`,
    score,
    truth: fraction(number, 6) < score ? 1 : 0,
  };
}

export function csv({ amount, age, channel, city }: Row): string {
  return `${amount},${age},${channel},${city}`;
}

/** What the training run leaves of a test set of other rows than any that is asked about. */
export function baseline(): Baseline {
  const builder = new BaselineBuilder([
    { name: 'amount', type: 'numeric' },
    { name: 'age', type: 'numeric' },
    { name: 'channel', type: 'categorical' },
    { name: 'city', type: 'categorical' },
    { name: PREDICTION_COLUMN, type: 'numeric' },
  ]);
  for (let number = 1; number <= 5000; number++) {
    const { amount, age, channel, city, score } = row(-number);
    builder.add([String(amount), String(age), channel, city, String(score)]);
  }
  return builder.build();
}

export function testSetQuality(): unknown {
  const builder = new SegmentedBuilder('binary-classification', [], 0.5);
  for (let number = 1; number <= 5000; number++) {
    const { score, truth } = row(-number);
    builder.add(score, truth, []);
  }
  return builder.build();
}

/** Uniform in [0, 1): a hash of number and property. */
function fraction(number: number, property: number): number {
  let hash = Math.imul(number ^ Math.imul(property, 0x9e3779b1), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}
