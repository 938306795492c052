import { join } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as ml from '../../lib';

/** Predicts whether a flight will be more than 15 minutes late. `npx cdk deploy` brings it to life, `npm run rehearse` rehearses it. */
class FlightDelay extends Stack {
  public constructor(scope: App, id: string) {
    super(scope, id);
    const lake = new ml.DataLake(this, 'Lake');

    new ml.MlPipeline(this, 'Pipeline', {
      modelName: 'flight-delay',
      owner: ml.ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }),
      trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.fromFile(join(__dirname, 'contract.yaml')) }),
      // `npm run bundle` makes this folder: train and serve as single files, beside their Dockerfile.
      training: ml.Training.container(ml.ContainerImage.fromAsset(join(__dirname, '..', '..', 'dist', 'examples', 'flight-delay', 'container')), {
        hyperparameters: { epochs: '3', learningRate: '0.003' },
        maxRuntime: Duration.hours(1),
        metricDefinitions: [{ name: 'validation:auc', regex: 'validation:auc=([0-9.]+)' }],
      }),
      gates: [ml.EvaluationGate.atLeast('auc', 0.6), ml.EvaluationGate.betterThanChampion('auc', { margin: 0.002 })],
      approval: ml.Approval.automatic(),
      deployment: ml.Deployment.canary({ canarySize: 50, waitInterval: Duration.minutes(10) }),
      // A window of six hours has its hours, its weekday and its month: that is the calendar, not drift (docs/backtest.md).
      monitoring: ml.Monitoring.standard({ interval: Duration.hours(6), featureWeights: { hour: 0, weekday: 0, month: 0 } }),
      retraining: ml.Retraining.onDrift({ cooldown: Duration.days(1) }),
    });
  }
}

const app = new App();
new FlightDelay(app, 'FlightDelay');
Validations.of(app).addPlugins(new AwsSolutionsChecks());
app.synth();
