import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContractColumn, ContractDocument } from '../../lib/data/data-contract.contract';
import { listFiles } from '../../lib/data/list-files.lambda';
import { prepareFile } from '../../lib/data/prepare-file.lambda';
import type { RawFile, SnapshotResult, SplitRule, SummarizeResult } from '../../lib/data/raw-file.contract';
import { takeSnapshot } from '../../lib/data/snapshot.lambda';
import { splitRows } from '../../lib/data/split-rows';
import { summarizeValidation } from '../../lib/data/summarize-validation.lambda';
import { validateFile } from '../../lib/data/validate-file.lambda';
import { FakeBucket } from './data-fakes';

const column = (name: string, over: Partial<ContractColumn>): ContractColumn => ({ name, type: 'string', roles: ['feature'], maximumNullShare: 0, ...over });
const contract: ContractDocument = {
  task: 'binary-classification',
  columns: [column('delayed', { type: 'boolean', roles: ['label'] }), column('time', { type: 'timestamp', roles: ['time'] }), column('distance', { type: 'integer' }), column('origin', { roles: ['feature', 'slice'] })],
};
const split: SplitRule = { testWindowSeconds: 2 * 86_400, validationShare: 0.2 };
const day = (number: number, rows = 20): string =>
  ['origin,distance,time,delayed', ...Array.from({ length: rows }, (_, row) => `"A, ${row}",${row},2001-01-${String(number).padStart(2, '0')}T0${row % 10}:00,${row % 3 === 0}`)].join('\n');

describe('the data stage', () => {
  const MODEL = 'flight-delay';
  let bucket: FakeBucket;

  beforeEach(() => {
    bucket = new FakeBucket();
    for (let number = 1; number <= 7; number++) bucket.put(`raw/${MODEL}/day-${number}.csv`, day(number));
    bucket.put(`raw/${MODEL}/readme.txt`, 'not data');
    bucket.put('raw/flight-delay-eu/day-1.csv', 'not ours');
  });

  async function validated(runId: string, rule = split): Promise<SummarizeResult> {
    await listFiles(bucket.client, 'lake', MODEL, { runId, contract, prefix: `raw/${MODEL}/` });
    for (const file of bucket.json<RawFile[]>(`snapshots/${MODEL}/runs/${runId}/files.json`)) await validateFile(bucket.client, 'lake', MODEL, { runId, file });
    return summarizeValidation(bucket.client, 'lake', MODEL, { runId, split: rule });
  }

  async function snapshot(runId: string): Promise<SnapshotResult> {
    expect((await validated(runId)).reasons).toEqual([]);
    return takeSnapshot(bucket.client, 'lake', MODEL, { runId, split, time: '2001-02-01T00:00:00Z' });
  }

  async function prepare(taken: SnapshotResult): Promise<void> {
    for (const file of bucket.json<any[]>(taken.filesKey)) await prepareFile(bucket.client, 'lake', MODEL, { snapshotId: taken.snapshotId, file });
  }

  it('passes good data and names no file that is not of this model', async () => {
    expect(await validated('r1')).toMatchObject({ valid: true, reasons: [], files: 7, rows: 140 });
    expect(bucket.json(`quarantine/${MODEL}/r1/report.json`)).toMatchObject({ valid: true, quarantined: [] });
  });

  it('stops bad data with the reasons and a report', async () => {
    bucket.put(`raw/${MODEL}/day-2.csv`, day(2).replace(',5,', ',far,'));
    const result = await validated('r1');
    expect(result).toMatchObject({ valid: false, reasons: ['raw/flight-delay/day-2.csv: distance: 1 value not of type integer, first on line 7: "far"'], reportUri: 's3://lake/quarantine/flight-delay/r1/report.json' });
    expect(bucket.json(`quarantine/${MODEL}/r1/report.json`).quarantined).toHaveLength(1);
  });

  it('stops when there is no data at all', async () => {
    bucket = new FakeBucket();
    expect((await validated('r1')).reasons).toEqual(['there is no CSV file below raw/flight-delay/']);
  });

  it('stops when the test window would take everything', async () => {
    expect((await validated('r1', { testWindowSeconds: 30 * 86_400, validationShare: 0.1 })).reasons).toEqual([expect.stringContaining('nothing is left to train on')]);
  });

  it('shortens a long list of reasons', async () => {
    for (let number = 10; number < 40; number++) bucket.put(`raw/${MODEL}/bad-${number}.csv`, 'x\n1');
    const { reasons } = await validated('r1');
    expect(reasons).toHaveLength(13);
    expect(reasons.at(-1)).toMatch(/^and \d+ more, all in the validation report$/);
  });

  it('gives the same data the same id, also when it was uploaded again', async () => {
    const first = await snapshot('r1');
    bucket.put(`raw/${MODEL}/day-3.csv`, day(3));
    const again = await snapshot('r2');
    expect(again.snapshotId).toBe(first.snapshotId);
    bucket.put(`raw/${MODEL}/day-3.csv`, day(3, 21));
    expect((await snapshot('r3')).snapshotId).not.toBe(first.snapshotId);
    expect(bucket.json(`snapshots/${MODEL}/${first.snapshotId}/manifest.json`).files[2].versionId).toBe('v1');
  });

  it('prepares every row once: train, validation and the last days as test', async () => {
    const taken = await snapshot('r1');
    expect(taken.prepared).toBe(false);
    await prepare(taken);
    const lines = (channel: string): string[] => bucket.keys(`curated/${MODEL}/${taken.snapshotId}/${channel}/`).flatMap((key) => bucket.text(key).trimEnd().split('\n'));
    const [train, validation, test] = ['train', 'validation', 'test'].map(lines) as [string[], string[], string[]];
    expect(train.length + validation.length + test.length).toBe(140);
    // The cutoff is 2001-01-05T09:00: test rows are later.
    expect(test).toHaveLength(40);
    expect(test[1]).toBe('2001-01-06T01:00,0,1,"A, 1"');
    expect(train[0]).toMatch(/^[01],\d+,"A, \d+"$/);
    expect(validation.length).toBeGreaterThan(5);
    expect(bucket.json(`curated/${MODEL}/${taken.snapshotId}/contract/contract.json`)).toEqual(contract);
    expect((await takeSnapshot(bucket.client, 'lake', MODEL, { runId: 'r1', split, time: '2001-02-02T00:00:00Z' })).prepared).toBe(true);
  });

  it('prepares the version that was validated, and nothing twice', async () => {
    const taken = await snapshot('r1');
    bucket.put(`raw/${MODEL}/day-1.csv`, 'changed after validation');
    await prepare(taken);
    const writes = (): number => bucket.calls.filter(({ command }) => command === 'PutObjectCommand').length;
    const before = writes();
    await prepare(taken);
    expect(writes()).toBe(before);
  });

  it('refuses to prepare a file that is not what was validated', async () => {
    const taken = await snapshot('r1');
    const [file] = bucket.json<any[]>(taken.filesKey);
    await expect(prepareFile(bucket.client, 'lake', MODEL, { snapshotId: taken.snapshotId, file: { ...file, sha256: 'other' } })).rejects.toThrow(/no longer what was validated/);
  });
});

describe('splitting without a time column', () => {
  const timeless: ContractDocument = { task: 'regression', columns: [column('id', { roles: ['id'] }), column('x', { type: 'number' }), column('y', { type: 'number', roles: ['label'] })] };

  it('decides each row by its id alone, near the asked shares', () => {
    const rows = Array.from({ length: 4000 }, (_, index) => [`id-${index}`, '1', '2']);
    const parts = splitRows({ contract: timeless, split: { testShare: 0.2, validationShare: 0.1 } }, [['id', 'x', 'y'], ...rows]);
    expect(parts.test.length / 4000).toBeCloseTo(0.2, 1);
    expect(parts.validation.length / 3200).toBeCloseTo(0.1, 1);
  });

  it('does not depend on the neighbours or the order', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.trim()).filter((text) => text !== ''), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(ids, (list) => {
        const parts = (order: string[]): Record<string, string[]> =>
          splitRows({ contract: timeless, split: { testShare: 0.3, validationShare: 0.3 } }, [['id', 'x', 'y'], ...order.map((id, index) => [id, String(list.indexOf(id)), String(index * 0)])]);
        const forward = parts(list);
        const backward = parts([...list].reverse());
        for (const channel of ['train', 'validation', 'test']) expect([...backward[channel]!].sort()).toEqual([...forward[channel]!].sort());
      }),
    );
  });

  it('writes labels as the algorithm wants them', () => {
    const classes: ContractDocument = { task: 'multiclass-classification', columns: [column('x', { type: 'boolean' }), column('y', { roles: ['label'], categories: ['low', 'mid', 'high'] })] };
    expect(splitRows({ contract: classes, split: { testShare: 0, validationShare: 0 } }, [['y', 'x'], ['high', 'TRUE'], ['low', '']]).train).toEqual(['2,1', '0,']);
  });
});
