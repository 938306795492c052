import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listBatch, openBatch } from '../../lib/capture/batch-files.lambda-shared';
import { batchKey, batchOfKey, manifestAt, pairBatch, parseManifest, type ReadManifest } from '../../lib/capture/batch-manifest';
import { batchRecords } from '../../lib/capture/batch-records';
import { readCaptureFile } from '../../lib/capture/capture-reader';
import { BUCKET, MODEL } from './monitoring-world';
import { QualityWorld, scored, sequence } from './quality-world';

const HOUR = '2022-08-30T00:00:00Z';
const IDS = ['1f1d57b1-2e6f-488c-8c30-db4e6d757861', '22445434-0c67-45e9-bb4d-bd1bf26561e6'];

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(input: string | undefined, output: string | undefined, size = 7): Promise<ReturnType<typeof readCaptureFile>> {
  const chunks: Uint8Array[] = [];
  const streams = { ...(input === undefined ? {} : { input: cut(input, size) }), ...(output === undefined ? {} : { output: cut(output, size) }) };
  for await (const chunk of batchRecords(streams, { id: `s3://out/a.csv.out@${HOUR}`, time: HOUR })) chunks.push(chunk);
  return readCaptureFile(Buffer.concat(chunks).toString(), { features: ['a', 'b'] });
}

function manifest(key: string, prefix: string, names: readonly string[]): ReadManifest {
  return { ...manifestAt('churn', 3, key)!, key, etag: `e-${key}`, objects: names.map((name) => ({ name, uri: prefix + name })) };
}

function isWellFormed(text: string): boolean {
  try {
    return encodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

describe('rows of a transform job', () => {
  it('have the id and time that the job appended to CSV, as the guide shows it', async () => {
    const { records, badLines } = await read('1,2\n3,4\n', `0, ${IDS[0]},2022-08-30T00:49:15Z\n1, ${IDS[1]},2022-08-30T00:49:15Z\n`);
    expect(badLines).toEqual([]);
    expect(records).toEqual([
      { eventId: IDS[0], inferenceId: IDS[0], inferenceTime: Date.parse('2022-08-30T00:49:15Z'), input: [['1', '2']], output: ['0'] },
      { eventId: IDS[1], inferenceId: IDS[1], inferenceTime: Date.parse('2022-08-30T00:49:15Z'), input: [['3', '4']], output: ['1'] },
    ]);
  });

  it('have them from JSON lines too, on both sides, one prediction whatever its field is called', async () => {
    const answer = (id: string, output: unknown): string => JSON.stringify({ output, SageMakerInferenceId: id, SageMakerInferenceTime: '2022-08-30T00:49:15Z' });
    const { records } = await read('{"a":1,"b":"x"}\n[3,"y"]\n', `${answer(IDS[0]!, 0.25)}\n${answer(IDS[1]!, 'no')}\n`);
    expect(records.map(({ input, output, inferenceId }) => [input, output, inferenceId])).toEqual([[[['1', 'x']], ['0.25'], IDS[0]], [[['3', 'y']], ['no'], IDS[1]]]);
  });

  it('have an id of place and row without GenerateInferenceId, and the time of the hour', async () => {
    const { records } = await read('1,2\n3,4\n', '0.1\n0.9\n');
    expect(records.map(({ eventId, inferenceId, inferenceTime }) => [eventId, inferenceId, inferenceTime])).toEqual([
      [`s3://out/a.csv.out@${HOUR}#0`, undefined, Date.parse(HOUR)],
      [`s3://out/a.csv.out@${HOUR}#1`, undefined, Date.parse(HOUR)],
    ]);
  });

  it('are counted as unpaired where a side is shorter, and read from one side where there is but one', async () => {
    expect((await read('1,2\n3,4\n', '0.1\n')).records.map(({ input, output }) => [input?.length, output?.length])).toEqual([[1, 1], [1, 0]]);
    expect((await read('1,2\n', '0.1\n0.2\n')).records.map(({ input, output }) => [input?.length, output?.length])).toEqual([[1, 1], [0, 1]]);
    expect((await read('1,2\n', undefined)).records).toMatchObject([{ input: [['1', '2']] }]);
    expect((await read(undefined, '0.1\n')).records).toMatchObject([{ output: ['0.1'] }]);
  });

  it('leave joined columns and hostile lines to the reader, which says so', async () => {
    const { records, badLines } = await read('1,2\n3,4\n5,6\n', `1,2,0.5, ${IDS[0]},2022-08-30T00:49:15Z\n{"broken\n,${IDS[1]},2022-08-30T00:49:15Z\n`);
    expect(records[0]!.output).toEqual(['1', '2', '0.5']);
    expect(badLines).toMatchObject([{ line: 2, reason: 'endpointOutput.data is not JSON' }]);
    expect(records[1]!.output).toHaveLength(3);
  });

  it('are the same however the bytes are cut, whatever the line endings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(fc.tuple(fc.integer(), fc.constantFrom('', '7', 'é')), { minLength: 1, maxLength: 700 }), fc.constantFrom('\n', '\r\n', '\n\n'), async (size, rows, ending) => {
        const input = rows.map(([a, b]) => `${a},${b}${ending}`).join('');
        const output = rows.map(([a]) => `${a}\n`).join('').trimEnd();
        const { records, badLines } = await read(input, output, size);
        expect(badLines).toEqual([]);
        expect(records.map((record) => [record.input![0], record.output])).toEqual(rows.map(([a, b]) => [[String(a), b], [String(a)]]));
      }),
      { numRuns: 40 },
    );
  });
});

describe('manifests of a transform job', () => {
  it('are read as one document and as lines', () => {
    const document = '[\n {"prefix":"s3://in/day/"},\n "dummy_0.csv",\n "more/dummy_1.csv"\n]';
    const objects = [{ name: 'dummy_0.csv', uri: 's3://in/day/dummy_0.csv' }, { name: 'more/dummy_1.csv', uri: 's3://in/day/more/dummy_1.csv' }];
    expect(parseManifest(document)).toEqual(objects);
    expect(parseManifest('[{"prefix":"s3://in/day/"},"dummy_0.csv"]\n[{"prefix":"s3://in/day/"},"more/dummy_1.csv"]\n')).toEqual(objects);
    for (const text of ['', '{}', '["a"]', '[{"prefix":7},"a"]', '[{"prefix":"in/"},"a"]', '[{"prefix":"s3://in/"},7]', 'a,b']) {
      if (text === '') expect(parseManifest(text)).toEqual([]);
      else expect(() => parseManifest(text)).toThrow(/manifest is/);
    }
  });

  it('are known by their place, with or without a folder for each job', () => {
    expect(manifestAt('churn', 3, 'captured/churn/v3/batch/input/2022/08/26/13/m.json')).toEqual({ destination: 'captured/churn/v3/batch', side: 'input', hour: Date.UTC(2022, 7, 26, 13), name: 'm.json' });
    expect(manifestAt('churn', 3, 'captured/churn/v3/batch/monday/output/2022/08/26/13/x/m')).toMatchObject({ destination: 'captured/churn/v3/batch/monday', side: 'output', name: 'x/m' });
    for (const key of ['captured/churn/v3/batch/input/m.json', 'captured/churn/v3/batches/input/2022/08/26/13/m', 'captured/churn/v4/batch/input/2022/08/26/13/m', 'captured/churn/v3/churn/AllTraffic/2022/08/26/13/m.jsonl']) {
      expect(manifestAt('churn', 3, key)).toBeUndefined();
    }
  });

  it('name their pairs as captured files are named, and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500_000 }), fc.option(fc.string({ minLength: 1 }).map((name) => `s3://in/${name}`), { nil: undefined }), fc.string().map((name) => `s3://out/${name}.out`), (hours, input, output) => {
        fc.pre(isWellFormed(`${input}${output}`));
        const pair = { hour: hours * 3_600_000, ...(input === undefined ? {} : { input }), output };
        expect(batchKey(pair)).toMatch(/^batch:\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+\.jsonl$/);
        expect(batchOfKey(batchKey(pair))).toEqual(pair);
      }),
    );
    expect(batchOfKey('captured/churn/v3/churn/AllTraffic/2022/08/26/13/m.jsonl')).toBeUndefined();
  });

  it('pair inputs with outputs by name, job by job', () => {
    const place = (side: string, name: string, job = ''): string => `captured/churn/v3/batch${job}/${side}/2022/08/26/13/${name}`;
    const pairs = (manifests: ReadManifest[]): unknown[] => pairBatch(manifests).map(({ input, output }) => [input, output]);
    const one = [manifest(place('input', 'i'), 's3://in/', ['a.csv', 'x/a.csv', 'b.csv']), manifest(place('output', 'o'), 's3://out/', ['x/a.csv.out', 'a.csv.out', 'c.csv.out'])];
    const expected = [['s3://in/a.csv', 's3://out/a.csv.out'], ['s3://in/x/a.csv', 's3://out/x/a.csv.out'], ['s3://in/b.csv', undefined], [undefined, 's3://out/c.csv.out']];
    expect(pairs(one)).toEqual(expected);
    expect(pairs([...one].reverse())).toEqual(expected);
    const two = ['monday', 'tuesday'].flatMap((job) => [manifest(place('input', 'm', `/${job}`), `s3://in/${job}/`, ['a.csv']), manifest(place('output', 'm', `/${job}`), `s3://out/${job}/`, ['a.csv.out'])]);
    expect(pairs(two)).toEqual([['s3://in/monday/a.csv', 's3://out/monday/a.csv.out'], ['s3://in/tuesday/a.csv', 's3://out/tuesday/a.csv.out']]);
    // One destination for both: known by the manifests' names, or not at all.
    const same = ['m', 'n'].flatMap((job) => [manifest(place('input', job), `s3://in/${job}/`, ['a.csv']), manifest(place('output', job), `s3://out/${job}/`, ['a.csv.out'])]);
    expect(pairs(same)).toEqual([['s3://in/m/a.csv', 's3://out/m/a.csv.out'], ['s3://in/n/a.csv', 's3://out/n/a.csv.out']]);
    const unclear = same.map((found, index) => manifest(found.key.replace(/\/[mn]$/, `/${index}`), found.side === 'input' ? `s3://in/${index}/` : `s3://out/${index}/`, found.objects.map(({ name }) => name)));
    expect(pairs(unclear)).toEqual([['s3://in/0/a.csv', undefined], ['s3://in/2/a.csv', undefined], [undefined, 's3://out/1/a.csv.out'], [undefined, 's3://out/3/a.csv.out']]);
  });
});

describe('files of transform jobs', () => {
  const objects = new Map<string, string>();
  const s3 = Object.assign(Object.create(S3Client.prototype) as S3Client, {
    send: async (command: { constructor: { name: string }; input: Record<string, string> }) => {
      if (command.constructor.name === 'ListObjectsV2Command') return { Contents: [...objects.keys()].filter((key) => key.startsWith(`${command.input['Bucket']}/${command.input['Prefix']}`)).map((key) => ({ Key: key.slice(key.indexOf('/') + 1), ETag: 'e' })) };
      const text = objects.get(`${command.input['Bucket']}/${command.input['Key']}`);
      if (text === undefined) throw Object.assign(new Error('gone'), { name: 'NoSuchKey' });
      return { ETag: 'e', Body: Object.assign(cut(text, 5), { transformToString: async () => text }) };
    },
  });
  const place = (side: string, hour: string, name = 'm'): string => `lake/captured/churn/v3/batch/${side}/2022/08/30/${hour}/${name}`;

  it('are found by the hour of their manifests and read from any bucket; what is no manifest is read as data that does not fit', async () => {
    objects.set(place('input', '00'), '[{"prefix":"s3://in/"},"a.csv"]');
    objects.set(place('output', '00'), '[{"prefix":"s3://out/"},"a.csv.out"]');
    objects.set(place('input', '01'), '[{"prefix":"s3://in/"},"b.csv"]');
    objects.set(place('output', '00', 'note.txt'), 'hello');
    objects.set('in/a.csv', '1,2\n');
    objects.set('out/a.csv.out', `0.5, ${IDS[0]},2022-08-30T00:49:15Z\n`);
    const pairs = await listBatch(s3, 'lake', 'churn', 3, Date.parse(HOUR), Date.parse(HOUR) + 3_600_000);
    expect(pairs.map(({ input, output, hour }) => [input, output, hour]).sort()).toEqual([
      ['s3://in/a.csv', 's3://out/a.csv.out', Date.parse(HOUR)],
      [`s3://${place('output', '00', 'note.txt')}`, undefined, Date.parse(HOUR)],
    ].sort());
    const chunks: Uint8Array[] = [];
    for await (const chunk of await openBatch(s3, pairs.find(({ output }) => output !== undefined)!, HOUR)) chunks.push(chunk);
    expect(readCaptureFile(Buffer.concat(chunks).toString(), { features: ['a', 'b'] }).records).toMatchObject([{ inferenceId: IDS[0], input: [['1', '2']], output: ['0.5'] }]);
    const rest: Uint8Array[] = [];
    for await (const chunk of await openBatch(s3, { input: 's3://in/b.csv' }, HOUR)) rest.push(chunk);
    for await (const chunk of await openBatch(s3, { input: 's3://in/a.csv', output: 's3://out/gone' }, HOUR)) rest.push(chunk);
    const { badLines, records } = readCaptureFile(Buffer.concat(rest).toString(), { features: ['a', 'b'] });
    expect(Buffer.from(rest[0]!).toString()).toBe(`no row in s3://in/b.csv@${HOUR}\n`);
    expect([badLines.length, records.map(({ input, output }) => [input?.length, output?.length])]).toEqual([1, [[1, 0]]]);
  });
});

describe('labels of what transform jobs predicted', () => {
  it('are joined by the id that the job appended, and judged as those of requests', async () => {
    const random = sequence(7);
    const rows = Array.from({ length: 600 }, (_, row) => ({
      id: `00000000-0000-4000-8000-${String(row).padStart(12, '0')}`,
      ...scored(random),
      origin: 'ab'[row % 2]!,
      hour: 0,
      version: 1,
    }));
    const job = new QualityWorld();
    const captured = `captured/${MODEL}/v1/batch/monday`;
    job.put(`${captured}/input/2001/02/05/00/i.json`, JSON.stringify([{ prefix: `s3://${BUCKET}/captured/${MODEL}/requests/` }, 'all.csv']));
    job.put(`${captured}/output/2001/02/05/00/o.json`, JSON.stringify([{ prefix: `s3://${BUCKET}/captured/${MODEL}/v1/responses/` }, 'all.csv.out']));
    job.put(`captured/${MODEL}/requests/all.csv`, rows.map(({ origin }) => `100,${origin}`).join('\n'));
    job.put(`captured/${MODEL}/v1/responses/all.csv.out`, rows.map(({ id, score }) => `${score}, ${id},2001-02-05T00:01:00Z`).join('\n'));
    const endpoint = new QualityWorld();
    endpoint.serve(rows);
    for (const world of [job, endpoint]) {
      world.label(rows, 23);
      expect(await world.judge(24)).toMatchObject({ outcome: 'STABLE', version: 1, labelCoverage: 1 });
    }
    const [ofJob, ofEndpoint] = [job.report(0).versions[0]!, endpoint.report(0).versions[0]!];
    expect(ofJob.predictions).toBe(600);
    expect(ofJob.metrics).toEqual(ofEndpoint.metrics);
    expect(ofJob.slices).toEqual(ofEndpoint.slices);
    // Read once.
    expect(await job.judge(25)).toBeUndefined();
  });
});
