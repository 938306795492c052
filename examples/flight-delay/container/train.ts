/** Entry of the training job: reads channels `train`, `validation` and `contract`, writes the model. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { areaUnderCurve } from './area-under-curve';
import type { Flight, LabelledFlights } from './features';
import { parseHyperparameters } from './hyperparameters';
import { DelayModel } from './model';
import { paths } from './paths';
import { parseRows, requestLayout, toFlight, type RequestLayout } from './request';

/** Curated files have no header: label, then the features in contract order. */
function readChannel(name: string, layout: RequestLayout): LabelledFlights {
  const flights: Flight[] = [];
  const labels: number[] = [];
  const folder = paths.channel(name);
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  for (const file of files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort()) {
    parseRows(readFileSync(file, 'utf8')).forEach(([label, ...features], index) => {
      if (label !== '0' && label !== '1') throw new Error(`channel ${name}, line ${index + 1}: the label must be 0 or 1, got ${JSON.stringify(label)}`);
      labels.push(Number(label));
      flights.push(toFlight(features, layout, index + 1));
    });
  }
  return { flights, labels };
}

async function train(): Promise<void> {
  const given = existsSync(paths.hyperparameters) ? (JSON.parse(readFileSync(paths.hyperparameters, 'utf8')) as Record<string, string>) : {};
  const parameters = parseHyperparameters(given);
  const layout = requestLayout(JSON.parse(readFileSync(join(paths.channel('contract'), 'contract.json'), 'utf8')));
  const data = readChannel('train', layout);
  if (data.labels.length === 0) throw new Error('channel train has no rows');
  const model = await DelayModel.train(data, layout, parameters);
  const validation = readChannel('validation', layout);
  if (validation.labels.length > 0) {
    // The form that metric definitions of the training job look for.
    console.log(`validation:auc=${areaUnderCurve(model.predict(validation.flights), validation.labels).toFixed(4)};`);
  }
  mkdirSync(dirname(paths.model), { recursive: true });
  writeFileSync(paths.model, await model.serialize());
  console.log(`trained on ${data.labels.length} flights`);
}

train().catch((error: Error) => {
  // SageMaker shows this file as the job's FailureReason.
  mkdirSync(dirname(paths.failure), { recursive: true });
  writeFileSync(paths.failure, error.message);
  console.error(error.message);
  process.exitCode = 1;
});
