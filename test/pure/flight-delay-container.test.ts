import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from '../../examples/container/area-under-curve';
import { encode, FEATURE_COUNT, fitEncoding, type Flight, type LabelledFlights } from '../../examples/flight-delay/container/features';
import { parseHyperparameters } from '../../examples/flight-delay/container/hyperparameters';
import { DelayModel } from '../../examples/flight-delay/container/model';
import { requestLayout, toFlight } from '../../examples/flight-delay/container/request';
import { BadRow } from '../../examples/container/inference-server';
import { parseRows } from '../../examples/container/training-channel';

const layout = { features: ['hour', 'origin', 'destination', 'distance', 'weekday', 'month'] };

/** Evening flights from ORD are late, all others are not. */
function data(rows: number): LabelledFlights {
  const flights = Array.from({ length: rows }, (_, i): Flight => {
    const origin = ['ORD', 'ATL', 'SFO'][i % 3]!;
    return { origin, destination: 'JFK', distance: 300 + (i % 50), hour: (i * 7) % 24, weekday: i % 7, month: 1 };
  });
  return { flights, labels: flights.map(({ origin, hour }) => (origin === 'ORD' && hour > 14 ? 1 : 0)) };
}

describe('learner', () => {
  it('learns, is the same for the same seed, and survives being written and read', async () => {
    const parameters = parseHyperparameters({ epochs: '8', learningRate: '0.02' });
    const training = data(3000);
    const model = await DelayModel.train(training, layout, parameters);
    const scores = model.predict(training.flights);
    expect(areaUnderCurve(scores, training.labels)).toBeGreaterThan(0.9);
    const text = await model.serialize();
    expect(await (await DelayModel.train(data(3000), layout, parameters)).serialize()).toBe(text);
    expect((await DelayModel.parse(text)).predict(training.flights.slice(0, 20))).toEqual(scores.slice(0, 20));
    const other = await DelayModel.train(training, layout, parseHyperparameters({ epochs: '8', learningRate: '0.02', seed: '2' }));
    expect(await other.serialize()).not.toBe(text);
  });

  it('is worse with crippled hyperparameters', async () => {
    const training = data(3000);
    const crippled = await DelayModel.train(training, layout, parseHyperparameters({ epochs: '1', hiddenUnits: '1', learningRate: '0.00001', smoothing: '1000000' }));
    expect(areaUnderCurve(crippled.predict(training.flights), training.labels)).toBeLessThan(0.8);
  });
});

describe('features', () => {
  it('encode training rows without their own fold: a category of one row says nothing about it', () => {
    const base = data(300);
    const lonely: LabelledFlights = { flights: [...base.flights, { ...base.flights[0]!, origin: 'XXX' }], labels: [...base.labels, 1] };
    const { matrix, encoding } = fitEncoding(lonely, 10, 1);
    expect(matrix[300 * FEATURE_COUNT]).toBe(0);
    expect(encode([lonely.flights[300]!], encoding)[0]).toBeGreaterThan(0);
  });

  it('stay numbers for unseen categories and a missing distance', () => {
    const { encoding } = fitEncoding(data(100), 10, 1);
    const row = encode([{ origin: '?', destination: '?', distance: NaN, hour: 5, weekday: 3, month: 12 }], encoding);
    expect(row).toHaveLength(FEATURE_COUNT);
    expect([...row].every(Number.isFinite)).toBe(true);
  });
});

describe('requests', () => {
  it('follow the order of the contract', () => {
    const columns = [...layout.features, 'delayed'].map((name) => ({ name, roles: [name === 'delayed' ? 'label' : 'feature'] }));
    expect(requestLayout({ columns })).toEqual(layout);
    expect(() => requestLayout({ columns: columns.slice(1) })).toThrow(/no feature hour/);
    const [row] = parseRows('23,"ORD",JFK,740,0,2\n');
    expect(toFlight(row!, layout, 1)).toEqual({ origin: 'ORD', destination: 'JFK', distance: 740, hour: 23, weekday: 0, month: 2 });
  });

  it('fail with the line when a row cannot be scored', () => {
    const flight = (text: string): (() => Flight) => () => toFlight(parseRows(text)[0]!, layout, 4);
    expect(flight('1,2')).toThrow(new BadRow('line 4: expected 6 values (hour, origin, destination, distance, weekday, month), got 2'));
    expect(flight('9,ORD,JFK,far,0,1')).toThrow(/line 4: distance must be a number, got "far"/);
    expect(flight(',ORD,JFK,100,0,1')).toThrow(/line 4: hour is missing/);
    expect(flight('9,ORD,JFK,,0,1')().distance).toBeNaN();
  });
});

describe('hyperparameters', () => {
  it('have defaults and fail with every problem at once', () => {
    expect(parseHyperparameters({})).toMatchObject({ epochs: 3, batchSize: 256, seed: 1 });
    expect(() => parseHyperparameters({ epoch: '3', epochs: '0', learningRate: 'fast' })).toThrow(/unknown hyperparameter epoch;.*epochs must be an integer.*learningRate must be a number/);
  });
});

describe('area under the curve', () => {
  it('counts ties half', () => {
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(areaUnderCurve([0.5, 0.5], [0, 1])).toBe(0.5);
    expect(areaUnderCurve([0.5], [1])).toBeNaN();
  });
});
