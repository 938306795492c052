import { DeleteModelCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { requireEnvironment } from '../private/environment.contract';
import { failureSentence } from './failure-sentence';
import { trainingNames } from './training-workflow.contract';
import { CONCLUDE_ENVIRONMENT, type ConcludeEvent, type ConcludeResult } from './training-steps.contract';

/** Removes the models that existed only to be scored, and puts a failure into words. */
export async function concludeTraining(sagemaker: SageMakerClient, model: string, event: ConcludeEvent): Promise<ConcludeResult> {
  for (const role of ['challenger', 'champion'] as const) {
    try {
      await sagemaker.send(new DeleteModelCommand({ ModelName: trainingNames.scoringModel(model, event.runId, role) }));
    } catch (error) {
      // SageMaker has no error of its own for a model that is not there: a ValidationException says "Could not find model".
      if (!/could not find/i.test((error as Error).message)) throw error;
    }
  }
  return { reasons: event.failure ? [failureSentence(event.failure)] : [] };
}

const sagemaker = new SageMakerClient({});

export const handler = (event: ConcludeEvent): Promise<ConcludeResult> => {
  const { MODEL_NAME } = requireEnvironment(process.env, CONCLUDE_ENVIRONMENT);
  return concludeTraining(sagemaker, MODEL_NAME, event);
};
