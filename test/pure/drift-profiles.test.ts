import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Baseline,
  BaselineBuilder,
  type BinnedColumn,
  ColumnProfileBuilder,
  compareColumns,
  COMPARISON_MODES,
  cumulativeDistance,
  type FileProfile,
  FileProfileBuilder,
  fileSamples,
  FREQUENT_VALUES_MAXIMUM,
  FrequentValuesBuilder,
  mergeFileProfiles,
  mergeFrequentValues,
  mergeMoments,
  MomentsBuilder,
  NumberSketchBuilder,
  type NumericSample,
  type Profile,
  ProfileBuilder,
  SampleTableBuilder,
  SKETCH_BUCKETS_MAXIMUM,
  standardDeviation,
  weightedValues,
} from '../../lib/drift';
import { GridIndex } from '../../lib/drift/profile/grid-index';
import { Random } from '../../lib/rehearsal/kernel/random';

const COLUMNS: BinnedColumn[] = [
  { name: 'x', type: 'numeric' },
  { name: 'c', type: 'categorical' },
];
const random = new Random(20010201);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const rows = (count: number, shift = 0): string[][] => Array.from({ length: count }, () => [String(normal() + shift), 'abcd'[Math.floor(random.next() ** 2 * 4)]!]);

function baselineOf(of: readonly (readonly string[])[]): Baseline {
  const builder = new BaselineBuilder(COLUMNS);
  of.forEach((row) => builder.add(row));
  return builder.build();
}

function fileOf(of: readonly (readonly string[])[]): FileProfile {
  const builder = new FileProfileBuilder(COLUMNS);
  of.forEach((row) => builder.add(row));
  return builder.build();
}

function profileOf(baseline: Baseline, of: readonly (readonly string[])[]): Profile {
  const builder = new ProfileBuilder(baseline);
  of.forEach((row) => builder.add(row));
  return builder.build();
}

function tableOf(of: readonly (readonly string[])[]) {
  const builder = new SampleTableBuilder(COLUMNS);
  of.forEach((row) => builder.add(row));
  return builder.build();
}

describe('moments', () => {
  const huge = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -100, max: 100 }));
  const of = (values: readonly number[]): ReturnType<MomentsBuilder['build']> => {
    const builder = new MomentsBuilder();
    values.forEach((value) => builder.add(value));
    return builder.build();
  };

  it('do not depend on the order or the grouping, to the last bit, and stay finite', () => {
    fc.assert(
      fc.property(fc.array(huge, { maxLength: 30 }), fc.array(huge, { maxLength: 30 }), (a, b) => {
        const whole = JSON.stringify(of([...a, ...b]));
        expect(JSON.stringify(of([...b, ...a].reverse()))).toBe(whole);
        expect(JSON.stringify(mergeMoments(of(a), of(b)))).toBe(whole);
        expect(JSON.stringify(mergeMoments(of(b), JSON.parse(JSON.stringify(of(a)))))).toBe(whole);
        expect(whole).not.toContain('null,"maximum":1');
        expect(Number.isFinite(of([...a, ...b]).mean)).toBe(true);
      }),
    );
  });

  it('keep their digits where sums of squares lose them: seconds since 1970 with a deviation of one', () => {
    const moments = of(Array.from({ length: 10_000 }, (_, i) => 1_700_000_000 + (i % 2) * 2 - 1));
    expect(moments.mean).toBe(1_700_000_000);
    expect(standardDeviation(moments)).toBe(1);
  });

  it('add up more numbers than one accumulator holds', () => {
    const builder = new MomentsBuilder();
    for (let i = 0; i < 600_000; i++) builder.add(0.1);
    // The exact sum, rounded once: a running sum is off by 1e-7.
    expect(builder.build().mean).toBe(0.1);
    expect(standardDeviation(builder.build())).toBe(0);
  });
});

describe('the look-up of bins', () => {
  it('finds the number of edges at or below, for any edges and numbers', () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -30, max: 30 }), fc.double({ min: 0, max: 1e-9, noNaN: true }));
    fc.assert(
      fc.property(fc.uniqueArray(number, { maxLength: 50 }), fc.array(number, { maxLength: 50 }), (edges, values) => {
        const sorted = [...edges.map((edge) => edge + 0)].sort((a, b) => a - b);
        const index = new GridIndex(sorted);
        for (const value of [...values, ...sorted]) expect(index.binOf(value)).toBe(sorted.filter((edge) => edge <= value).length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('frequent values', () => {
  const count = (values: readonly string[]): ReturnType<FrequentValuesBuilder['build']> => {
    const builder = new FrequentValuesBuilder();
    values.forEach((value) => builder.add(value));
    return builder.build();
  };

  it('are off by at most the stated error, which is at most a 101st of all, in whatever order files are merged', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(400), { maxLength: 300 }), { minLength: 1, maxLength: 5 }), (files) => {
        const texts = files.map((file) => file.map((value) => String(value % (1 + (value % 7) * 60))));
        const merged = texts.map(count).reduce((a, b) => mergeFrequentValues(a, b));
        const all = texts.flat();
        expect(merged.values.length).toBeLessThanOrEqual(FREQUENT_VALUES_MAXIMUM);
        expect(merged.error).toBeLessThanOrEqual(all.length / (FREQUENT_VALUES_MAXIMUM + 1));
        const listed = new Map(merged.values.map(({ value, count: counted }) => [value, counted]));
        for (const value of new Set(all)) {
          const truth = all.filter((other) => other === value).length;
          const estimate = listed.get(value) ?? 0;
          expect(estimate <= truth && truth - estimate <= merged.error).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('hold a million categories in bounded memory, and still find the frequent one', () => {
    const builder = new ColumnProfileBuilder({ type: 'categorical', categories: ['a'], others: [], complete: true });
    for (let i = 0; i < 1_000_000; i++) {
      builder.addText(`category-${i}`);
      if (i % 20 === 0) builder.addText('new');
    }
    const profile = builder.build();
    expect(profile).toMatchObject({ count: 1_050_000, unseen: 1_050_000 });
    expect(profile.unseenValues!.values[0]!.value).toBe('new');
    expect(JSON.stringify(profile).length).toBeLessThan(10_000);
  });

  it('are cut when they are long: a hostile text cannot fill a profile', () => {
    const { values } = count(['x'.repeat(1_000_000), 'x'.repeat(999_999)]);
    expect(values).toEqual([{ value: 'x'.repeat(64), count: 2 }]);
  });
});

describe('the sketch of numbers', () => {
  const sketchOf = (values: Iterable<number>): NumberSketchBuilder => {
    const builder = new NumberSketchBuilder();
    for (const value of values) builder.add(value);
    return builder;
  };

  it('is exact up to 8192 distinct values, and coarser in the same way whatever the order or grouping', () => {
    const values = Array.from({ length: 30_000 }, () => normal() * 10 ** Math.floor(random.next() * 5));
    expect(sketchOf(values.slice(0, SKETCH_BUCKETS_MAXIMUM)).build()).toMatchObject({ droppedBits: 0, values: { length: SKETCH_BUCKETS_MAXIMUM } });
    const whole = JSON.stringify(sketchOf(values).build());
    expect(JSON.stringify(sketchOf([...values].reverse()).build())).toBe(whole);
    for (const cut of [1, 100, 9000, 25_000]) {
      const merged = sketchOf(values.slice(0, cut));
      merged.merge(sketchOf(values.slice(cut)).build());
      expect(JSON.stringify(merged.build())).toBe(whole);
    }
  });

  it('never makes a difference greater than it is, and states how much smaller it may be', () => {
    for (const [a, b] of [[0, 0.2], [0, 0], [1000, 1000.1]]) {
      const [x, y] = [a!, b!].map((shift, index) => rows(20_000 + 15_000 * index, shift));
      const [fx, fy] = [fileOf(x!), fileOf(y!)];
      const numbers = (file: FileProfile, other: FileProfile) => (fileSamples(file, other).columns[0] as NumericSample).numbers;
      const exact = cumulativeDistance(weightedValues(Float64Array.from(x!, ([value]) => Number(value))), weightedValues(Float64Array.from(y!, ([value]) => Number(value))));
      const sketched = cumulativeDistance(numbers(fx, fy), numbers(fy, fx));
      const error = [fx, fy].reduce((sum, { columns: [column] }) => sum + 2 * (column as { rankError: number }).rankError, 0);
      expect(sketched.greatest).toBeLessThanOrEqual(exact.greatest + 1e-12);
      expect(exact.greatest - sketched.greatest).toBeLessThanOrEqual(error);
      expect(Math.abs(exact.area - sketched.area)).toBeLessThan(a === 1000 ? 0.2 : 0.005);
      expect(error).toBeLessThan(0.01);
    }
  });

  it('holds every finite double', () => {
    const builder = sketchOf([0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE]);
    for (let i = 0; i < 50_000; i++) builder.add((random.next() - 0.5) * 2 ** (Math.floor(random.next() * 2000) - 1000));
    const { values, counts } = builder.build();
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50_006);
    expect(values.every((value, index) => Number.isFinite(value) && (index === 0 || value > values[index - 1]!))).toBe(true);
  });
});

describe('profiles of files', () => {
  const cell = fc.oneof(fc.integer({ min: -5, max: 30 }).map(String), fc.double().map(String), fc.constantFrom('', ' ', 'a', 'b', 'z'));
  const cells = fc.array(fc.tuple(cell, cell), { maxLength: 40 });

  it('merge in any order and grouping into the profile of all rows, byte for byte', () => {
    fc.assert(
      fc.property(cells, cells, cells, (a, b, c) => {
        const whole = JSON.stringify(fileOf([...a, ...b, ...c]));
        expect(JSON.stringify(mergeFileProfiles(mergeFileProfiles(fileOf(c), fileOf(a)), fileOf(b)))).toBe(whole);
        expect(JSON.stringify(mergeFileProfiles(fileOf(b), mergeFileProfiles(JSON.parse(JSON.stringify(fileOf(a))), fileOf(c))))).toBe(whole);
      }),
    );
  });

  it('fail to merge with other columns', () => {
    const other = new FileProfileBuilder([{ name: 'y', type: 'numeric' }]).build();
    expect(() => mergeFileProfiles(fileOf([]), other)).toThrow('profiles of other columns cannot be merged: x (numeric), c (categorical) and y (numeric)');
  });

  it.each(COMPARISON_MODES)('compare in the mode %s as the values themselves do', (mode) => {
    const [a, b] = [rows(3000), rows(2000, 0.3)];
    const exact = compareColumns(tableOf(a), tableOf(b), mode);
    expect(compareColumns(fileOf(a), fileOf(b), mode)).toEqual(exact);
    expect(compareColumns(tableOf(a), fileOf(b), mode)).toEqual(exact);
    expect(JSON.parse(JSON.stringify(exact))).toEqual(exact);
    expect(exact.features.map(({ name, type }) => `${name} ${type}`)).toEqual(['x numeric', 'c categorical']);
  });
});

describe('comparing with a baseline', () => {
  const reference = rows(5000);
  const current = rows(3000, 0.4);
  const baseline = baselineOf(reference);

  it.each(COMPARISON_MODES)('gives nearly the figures of the values, never a greater difference: mode %s', (mode) => {
    const exact = compareColumns(tableOf(reference), tableOf(current), mode).features[0]!;
    const binned = compareColumns(baseline, profileOf(baseline, current), mode).features[0]!;
    expect(binned.verdict).toBe(exact.verdict);
    const [e, b] = [exact.statistics, binned.statistics];
    expect(b.lInfinity!).toBeLessThanOrEqual(e.lInfinity! + 1e-12);
    expect(e.lInfinity! - b.lInfinity!).toBeLessThan(0.01);
    expect(b.kolmogorovSmirnov!.pValue).toBeGreaterThanOrEqual(e.kolmogorovSmirnov!.pValue);
    expect(Math.abs(b.wassersteinNormed! - e.wassersteinNormed!)).toBeLessThan(0.01);
    if (mode !== 'evidently') expect(b.psi).toBe(e.psi);
  });

  it('of a file, of its profile and of values gives the same', () => {
    const expected = compareColumns(baseline, profileOf(baseline, current), 'calibrated');
    expect(compareColumns(baseline, tableOf(current), 'calibrated')).toEqual(expected);
    expect(compareColumns(baseline, baselineOf(reference), 'calibrated').features.map(({ statistics: { psi, lInfinity } }) => [psi, lInfinity])).toEqual([[expect.closeTo(0, 2), expect.closeTo(0, 2)], [0, 0]]);
  });

  it('of format version 1, whose columns have no grid, still works', () => {
    const old: Baseline = {
      ...baseline,
      formatVersion: 1,
      columns: baseline.columns.map((column) => {
        if (column.bins.type !== 'numeric') return column;
        const bins = { type: 'numeric' as const, edges: column.bins.edges };
        const builder = new ColumnProfileBuilder(bins);
        reference.forEach(([value]) => builder.add(value!));
        return { ...column, bins, reference: builder.build() };
      }),
    };
    const [was, is] = [compareColumns(old, profileOf(old, current), 'calibrated'), compareColumns(baseline, profileOf(baseline, current), 'calibrated')];
    expect(was.features.map(({ verdict, statistics: { psi } }) => [verdict, psi])).toEqual(is.features.map(({ verdict, statistics: { psi } }) => [verdict, psi]));
  });

  it('names columns that vanished, appeared or changed their type as inconclusive', () => {
    const builder = new SampleTableBuilder([{ name: 'x', type: 'categorical' }, { name: 'new', type: 'numeric' }]);
    for (let i = 0; i < 300; i++) builder.add(['a', '1']);
    for (const side of [baseline, tableOf(reference)]) {
      const { features, dataset } = compareColumns(side, builder.build(), 'evidently');
      expect(features.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(['x inconclusive', 'c inconclusive', 'new inconclusive']);
      expect(dataset).toMatchObject({ verdict: 'inconclusive', currentRows: 300 });
    }
  });

  it('calls a window of no rows inconclusive in every mode', () => {
    for (const mode of COMPARISON_MODES) {
      const { features, dataset } = compareColumns(baseline, profileOf(baseline, []), mode);
      expect([dataset.verdict, ...features.map(({ verdict }) => verdict)]).toEqual(['inconclusive', 'inconclusive', 'inconclusive']);
    }
  });

  it('fails for a profile without its baseline', () => {
    expect(() => compareColumns(tableOf(reference), profileOf(baseline, current), 'calibrated')).toThrow('can be compared with that baseline only');
  });
});
