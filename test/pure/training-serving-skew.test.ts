import { describe, expect, it } from 'vitest';
import { type Baseline, BaselineBuilder, type Profile, ProfileBuilder } from '../../lib/drift';
import { isFirstWindow, trainingServingSkew } from '../../lib/monitoring/training-serving-skew';

const POLICY = { minimumSampleSize: 200, psiThreshold: 0.2, falseDiscoveryRate: 0.01, weights: {} };
const COLUMNS = [
  { name: 'distance', type: 'numeric' as const },
  { name: 'carrier', type: 'categorical' as const },
  { name: 'prediction', type: 'numeric' as const },
];

/** Spread evenly, in a mixed order. */
const uniform = (row: number): number => (row * 0.6180339887498949) % 1;
type Row = (row: number) => [string, string];
const plain: Row = (row) => [String(uniform(row) * 1000), 'ABCD'[row % 4]!];
const kilometres: Row = (row) => [String(uniform(row) * 1609), 'ABCD'[row % 4]!];

function profileOf(baseline: Baseline, rows: number, row: Row): Profile {
  const builder = new ProfileBuilder(baseline);
  for (let index = 0; index < rows; index++) builder.add([...row(index), '0.5']);
  return builder.build();
}

/** Tested on rows like `test`, trained on rows like `training`. */
function baselineOf(test: Row, training: Row): Baseline {
  const builder = new BaselineBuilder(COLUMNS);
  for (let index = 0; index < 5000; index++) builder.add([...test(index), '0.5']);
  const baseline = builder.build();
  const trained = profileOf(baseline, 20_000, training);
  return { ...baseline, columns: baseline.columns.map((column, position) => (column.name === 'prediction' ? column : { ...column, training: trained.columns[position]! })) };
}

describe('training-serving skew', () => {
  it('is a feature that comes to the endpoint in another unit than it was trained in', () => {
    const baseline = baselineOf(plain, plain);
    const skew = trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), true, POLICY)!;
    expect(skew).toMatchObject({ judged: true, skewed: true });
    expect(skew.features.map(({ name, skewed }) => [name, skewed])).toEqual([['distance', true], ['carrier', false]]);
    expect(skew.reasons).toEqual([expect.stringMatching(/^distance comes to the endpoint as it was not in training: population stability index \d/)]);
  });

  it('is none when serving and training agree', () => {
    const baseline = baselineOf(plain, plain);
    expect(trainingServingSkew(baseline, profileOf(baseline, 1000, plain), true, POLICY)).toMatchObject({ judged: true, skewed: false, reasons: [] });
  });

  it('is not what training and test differ in by themselves', () => {
    const baseline = baselineOf(kilometres, plain);
    expect(trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), true, POLICY)!.skewed).toBe(false);
  });

  it('is not called so in later windows, where the same difference is drift; the distance is reported all the same', () => {
    const baseline = baselineOf(plain, plain);
    const skew = trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), false, POLICY)!;
    expect(skew).toMatchObject({ judged: false, skewed: false, reasons: [] });
    expect(skew.features[0]!.trainingPsi).toBeGreaterThan(0.2);
  });

  it('is not drift that the version before had already, and that a new version did not cure', () => {
    const baseline = baselineOf(plain, plain);
    expect(trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), true, POLICY, ['distance'])!.skewed).toBe(false);
    expect(trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), true, POLICY, ['carrier'])!.skewed).toBe(true);
  });

  it('says nothing below the minimum sample, and nothing of features without weight', () => {
    const baseline = baselineOf(plain, plain);
    expect(trainingServingSkew(baseline, profileOf(baseline, 199, kilometres), true, POLICY)).toMatchObject({ judged: false, skewed: false });
    expect(trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), true, { ...POLICY, weights: { distance: 0 } })!.skewed).toBe(false);
  });

  it('is unknown when the training data was not profiled', () => {
    const builder = new BaselineBuilder(COLUMNS);
    for (let index = 0; index < 300; index++) builder.add([...plain(index), '0.5']);
    const baseline = builder.build();
    expect(trainingServingSkew(baseline, profileOf(baseline, 1000, kilometres), true, POLICY)).toBeUndefined();
  });
});

describe('the first windows of a version', () => {
  const POLICY_OF_A_DAY = { maximumLookbackSeconds: 86_400 };
  const window = (start: string, hours: number): { id: string; start: string; end: string } => ({ id: start, start, end: new Date(Date.parse(start) + hours * 3_600_000).toISOString() });

  it.each([
    ['2001-02-05T09:00:00Z', 1, true],
    ['2001-02-06T09:00:00Z', 1, true],
    ['2001-02-06T10:00:00Z', 1, false],
    ['2001-02-07T00:00:00Z', 24, true],
    ['2001-02-09T00:00:00Z', 24, false],
  ])('%s of %i hours is one: %s', (start, hours, first) => {
    expect(isFirstWindow(window(start, hours), '2001-02-05T09:30:00Z', POLICY_OF_A_DAY)).toBe(first);
  });
});
