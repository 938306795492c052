import { describe, expect, it } from 'vitest';
import { type TaskType } from '../../lib/data/data-contract.contract';
import { type JoinedQuality } from '../../lib/model-quality/join-records';
import { judgeVersion } from '../../lib/model-quality/judge-version';
import { type QualityPolicy, type QualityVersion } from '../../lib/model-quality/model-quality.contract';
import { referenceFromStatistics } from '../../lib/model-quality/quality-reference';
import { type VersionQuality } from '../../lib/model-quality/quality-report';
import { SegmentedBuilder } from '../../lib/model-quality/quality-segment';
import { QUALITY_SETTINGS, scored, sequence } from './quality-world';

type Row = readonly [label: number, prediction: number];

const WINDOWS = 200;
const TEST_ROWS = 1000;
/** Labels come in eight portions; after each the window may be looked at. */
const PORTIONS = [100, 120, 200, 300, 400, 500, 600, 800] as const;

function binaryRow(random: () => number, skill: number): Row {
  const { score, truth } = scored(random, skill);
  return [truth, score];
}

function regressionRow(random: () => number, skill: number): Row {
  const noise = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const label = 100 * random();
  return [label, label + (10 / skill) * noise];
}

/** Share of windows that are called degraded at any look. */
function degraded(task: TaskType, metric: string, row: (random: () => number, skill: number) => Row, { margin = 0, skill = 1, alpha = 0.05, windows = WINDOWS } = {}): { share: number; first: number } {
  const policy: QualityPolicy = { ...QUALITY_SETTINGS.policy, metric, margin, falseAlarmRate: alpha };
  const version: QualityVersion = { version: 1, task, features: [], slices: [], unseenSlices: [], trainingRun: 'run' };
  const random = sequence(20_260_101);
  let [found, first] = [0, 0];
  for (let window = 0; window < windows; window++) {
    const test = new SegmentedBuilder(task, [], 0.5);
    for (let index = 0; index < TEST_ROWS; index++) test.add(...turned(row(random, 1)), undefined);
    const reference = referenceFromStatistics(test.build(), 0.5);
    const labels = new SegmentedBuilder(task, [], 0.5);
    let before: VersionQuality | undefined;
    PORTIONS.forEach((count, portion) => {
      for (let index = 0; index < count; index++) labels.add(...turned(row(random, skill)), undefined);
      const quality = labels.build();
      const final = portion === PORTIONS.length - 1;
      const joined: JoinedQuality = { quality: { ...quality, whole: { ...quality.whole, predictions: quality.whole.predictions + (final ? 0 : 1) } }, delays: [], counts: {} };
      before = judgeVersion({ version, joined, reference, before, final }, policy);
    });
    if (before!.outcome === 'DEGRADED') found += 1;
    if (before!.looks[0]!.outcome === 'DEGRADED') first += 1;
  }
  return { share: found / windows, first: first / windows };
}

function turned([label, prediction]: Row): [prediction: number, label: number] {
  return [prediction, label];
}

/** What a rate of 5 % gives in the simulated windows with a probability of 99.9 %. */
const AT_MOST = 0.05 + 3.1 * Math.sqrt((0.05 * 0.95) / WINDOWS);

describe('windows that are looked at again and again while their labels come', () => {
  it.each(['auc', 'accuracy', 'recall', 'f1', 'brier', 'logLoss', 'prAuc'])('are called degraded by %s no more often than stated when quality is exactly at the margin', (metric) => {
    expect(degraded('binary-classification', metric, binaryRow).share).toBeLessThanOrEqual(AT_MOST);
  });

  it.each(['rmse', 'mae', 'r2'])('are called degraded by %s no more often than stated when quality is exactly at the margin', (metric) => {
    expect(degraded('regression', metric, regressionRow).share).toBeLessThanOrEqual(AT_MOST);
  });

  it('are hardly ever called degraded with the default margin while the model is as good as ever', () => {
    expect(degraded('binary-classification', 'auc', binaryRow, { margin: 0.05, alpha: 0.01 }).share).toBe(0);
  });

  it('are found when the scores have lost half of what they said', () => {
    const { share, first } = degraded('binary-classification', 'auc', binaryRow, { margin: 0.05, alpha: 0.01, skill: 0.5, windows: 100 });
    expect(share).toBe(1);
    // At the first look, of 220 labels.
    expect(first).toBeGreaterThan(0.5);
  });
});
