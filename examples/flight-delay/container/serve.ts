/** Entry of the endpoint and of batch transform: text/csv in, one probability per line out. */
import { readFileSync } from 'node:fs';
import { BadRow, serveModel } from '../../container/inference-server';
import { paths } from '../../container/paths';
import { parseRows } from '../../container/training-channel';
import { DelayModel } from './model';
import { toFlight } from './request';

async function serve(): Promise<void> {
  const model = await DelayModel.parse(readFileSync(paths.model, 'utf8'));
  serveModel((body) => {
    const flights = parseRows(body).map((row, index) => toFlight(row, model.layout, index + 1));
    if (flights.length === 0) throw new BadRow('the request has no rows');
    return model.predict(flights);
  });
}

void serve().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
