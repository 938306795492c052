import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AsynchronousCaptureReport } from '../../lib/asynchronous-capture/asynchronous-capture.contract';
import { recordKey, responseVersion } from '../../lib/asynchronous-capture/asynchronous-capture.contract';
import { eventIdOf, isSampled, readNotification } from '../../lib/asynchronous-capture/asynchronous-record';
import { captureAsynchronous, type CaptureAsynchronousClients } from '../../lib/asynchronous-capture/capture-asynchronous.lambda';
import { readCaptureLine } from '../../lib/capture/capture-reader';
import { readCapturedKey } from '../../lib/prediction-log/prediction-log.contract';

const MODEL = 'churn';

/** As published in aws-solutions-library-samples/osml-model-runner, with names of this test. */
const MESSAGE = {
  awsRegion: 'us-east-1',
  eventTime: '2022-01-25T22:46:00.608Z',
  receivedTime: '2022-01-25T22:46:00.455Z',
  invocationStatus: 'Completed',
  requestParameters: { contentType: 'text/csv', endpointName: MODEL, inputLocation: 's3://lake/captured/churn/requests/1.csv' },
  responseParameters: { contentType: 'text/csv; charset=utf-8', outputLocation: 's3://lake/captured/churn/v3/responses/prediction.out' },
  inferenceId: '11111111-2222-3333-4444-555555555555',
  eventVersion: '1.0',
  eventSource: 'aws:sagemaker',
  eventName: 'InferenceResult',
};

class Named extends Error {
  public constructor(name: string) {
    super(name);
    this.name = name;
  }
}

class World {
  public readonly objects = new Map<string, Buffer>();
  public readonly metrics: { name: string; value: number; time: string }[] = [];
  public readonly writes: string[] = [];
  /** The next call of this command does its work and then fails. */
  public crashAfter: string | undefined;
  public environment = { LAKE_BUCKET: 'lake', MODEL_NAME: MODEL, ENDPOINT_NAME: MODEL, SAMPLING_PERCENTAGE: '100', MAXIMUM_BYTES: '1000' };

  public constructor() {
    this.put('captured/churn/requests/1.csv', '1,2,3\n4,5,\n');
    this.put('captured/churn/v3/responses/prediction.out', '0.25\n0.75\n');
  }

  public put(key: string, body: string | Buffer): void {
    this.objects.set(`lake/${key}`, Buffer.from(body));
  }

  public below(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(`lake/${prefix}`)).map((key) => key.slice(5)).sort();
  }

  public records(): string[] {
    return this.below('captured/churn/v3/churn/');
  }

  public tell(message: unknown): ReturnType<typeof captureAsynchronous> {
    return this.run({ Records: [{ Sns: { Message: typeof message === 'string' ? message : JSON.stringify(message) } }] });
  }

  public run(event: Parameters<typeof captureAsynchronous>[0]): ReturnType<typeof captureAsynchronous> {
    const client = { send: async (command: { constructor: { name: string }; input: Record<string, any> }) => this.send(command.constructor.name, command.input) };
    const s3 = Object.assign(Object.create(S3Client.prototype) as S3Client, client);
    return captureAsynchronous(event, { s3, cloudwatch: client } as unknown as CaptureAsynchronousClients, this.environment);
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
    const key = `${input['Bucket']}/${input['Key']}`;
    const object = this.objects.get(key);
    switch (command) {
      case 'GetObjectCommand':
        if (object === undefined) throw new Named('NoSuchKey');
        return { ETag: 'e', ContentLength: object.length, Body: { transformToByteArray: async () => new Uint8Array(object), transformToString: async () => object.toString() } };
      case 'PutObjectCommand':
        if (input['IfNoneMatch'] === '*' && object !== undefined) throw new Named('PreconditionFailed');
        this.writes.push(key.slice(5));
        return (this.objects.set(key, Buffer.from(input['Body'] as string)), {});
      case 'ListObjectsV2Command':
        return { Contents: this.below(input['Prefix'] as string).map((Key) => ({ Key })) };
      case 'PutMetricDataCommand':
        for (const { MetricName, Value, Timestamp } of input['MetricData']) this.metrics.push({ name: MetricName, value: Value, time: (Timestamp as Date).toISOString() });
        return {};
      default:
        throw new Error(`unexpected ${command}`);
    }
  }
}

describe('the capture of an asynchronous endpoint', () => {
  it('writes what data capture would have written, where it would have written it', async () => {
    const world = new World();
    expect(await world.tell(MESSAGE)).toEqual({ captured: 1, ignored: 0, problems: 0 });
    const [key] = world.records();
    expect(key).toMatch(/^captured\/churn\/v3\/churn\/AllTraffic\/2022\/01\/25\/22\/46-00-608-[0-9a-f-]{36}\.jsonl$/);
    expect(readCapturedKey(MODEL, key!)).toMatchObject({ version: 3, endpointName: MODEL, variantName: 'AllTraffic', day: '2022-01-25', shadow: false });
    const text = world.objects.get(`lake/${key}`)!.toString();
    expect(JSON.parse(text)).toEqual({
      captureData: {
        endpointInput: { observedContentType: 'text/csv', mode: 'INPUT', data: '1,2,3\n4,5,\n', encoding: 'CSV' },
        endpointOutput: { observedContentType: 'text/csv; charset=utf-8', mode: 'OUTPUT', data: '0.25\n0.75\n', encoding: 'CSV' },
      },
      eventMetadata: { eventId: expect.any(String), inferenceId: MESSAGE.inferenceId, inferenceTime: '2022-01-25T22:46:00Z' },
      eventVersion: '0',
    });
    expect(readCaptureLine(text, ['a', 'b', 'c'])).toMatchObject({ inferenceId: MESSAGE.inferenceId, input: [['1', '2', '3'], ['4', '5', '']], output: ['0.25', '0.75'] });
    expect(world.metrics).toEqual([]);
  });

  it('writes the same object once, also when the notification comes twice or a run died at any step', async () => {
    const clean = new World();
    await clean.tell(MESSAGE);
    for (const crashAfter of ['GetObjectCommand', 'PutObjectCommand']) {
      const world = new World();
      world.crashAfter = crashAfter;
      await expect(world.tell(MESSAGE)).rejects.toThrow('TimeoutError');
      await world.tell(MESSAGE);
      await world.tell(MESSAGE);
      expect(world.writes).toEqual(clean.writes);
      expect(world.objects).toEqual(clean.objects);
    }
  });

  it('takes JSON as JSON, and anything else, or what is no text, as base64', async () => {
    const world = new World();
    world.put('captured/churn/requests/1.csv', '{"instances":[[1,2,3]]}');
    world.put('captured/churn/v3/responses/prediction.out', Buffer.from([0x93, 0x4e, 0xff]));
    const requestParameters = { ...MESSAGE.requestParameters, contentType: 'Application/JSON; charset=utf-8', customAttributes: 'latency-ms=4' };
    await world.tell({ ...MESSAGE, requestParameters, responseParameters: { ...MESSAGE.responseParameters, contentType: 'text/csv' } });
    const { captureData, eventMetadata } = JSON.parse(world.objects.get(`lake/${world.records()[0]}`)!.toString());
    expect(captureData.endpointInput).toMatchObject({ encoding: 'JSON', data: '{"instances":[[1,2,3]]}' });
    expect(captureData.endpointOutput).toMatchObject({ encoding: 'BASE64', data: 'k07/' });
    expect(eventMetadata.customAttributes).toEqual(['latency-ms=4']);
  });

  it.each([
    ['another endpoint of the same topic', { ...MESSAGE, requestParameters: { ...MESSAGE.requestParameters, endpointName: 'other' } }],
    ['an inference that failed', { ...MESSAGE, invocationStatus: 'Failed', failureReason: 'ClientError: Received server error (500) from model.', responseParameters: undefined }],
    ['another publisher', { anything: 1 }],
    ['another publisher, no JSON', 'lunch is ready'],
  ])('passes over %s', async (_what, message) => {
    const world = new World();
    expect(await world.tell(message)).toEqual({ captured: 0, ignored: 1, problems: 0 });
    expect([world.writes, world.metrics]).toEqual([[], []]);
  });

  it('leaves out what is too large, inline or gone, and says so', async () => {
    const { inputLocation: _gone, ...inline } = MESSAGE.requestParameters;
    const cases: [Partial<typeof MESSAGE> | undefined, (world: World) => void, RegExp][] = [
      [undefined, (world) => world.put('captured/churn/requests/1.csv', '1'.repeat(1001)), /has 1001 bytes, more than 1000/],
      [{ requestParameters: inline as typeof MESSAGE.requestParameters }, () => undefined, /inline/],
      [undefined, (world) => world.objects.delete('lake/captured/churn/requests/1.csv'), /does not exist any more/],
    ];
    for (const [change, prepare, reason] of cases) {
      const world = new World();
      prepare(world);
      expect(await world.tell({ ...MESSAGE, ...change })).toEqual({ captured: 1, ignored: 0, problems: 1 });
      const text = world.objects.get(`lake/${world.records()[0]}`)!.toString();
      expect(readCaptureLine(text, ['a', 'b', 'c'])).toMatchObject({ output: ['0.25', '0.75'] });
      expect(readCaptureLine(text, ['a', 'b', 'c']).input).toBeUndefined();
      const [report] = world.below('reports/churn/asynchronous-capture/2022-01-25/');
      const { problems, recordKey: key } = JSON.parse(world.objects.get(`lake/${report}`)!.toString()) as AsynchronousCaptureReport;
      expect([problems.map(({ side }) => side), key]).toEqual([['request'], world.records()[0]]);
      expect(problems[0]!.reason).toMatch(reason);
      expect(world.metrics).toEqual([{ name: 'AsynchronousCaptureProblems', value: 1, time: MESSAGE.eventTime }]);
    }
  });

  it('writes no record of nothing, and counts both sides', async () => {
    const world = new World();
    world.objects.clear();
    expect(await world.tell(MESSAGE)).toEqual({ captured: 1, ignored: 0, problems: 2 });
    expect(world.records()).toEqual([]);
    expect(world.metrics).toMatchObject([{ value: 2 }]);
  });

  it('fails for an answer that lies elsewhere, and for a notification that is none', async () => {
    for (const outputLocation of ['s3://lake/elsewhere/x.out', 's3://other/captured/churn/v3/responses/x.out', 's3://lake/captured/churn2/v3/responses/x.out']) {
      await expect(new World().tell({ ...MESSAGE, responseParameters: { outputLocation } })).rejects.toThrow(/is not where a version of model churn answers/);
    }
    await expect(new World().tell({ ...MESSAGE, inferenceId: 7 })).rejects.toThrow('the notification has no inferenceId');
    await expect(new World().tell({ ...MESSAGE, eventTime: 'noon' })).rejects.toThrow('eventTime "noon" of the notification is not a time');
  });

  it('captures by hand what Lambda gave up on', async () => {
    const world = new World();
    world.put('aws/lambda/async/Capture/2022/01/25/2022-01-25T22.50.00-a', JSON.stringify({ version: '1.0', requestPayload: { Records: [{ Sns: { Message: JSON.stringify(MESSAGE) } }] } }));
    expect(await world.run({ prefix: 'aws/lambda/async/Capture/' })).toEqual({ captured: 1, ignored: 0, problems: 0 });
    expect(world.records()).toHaveLength(1);
  });

  it('samples the share that is asked for, a repetition always alike', () => {
    const notification = readNotification(JSON.stringify(MESSAGE))!;
    const ids = Array.from({ length: 5000 }, (_, index) => eventIdOf({ ...notification, inferenceId: `c${index}` }));
    expect(new Set(ids).size).toBe(5000);
    for (const percentage of [1, 20, 50, 99]) {
      const share = (100 * ids.filter((id) => isSampled(id, percentage)).length) / ids.length;
      expect(Math.abs(share - percentage)).toBeLessThan(2.5);
    }
    expect(ids.every((id) => isSampled(id, 100))).toBe(true);
    expect(eventIdOf(notification)).toBe(eventIdOf(readNotification(JSON.stringify(MESSAGE))!));
  });

  it('knows the version of every response by its key, and none of other keys', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.stringMatching(/^[a-z0-9-]{1,20}(\/[a-z0-9.]{1,20}){0,2}$/), (version, name) => {
        expect(responseVersion(MODEL, `captured/${MODEL}/v${version}/responses/${name}`)).toBe(version);
        expect(responseVersion(MODEL, `captured/${MODEL}/v${version}/failures/${name}`)).toBeUndefined();
        expect(responseVersion(MODEL, recordKey(MODEL, version, MODEL, new Date(0), name))).toBeUndefined();
      }),
    );
  });
});
