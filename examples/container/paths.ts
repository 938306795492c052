import { join } from 'node:path';

/** Folders of the SageMaker container contract below /opt/ml ("How Amazon SageMaker AI provides training information"). */
const base = process.env.SAGEMAKER_BASE_DIR ?? '/opt/ml';

export const paths = {
  hyperparameters: join(base, 'input', 'config', 'hyperparameters.json'),
  channel: (name: string): string => join(base, 'input', 'data', name),
  model: join(base, 'model', 'model.json'),
  failure: join(base, 'output', 'failure'),
} as const;
