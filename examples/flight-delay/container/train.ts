/** Entry of the training job: reads channels `train`, `validation` and `contract`, writes the model. */
import { areaUnderCurve } from '../../container/area-under-curve';
import { channelRows, givenContract, givenHyperparameters, trainingJob, writeModel } from '../../container/training-channel';
import type { Flight, LabelledFlights } from './features';
import { parseHyperparameters } from './hyperparameters';
import { DelayModel } from './model';
import { requestLayout, toFlight, type RequestLayout } from './request';

/** Curated files have no header: label, then the features in contract order. */
function readChannel(name: string, layout: RequestLayout): LabelledFlights {
  const flights: Flight[] = [];
  const labels: number[] = [];
  channelRows(name).forEach(([label, ...features], index) => {
    if (label !== '0' && label !== '1') throw new Error(`channel ${name}, row ${index + 1}: the label must be 0 or 1, got ${JSON.stringify(label)}`);
    labels.push(Number(label));
    flights.push(toFlight(features, layout, index + 1));
  });
  return { flights, labels };
}

trainingJob(async () => {
  const parameters = parseHyperparameters(givenHyperparameters());
  const layout = requestLayout(givenContract());
  const data = readChannel('train', layout);
  if (data.labels.length === 0) throw new Error('channel train has no rows');
  const model = await DelayModel.train(data, layout, parameters);
  const validation = readChannel('validation', layout);
  if (validation.labels.length > 0) {
    // The form that metric definitions of the training job look for.
    console.log(`validation:auc=${areaUnderCurve(model.predict(validation.flights), validation.labels).toFixed(4)};`);
  }
  writeModel(await model.serialize());
  console.log(`trained on ${data.labels.length} flights`);
});
