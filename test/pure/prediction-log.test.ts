import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContractDocument } from '../../lib/data/data-contract.contract';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { attributeLatency, responseLatency } from '../../lib/capture/capture-latency';
import { logPredictions, type LogPredictionsClients } from '../../lib/prediction-log/log-predictions.lambda';
import { featureColumns, findPredictionQuery, FIXED_COLUMNS } from '../../lib/prediction-log/prediction-columns';
import { DAY_COLUMN, logKey, type PredictionLogReport, readCapturedKey } from '../../lib/prediction-log/prediction-log.contract';

const MODEL = 'flight-delay';
const GROUP = `arn:aws:sagemaker:us-east-1:111122223333:model-package-group/${MODEL}`;
const CONTRACT: ContractDocument = {
  task: 'binary-classification',
  columns: [
    { name: 'delayed', type: 'boolean', roles: ['label'], maximumNullShare: 0 },
    { name: 'Distance', type: 'integer', roles: ['feature'], maximumNullShare: 0 },
    { name: 'passenger', type: 'string', roles: ['feature'], maximumNullShare: 0 },
    { name: 'load factor', type: 'number', roles: ['feature'], maximumNullShare: 0 },
    { name: 'version', type: 'string', roles: ['feature'], maximumNullShare: 0 },
    { name: 'prediction id', type: 'boolean', roles: ['feature'], maximumNullShare: 0 },
    { name: 'booked', type: 'timestamp', roles: ['feature'], maximumNullShare: 1 },
  ],
};
const FEATURES = CONTRACT.columns.slice(1);

class Named extends Error {
  public constructor(name: string, public readonly $metadata = {}) {
    super(name);
    this.name = name;
  }
}

/** S3, the registry and CloudWatch in memory; a command that is not here is an error. */
class World {
  public readonly objects = new Map<string, string | Uint8Array>();
  public readonly metrics: { name: string; value: number; time: string }[] = [];
  public droppedColumns: string[] = [];
  /** The next call of this command does its work and then fails: a crash after the deed. */
  public crashAfter: string | undefined;

  public constructor() {
    for (const version of [3, 4]) this.objects.set(lakeKeys.curatedContract(MODEL, `snapshot-${version}`), JSON.stringify(CONTRACT));
  }

  public capture(lines: readonly object[], key = captured()): string {
    this.objects.set(key, `${lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`);
    return key;
  }

  public async log(key: string): Promise<{ files: number; rows: number; problems: number }> {
    return this.run({ time: '2001-02-05T10:41:00Z', detail: { object: { key } } });
  }

  public async run(event: Parameters<typeof logPredictions>[0]): Promise<{ files: number; rows: number; problems: number }> {
    const client = { send: async (command: { constructor: { name: string }; input: Record<string, any> }) => this.send(command.constructor.name, command.input) };
    const environment = { LAKE_BUCKET: 'lake', MODEL_NAME: MODEL, MODEL_PACKAGE_GROUP_ARN: GROUP, DROPPED_COLUMNS: JSON.stringify(this.droppedColumns) };
    const s3 = Object.assign(Object.create(S3Client.prototype) as S3Client, client);
    return logPredictions(event, { s3, sagemaker: client, cloudwatch: client } as unknown as LogPredictionsClients, environment);
  }

  public below(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  public report(): PredictionLogReport {
    return JSON.parse(this.objects.get(this.below('reports/')[0]!) as string) as PredictionLogReport;
  }

  private async send(command: string, input: Record<string, any>): Promise<unknown> {
    const answer = this.answer(command, input);
    if (this.crashAfter === command) {
      this.crashAfter = undefined;
      throw new Named('TimeoutError');
    }
    return answer;
  }

  private answer(command: string, input: Record<string, any>): unknown {
    const object = this.objects.get(input['Key'] as string);
    switch (command) {
      case 'HeadObjectCommand':
        if (object === undefined) throw new Named('NotFound', { httpStatusCode: 404 });
        return {};
      case 'GetObjectCommand':
        if (object === undefined) throw new Named('NoSuchKey');
        return { ETag: 'e', Body: { transformToString: async () => object as string } };
      case 'PutObjectCommand':
        return (this.objects.set(input['Key'] as string, input['Body'] as string), {});
      case 'ListObjectsV2Command':
        return { Contents: this.below(input['Prefix'] as string).map((Key) => ({ Key })) };
      case 'DescribeModelPackageCommand': {
        const version = (input['ModelPackageName'] as string).split('/').at(-1);
        return { CustomerMetadataProperties: version === '9' ? {} : { snapshotId: `snapshot-${version}` } };
      }
      case 'PutMetricDataCommand':
        for (const { MetricName, Value, Timestamp } of input['MetricData']) this.metrics.push({ name: MetricName, value: Value, time: (Timestamp as Date).toISOString() });
        return {};
      default:
        throw new Error(`unexpected ${command}`);
    }
  }
}

function captured(version = 3, variant = 'AllTraffic', file = '34-30-683-55126149', hour = '10'): string {
  return `captured/${MODEL}/v${version}/${MODEL}/${variant}/2001/02/05/${hour}/${file}.jsonl`;
}

interface Line {
  readonly input?: string;
  readonly output?: string;
  readonly eventId?: string;
  readonly inferenceId?: string;
  readonly attributes?: string;
  readonly json?: boolean;
}

let sequence = 0;

function line(options: Line): object {
  const side = (data: string, mode: string): object => ({ observedContentType: options.json ? 'application/json' : 'text/csv', mode, data, encoding: options.json ? 'JSON' : 'CSV' });
  return {
    captureData: {
      ...(options.input === undefined ? {} : { endpointInput: side(options.input, 'INPUT') }),
      ...(options.output === undefined ? {} : { endpointOutput: side(options.output, 'OUTPUT') }),
    },
    eventMetadata: {
      eventId: options.eventId ?? `event-${++sequence}`,
      ...(options.attributes === undefined ? {} : { customAttributes: [options.attributes] }),
      ...(options.inferenceId === undefined ? {} : { inferenceId: options.inferenceId }),
      inferenceTime: '2001-02-05T10:30:15Z',
    },
    eventVersion: '0',
  };
}

const ROW = '1400,"Doe, Jane",0.5,b7,1,2001-02-01T08:00:00Z';

describe('the prediction log, asked with its documented query', () => {
  let folder: string;
  let connection: Awaited<ReturnType<DuckDBInstance['connect']>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prediction-log-'));
    connection = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => {
    connection.closeSync();
    rmSync(folder, { recursive: true });
  });

  /** The query as it is in the template; only the table is the files that the function wrote. */
  async function find(world: World, id: string): Promise<Record<string, any>[]> {
    const columns = featureColumns(FEATURES, world.droppedColumns, [DAY_COLUMN]);
    const query = findPredictionQuery(`read_parquet('${files(world)}/**/*.parquet', hive_partitioning = true)`, columns);
    return (await connection.runAndReadAll(query, [id])).getRowObjectsJS() as Record<string, any>[];
  }

  function files(world: World): string {
    const root = mkdtempSync(join(folder, 'log-'));
    for (const key of world.below('predictions/')) {
      mkdirSync(dirname(join(root, key)), { recursive: true });
      writeFileSync(join(root, key), world.objects.get(key)!);
    }
    return join(root, lakeKeys.predictionsPrefix(MODEL));
  }

  it('says which version made a prediction, on what input, when and how fast', async () => {
    const world = new World();
    await world.log(world.capture([line({ input: ROW, output: '0.12', inferenceId: 'booking-17', attributes: 'trace=5;latency-ms=12.5' }), line({ input: ROW, output: '0.7' })]));
    expect(await find(world, 'booking-17')).toEqual([
      {
        model_version: 3,
        model_package_arn: `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/3`,
        variant_name: 'AllTraffic',
        shadow: false,
        prediction: 0.12,
        inference_time: new Date('2001-02-05T10:30:15Z'),
        latency_ms: 12.5,
        response: null,
        unreadable_values: null,
        distance: 1400n,
        passenger: 'Doe, Jane',
        load_factor: 0.5,
        version: 'b7',
        feature_prediction_id: true,
        booked: new Date('2001-02-01T08:00:00Z'),
      },
    ]);
  });

  it('finds every row of a request, and the shadow\'s answer after the one that the caller got', async () => {
    const world = new World();
    const request = { input: `${ROW}\n${ROW}\n`, inferenceId: 'batch-1' };
    await world.log(world.capture([line({ ...request, output: '0.9\n0.8\n' })], captured(3, 'Shadow-v4')));
    await world.log(world.capture([line({ ...request, output: '0.1\n0.2\n' })]));
    const found = await find(world, 'batch-1');
    expect(found.map((row) => [row['model_version'], row['variant_name'], row['shadow'], row['prediction']])).toEqual([
      [3, 'AllTraffic', false, 0.1],
      [3, 'AllTraffic', false, 0.2],
      [4, 'Shadow-v4', true, 0.9],
      [4, 'Shadow-v4', true, 0.8],
    ]);
  });

  it('has the types that the table promises, and the day as partition', async () => {
    const world = new World();
    await world.log(world.capture([line({ input: ROW, output: '0.12' })]));
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet('${files(world)}/**/*.parquet', hive_partitioning = true)`);
    const types = Object.fromEntries(described.getRowObjectsJS().map((row) => [row['column_name'], row['column_type']]));
    const glue = { string: 'VARCHAR', int: 'INTEGER', bigint: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN', timestamp: 'TIMESTAMP' } as const;
    const columns = [...FIXED_COLUMNS, ...featureColumns(FEATURES, [], [DAY_COLUMN])];
    expect(types).toEqual({ ...Object.fromEntries(columns.map(({ name, type }) => [name, glue[type]])), [DAY_COLUMN]: 'DATE' });
  });

  it('leaves dropped columns out of the files, also when a row cannot be read', async () => {
    const world = new World();
    world.droppedColumns = ['passenger'];
    const lines = [line({ input: ROW, output: '0.12', inferenceId: 'a' }), line({ input: 'Doe,1400', output: '0.3', inferenceId: 'b' }), '{"captureData": "Doe'];
    expect(await world.log(world.capture(lines as object[]))).toEqual({ files: 1, rows: 2, problems: 2 });
    expect(Object.keys((await find(world, 'a'))[0]!)).not.toContain('passenger');
    for (const [key, content] of world.objects) if (!key.startsWith('captured/')) expect(`${key} ${Buffer.from(content).includes('Doe')}`).toBe(`${key} false`);
    expect((await find(world, 'b'))[0]).toMatchObject({ prediction: 0.3, distance: null });
  });

  it('keeps what is not of its column as text, and a response without one prediction per row as it came', async () => {
    const world = new World();
    const odd = '12.5,x,abc,y,maybe,yesterday';
    await world.log(world.capture([line({ input: odd, output: 'high', inferenceId: 'odd' }), line({ input: ROW, output: '0.1,0.9', inferenceId: 'wide' }), line({ output: '0.4', inferenceId: 'blind' })]));
    const unreadable = { distance: '12.5', load_factor: 'abc', feature_prediction_id: 'maybe', booked: 'yesterday', prediction: 'high' };
    const [row] = await find(world, 'odd');
    expect(JSON.parse(row!['unreadable_values'] as string)).toEqual(unreadable);
    expect(row).toMatchObject({ distance: null, passenger: 'x', prediction: null });
    expect(await find(world, 'wide')).toMatchObject([{ prediction: null, response: '["0.1","0.9"]', distance: 1400n }]);
    expect(await find(world, 'blind')).toMatchObject([{ prediction: 0.4, distance: null }]);
    expect(world.report()).toMatchObject({ rows: 3, badLines: [], misshapenRows: 0, unpairedRecords: 1 });
  });

  it('reads the same rows from CSV and from JSON', async () => {
    const world = new World();
    const instance = { features: [1400, 'Doe, Jane', 0.5, 'b7', true, '2001-02-01T08:00:00Z'] };
    const input = JSON.stringify({ instances: [instance] });
    await world.log(world.capture([line({ input: ROW, output: '0.12', inferenceId: 'csv' }), line({ json: true, input, output: '{"predictions":[{"score":0.12}],"latency_ms":4}', inferenceId: 'json' })]));
    const [[csv], [json]] = [await find(world, 'csv'), await find(world, 'json')];
    expect(json).toEqual({ ...csv, latency_ms: 4 });
  });

  it('holds each captured row once, whatever comes twice, late or in another order', async () => {
    const event = fc.record({ rows: fc.integer({ min: 1, max: 3 }), hour: fc.integer({ min: 0, max: 3 }), version: fc.constantFrom(3, 4), shadow: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(20), { maxLength: 12 }), fc.infiniteStream(fc.boolean()), async (events, order, crash) => {
        const world = new World();
        const keys = events.map(({ rows, hour, version, shadow }, index) =>
          world.capture(
            [line({ input: `${ROW}\n`.repeat(rows), output: '0.5\n'.repeat(rows), inferenceId: `id-${index}` }), line({ input: 'bad', output: '1', inferenceId: `id-${index}` })],
            captured(version, shadow ? `Shadow-v${version}` : 'AllTraffic', `f${index}`, `0${hour}`),
          ),
        );
        for (const place of order) {
          if (crash.next().value) world.crashAfter = crash.next().value ? 'PutObjectCommand' : 'PutMetricDataCommand';
          await world.log(keys[place % keys.length]!).catch((error: Error) => expect(error.name).toBe('TimeoutError'));
          world.crashAfter = undefined;
        }
        await world.run({ time: '2001-02-06T00:00:00Z', prefix: `captured/${MODEL}/` });
        const once = new Map(world.objects);
        expect(await world.run({ time: '2001-02-07T00:00:00Z', prefix: `captured/${MODEL}/` })).toEqual({ files: 0, rows: 0, problems: 0 });
        expect(world.objects).toEqual(once);
        const count = await connection.runAndReadAll(`SELECT count(*)::INTEGER AS n FROM read_parquet('${files(world)}/**/*.parquet', hive_partitioning = true)`);
        expect(count.getRowObjectsJS()[0]!['n']).toBe(events.reduce((sum, { rows }) => sum + rows + 1, 0));
      }),
      { numRuns: 40 },
    );
  });
});

describe('logging a captured file', () => {
  it('reports what is not logged in full, without the data, and counts it', async () => {
    const world = new World();
    const same = line({ input: ROW, output: '0.1', eventId: 'same' });
    await world.log(world.capture(['no JSON', line({ input: '1,2', output: '0.1' }), same, same] as object[]));
    expect(world.metrics).toEqual([{ name: 'PredictionLogProblems', value: 2, time: '2001-02-05T10:41:00.000Z' }]);
    expect(world.below('reports/')).toEqual([`reports/${MODEL}/prediction-log/2001-02-05/v3-${MODEL}-AllTraffic-10-34-30-683-55126149.json`]);
    expect(world.report()).toEqual({ capturedKey: captured(), rows: 2, badLines: [{ line: 1, reason: 'the line is not JSON' }], misshapenRows: 1, unpairedRecords: 0, duplicates: 1 });
  });

  it('writes an empty log for a file of which no line can be read: it is done', async () => {
    const world = new World();
    expect(await world.log(world.capture(['x', 'y'] as unknown as object[]))).toEqual({ files: 1, rows: 0, problems: 2 });
    expect(world.below('predictions/')).toHaveLength(1);
  });

  it('passes over requests and answers of an asynchronous endpoint, whatever they are called, also when it fills up', async () => {
    const world = new World();
    const keys = [`captured/${MODEL}/requests/a.jsonl`, `captured/${MODEL}/v3/responses/a.jsonl`, `captured/${MODEL}/v3/failures/x/y/a.jsonl`];
    for (const key of keys) {
      world.capture([{ any: 'thing' }], key);
      expect(await world.log(key)).toEqual({ files: 0, rows: 0, problems: 0 });
    }
    expect(await world.run({ time: '2001-02-05T10:41:00Z', prefix: `captured/${MODEL}/` })).toEqual({ files: 0, rows: 0, problems: 0 });
  });

  it('passes over a captured file that has expired', async () => {
    expect(await new World().log(captured())).toEqual({ files: 0, rows: 0, problems: 0 });
  });

  it('fails for a version whose columns nobody knows, and for a key of another model', async () => {
    const world = new World();
    await expect(world.log(world.capture([line({ input: ROW, output: '1' })], captured(9)))).rejects.toThrow(/names no snapshot/);
    await expect(world.log('captured/other/v1/other/AllTraffic/2001/02/05/10/f.jsonl')).rejects.toThrow(/not a captured file of model flight-delay/);
  });

  it('files it by the day and version of its key', () => {
    const object = readCapturedKey(MODEL, captured(3, 'Challenger-v12', 'x', '23'))!;
    expect(object).toMatchObject({ version: 12, endpointName: MODEL, variantName: 'Challenger-v12', shadow: false, day: '2001-02-05' });
    expect(logKey(MODEL, object)).toBe(`predictions/${MODEL}/inference_date=2001-02-05/v12-${MODEL}-Challenger-v12-23-x.parquet`);
    expect(readCapturedKey(MODEL, `captured/${MODEL}/v3/readme.txt`)).toBeUndefined();
  });
});

describe('columns of features', () => {
  const of = (names: string[], dropped: string[] = []): string[] => featureColumns(names.map((name) => ({ name, type: 'string' as const })), dropped, [DAY_COLUMN]).map(({ name }) => name);

  it('have names that Athena takes, each once', () => {
    expect(of(['Größe cm', 'a-b', 'a.b', 'shadow', 'inference_date'])).toEqual(['gr__e_cm', 'a_b', 'feature_a_b', 'feature_shadow', 'feature_inference_date']);
  });

  it('keep their names when another column is dropped', () => {
    expect(of(['a-b', 'a.b'], ['a-b'])).toEqual(['feature_a_b']);
  });
});

describe('how fast', () => {
  it('is read where a container can say it, and nowhere else', () => {
    expect([attributeLatency(['latency-ms=12']), attributeLatency('a=1, latency-ms=0.5'), attributeLatency(['x', 'latency-ms=3;y'])]).toEqual([12, 0.5, 3]);
    expect([attributeLatency(undefined), attributeLatency(['max-latency-ms=3']), attributeLatency(['latency-ms=fast'])]).toEqual([undefined, undefined, undefined]);
    expect([responseLatency({ latency_ms: 7 }), responseLatency({ latency_ms: '7' }), responseLatency([7]), responseLatency({ latency_ms: -1 })]).toEqual([7, undefined, undefined, undefined]);
  });
});
