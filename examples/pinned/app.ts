import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

/** The endpoint belongs to CloudFormation: `cdk deploy -c version=2` is the release, with the same guardrails. */
const app = new App();
const stack = new Stack(app, 'Pinned');
// Nothing is deployed until a version is named: the first one has to be trained before.
const version = app.node.tryGetContext('version') as string | undefined;
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  deployment: ml.Deployment.pinned({ version: version === undefined ? undefined : Number(version), by: ml.Deployment.canary({ waitInterval: Duration.minutes(10) }) }),
});
