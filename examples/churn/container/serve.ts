/** Entry of the endpoint and of batch transform: text/csv in, one probability per line out. */
import { readFileSync } from 'node:fs';
import { BadRow, serveModel } from '../../container/inference-server';
import { paths } from '../../container/paths';
import { parseRows } from '../../container/training-channel';
import { type LogisticModel, predictLogistic } from './logistic-model';

const model = JSON.parse(readFileSync(paths.model, 'utf8')) as LogisticModel;

serveModel((body) =>
  parseRows(body).map((fields, index) => {
    const row = fields.map(Number);
    if (row.length !== model.names.length || row.some((value) => !Number.isFinite(value))) {
      throw new BadRow(`line ${index + 1}: expected ${model.names.length} numbers (${model.names.join(', ')}), got ${JSON.stringify(fields.join(','))}`);
    }
    return predictLogistic(model, row);
  }),
);
