import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../../lib/cli/data-document';
import { baselineOf, BaselineBuilder, compareColumns, cumulativeDistance, fileSamples, numericSample } from '../../lib/drift';
import { readConstraints } from '../../lib/model-monitor/constraints';
import { importBaseline } from '../../lib/model-monitor/import-baseline';
import { sketchItems } from '../../lib/model-monitor/kll-sketch';
import { ProblemList, problemSentence } from '../../lib/private/problem-list';

const DEEQU = { k: 2048, c: 0.64 };

function numeric(name: string, members: Record<string, unknown>, type = 'Fractional'): object {
  return { name, inferred_type: type, numerical_statistics: { common: { num_present: 4, num_missing: 1 }, mean: 2.5, std_dev: Math.sqrt(1.25), min: 1, max: 4, ...members } };
}

function statistics(...features: object[]): object {
  return { version: 0.0, dataset: { item_count: 5 }, features };
}

function imported(value: object, constraints?: object): ReturnType<typeof importBaseline> {
  const problems = new ProblemList();
  const result = importBaseline({ name: 'statistics.json', value }, constraints && { name: 'constraints.json', value: constraints }, problems);
  expect(problems.all).toEqual([]);
  return result;
}

/** A generator of its own, for the coins of the sketch. */
function coins(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** A KLL sketch as deequ makes it: a full level hands every second of its sorted items to the next. */
function sketch(values: readonly number[], k: number, c: number, random: () => number): number[][] {
  const levels: number[][] = [[]];
  const capacity = (level: number): number => 2 * Math.ceil(Math.max(2, (k * c ** (levels.length - 1 - level)) / 2));
  for (const value of values) {
    levels[0]!.push(value);
    for (let level = 0; level < levels.length; level++) {
      if (levels[level]!.length < capacity(level)) continue;
      const items = levels[level]!.sort((a, b) => a - b);
      const kept = items.length % 2 === 1 ? [items.pop()!] : [];
      const offset = random() < 0.5 ? 0 : 1;
      if (level + 1 === levels.length) levels.push([]);
      levels[level + 1]!.push(...items.filter((_, index) => index % 2 === offset));
      levels[level] = kept;
    }
  }
  return levels;
}

describe('a KLL sketch', () => {
  it('is read as deequ compares it: L-infinity of its test', () => {
    const [a, b] = [[1, 2, 3, 4], [2, 3, 4, 5]].map((level) => sketchItems({ levels: [level], ...DEEQU }));
    const weighted = (items: typeof a): { values: Float64Array; counts: Float64Array; total: number } => ({ values: Float64Array.from(items!.values), counts: Float64Array.from(items!.counts), total: 4 });
    expect(cumulativeDistance(weighted(a), weighted(b)).greatest).toBe(0.25);
  });

  it('stands for two to the power of its level', () => {
    expect(sketchItems({ levels: [[3, 1], [2, 1], [5]], ...DEEQU })).toMatchObject({ values: [1, 2, 3, 5], counts: [3, 2, 1, 4] });
    expect(sketchItems({ levels: [[1, NaN, Infinity, -0, 0]], ...DEEQU })).toEqual({ values: [0, 1], counts: [2, 1], rankError: 0 });
  });

  it('keeps the number of values, and its ranks to about the stated error', () => {
    let outside = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const random = coins(seed);
      const values = Array.from({ length: 20_000 }, () => random());
      const parameters = { k: 128, c: 0.64 };
      const { values: items, counts, rankError } = sketchItems({ levels: sketch(values, parameters.k, parameters.c, random), ...parameters });
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      const sorted = [...values].sort((a, b) => a - b);
      const rank = (limit: number): number => items.reduce((sum, value, index) => sum + (value <= limit ? counts[index]! : 0), 0) / values.length;
      // At one rank: the statement is of each, not of the worst.
      if (Math.abs(rank(sorted[9_999]!) - 0.5) > rankError) outside += 1;
      expect(rankError).toBeLessThan(0.05);
    }
    // Two standard deviations: about one in twenty is further off.
    expect(outside).toBeLessThanOrEqual(6);
  });
});

describe('imported statistics', () => {
  it('of a sketch that left nothing out give the baseline of the values themselves', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 300 }), (values) => {
        const { profile, losses } = imported(statistics(numeric('x', { common: { num_present: values.length, num_missing: 0 }, distribution: { kll: { sketch: { parameters: DEEQU, data: [values] } } } })));
        expect(losses).toEqual([]);
        const builder = new BaselineBuilder([{ name: 'x', type: 'numeric' }]);
        for (const value of values) builder.add([String(value)]);
        const [ours, theirs] = [builder.build(), baselineOf(fileSamples(profile))];
        expect(theirs.columns[0]!.bins).toEqual(ours.columns[0]!.bins);
        expect(theirs.columns[0]!.reference.counts).toEqual(ours.columns[0]!.reference.counts);
      }),
    );
  });

  it('name every loss', () => {
    const { profile, losses } = imported(
      statistics(
        numeric('buckets', { distribution: { kll: { buckets: [{ lower_bound: 1, upper_bound: 2.5, count: 2 }, { lower_bound: 2.5, upper_bound: 4, count: 2 }] } } }),
        numeric('moments', {}),
        numeric('other', { mean: 'NaN', distribution: { kll: { sketch: { data: [[1, 2, 3]] } } } }),
        { name: 'words', inferred_type: 'String', string_statistics: { common: { num_present: 10, num_missing: 0 }, distinct_count: 5, distribution: { categorical: { buckets: [{ value: 'a', count: 6 }] } } } },
        { name: 'ids', inferred_type: 'String', string_statistics: { common: { num_present: 10, num_missing: 0 }, distinct_count: 10 } },
        { name: 'unknown', inferred_type: 'Unknown' },
        numeric('empty', { common: { num_present: 0, num_missing: 5 } }),
      ),
    );
    expect(profile.columns.map(({ name, count }) => [name, count])).toEqual([['buckets', 5], ['other', 4], ['words', 10]]);
    expect(losses).toEqual([
      expect.stringMatching(/^buckets: it has no sketch; .* 2 buckets, so a rank may be off by 50 %/),
      expect.stringMatching(/^moments: its statistics have neither sketch nor buckets/),
      expect.stringMatching(/^other: its distribution is of 3 values, its statistics say 4/),
      expect.stringMatching(/^other: its mean or standard deviation is not known/),
      expect.stringMatching(/^words: 4 of 10 values are in categories that its statistics do not list/),
      expect.stringMatching(/^ids: its 10 values were not counted one by one/),
      expect.stringMatching(/^unknown: it has no statistics \(inferred type Unknown\)/),
      expect.stringMatching(/^empty: it had no values/),
    ]);
  });

  it.each(['calibrated', 'evidently', 'sagemaker-simple', 'sagemaker-robust'] as const)('see no drift in categories that Model Monitor did not list, in mode %s', (mode) => {
    const buckets = [{ value: 'a', count: 600 }, { value: 'b', count: 200 }];
    const { profile } = imported(statistics({ name: 'c', inferred_type: 'String', string_statistics: { common: { num_present: 1000, num_missing: 0 }, distinct_count: 40, distribution: { categorical: { buckets } } } }));
    const current = new Map([['a', 600], ['b', 200], ...Array.from({ length: 38 }, (_, index): [string, number] => [`rare ${index}`, 5])]);
    const table = { rows: 990, columns: [{ type: 'categorical' as const, name: 'c', counts: current, missing: 0, others: 0, unseen: 0 }] };
    expect(compareColumns(profile, table, mode).features[0]).toMatchObject({ name: 'c', verdict: 'stable' });
  });

  it('are compared as SageMaker does, from the sketch', () => {
    const { profile } = imported(statistics(numeric('x', { distribution: { kll: { sketch: { data: [[1, 2, 3, 4]] } } } })));
    const comparison = compareColumns(profile, { rows: 4, columns: [numericSample('x', [2, 3, 4, 5])] }, 'sagemaker-simple');
    expect(comparison.features[0]!.statistics.lInfinity).toBe(0.25);
  });

  it('may have bare NaN, which is no JSON', () => {
    expect(parse('{"a": NaN, "b": [1, -Infinity], "c": "is NaN, really"}')).toEqual({ a: null, b: [1, null], c: 'is NaN, really' });
  });

  it('fails with the place, the value, the rule and the fix', () => {
    const told = (value: unknown): string[] => {
      const problems = new ProblemList();
      importBaseline({ name: 'statistics.json', value }, undefined, problems);
      return problems.all.map(problemSentence);
    };
    expect(told([])[0]).toBe('statistics.json: must be an object, got []; export the file from Model Monitor again');
    expect(told(statistics(numeric('x', { distribution: { kll: { sketch: { data: [1, 2] } } } })))).toEqual([
      'statistics.json features[0].numerical_statistics.distribution.kll.sketch.data: must be lists of numbers, one for each level of the sketch, got [1,2]; export the file from Model Monitor again',
    ]);
    expect(told(statistics(numeric('x', {}), numeric('x', {})))).toEqual(['statistics.json features[1].name: must name a feature once, got "x"; remove one of them']);
  });
});

describe('imported constraints', () => {
  const read = (value: unknown): ReturnType<typeof readConstraints> => {
    const problems = new ProblemList();
    const result = readConstraints(value, 'constraints.json', problems);
    expect(problems.all).toEqual([]);
    return result;
  };

  it('become what a data contract states', () => {
    const features = [
      { name: 'age', inferred_type: 'Integral', completeness: 0.97, num_constraints: { is_non_negative: true } },
      { name: 'plan', inferred_type: 'String', completeness: 1.0, string_constraints: { domains: ['basic', 'plus'] } },
      { name: 'noise', inferred_type: 'Unknown', monitoringConfigOverrides: { distribution_constraints: { perform_comparison: 'Disabled', comparison_threshold: 0.3 } } },
    ];
    const { features: found, losses } = read({ version: 0, features });
    expect(found).toEqual([
      { name: 'age', type: 'integer', maximumNullShare: 0.03, minimum: 0 },
      { name: 'plan', type: 'string', maximumNullShare: 0, categories: ['basic', 'plus'] },
      { name: 'noise', weight: 0 },
    ]);
    expect(losses).toEqual([expect.stringMatching(/^noise: its own comparison_threshold 0.3 is left out/)]);
  });

  it.each([
    ['Simple', 'sagemaker-simple'],
    ['linf_simple', 'sagemaker-simple'],
    ['Robust', 'sagemaker-robust'],
    ['linf_robust', 'sagemaker-robust'],
  ])('take the method %s in both spellings, also under the misspelt key of the guide', (method, mode) => {
    for (const key of ['comparison_method', 'comparion_method']) expect(read({ features: [], monitoring_config: { distribution_constraints: { [key]: method } } }).mode).toBe(mode);
  });

  it('name what has no counterpart', () => {
    const config = { evaluate_constraints: 'Disabled', distribution_constraints: { perform_comparison: 'Disabled', comparison_method: 'Cubic', categorical_drift_method: 'ChiSquared' } };
    expect(read({ features: [], monitoring_config: config }).losses).toEqual([
      expect.stringMatching(/^evaluate_constraints is Disabled/),
      expect.stringMatching(/^comparison_method Cubic is none of/),
      expect.stringMatching(/^perform_comparison is Disabled/),
      expect.stringMatching(/^categorical_drift_method ChiSquared/),
    ]);
  });

  it('of features that the statistics do not know are named', () => {
    const { losses } = imported(statistics(numeric('x', { distribution: { kll: { sketch: { data: [[1, 2, 3, 4]] } } } })), { features: [{ name: 'y' }] });
    expect(losses).toEqual(['y: constraints.json constrains it, statistics.json does not know it']);
  });
});
