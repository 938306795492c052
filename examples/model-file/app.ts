import { App, Stack } from 'aws-cdk-lib';
import * as ml from '../../lib';

const app = new App();
const stack = new Stack(app, 'ChurnFromFile');

ml.MlPipeline.fromFile(stack, 'Pipeline', `${__dirname}/churn.yaml`);
