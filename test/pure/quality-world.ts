import { type ContractDocument } from '../../lib/data/data-contract.contract';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { type ExtractBatch, type HashRange, type JudgeQualityResult, type PlanQualityResult, qualityKeys, type QualitySettings } from '../../lib/model-quality/model-quality.contract';
import { extractQuality } from '../../lib/model-quality/extract-quality.lambda';
import { joinLabels } from '../../lib/model-quality/join-labels.lambda';
import { judgeQuality } from '../../lib/model-quality/judge-quality.lambda';
import { planQuality } from '../../lib/model-quality/plan-quality.lambda';
import { publishQuality } from '../../lib/model-quality/publish-quality.lambda';
import { SegmentedBuilder } from '../../lib/model-quality/quality-segment';
import { type QualityReport } from '../../lib/model-quality/quality-report';
import { at, BUCKET, capture, ENVIRONMENT, MODEL, MonitoringWorld, packageArn } from './monitoring-world';

export const QUALITY_CONTRACT: ContractDocument = {
  task: 'binary-classification',
  columns: [
    { name: 'delayed', type: 'boolean', roles: ['label'], maximumNullShare: 0 },
    { name: 'distance', type: 'integer', roles: ['feature'], maximumNullShare: 0 },
    { name: 'origin', type: 'string', roles: ['feature', 'slice', 'protected'], maximumNullShare: 0 },
    { name: 'carrier', type: 'string', roles: ['slice'], maximumNullShare: 0 },
  ],
};

export const QUALITY_SETTINGS: QualitySettings = {
  intervalSeconds: 86_400,
  maximumDelaySeconds: 3 * 86_400,
  catchUpSeconds: 3 * 86_400,
  policy: {
    metric: 'auc',
    unitMargin: 0.05,
    marginShare: 0.1,
    minimumLabels: 200,
    minimumSliceLabels: 100,
    falseAlarmRate: 0.01,
    decisionThreshold: 0.5,
    calibrationMargin: 0.02,
  },
};

/** A captured request of one row with the truth about it. */
export interface Served {
  readonly id: string;
  readonly score: number;
  readonly truth: number;
  readonly origin: string;
  /** Hours since 2001-02-05T00:00Z. */
  readonly hour: number;
  readonly version: number;
}

/** Deterministic numbers from 0 to 1. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Scores that are calibrated; with `skill` 0 they say nothing about the truth. */
export function scored(random: () => number, skill = 1): { score: number; truth: number } {
  const score = Number(random().toFixed(6));
  return { score, truth: random() < skill * score + (1 - skill) * 0.5 ? 1 : 0 };
}

/** A model with a test set of 5000 rows, and the steps of the model-quality workflow. */
export class QualityWorld extends MonitoringWorld {
  private runs = 0;

  public constructor(versions: readonly number[] = [1], skill = 1) {
    super();
    for (const version of versions) {
      this.packages.set(packageArn(version), { snapshotId: `snapshot${version}`, runId: `run${version}` });
      this.put(lakeKeys.curatedContract(MODEL, `snapshot${version}`), QUALITY_CONTRACT);
      const random = sequence(version);
      const builder = new SegmentedBuilder('binary-classification', ['origin', 'carrier'], 0.5);
      for (let row = 0; row < 5000; row++) {
        const { score, truth } = scored(random, skill);
        builder.add(score, truth, ['ab'[row % 2]!, 'x']);
      }
      this.put(lakeKeys.qualityStatistics(MODEL, `run${version}`), builder.build());
    }
    this.put(lakeKeys.championPointer(MODEL), { version: versions[0], modelPackageArn: packageArn(versions[0]!), since: at(-48) });
  }

  public serve(rows: readonly Served[], file = '00-00-000-a'): void {
    const files = new Map<string, string[]>();
    for (const { id, score, origin, hour, version } of rows) {
      const time = new Date(Date.parse(at(Math.floor(hour))) + 60_000).toISOString();
      const key = `captured/${MODEL}/v${version}/${MODEL}/AllTraffic/${folder(time)}${file}.jsonl`;
      const line = capture({ time, eventId: `event-of-${id}`, input: `100,${origin}`, output: String(score) });
      const named = { ...line, eventMetadata: { ...line.eventMetadata, inferenceId: id } };
      files.set(key, [...(files.get(key) ?? []), JSON.stringify(named)]);
    }
    for (const [key, lines] of files) this.put(key, lines.join('\n'));
  }

  public label(labels: readonly { readonly id: string; readonly truth: number | string }[], hour: number, file = 'labels'): void {
    const lines = labels.map(({ id, truth }) => JSON.stringify({ groundTruthData: { data: String(truth), encoding: 'CSV' }, eventMetadata: { eventId: id }, eventVersion: '0' }));
    this.put(`${lakeKeys.labelsPrefix(MODEL)}${folder(at(hour))}${file}.jsonl`, lines.join('\n'));
  }

  public plan(hour: number, runId: string, settings = QUALITY_SETTINGS): Promise<PlanQualityResult> {
    const scheduledTime = new Date(Date.parse(at(hour)) + 900_000).toISOString();
    return planQuality({ runId, scheduledTime, watermarkSeconds: 900, settings }, { s3: this.client, sagemaker: this.client }, ENVIRONMENT);
  }

  /** One run of the workflow, due a quarter past the hour. Undefined when nothing was new. */
  public async judge(hour: number, settings = QUALITY_SETTINGS): Promise<JudgeQualityResult | undefined> {
    const plan = await this.plan(hour, `r${String(++this.runs).padStart(12, '0')}`, settings);
    if (plan.status !== 'PLANNED') return undefined;
    for (const batch of this.json<ExtractBatch[]>(plan.batchesKey)) await extractQuality({ runId: plan.runId, batch }, this.client, BUCKET, MODEL);
    for (const range of this.json<HashRange[]>(plan.rangesKey)) await joinLabels(range, this.client, BUCKET, MODEL);
    const result = await judgeQuality({ runId: plan.runId }, { s3: this.client, cloudwatch: this.client }, BUCKET, MODEL);
    await publishQuality({ runId: plan.runId }, this.client, BUCKET, MODEL);
    return result;
  }

  /** Metrics of the last run. */
  public get emitted(): Record<string, number> {
    const data = (this.metrics[this.metrics.length - 1]?.['MetricData'] ?? []) as { MetricName: string; Value: number }[];
    return Object.fromEntries(data.map(({ MetricName, Value }) => [MetricName, Value]));
  }

  /** Of the window that starts at the hour. */
  public report(hour: number): QualityReport {
    return this.json(qualityKeys.report(MODEL, `${at(hour).slice(0, 19).replace(/[-:]/g, '')}Z`));
  }
}

function folder(time: string): string {
  return `${time.slice(0, 4)}/${time.slice(5, 7)}/${time.slice(8, 10)}/${time.slice(11, 13)}/`;
}
