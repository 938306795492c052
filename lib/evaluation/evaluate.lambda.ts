import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CsvScanner } from '../data/csv';
import { columnLayout, type ContractDocument, isNumeric } from '../data/data-contract.contract';
import { lakeKeys, s3Uri } from '../data/data-lake.contract';
import { BaselineBuilder, PREDICTION_COLUMN } from '../drift/baseline';
import { requireEnvironment } from '../private/environment.contract';
import { getStream, putJson } from '../private/object-store.lambda-shared';
import { EVALUATE_ENVIRONMENT, type EvaluateEvent, type EvaluateResult } from './gate.contract';
import { decideGate, type Evidence } from './gates';
import { modelQualityStatistics } from './model-quality';
import { ScoredRows } from './scored-rows';
import type { Verdict } from './verdict.contract';

/** Compares challenger and champion on the frozen test set, decides the gates, and profiles the challenger's view of the world as baseline. */
export async function evaluate(s3: S3Client, bucket: string, model: string, event: EvaluateEvent): Promise<EvaluateResult> {
  const { runId, contract, gates } = event;
  const championVersion = event.championVersion ?? undefined;
  const baseline = new BaselineBuilder(baselineColumns(contract));
  const firstFeature = columnLayout(contract).passthrough.length + 1;
  const challenger = await readScores(s3, bucket, lakeKeys.scoresPrefix(model, runId, 'challenger'), contract, (row) => baseline.add(row.slice(firstFeature)));
  const champion = championVersion === undefined ? undefined : await readScores(s3, bucket, lakeKeys.scoresPrefix(model, runId, 'champion'), contract);
  if (champion && !challenger.sameTestSet(champion)) {
    throw new Error(`challenger and champion were not scored on the same test set: ${challenger.count} and ${champion.count} rows, or other labels`);
  }
  const slices = challenger.slices(champion);
  const evidence: Evidence = { challenger: challenger.metrics(), champion: champion?.metrics(), championVersion, slices, rows: challenger.count };
  const results = gates.map((gate) => decideGate(gate, evidence));
  const bias = challenger.bias();
  const verdict: Verdict = {
    passed: results.every((result) => result.passed),
    results,
    challenger: evidence.challenger,
    ...(evidence.champion ? { champion: evidence.champion, championVersion: championVersion! } : {}),
    slices: Object.fromEntries(slices.map((slice) => [`${slice.column}=${slice.value}`, slice.challenger])),
    rows: challenger.count,
    ...(bias ? { bias } : {}),
  };
  const keys = { verdict: lakeKeys.verdict(model, runId), baseline: lakeKeys.baseline(model, runId), quality: lakeKeys.modelQuality(model, runId) };
  await putJson(s3, bucket, keys.baseline, baseline.build());
  await putJson(s3, bucket, keys.quality, modelQualityStatistics(contract.task, evidence.challenger));
  await putJson(s3, bucket, lakeKeys.qualityStatistics(model, runId), challenger.segments());
  await putJson(s3, bucket, keys.verdict, verdict);
  return {
    passed: verdict.passed,
    reasons: [...results].sort((a, b) => Number(a.passed) - Number(b.passed)).map((result) => result.reason),
    metrics: Object.fromEntries(Object.entries(evidence.challenger).map(([name, { value }]) => [name, Number(value.toPrecision(6))])),
    rows: challenger.count,
    verdictUri: s3Uri(bucket, keys.verdict),
    baselineUri: s3Uri(bucket, keys.baseline),
    modelQualityUri: s3Uri(bucket, keys.quality),
  };
}

function baselineColumns(contract: ContractDocument): { name: string; type: 'numeric' | 'categorical' }[] {
  const features = columnLayout(contract).features.map((column) => ({ name: column.name, type: isNumeric(column) ? ('numeric' as const) : ('categorical' as const) }));
  return [...features, { name: PREDICTION_COLUMN, type: 'numeric' }];
}

/** Batch transform writes one `.out` object per part of the test set (SageMaker guide, "Batch transform"). */
async function readScores(s3: S3Client, bucket: string, prefix: string, contract: ContractDocument, each?: (row: readonly string[]) => void): Promise<ScoredRows> {
  const scored = new ScoredRows(contract);
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
    for (const { Key } of page.Contents ?? []) {
      if (!Key!.endsWith('.out')) continue;
      const scanner = new CsvScanner((row, line) => {
        scored.add(row, `${Key}:${line}`);
        each?.(row);
      });
      const decoder = new TextDecoder();
      for await (const chunk of (await getStream(s3, bucket, Key!))!) scanner.write(decoder.decode(chunk, { stream: true }));
      scanner.end();
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  if (scored.count === 0) throw new Error(`the test set is empty: no scored rows below ${prefix}`);
  return scored;
}

const s3 = new S3Client({});

export const handler = (event: EvaluateEvent): Promise<EvaluateResult> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, EVALUATE_ENVIRONMENT);
  return evaluate(s3, LAKE_BUCKET, MODEL_NAME, event);
};
