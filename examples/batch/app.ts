import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ml from '../../lib';

/** All customers are scored once a day by a transform job with the version that serves; what it captures is monitored as requests are. */
const app = new App();
const stack = new Stack(app, 'Batch');
const lake = new ml.DataLake(stack, 'Lake');

const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, '..', 'churn', 'contract.yaml')) }),
  training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'churn', 'container'))),
  gates: [ml.EvaluationGate.atLeast('auc', 0.6)],
  approval: ml.Approval.automatic(),
  // Registers the SageMaker Model that jobs use, and answers the rare single question.
  deployment: ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.realTime({ instanceCount: 1, autoscaling: ml.Autoscaling.none() }) }),
  monitoring: ml.Monitoring.standard({ interval: Duration.hours(24), windows: 1, of: 1 }),
});

/** Of whatever starts the job every day: a workflow, a scheduler, a person. */
const scorer = new iam.Role(stack, 'Scorer', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com') });
pipeline.grants.transformBatch(scorer);
