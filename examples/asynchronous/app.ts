import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

/**
 * Requests wait in a queue, results are written to S3; while nothing waits there is no instance at all. SageMaker captures nothing of such an
 * endpoint: a function does, so that drift is seen all the same.
 */
const app = new App();
const stack = new Stack(app, 'Asynchronous');
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  deployment: ml.Deployment.canary({
    endpoint: ml.Endpoint.asynchronous({ autoscaling: ml.Autoscaling.backlogPerInstance({ minimum: 0, maximum: 4 }) }),
    waitInterval: Duration.minutes(10),
  }),
  monitoring: ml.Monitoring.standard({ interval: Duration.hours(1), minimumSampleSize: 100 }),
});
