import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeMetrics } from '../../lib/evaluation/metrics';
import { ExtractBuilder, readBuckets, readHeader } from '../../lib/model-quality/extract-file';
import { idHash, labelRecord, type LabelledRecord, type PredictionRecord } from '../../lib/model-quality/extract-record';
import { joinRecords } from '../../lib/model-quality/join-records';
import { mergeParts, NOTHING_READ } from '../../lib/model-quality/merge-parts';
import { type PlannedWindow, type QualityVersion } from '../../lib/model-quality/model-quality.contract';
import { nextLook, type QualityLook } from '../../lib/model-quality/quality-looks';
import { qualityMetrics } from '../../lib/model-quality/quality-metrics';
import { mergeStatistics, qualityStatisticsBuilder } from '../../lib/model-quality/quality-statistics';
import { confusionAt, ScoreHistogramBuilder } from '../../lib/model-quality/score-histogram';
import { QUALITY_SETTINGS } from './quality-world';

const { policy } = QUALITY_SETTINGS;
const START = Date.parse('2001-02-05T00:00:00Z');
const window: PlannedWindow = { id: '20010205T000000Z', start: '2001-02-05T00:00:00Z', end: '2001-02-06T00:00:00Z', closes: '2001-02-09T00:00:00Z', final: false };
const version: QualityVersion = {
  version: 1,
  task: 'binary-classification',
  features: ['origin'],
  slices: [{ column: 'origin', place: 0, protected: true }],
  unseenSlices: [],
  trainingRun: 'run',
};
const plan = { windows: [window], versions: [version], policy };

const score = fc.integer({ min: 0, max: 10_000 }).map((value) => value / 10_000);
const prediction = fc.record({ id: fc.integer({ min: 0, max: 60 }), event: fc.integer({ min: 0, max: 1 }), minute: fc.integer({ min: 0, max: 2000 }), score, origin: fc.constantFrom('a', 'b', '__proto__') });
const label = fc.record({ id: fc.integer({ min: 0, max: 70 }), hour: fc.constantFrom('2001/02/05/03/', '2001/02/06/10/', '2001/02/09/00/'), file: fc.constantFrom('x.jsonl', 'y.jsonl'), line: fc.integer({ min: 1, max: 30 }), value: fc.constantFrom('0', '1', 'perhaps', '1\n0') });

function records(predictions: readonly { id: number; event: number; minute: number; score: number; origin: string }[]): PredictionRecord[] {
  // One event has one time and one score: the first that was drawn for it.
  const events = new Map<string, PredictionRecord>();
  return predictions.map(({ id, event, minute, score: value, origin }) => {
    const key = `${id}/${event}`;
    if (!events.has(key)) events.set(key, [idHash(`id-${id}`), idHash(key), START + minute * 60_000, [value], [[origin]]]);
    return events.get(key)!;
  });
}

function labels(drawn: readonly { id: number; hour: string; file: string; line: number; value: string }[]): LabelledRecord[] {
  return drawn.map(({ id, hour, file, line, value }) => labelRecord({ id: `id-${id}`, values: value.split('\n') }, line, hour, file));
}

describe('the join of labels and predictions', () => {
  it('does not depend on the order in which anything comes, nor on what comes twice', () => {
    fc.assert(
      fc.property(fc.array(prediction, { maxLength: 80 }), fc.array(label, { maxLength: 80 }), fc.infiniteStream(fc.nat(1000)), (drawn, labelled, places) => {
        const shuffled = <T>(values: readonly T[]): T[] => values.map((value) => [places.next().value as number, value] as const).sort(([a], [b]) => a - b).map(([, value]) => value);
        const [all, truths] = [records(drawn), labels(labelled)];
        const once = joinRecords(plan, { predictions: [{ version: 1, records: all }], labels: truths });
        const half = Math.floor(all.length / 2);
        const again = joinRecords(plan, {
          predictions: [{ version: 1, records: shuffled([...all, ...all.slice(0, half)]) }, { version: 1, records: shuffled(all.slice(half)) }],
          labels: shuffled([...truths, ...truths.slice(half)]),
        });
        expect(JSON.stringify(again)).toBe(JSON.stringify(once));
      }),
      { numRuns: 200 },
    );
  });

  it('gives the sums of the whole when it is done by ranges of hashes', () => {
    fc.assert(
      fc.property(fc.array(prediction, { maxLength: 80 }), fc.array(label, { maxLength: 80 }), fc.integer({ min: 1, max: 15 }), (drawn, labelled, edge) => {
        const [all, truths] = [records(drawn), labels(labelled)];
        const whole = joinRecords(plan, { predictions: [{ version: 1, records: all }], labels: truths });
        const below = ([id]: readonly [string, ...unknown[]]): boolean => parseInt(id[0]!, 16) < edge;
        const part = (keep: (record: readonly [string, ...unknown[]]) => boolean) => ({
          ...joinRecords(plan, { predictions: [{ version: 1, records: all.filter(keep) }], labels: truths.filter(keep) }),
          read: NOTHING_READ,
        });
        const merged = mergeParts([part(below), part((record) => !below(record))]);
        const counted = (value: typeof whole): unknown => {
          const joined = value.windows[window.id]?.['1'];
          if (!joined) return undefined;
          const { predictions, positives, statistics } = joined.quality.whole;
          return { predictions, positives, rows: statistics.rows, counts: joined.counts, delays: joined.delays, histogram: statistics.task === 'binary-classification' && statistics.histogram, slices: Object.keys(joined.quality.slices['origin']!) };
        };
        expect(counted(merged)).toEqual(counted(whole));
        expect(merged.counts['unmatchedLabels'] ?? 0).toBe(whole.counts['unmatchedLabels'] ?? 0);
      }),
      { numRuns: 200 },
    );
  });

  it('joins what a plain reading of the rules joins', () => {
    fc.assert(
      fc.property(fc.array(prediction, { maxLength: 60 }), fc.array(label, { maxLength: 60 }), (drawn, labelled) => {
        const [all, truths] = [records(drawn), labels(labelled)];
        const events = new Map(all.map((record) => [`${record[0]}/${record[1]}`, record]));
        const pairs: [number, number][] = [];
        for (const [id, , time, [value]] of events.values()) {
          if (time >= Date.parse(window.end) || [...events.values()].filter((other) => other[0] === id).length > 1) continue;
          const own = truths.filter((truth) => truth[0] === id && Math.floor(truth[1] / 2 ** 32) * 3_600_000 < Date.parse(window.closes));
          const first = own.sort((a, b) => a[1] - b[1] || a[2] - b[2] || (a[3].join() < b[3].join() ? -1 : 1))[0];
          if (first && first[3].length === 1 && first[3][0] !== 'perhaps') pairs.push([Number(first[3][0]), value!]);
        }
        const joined = joinRecords(plan, { predictions: [{ version: 1, records: all }], labels: truths }).windows[window.id]?.['1']?.quality.whole.statistics;
        expect(joined?.rows ?? 0).toBe(pairs.length);
        const builder = new ScoreHistogramBuilder();
        pairs.forEach(([truth, value]) => builder.add(value, truth === 1));
        expect(joined?.task === 'binary-classification' ? joined.histogram : []).toEqual(builder.build());
      }),
      { numRuns: 200 },
    );
  });
});

describe('an extract', () => {
  it('has the same bytes for the same records in any order, and gives back each bucket', () => {
    fc.assert(
      fc.property(fc.array(prediction, { maxLength: 60 }), (drawn) => {
        const all = records(drawn);
        const build = (of: readonly PredictionRecord[]): string => {
          const builder = new ExtractBuilder();
          of.forEach((record) => builder.add(record));
          return builder.build();
        };
        const text = build(all);
        expect(build([...all].reverse())).toBe(text);
        const bytes = Buffer.from(text);
        const { header, length } = readHeader(bytes);
        const bucket = (from: number): PredictionRecord[] => readBuckets(bytes.subarray(length + header.offsets[from]!, length + header.offsets[from + 1]!).toString());
        for (let from = 0; from < 256; from++) for (const [id] of bucket(from)) expect(parseInt(id.slice(0, 2), 16)).toBe(from);
        expect(readBuckets(bytes.subarray(length).toString())).toHaveLength(all.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('metrics from sums', () => {
  const tasks = [
    ['binary-classification', fc.tuple(fc.integer({ min: 0, max: 1 }), score)],
    ['multiclass-classification', fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))],
    ['regression', fc.tuple(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double({ min: -1e3, max: 1e3, noNaN: true }))],
  ] as const;

  it.each(tasks)('are those of all pairs, whatever parts the sums are made of: %s', (task, pair) => {
    fc.assert(
      fc.property(fc.array(pair as fc.Arbitrary<[number, number]>, { minLength: 1, maxLength: 200 }), fc.nat(200), (pairs, cut) => {
        const statistics = (of: readonly [number, number][]) => {
          const builder = qualityStatisticsBuilder(task);
          of.forEach(([truth, value]) => builder.add(truth, value));
          return builder.build();
        };
        const found = qualityMetrics(mergeStatistics(statistics(pairs.slice(0, cut)), statistics(pairs.slice(cut))), 0.5);
        const direct = computeMetrics(task, Float64Array.from(pairs, ([truth]) => truth), Float64Array.from(pairs, ([, value]) => value));
        for (const [name, { value, low, high }] of Object.entries(direct)) {
          // Nearly equal labels, and precision where nothing can be ranked: neither says anything.
          if (name === 'r2' && Math.abs(value) > 1e6) continue;
          if (name === 'prAuc' && direct['auc'] === undefined) continue;
          expect(Math.abs(found[name]!.value - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
          if (low !== undefined && ['accuracy', 'precision', 'recall'].includes(name)) expect([found[name]!.low, found[name]!.high]).toEqual([low, high]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('have the confusion at any threshold of four decimals exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.oneof(score, fc.double({ min: 0, max: 1, noNaN: true }))), { maxLength: 100 }), fc.integer({ min: 1, max: 9999 }), (rows, place) => {
        const threshold = Number((place / 10_000).toFixed(4));
        const builder = new ScoreHistogramBuilder();
        rows.forEach(([positive, value]) => builder.add(value, positive));
        const { truePositives, falsePositives } = confusionAt(builder.build(), threshold);
        expect([truePositives, falsePositives]).toEqual([rows.filter(([positive, value]) => positive && value >= threshold).length, rows.filter(([positive, value]) => !positive && value >= threshold).length]);
      }),
    );
  });
});

describe('looks at a window', () => {
  it('never spend more than its false alarm rate, however labels come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 40 }), fc.nat(20_000), (portions, missing) => {
        const looks: QualityLook[] = [];
        const total = portions.reduce((sum, count) => sum + count, 0) + (missing % 3 === 0 ? 0 : missing);
        let labels = 0;
        const look = (final: boolean): void => {
          const due = nextLook(looks, labels, total, final, policy);
          if (due) looks.push({ ...due, labels, outcome: 'STABLE' });
        };
        for (const count of portions) {
          labels += count;
          look(false);
        }
        look(true);
        look(true);
        expect(looks.filter(({ kind }) => kind === 'FINAL')).toHaveLength(1);
        expect(looks.reduce((sum, { alpha }) => sum + alpha, 0)).toBeLessThanOrEqual(policy.falseAlarmRate * (1 + 1e-12));
        expect(looks.every(({ alpha }) => alpha > 0)).toBe(true);
      }),
    );
  });
});
