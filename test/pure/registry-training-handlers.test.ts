import { beforeEach, describe, expect, it } from 'vitest';
import type { ContractDocument } from '../../lib/data/data-contract.contract';
import { evaluate } from '../../lib/evaluation/evaluate.lambda';
import { completeBaseline } from '../../lib/evaluation/complete-baseline.lambda';
import type { EvaluateEvent } from '../../lib/evaluation/gate.contract';
import { profileTraining } from '../../lib/evaluation/profile-training.lambda';
import { approvalDescription, packageMetadata } from '../../lib/registry/package-metadata';
import type { RegisterModelEvent } from '../../lib/registry/register-model.contract';
import { registerModel } from '../../lib/registry/register-model.lambda';
import { concludeTraining } from '../../lib/training/conclude-training.lambda';
import { failureSentence } from '../../lib/training/failure-sentence';
import { findChampion } from '../../lib/training/find-champion.lambda';
import { FakeBucket, FakeSageMaker } from './data-fakes';

const MODEL = 'flight-delay';
const contract: ContractDocument = {
  task: 'binary-classification',
  columns: [
    { name: 'time', type: 'timestamp', roles: ['time'], maximumNullShare: 0 },
    { name: 'distance', type: 'integer', roles: ['feature'], maximumNullShare: 0 },
    { name: 'origin', type: 'string', roles: ['feature', 'slice', 'protected'], maximumNullShare: 0 },
    { name: 'delayed', type: 'boolean', roles: ['label'], maximumNullShare: 0 },
  ],
};

/** time, label, distance, origin, prediction */
const scored = (score: (row: number) => number, rows = 40): string =>
  Array.from({ length: rows }, (_, row) => `2001-01-05,${row % 2},${row * 10},${row % 4 < 2 ? 'ATL' : 'JFK'},${score(row)}`).join('\n');

describe('evaluating', () => {
  let bucket: FakeBucket;
  const event: EvaluateEvent = { runId: 'r1', contract, gates: [{ kind: 'at-least', metric: 'auc', threshold: 0.6 }, { kind: 'better-than-champion', metric: 'auc', margin: 0 }], championVersion: null };

  beforeEach(() => {
    bucket = new FakeBucket();
    bucket.put(`evaluations/${MODEL}/r1/challenger/part-00000.csv.out`, scored((row) => (row % 2 === 1 ? 0.9 : 0.2 + row / 1000), 20));
    bucket.put(`evaluations/${MODEL}/r1/challenger/part-00001.csv.out`, scored((row) => (row % 2 === 1 ? 0.8 : 0.1)));
    bucket.put(`evaluations/${MODEL}/r1/challenger/part-00002.csv.out`, scored((row) => (row % 2 === 1 ? 0.7 : 0.3), 4));
  });

  it('passes the bootstrap, with verdict, baseline and the registry statistics', async () => {
    const result = await evaluate(bucket.client, 'lake', MODEL, event);
    expect(result).toMatchObject({ passed: true, rows: 64, metrics: { auc: 1, accuracy: 1 }, baselineUri: 's3://lake/baselines/flight-delay/r1/baseline.json' });
    expect(result.reasons[1]).toContain('there is no champion yet');
    const verdict = bucket.json(`evaluations/${MODEL}/r1/verdict.json`);
    expect(Object.keys(verdict.slices)).toEqual(['origin=ATL', 'origin=JFK']);
    expect(verdict.bias.origin).toMatchObject({ positiveRateDifference: 0, disparateImpact: 1 });
    expect(verdict).not.toHaveProperty('champion');
    const baseline = bucket.json(`baselines/${MODEL}/r1/baseline.json`);
    expect(baseline.rows).toBe(64);
    expect(baseline.columns.map((column: { name: string }) => column.name)).toEqual(['distance', 'origin', 'prediction']);
    expect(bucket.json(`evaluations/${MODEL}/r1/model-quality.json`).binary_classification_metrics.auc).toEqual({ value: 1, standard_deviation: 'NaN' });
  });

  it('rejects a challenger that does not beat the champion, and says why first', async () => {
    for (const [part, rows] of [['0', 20], ['1', 40], ['2', 4]] as const) bucket.put(`evaluations/${MODEL}/r1/champion/part-0000${part}.csv.out`, scored((row) => (row % 2 === 1 ? 0.9 : 0.1), rows));
    const result = await evaluate(bucket.client, 'lake', MODEL, { ...event, championVersion: 2 });
    expect(result.passed).toBe(false);
    expect(result.reasons[0]).toBe('auc 1 equals champion version 2 with 1; an improvement was asked');
    expect(bucket.json(`evaluations/${MODEL}/r1/verdict.json`)).toMatchObject({ passed: false, championVersion: 2, champion: { auc: { value: 1 } } });
  });

  it('is the same when it is repeated', async () => {
    const first = await evaluate(bucket.client, 'lake', MODEL, event);
    const text = bucket.text(`evaluations/${MODEL}/r1/verdict.json`);
    expect(await evaluate(bucket.client, 'lake', MODEL, event)).toEqual(first);
    expect(bucket.text(`evaluations/${MODEL}/r1/verdict.json`)).toBe(text);
  });

  it('refuses to compare models that were scored on different rows', async () => {
    bucket.put(`evaluations/${MODEL}/r1/champion/part-00000.csv.out`, scored(() => 0.5, 20));
    await expect(evaluate(bucket.client, 'lake', MODEL, { ...event, championVersion: 2 })).rejects.toThrow(/not scored on the same test set/);
  });

  it.each([
    ['2001-01-05,1,10,ATL', /4 values, expected 5/],
    ['2001-01-05,1,10,ATL,high', /prediction "high" is no number/],
    ['2001-01-05,1,10,ATL,', /prediction "" is no number/],
  ])('refuses the scored row %s', async (row, message) => {
    bucket.put(`evaluations/${MODEL}/r1/challenger/part-00009.csv.out`, row);
    await expect(evaluate(bucket.client, 'lake', MODEL, event)).rejects.toThrow(message);
  });

  it('refuses an empty test set', async () => {
    await expect(evaluate(new FakeBucket().client, 'lake', MODEL, event)).rejects.toThrow(/test set is empty/);
  });
});

describe('profiling what a version was trained on', () => {
  let bucket: FakeBucket;
  const files = [0, 1, 2].map((index) => ({ index, key: `raw/${MODEL}/${index}.csv`, sha256: 'x', rows: 10 }));
  const run = { runId: 'r1', snapshotId: 's1' };
  /** label, distance, origin */
  const part = (first: number): string => `${Array.from({ length: 10 }, (_, row) => `${row % 2},${(first + row) * 10},${row === 3 ? '' : 'ATL'}`).join('\n')}\n`;

  beforeEach(async () => {
    bucket = new FakeBucket();
    bucket.put(`evaluations/${MODEL}/r1/challenger/part-00000.csv.out`, scored((row) => (row % 2 === 1 ? 0.9 : 0.2)));
    await evaluate(bucket.client, 'lake', MODEL, { runId: 'r1', contract, gates: [{ kind: 'at-least', metric: 'auc', threshold: 0.6 }], championVersion: null });
    bucket.put(`snapshots/${MODEL}/s1/files.json`, files);
    bucket.put(`curated/${MODEL}/s1/train/part-00000.csv`, part(0));
    bucket.put(`curated/${MODEL}/s1/train/part-00002.csv`, part(10));
    for (const file of files) await profileTraining(bucket.client, 'lake', MODEL, { ...run, file });
  });

  it('counts every part in the bins of the baseline, and a file without training rows as nothing', async () => {
    expect(await completeBaseline(bucket.client, 'lake', MODEL, run)).toEqual({ rows: 20 });
    const { columns } = bucket.json(`baselines/${MODEL}/r1/baseline.json`);
    expect(columns.map(({ training }: { training?: { count: number; missing: number } }) => training && [training.count, training.missing])).toEqual([[20, 0], [20, 2], undefined]);
    expect(columns[0].training.counts).toHaveLength(columns[0].reference.counts.length);
    expect(columns[0].training.moments).toMatchObject({ minimum: 0, maximum: 190 });
  });

  it('is the same when everything is repeated', async () => {
    await completeBaseline(bucket.client, 'lake', MODEL, run);
    const first = bucket.text(`baselines/${MODEL}/r1/baseline.json`);
    for (const file of files) await profileTraining(bucket.client, 'lake', MODEL, { ...run, file });
    await completeBaseline(bucket.client, 'lake', MODEL, run);
    expect(bucket.text(`baselines/${MODEL}/r1/baseline.json`)).toBe(first);
  });

  it('refuses a part that is not what was prepared, and a part that was not profiled', async () => {
    bucket.put(`curated/${MODEL}/s1/train/part-00001.csv`, '1,10\n');
    await expect(profileTraining(bucket.client, 'lake', MODEL, { ...run, file: files[1]! })).rejects.toThrow('part-00001.csv:1 has 2 values, expected the label and 2 features');
    bucket.put(`snapshots/${MODEL}/s1/files.json`, [...files, { ...files[0]!, index: 3 }]);
    await expect(completeBaseline(bucket.client, 'lake', MODEL, run)).rejects.toThrow('training/00003.json does not exist');
  });
});

describe('registering', () => {
  let bucket: FakeBucket;
  let sagemaker: FakeSageMaker;
  const event: RegisterModelEvent = {
    runId: 'r0123456789ab',
    executionArn: 'arn:aws:states:us-east-1:111122223333:execution:x:y',
    time: '2001-02-01T00:00:00Z',
    trigger: 'manual',
    reason: 'first model',
    snapshotId: 'abc',
    codeVersion: '1.0.0',
    image: '111122223333.dkr.ecr.us-east-1.amazonaws.com/x:1',
    modelDataUrl: 's3://lake/artifacts/flight-delay/job/output/model.tar.gz',
    environment: {},
    trainingJobName: 'flight-delay-r0123456789ab',
    hyperparameters: { rounds: '100', grid: '{"a":[1,2]}' },
    automaticApproval: true,
    baselineUri: 's3://lake/baselines/flight-delay/r/baseline.json',
    modelQualityUri: 's3://lake/evaluations/flight-delay/r/model-quality.json',
  };
  const verdict = (passed: boolean): object => ({ passed, results: [{ gate: 'g', passed: true, reason: 'good enough' }, { gate: 'h', passed, reason: 'auc 0.61 is at least 0.6' }], challenger: { auc: { value: 0.6123456789 } }, slices: {}, rows: 10 });
  const register = (over: Partial<RegisterModelEvent> = {}): ReturnType<typeof registerModel> => registerModel(bucket.client, sagemaker.client, 'lake', MODEL, { ...event, ...over });

  beforeEach(() => {
    bucket = new FakeBucket();
    sagemaker = new FakeSageMaker();
    bucket.put(`evaluations/${MODEL}/${event.runId}/verdict.json`, verdict(true));
  });

  it('approves last, when digest and lineage are there', async () => {
    expect(await register()).toEqual({ modelPackageArn: expect.stringMatching(/model-package\/flight-delay\/1$/), version: 1, status: 'Approved' });
    expect(sagemaker.calls).toEqual(['CreateModelPackageCommand', 'DescribeModelPackageCommand', 'UpdateModelPackageCommand']);
    const [stored] = sagemaker.packages;
    expect(stored).toMatchObject({ ModelApprovalStatus: 'Approved', ApprovalDescription: 'Gates passed: good enough; auc 0.61 is at least 0.6' });
    expect(stored!['CustomerMetadataProperties']).toMatchObject({ imageDigest: `sha256:${'d'.repeat(64)}`, verdict: 'passed', 'metric:auc': '0.612346', 'hyperparameter:rounds': '100', 'hyperparameter:grid': '__a_:_1_2__' });
    expect(bucket.json(`evaluations/${MODEL}/${event.runId}/lineage.json`)).toMatchObject({ version: 1, snapshotId: 'abc', imageDigest: `sha256:${'d'.repeat(64)}`, reasons: ['good enough', 'auc 0.61 is at least 0.6'], hyperparameters: event.hyperparameters });
  });

  it('waits for a person by default', async () => {
    expect(await register({ automaticApproval: false })).toMatchObject({ status: 'PendingManualApproval' });
    expect(sagemaker.packages[0]!['ModelApprovalStatus']).toBe('PendingManualApproval');
  });

  it('registers a rejected model with its reasons, failed ones first', async () => {
    bucket.put(`evaluations/${MODEL}/${event.runId}/verdict.json`, verdict(false));
    expect(await register()).toMatchObject({ status: 'Rejected' });
    expect(sagemaker.packages[0]).toMatchObject({ ModelApprovalStatus: 'Rejected', ApprovalDescription: 'Rejected by its gates: auc 0.61 is at least 0.6; good enough' });
  });

  it.each(['CreateModelPackageCommand', 'DescribeModelPackageCommand', 'UpdateModelPackageCommand'])('makes one package when it is repeated after a crash behind %s', async (command) => {
    sagemaker.crashAfter = command;
    await expect(register()).rejects.toThrow('TimeoutError');
    expect(await register()).toMatchObject({ version: 1, status: 'Approved' });
    expect(sagemaker.packages).toHaveLength(1);
    expect(sagemaker.packages[0]!['ModelApprovalStatus']).toBe('Approved');
  });

  it('does not overrule a person who decided in the meantime', async () => {
    await register({ automaticApproval: false });
    sagemaker.packages[0]!['ModelApprovalStatus'] = 'Rejected';
    await register();
    expect(sagemaker.packages[0]!['ModelApprovalStatus']).toBe('Rejected');
  });

  it('keeps within the limits of the registry', () => {
    const hyperparameters = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`p${index}`, 'x'.repeat(300)]));
    const metadata = packageMetadata({ ...event, registeredAt: '', metrics: {}, passed: true, reasons: [], verdictUri: 's3://lake/v', hyperparameters }, 's3://lake/l');
    expect(Object.keys(metadata).length).toBeLessThanOrEqual(46);
    for (const value of Object.values(metadata)) expect(value.length).toBeLessThanOrEqual(256);
    expect(approvalDescription(true, ['r'.repeat(3000)])).toHaveLength(1024);
  });

  it('finds image and model data of the champion', async () => {
    expect(await findChampion(bucket.client, sagemaker.client, 'lake', MODEL)).toEqual({ exists: false });
    const { modelPackageArn } = await register();
    bucket.put(`state/${MODEL}/champion.json`, { version: 1, modelPackageArn });
    expect(await findChampion(bucket.client, sagemaker.client, 'lake', MODEL)).toEqual({ exists: true, version: 1, image: event.image, modelDataUrl: event.modelDataUrl, environment: {} });
  });
});

describe('concluding a run', () => {
  it('removes the scoring models that are there', async () => {
    const sagemaker = new FakeSageMaker();
    sagemaker.models.add(`${MODEL}-r1-challenger`).add('another');
    expect(await concludeTraining(sagemaker.client, MODEL, { runId: 'r1', failure: null })).toEqual({ reasons: [] });
    expect([...sagemaker.models]).toEqual(['another']);
  });

  it('does not pass over other errors', async () => {
    const sagemaker = new FakeSageMaker();
    sagemaker.models.add(`${MODEL}-r1-challenger`);
    sagemaker.crashAfter = 'DeleteModelCommand';
    await expect(concludeTraining(sagemaker.client, MODEL, { runId: 'r1' })).rejects.toThrow('TimeoutError');
  });

  it.each([
    ['States.TaskFailed', JSON.stringify({ TrainingJobStatus: 'Failed', FailureReason: 'AlgorithmError: out of\n memory' }), 'Could not train the model: AlgorithmError: out of memory (States.TaskFailed)'],
    ['Error', JSON.stringify({ errorType: 'Error', errorMessage: 'the test set is empty' }), 'Could not train the model: the test set is empty (Error)'],
    ['States.TaskFailed', JSON.stringify({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' }), 'Could not train the model: the job ended with status Stopped (MaxRuntimeExceeded) (States.TaskFailed)'],
    ['SageMaker.AmazonSageMakerException', 'Rate exceeded', 'Could not train the model: Rate exceeded (SageMaker.AmazonSageMakerException)'],
    ['States.Timeout', '', 'Could not train the model: it took too long'],
    ['Unknown', '', 'Could not train the model: Unknown'],
  ])('says in words what %s means', (error, cause, sentence) => {
    expect(failureSentence({ step: 'train the model', error, cause })).toBe(sentence);
  });
});
