import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

/** Paid by use, no instances. SageMaker has no guardrails for it: the workflow itself watches the new version and puts the old one back. */
const app = new App();
const stack = new Stack(app, 'Serverless');
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  deployment: ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless({ maximumConcurrency: 20 }), waitInterval: Duration.minutes(10) }),
  // Serverless endpoints capture no requests, so there is nothing to monitor (serverless-endpoints, "Feature exclusions").
  monitoring: ml.Monitoring.none(),
});
