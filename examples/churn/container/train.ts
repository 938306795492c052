/** Entry of the training job. Hyperparameter `features`: comma-separated names that the model may look at; all when absent. */
import { channelRows, givenContract, givenHyperparameters, trainingJob, writeModel } from '../../container/training-channel';
import { trainLogistic } from './logistic-model';

trainingJob(() => {
  const columns = givenContract().columns as { name: string; roles: string[] }[];
  const names = columns.filter(({ roles }) => roles.includes('feature')).map(({ name }) => name);
  const used = givenHyperparameters()['features']?.split(',') ?? names;
  const unknown = used.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`hyperparameter features names ${unknown.join(', ')}; the contract has ${names.join(', ')}`);
  // Curated files have no header: label, then the features in contract order.
  const rows = channelRows('train').map((row) => row.map(Number));
  if (rows.length === 0) throw new Error('channel train has no rows');
  writeModel(JSON.stringify(trainLogistic(names, rows.map((row) => row.slice(1)), rows.map((row) => row[0]!), used)));
});
