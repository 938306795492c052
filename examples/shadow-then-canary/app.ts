import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

/** The new version first answers copies of the requests. When it decides like the champion often enough, a canary follows. */
const app = new App();
const stack = new Stack(app, 'ShadowThenCanary');
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  deployment: ml.Deployment.shadow({
    agreement: ml.ShadowAgreement.classification({ maximumDisagreement: 0.15 }),
    minimumDuration: Duration.minutes(30),
    then: ml.Deployment.canary({ waitInterval: Duration.minutes(10) }),
  }),
});
