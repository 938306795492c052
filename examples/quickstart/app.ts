import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

const app = new App();
const stack = new Stack(app, 'Churn');
const lake = new ml.DataLake(stack, 'Lake');

new ml.MlPipeline(stack, 'Pipeline', {
  modelName: 'churn',
  owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
  trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(`${__dirname}/contract.yaml`) }),
  training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '200' }, maxRuntime: Duration.hours(1) }),
  gates: [ml.EvaluationGate.atLeast('auc', 0.8), ml.EvaluationGate.betterThanChampion('auc', { margin: 0.005 })],
  approval: ml.Approval.manual(),
  deployment: ml.Deployment.canary({ canarySize: 10, waitInterval: Duration.minutes(15) }),
  monitoring: ml.Monitoring.standard({ interval: Duration.hours(1) }),
  retraining: ml.Retraining.onDrift({ cooldown: Duration.days(1) }),
});
