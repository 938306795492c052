import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Baseline, BaselineBuilder } from '../../lib/drift';
import { readCaptureFile } from '../../lib/capture/capture-reader';
import { countViolations, emptySummary, mergeSummaries, summarize } from '../../lib/capture/capture-summary';
import { dataQualityBreaches } from '../../lib/monitoring/data-quality';
import { type MonitoringPolicy } from '../../lib/monitoring/monitoring.contract';
import { completedWindow, hourFolders, precedingWindow } from '../../lib/monitoring/monitoring-window';
import { capture, FEATURES, POLICY } from './monitoring-world';

const WINDOW = { start: '2001-02-05T10:00:00Z', end: '2001-02-05T11:00:00Z' };
const options = { features: FEATURES.map(({ name }) => name), ...WINDOW };
const read = (...lines: unknown[]) => readCaptureFile(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'), options);

describe('the capture reader', () => {
  it("reads AWS's own example", () => {
    const line =
      '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"69,0,153.7\\n","encoding":"CSV"},' +
      '"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.0254181120544672","encoding":"CSV"}},' +
      '"eventMetadata":{"eventId":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","inferenceTime":"2001-02-05T10:25:49Z"},"eventVersion":"0"}';
    expect(read(line)).toEqual({
      records: [{ eventId: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', inferenceTime: Date.parse('2001-02-05T10:25:49Z'), input: [['69', '0', '153.7']], output: ['0.0254181120544672'] }],
      duplicates: 0,
      outsideWindow: 0,
      badLines: [],
    });
  });

  it('keeps the inference id of the caller', () => {
    const line = capture({ input: '1,a\n' });
    const { records } = read({ ...line, eventMetadata: { ...line.eventMetadata, inferenceId: 'c7f0' } });
    expect(records[0]!.inferenceId).toBe('c7f0');
  });

  it.each([
    ['several rows of CSV', { input: '1,a\n2,"b,c"\n,\n', output: '0.1\n0.2\n0.3\n' }, [['1', 'a'], ['2', 'b,c'], ['', '']], ['0.1', '0.2', '0.3']],
    ['predictions in one line, as XGBoost writes them', { input: '1,a\n2,b\n', output: '0.1,0.2' }, [['1', 'a'], ['2', 'b']], ['0.1', '0.2']],
    ['JSON instances', { input: '{"instances":[{"features":[1,"a"]},{"features":[null,"b"]}]}', output: '{"predictions":[{"score":0.1},{"score":0.2}]}', encoding: 'JSON' }, [['1', 'a'], ['', 'b']], ['0.1', '0.2']],
    ['a JSON list of rows', { input: '[[1,"a"],[2,"b"]]', output: '[0.1,0.2]', encoding: 'JSON' }, [['1', 'a'], ['2', 'b']], ['0.1', '0.2']],
    ['one JSON row', { input: '[1,"a"]', output: '0.1', encoding: 'JSON' }, [['1', 'a']], ['0.1']],
    ['JSON objects by name', { input: '[{"origin":"a","distance":1},{"origin":"b"}]', output: '{"score":0.1}', encoding: 'JSON' }, [['1', 'a'], ['', 'b']], ['0.1']],
  ] as const)('reads %s', (_, sides, input, output) => {
    const file = read(capture(sides));
    expect(file.badLines).toEqual([]);
    expect(file.records[0]).toMatchObject({ input, output });
  });

  it('reads sides with different encodings, BASE64 by its content type', () => {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const line = capture({ input: '{"instances":[[1,"a"]]}', encoding: 'JSON' });
    line.captureData.endpointOutput = { observedContentType: 'text/html', mode: 'OUTPUT', data: base64('0.5\n'), encoding: 'BASE64' };
    const other = capture({ input: base64('[[1,"é"]]'), output: base64('{"score":0.5}'), encoding: 'BASE64', contentType: 'application/json' });
    expect(read(line, other).records.map(({ input, output }) => ({ input, output }))).toEqual([
      { input: [['1', 'a']], output: ['0.5'] },
      { input: [['1', 'é']], output: ['0.5'] },
    ]);
  });

  it('reads a line with one side only', () => {
    const { records } = read(capture({ input: '1,a' }), capture({ output: '0.5' }));
    expect(records.map(({ input, output }) => [input, output])).toEqual([
      [[['1', 'a']], undefined],
      [undefined, ['0.5']],
    ]);
  });

  it('takes the start of the window and leaves the end to the next, and takes each event once', () => {
    const at = (time: string, eventId?: string) => capture({ input: '1,a', time, eventId });
    const file = read(at('2001-02-05T09:59:59Z'), at('2001-02-05T10:00:00Z', 'x'), at('2001-02-05T10:59:59.999Z'), at('2001-02-05T11:00:00Z'), at('2001-02-05T10:00:00Z', 'x'));
    expect(file.records).toHaveLength(2);
    expect(file).toMatchObject({ outsideWindow: 2, duplicates: 1 });
  });

  it.each([
    ['{"captureData":', 'the line is not JSON'],
    ['null', 'eventMetadata.eventId is missing'],
    [{ captureData: {} }, 'eventMetadata.eventId is missing'],
    [{ ...capture({ input: '1' }), eventMetadata: { eventId: 'x', inferenceTime: 'soon' } }, 'eventMetadata.inferenceTime is not a time'],
    [{ ...capture({ input: '1' }), captureData: {} }, 'captureData has neither endpointInput nor endpointOutput'],
    [capture({ input: '1,a', encoding: 'PARQUET' }), 'endpointInput.encoding "PARQUET" is not CSV, JSON or BASE64'],
    [capture({ input: '{', encoding: 'JSON' }), 'endpointInput.data is not JSON'],
    [capture({ input: '3', encoding: 'JSON' }), 'endpointInput.data is neither a list nor an object'],
    [capture({ input: '{"x":1}', encoding: 'JSON' }), 'endpointInput.data names none of the features'],
    [capture({ output: '{"x":1}', encoding: 'JSON' }), 'endpointOutput.data has none of predictions, prediction, score, predicted_value'],
    [capture({ input: Buffer.from([0x93, 0x4e, 0xff]).toString('base64'), encoding: 'BASE64' }), 'endpointInput.data is not UTF-8 text in BASE64'],
  ])('counts a bad line and says why: %j', (line, reason) => {
    const file = read(capture({ input: '1,a' }), line, capture({ input: '2,b' }));
    expect(file.records).toHaveLength(2);
    expect(file.badLines).toEqual([{ line: 2, reason }]);
  });

  it('never throws, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readCaptureFile(text, options)).not.toThrow();
      }),
    );
  });
});

const baseline: Baseline = (() => {
  const builder = new BaselineBuilder([
    { name: 'distance', type: 'numeric' },
    { name: 'origin', type: 'categorical' },
    { name: 'prediction', type: 'numeric' },
  ]);
  for (let i = 0; i < 1000; i++) builder.add([String(i % 100), 'ab'[i % 2]!, String((i % 50) / 50)]);
  return builder.build();
})();
const summary = (...lines: unknown[]) => summarize(3, read(...lines), baseline, FEATURES);

describe('the summary of captured files', () => {
  it('profiles rows with their predictions and counts what the contract forbids', () => {
    const result = summary(
      capture({ input: '5,a\n-1,b\nfar,c\n', output: '0.1\n0.2\n0.3\n' }),
      capture({ input: '1\n', output: '0.1' }),
      capture({ input: '1,a\n2,b\n', output: '0.1' }),
      'no json',
    );
    expect(result).toMatchObject({ records: 3, badLines: 1, misshapenRows: 1, unpairedRecords: 1, violations: { distance: 2, origin: 1 } });
    expect(result.profile.rows).toBe(5);
    expect(result.profile.columns.map(({ count, unseen }) => ({ count, unseen }))).toEqual([
      { count: 5, unseen: 1 },
      { count: 5, unseen: 1 },
      { count: 3, unseen: 0 },
    ]);
    expect(countViolations(result)).toBe(6);
  });

  it('profiles responses when requests were not captured', () => {
    const { profile } = summary(capture({ output: '0.1\n0.2\n' }));
    expect(profile.columns.map(({ count }) => count)).toEqual([0, 0, 2]);
  });

  it('of all files is the merger of the summaries of each', () => {
    const lines = Array.from({ length: 30 }, (_, i) => capture({ input: `${i},${'abc'[i % 3]}\n`, output: `0.${i}` }));
    const parts = [lines.slice(0, 7), lines.slice(7, 8), lines.slice(8)].map((part) => summary(...part));
    const merged = parts.reduce(mergeSummaries, emptySummary(3, baseline, FEATURES));
    const whole = summary(...lines);
    expect(merged.profile.columns.map(({ counts }) => counts)).toEqual(whole.profile.columns.map(({ counts }) => counts));
    expect({ ...merged, profile: null }).toEqual({ ...whole, profile: null });
  });

  it('fails to mix versions', () => {
    expect(() => mergeSummaries(emptySummary(1, baseline, FEATURES), emptySummary(2, baseline, FEATURES))).toThrow('version 1 and 2 must not be mixed');
  });
});

describe('data quality', () => {
  const rows = (count: number, row: (i: number) => string): unknown[] => Array.from({ length: count }, (_, i) => capture({ input: row(i), output: '0.5' }));
  const breaches = (lines: unknown[], policy: MonitoringPolicy = POLICY): string[] => dataQualityBreaches(summary(...lines), baseline, policy);

  it.each([
    ['good rows', rows(300, (i) => `${i % 100},a`), []],
    ['a few violations', rows(300, (i) => (i < 20 ? '-5,a' : '5,a')), []],
    ['many values out of range', rows(300, (i) => (i < 60 ? '-5,a' : '5,a')), ['60 of 300 values of distance break the contract, more than 10.0 %.']],
    ['an undeclared category', rows(300, (i) => (i < 60 ? '5,z' : '5,a')), ['60 of 300 values of origin break the contract, more than 10.0 %.']],
    ['another schema', rows(300, () => '5,a,b'), ['300 of 300 rows do not have the columns of the contract, more than 10.0 %.']],
    ['unreadable lines', new Array<unknown>(300).fill('{'), ['300 of 300 captured lines cannot be read, more than 10.0 %.']],
    ['a null spike', rows(300, (i) => (i < 60 ? ',a' : '5,a')), ['20.0 % of distance is missing, the baseline has 0.0 % (limit 8.8 %).']],
    ['too few lines to say', rows(150, () => ',z'), []],
  ])('%s', (_, lines, expected) => {
    expect(breaches(lines)).toEqual(expected);
  });
});

describe('monitoring windows', () => {
  it('are the last complete tumbling interval behind the watermark', () => {
    expect(completedWindow('2001-02-05T11:15:00Z', 3600, 900)).toEqual({ id: '20010205T100000Z', ...WINDOW });
    expect(completedWindow('2001-02-05T11:14:59Z', 3600, 900)).toMatchObject({ end: '2001-02-05T10:00:00Z' });
    expect(completedWindow('2001-02-05T11:15:00Z', 86_400, 900)).toMatchObject({ start: '2001-02-04T00:00:00Z', end: '2001-02-05T00:00:00Z' });
    expect(() => completedWindow('now', 3600, 900)).toThrow(/ISO time/);
  });

  it('follow each other without gap or overlap, each found by any time in its turn', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24), fc.integer({ min: 0, max: 3599 }), fc.integer({ min: 0, max: 10_000 }), (hours, delay, turn) => {
        const interval = hours * 3600;
        const at = (t: number) => completedWindow(new Date((t * interval + 900 + (delay % interval)) * 1000).toISOString(), interval, 900);
        expect(at(turn + 1).start).toBe(at(turn).end);
        expect(precedingWindow(at(turn + 1), 0)).toEqual(at(turn));
        expect(precedingWindow(at(turn + 3), 2)).toEqual(at(turn));
      }),
    );
  });

  it('name the hours that SageMaker files captured data under', () => {
    expect(hourFolders({ id: '', start: '2001-01-31T22:00:00Z', end: '2001-02-01T01:00:00Z' })).toEqual(['2001/01/31/22/', '2001/01/31/23/', '2001/02/01/00/']);
  });
});
