import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CountedFiles } from '../../lib/deployment/analysis/counted-files';
import { addAnswer, addLabel, type Answer, type Evidence, isFollowed, labelPlace, newEvidence, readEvidence, writeEvidence } from '../../lib/deployment/analysis/evidence';
import { type Counting, limitEvidence, totalEvidence } from '../../lib/deployment/analysis/evidence-limits';
import { countOutcomes, outcomeEstimate } from '../../lib/deployment/analysis/outcomes';
import { comparison, countPairs, pairing } from '../../lib/deployment/analysis/pairs';
import { NO_ANALYSIS } from '../../lib/deployment/deployment-plan.contract';
import { type Collected, collectEvidence, type Collection, LOOK_FILES_MAXIMUM, maySoonKnowMore, openEvidence, provenance } from '../../lib/deployment/looks/look-evidence.lambda-shared';
import type { LookContext } from '../../lib/deployment/looks/look-stage.lambda-shared';
import { MODEL, SETTINGS } from './deployment-settings';

type Input = Record<string, any>;

const START = Date.parse('2001-02-01T00:00:00Z');
const CONFIG = `${MODEL}-v2-rabcdefabcdef-test`;
const EVIDENCE = `state/${MODEL}/evidence/${CONFIG}.json`;
const at = (minute: number): string => new Date(START + minute * 60_000).toISOString();
const folder = (minute: number): string => `${at(minute).slice(0, 13).replace(/[-T]/g, '/')}/`;

/** The objects that looks read and write, with the requests that they make. */
class Lake {
  public readonly objects = new Map<string, string>();
  public readonly gets: string[] = [];
  public lists = 0;
  /** Called before a write: what another look does at that moment. */
  public meanwhile: (() => void) | undefined;
  public crash = false;

  public readonly client: any = Object.assign(new S3Client({ region: 'us-east-1' }), {
    send: async (command: { constructor: { name: string }; input: Input }): Promise<unknown> => (this as Input)[`on${command.constructor.name}`](command.input),
  });

  protected onListObjectsV2Command({ Prefix, StartAfter, ContinuationToken }: Input): Input {
    this.lists += 1;
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(Prefix) && key > (ContinuationToken ?? StartAfter)).sort();
    const page = keys.slice(0, 1000);
    return { Contents: page.map((Key) => ({ Key, Size: this.objects.get(Key)!.length })), IsTruncated: keys.length > 1000, NextContinuationToken: keys.length > 1000 ? page[999] : undefined };
  }

  protected onGetObjectCommand({ Key }: Input): Input {
    const found = this.objects.get(Key);
    if (found === undefined) throw Object.assign(new Error(Key), { name: 'NoSuchKey' });
    this.gets.push(Key);
    return { ETag: etag(found), Body: { transformToString: async () => found } };
  }

  protected onPutObjectCommand({ Key, Body, IfNoneMatch, IfMatch }: Input): Input {
    this.meanwhile?.();
    const found = this.objects.get(Key);
    if (IfMatch === undefined ? IfNoneMatch === '*' && found !== undefined : found === undefined || etag(found) !== IfMatch) throw Object.assign(new Error(Key), { name: 'PreconditionFailed' });
    this.objects.set(Key, Body);
    if (this.crash) throw new Error('the handler died');
    return {};
  }

  public captured(variant: string, minute: number, answers: readonly { id: string; score: string; event?: string }[], copy = ''): string {
    const lines = answers.map(({ id, score, event }) =>
      JSON.stringify({ captureData: { endpointOutput: { data: score, encoding: 'CSV' } }, eventMetadata: { eventId: event ?? `${variant} ${id}`, inferenceId: id, inferenceTime: at(minute) } }),
    );
    const key = `captured/${MODEL}/v1/${MODEL}/${variant}/${folder(minute)}${at(minute).slice(14, 16)}-00-000-${variant}${copy}.jsonl`;
    this.objects.set(key, `${lines.join('\n')}\n`);
    return key;
  }

  public labels(minute: number, labels: readonly { id: string; data: string }[], copy = ''): string {
    const lines = labels.map(({ id, data }) => JSON.stringify({ groundTruthData: { data, encoding: 'CSV' }, eventMetadata: { eventId: id }, eventVersion: '0' }));
    const key = `labels/${MODEL}/${folder(minute)}${at(minute).slice(14, 16)}${copy}.jsonl`;
    this.objects.set(key, lines.join('\n'));
    return key;
  }
}

function etag(body: string): string {
  return createHash('md5').update(body).digest('hex');
}

let lake: Lake;
beforeEach(() => {
  lake = new Lake();
});

const ACCURACY = { measure: 'accuracy', decisionThreshold: 0.5 } as const;
const test: Collection = { champion: { version: 1, variant: 'AllTraffic' }, challenger: { version: 1, variant: 'Challenger-v2' }, labels: true, maximumSeconds: 86_400, shared: false, counting: countOutcomes(ACCURACY) };
const shadow: Collection = { ...test, shared: true, counting: countPairs({ decisionThreshold: 0.5 }) };

function context(minute: number, world = lake): LookContext {
  const event = { plan: {} as never, stage: 'AB_TEST', automatic: true, state: NO_ANALYSIS, startedAt: at(0), now: at(minute) } as const;
  return { event, clients: { sagemaker: world.client, cloudWatch: world.client, s3: world.client }, settings: SETTINGS };
}

async function look(minute: number, collection = test, world = lake): Promise<Collected> {
  return collectEvidence(context(minute, world), CONFIG, await openEvidence(context(minute, world), CONFIG, at(0)), collection);
}

const counts = ({ evidence }: Collected, { counting }: Collection = test) => totalEvidence(evidence, counting).counts;

describe('evidence of a stage', () => {
  const request = fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    challenger: fc.boolean(),
    minute: fc.integer({ min: 1, max: 299 }),
    /** Minutes between the time in the key and the delivery of the file. */
    late: fc.integer({ min: 0, max: 90 }),
    copies: fc.integer({ min: 1, max: 2 }),
    score: fc.integer({ min: 0, max: 9 }).map((digit) => `0.${digit}`),
    labels: fc.array(fc.record({ after: fc.integer({ min: 0, max: 240 }), late: fc.integer({ min: 0, max: 600 }), data: fc.constantFrom('0', '1', '1', '?') }), { maxLength: 3 }),
  });
  const stranger = fc.record({ minute: fc.integer({ min: 0, max: 299 }), late: fc.integer({ min: 0, max: 600 }) });
  const looks = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 8 });

  it.each([
    ['a test', test],
    ['a shadow', shadow],
  ])('of %s is the same for any order, repetition and lateness of files over any number of looks as for one look at everything', async (_, collection) => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 60 }), fc.array(stranger, { maxLength: 3 }), looks, async (requests, strangers, minutes) => {
        const [many, one] = [new Lake(), new Lake()];
        const deliveries: { due: number; deliver: (into: Lake) => void }[] = [];
        requests.forEach(({ id, challenger, minute, late, copies, score, labels }, index) => {
          for (let copy = 0; copy < copies; copy++) {
            const variant = challenger ? 'Challenger-v2' : 'AllTraffic';
            // An id that comes again is another request with the same id.
            deliveries.push({ due: minute + late * (copy + 1) * 0.5, deliver: (into) => into.captured(variant, minute, [{ id: `r${id}`, score, event: `e${index}` }], `${index}-${copy}`) });
          }
          labels.forEach(({ after, late: delay, data }, nth) =>
            deliveries.push({ due: minute + after + delay, deliver: (into) => into.labels(minute + after, [{ id: `r${id}`, data }], `-${index}-${nth}`) }),
          );
        });
        strangers.forEach(({ minute, late }, index) => deliveries.push({ due: minute + late, deliver: (into) => into.labels(minute, [{ id: `unknown${index}`, data: '1' }], `-unknown${index}`) }));
        deliveries.sort((a, b) => a.due - b.due);
        for (const minute of [...minutes].sort((a, b) => a - b)) {
          for (const { due, deliver } of deliveries) if (due <= minute) deliver(many);
          await look(minute, collection, many);
        }
        for (const { deliver } of deliveries) for (const into of [many, one]) deliver(into);
        const [found, expected] = [await look(1200, collection, many), await look(1200, collection, one)];
        expect(totalEvidence(found.evidence, collection.counting)).toEqual(totalEvidence(expected.evidence, collection.counting));
        expect(found.evidence.read).toEqual(expected.evidence.read);
        expect(writeEvidence(found.evidence).requests).toEqual(writeEvidence(expected.evidence).requests);
      }),
      { numRuns: 150 },
    );
  });

  it('reads each file once, however often one looks', async () => {
    for (let minute = 1; minute < 100; minute++) lake.captured('AllTraffic', minute, [{ id: `r${minute}`, score: '0.9' }]);
    lake.labels(20, [{ id: 'r1', data: '1' }]);
    for (const minute of [100, 100, 130, 190]) expect(counts(await look(minute))).toMatchObject({ championCount: 1, championSum: 1, waiting: 98 });
    expect(lake.gets.filter((key) => key !== EVIDENCE)).toHaveLength(100);
    // One listing for each source and look, whatever the number of hours.
    expect(lake.lists).toBe(12);
    expect(JSON.parse(lake.objects.get(EVIDENCE)!).files.champion).toEqual({ from: '2001/02/01/01/', counted: { '2001/02/01/01/': expect.stringMatching(/^.{240}$/) } });
  });

  it('counts nothing twice when a look dies after it has written, and nothing less when two look at once', async () => {
    lake.captured('AllTraffic', 1, [{ id: 'a', score: '0.9' }]);
    lake.labels(2, [{ id: 'a', data: '1' }, { id: 'b', data: '1' }]);
    lake.crash = true;
    await expect(look(5)).rejects.toThrow('died');
    lake.crash = false;
    expect(counts(await look(5))).toMatchObject({ championCount: 1 });
    lake.captured('Challenger-v2', 6, [{ id: 'b', score: '0.9' }]);
    const other = new Lake();
    for (const [key, body] of lake.objects) other.objects.set(key, body);
    await look(10, test, other);
    lake.meanwhile = () => {
      lake.meanwhile = undefined;
      lake.objects.set(EVIDENCE, other.objects.get(EVIDENCE)!);
    };
    expect(counts(await look(10))).toMatchObject({ championCount: 1, challengerCount: 1 });
    expect(lake.objects.get(EVIDENCE)).toBe(other.objects.get(EVIDENCE));
    lake.captured('AllTraffic', 11, [{ id: 'c', score: '0.9' }]);
    let writes = 0;
    lake.meanwhile = () => lake.objects.set(EVIDENCE, JSON.stringify({ ...JSON.parse(other.objects.get(EVIDENCE)!), halvings: 0, writes: (writes += 1) }));
    await expect(look(15)).rejects.toThrow('wrote the evidence each time');
  });

  it('goes on at the next look where the limits ended this one, at the same time for both variants, and says so', async () => {
    for (let file = 0; file < LOOK_FILES_MAXIMUM + 300; file++) {
      lake.captured(file % 3 === 0 ? 'Challenger-v2' : 'AllTraffic', file / 50, [{ id: `r${file}`, score: '0.9' }], `-${String(file).padStart(5, '0')}`);
    }
    const first = await look(60);
    expect(first.behindSeconds).toBe(60 * 20);
    expect(provenance(first)).toEqual(['captured data and labels of the last 1200 seconds are not read yet']);
    expect(first.evidence.read).toMatchObject({ files: LOOK_FILES_MAXIMUM });
    const hours = [...first.evidence.requests.keys()];
    expect(hours).toHaveLength(LOOK_FILES_MAXIMUM);
    // Not even the hours that are over by now are closed before they are read.
    const second = await look(600);
    expect(second).toMatchObject({ behindSeconds: 0, evidence: { read: { files: LOOK_FILES_MAXIMUM + 300 } } });
    expect(maySoonKnowMore(context(100), first, 6000, undefined)).toBe(true);
    expect(maySoonKnowMore(context(100), second, 6000, undefined)).toBe(false);
    expect(maySoonKnowMore(context(131), first, 6000, undefined)).toBe(false);
    expect(maySoonKnowMore(context(131), first, 6000, at(130))).toBe(true);
  });

  it('leaves out what was answered before and after the stage', async () => {
    const opened = await openEvidence(context(30), CONFIG, at(30));
    for (const minute of [10, 40, 100]) lake.captured('AllTraffic', minute, [{ id: `r${minute}`, score: '1' }]);
    const found = await collectEvidence(context(120), CONFIG, opened, { ...test, maximumSeconds: 3600 });
    expect([...found.evidence.requests.values()].map(({ old }) => old!.slice(1))).toEqual([['1']]);
  });
});

describe('limits of the evidence', () => {
  const answer = (id: number, score = '0.9', time = START): Answer => ({ eventId: `e${id}`, inferenceId: `r${id}`, time, predictions: [score] });
  const fresh = (): Evidence => newEvidence(at(0), folder(0));
  const outcomes = countOutcomes(ACCURACY);

  it('follows half of the requests, the same for answers and labels in any order, when there are too many', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 100_000 }), { minLength: 150, maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (ids, step) => {
        const [all, few] = [fresh(), fresh()];
        for (const id of ids) addAnswer(all, 'champion', answer(id), false);
        limitEvidence(all, outcomes, 100);
        [...ids].reverse().forEach((id, index) => {
          addAnswer(few, 'champion', answer(id), false);
          if (index % step === 0) limitEvidence(few, outcomes, 100);
        });
        limitEvidence(few, outcomes, 100);
        expect(few.halvings).toBe(all.halvings);
        expect(writeEvidence(few).requests).toEqual(writeEvidence(all).requests);
        expect(all.requests.size).toBeLessThanOrEqual(100);
        expect([...all.requests.keys()].every((id) => isFollowed(id, all.halvings))).toBe(true);
        for (const id of ids) addLabel(all, { id: `r${id}`, values: ['1'] }, labelPlace(folder(0), 'x'));
        expect(totalEvidence(all, outcomes).counts).toMatchObject({ championCount: all.requests.size });
      }),
    );
  });

  it('says which share is followed', () => {
    const evidence = fresh();
    for (let id = 0; id < 300; id++) addAnswer(evidence, 'champion', answer(id), false);
    limitEvidence(evidence, outcomes, 100);
    const forgotten = 300 - evidence.requests.size;
    expect(provenance({ evidence, behindSeconds: 0 })).toEqual([`of the requests, one in ${2 ** evidence.halvings} is still followed, chosen by its id; ${forgotten} incomplete ones were given up`]);
  });

  it.each<[string, Counting, boolean]>([
    ['outcomes', outcomes, false],
    ['pairs', countPairs({ decisionThreshold: 0.5 }), true],
  ])('keeps the sums of complete %s of hours that are over before it gives up any', (_, counting, shared) => {
    const evidence = fresh();
    for (let id = 0; id < 200; id++) {
      addAnswer(evidence, 'champion', answer(id, id % 4 === 0 ? '0.2' : '0.9'), shared);
      if (shared) addAnswer(evidence, 'challenger', answer(id, '0.8'), shared);
      addLabel(evidence, { id: `r${id}`, values: ['1'] }, labelPlace(folder(0), 'x'));
    }
    const before = totalEvidence(evidence, counting);
    evidence.files.champion.close(folder(120));
    evidence.files.challenger.close(folder(60));
    limitEvidence(evidence, counting, 100);
    expect(evidence).toMatchObject({ halvings: 0, requests: new Map() });
    const after = totalEvidence(readEvidence(JSON.parse(JSON.stringify(writeEvidence(evidence)))), counting);
    for (const name of ['differences', 'championSum']) expect(after.counts[name]).toEqual(before.counts[name] === undefined ? undefined : expect.closeTo(before.counts[name], 9));
    const { differences: _a, ...others } = after.counts;
    expect(before.counts).toMatchObject(others);
    expect(outcomeEstimate(after.counts, 'champion', ACCURACY)).toEqual(outcomeEstimate(before.counts, 'champion', ACCURACY));
    const { meanDifference: _b, ...compared } = comparison(before);
    expect(comparison(after)).toMatchObject(compared);
    expect(pairing(after)).toEqual(pairing(before));
  });

  it('follows no fewer requests because the shadow answers only a part of them', () => {
    const [evidence, counting] = [fresh(), countPairs({})];
    for (let id = 0; id < 200; id++) {
      addAnswer(evidence, 'champion', answer(id), true);
      if (id % 10 === 0) addAnswer(evidence, 'challenger', answer(id), true);
    }
    for (const source of ['champion', 'challenger'] as const) evidence.files[source].close(folder(60));
    const before = totalEvidence(evidence, counting);
    limitEvidence(evidence, counting, 100);
    expect(evidence).toMatchObject({ halvings: 0, requests: new Map() });
    expect(pairing(totalEvidence(evidence, counting))).toEqual({ ...pairing(before), championOnly: 180 });
    expect(comparison(totalEvidence(evidence, counting))).toEqual(comparison(before));
  });

  it('gives up labels of requests that nobody captured, when none can come any more', () => {
    const evidence = fresh();
    addLabel(evidence, { id: 'nobody', values: ['1'] }, labelPlace(folder(0), 'x'));
    addLabel(evidence, { id: 'early', values: ['1'] }, labelPlace(folder(60), 'x'));
    limitEvidence(evidence, outcomes);
    expect(evidence.requests.size).toBe(2);
    for (const source of ['champion', 'challenger'] as const) evidence.files[source].close(folder(60));
    limitEvidence(evidence, outcomes);
    addAnswer(evidence, 'champion', { ...answer(1), inferenceId: 'early' }, false);
    expect(totalEvidence(evidence, outcomes).counts).toMatchObject({ championCount: 1, unknownLabels: 1 });
  });

  it('fits into an object of a few megabytes', () => {
    const evidence = fresh();
    for (let id = 0; id < 60_000; id++) {
      addAnswer(evidence, id % 2 === 0 ? 'champion' : 'challenger', answer(id, '0.8374625349044800'), false);
      addLabel(evidence, { id: `r${id}`, values: ['1'] }, labelPlace(folder(0), 'x'));
    }
    limitEvidence(evidence, outcomes);
    expect(evidence.halvings).toBe(1);
    expect(JSON.stringify(writeEvidence(evidence)).length).toBeLessThan(6e6);
    const { championCount, challengerCount } = totalEvidence(evidence, outcomes).counts;
    expect(championCount! + challengerCount!).toBe(60_000);
  });
});

describe('counted files', () => {
  it('are remembered for the hours in which files may still come', () => {
    const files = new CountedFiles({ from: '2001/02/01/00/', counted: {} });
    files.add('2001/02/01/00/', 'a');
    files.add('2001/02/01/01/', 'b');
    const again = new CountedFiles(JSON.parse(JSON.stringify(files)));
    expect([again.has('2001/02/01/00/', 'a'), again.has('2001/02/01/00/', 'b'), again.has('2001/02/01/01/', 'b')]).toEqual([true, false, true]);
    expect([again.close('2001/02/01/01/'), again.close('2001/02/01/00/')]).toEqual([true, false]);
    again.add('2001/02/01/00/', 'late');
    expect(again.has('2001/02/01/00/', 'never seen')).toBe(true);
    expect(Object.keys(again.toJSON().counted)).toEqual(['2001/02/01/01/']);
  });
});
