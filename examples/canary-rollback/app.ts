import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

/** Half of the traffic for ten minutes first; what fails there goes back by itself, and the previous version can be had again by hand. */
const app = new App();
const stack = new Stack(app, 'CanaryRollback');
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  deployment: ml.Deployment.canary({ canarySize: 50, waitInterval: Duration.minutes(10) }),
});
