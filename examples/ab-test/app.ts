import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

/** Champion and challenger both answer until the labels say who decides better; the winner serves. */
const app = new App();
const stack = new Stack(app, 'AbTest');
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  deployment: ml.Deployment.abTest({
    outcome: ml.AbTestOutcome.labelAccuracy(),
    challengerPercentage: 50,
    analysisInterval: Duration.minutes(30),
    maximumDuration: Duration.days(1),
    // The winner was chosen because it decides otherwise.
    then: ml.Deployment.allAtOnce({ comparePredictions: false }),
  }),
});
