import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CaptureProfilerOptions } from '../../lib/capture/capture-profiler';
import { type CaptureSummary, mergeSummaries } from '../../lib/capture/capture-summary';
import { repeatedKey } from '../../lib/capture/repeated-key';
import { captured, idsOf, profiled } from './capture-lines';

let events = 0;
const line = (options: Partial<Parameters<typeof captured>[0]> = {}): string => captured({ input: '1,a,2,12\n', output: '0.5\n', eventId: `malformed-${events++}`, time: '2001-02-05T10:30:00Z', ...options });
const summary = (file: Uint8Array | string, options: Partial<CaptureProfilerOptions> = {}, cuts: readonly number[] = []): CaptureSummary => {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const text = profiled(bytes, options, cuts);
  expect(text).toBe(profiled(bytes, { ...options, scan: false }));
  return JSON.parse(text.slice(0, text.lastIndexOf(' '))) as CaptureSummary;
};

describe('a captured file that is not what it should be', () => {
  it.each<[string, Uint8Array | string, string]>([
    ['a line that is cut off', `${line()}\n${line().slice(0, 200)}\n${line()}\n`, 'the line is not JSON'],
    ['an end that is cut off', `${line()}\n${line().slice(0, 200)}`, 'the line is not JSON, and the file ends within it'],
    ['NUL bytes', `${line()}\n${'\0'.repeat(100)}\n`, 'the line holds NUL bytes'],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from(`${line()}\n`), Buffer.from(line({ input: '1,\xfc,2,12' }), 'latin1'), Buffer.from('\n')]), 'the line is not UTF-8 text'],
    ['a key twice', `${line()}\n${line().replace('{"captureData"', '{"eventVersion":"0","captureData"')}\n`, 'the line repeats the key "eventVersion"'],
    ['a time without zone', `${line()}\n${line({ time: '2001-02-05T10:30:00' })}\n`, 'eventMetadata.inferenceTime has no time zone'],
    ['a time that is none', `${line()}\n${line({ time: '5 Feb 2001' })}\n`, 'eventMetadata.inferenceTime is not a time'],
    ['a list', `${line()}\n[]\n`, 'eventMetadata.eventId is missing'],
  ])('counts %s and says where', (_, file, reason) => {
    const { badLines, badLineExamples } = summary(file);
    expect({ badLines, badLineExamples }).toEqual({ badLines: 1, badLineExamples: [{ line: 2, reason }] });
  });

  it('says of an empty file that it is', () => {
    expect(summary('')).toMatchObject({ records: 0, badLines: 1, badLineExamples: [{ line: 1, reason: 'the file is empty' }] });
    expect(summary('\n\n')).toMatchObject({ records: 0, badLines: 0 });
  });

  it('says of a compressed file what it is', () => {
    const { badLines, badLineExamples } = summary(gzipSync(Array.from({ length: 200 }, () => line()).join('\n')), {}, [1, 1, 500]);
    expect(badLines).toBeGreaterThan(0);
    expect(badLineExamples[0]).toEqual({ line: 1, reason: 'the file is compressed with gzip, data capture writes plain text' });
  });

  it('reads a byte order mark at the beginning and carriage returns', () => {
    expect(summary(`\uFEFF${line()}\r\n${line()}\r\n`)).toMatchObject({ records: 2, badLines: 0 });
  });

  it.each([[[]], [[300]], [[1, 2, 3000]], [[2000, 1, 1, 500]]])('passes over a line that is too long without holding it, cut at %j', (cuts) => {
    const long = line({ input: `${'1,a,2,12\n'.repeat(500)}` });
    const file = `${line()}\n${long}\n${line()}\n${'x'.repeat(5000)}`;
    const { records, badLines, badLineExamples } = summary(file, { maximumLineBytes: 1000 }, cuts);
    expect({ records, badLines }).toEqual({ records: 2, badLines: 2 });
    expect(badLineExamples.map(({ line: number, reason }) => [number, reason])).toEqual([2, 4].map((number) => [number, 'the line is longer than 1000 bytes']));
    const exact = line();
    expect(summary(`${exact}\n${exact.replace('malformed', 'Malformed')}`, { maximumLineBytes: exact.length }, cuts)).toMatchObject({ records: 2, badLines: 0 });
    expect(summary(`${exact}\n${exact.replace('malformed', 'Malformed')}`, { maximumLineBytes: exact.length - 1 }, cuts)).toMatchObject({ records: 0, badLines: 2 });
  });

  it('keeps a few descriptions of many bad lines', () => {
    const { badLines, badLineExamples } = summary('{\n'.repeat(1000));
    expect(badLines).toBe(1000);
    expect(badLineExamples.map(({ line: number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('counts rows whose columns vanished or appeared, and says which', () => {
    const file = `${line({ input: '1,a,2,12\n1,a,2\n1,a,2,12,9\n', output: '0.1\n0.2\n0.3\n' })}\n`;
    expect(summary(file)).toMatchObject({
      misshapenRows: 2,
      rowExamples: [
        { line: 1, reason: 'row 2 has 3 columns, the contract has 4' },
        { line: 1, reason: 'row 3 has 5 columns, the contract has 4' },
      ],
      profile: { rows: 1 },
    });
  });

  it('takes a header for one, and refuses rows below a header of another order', () => {
    const header = summary(`${line({ input: 'distance,origin,delay,month\n1,a,2,12\n' })}\n`);
    expect(header).toMatchObject({ misshapenRows: 0, unpairedRecords: 0, violations: { distance: 0 }, profile: { rows: 1 } });
    const moved = summary(`${line({ input: 'origin,distance,delay,month\na,1,2,12\n' })}\n`);
    expect(moved).toMatchObject({ misshapenRows: 1, profile: { rows: 0 }, rowExamples: [{ line: 1, reason: 'the request has its columns in another order than the contract: origin,distance,delay,month' }] });
  });

  it('counts texts for numbers that are none', () => {
    const { violations, profile } = summary(`${['NaN', 'Infinity', '-inf', 'null', '1e999', '1_0'].map((text) => line({ input: `${text},a,2,12\n` })).join('\n')}\n`);
    expect(violations).toMatchObject({ distance: 6 });
    expect(profile.columns[1]).toMatchObject({ count: 6, unseen: 6, missing: 0 });
  });

  it('counts records of another hour than that of their folder, in the window or not', () => {
    const times = ['2001-02-05T10:30:00Z', '2001-02-05T11:10:00Z', '2001-02-05T08:30:00Z', '2999-01-01T00:00:00Z'];
    const { records, outsideWindow, misfiledRecords, rowExamples } = summary(`${times.map((time) => line({ time })).join('\n')}\n`, { folderHour: '2001-02-05T10:00:00Z' });
    expect({ records, outsideWindow, misfiledRecords }).toEqual({ records: 1, outsideWindow: 3, misfiledRecords: 2 });
    expect(rowExamples![0]).toEqual({ line: 3, reason: 'inferenceTime 2001-02-05T08:30:00.000Z is not in the hour of the folder, 2001-02-05T10:00:00Z' });
  });

  it('leaves events to the file that counts them', () => {
    const file = `${line({ eventId: 'x' })}\n${line({ eventId: 'y' })}\n${line({ eventId: 'x' })}\n${line({ eventId: '\u00e9' })}\n`;
    expect(summary(file, { exclude: idsOf('x', '\u00e9') })).toMatchObject({ records: 1, duplicates: 3 });
  });

  it('merges with what other files hold', () => {
    const whole = mergeSummaries(summary(`${line({ input: '1,a' })}\n{`), summary(`${line({ output: '' })}\n{`, { folderHour: '1999-01-01T00:00:00Z' }));
    expect(whole).toMatchObject({ records: 2, badLines: 2, misshapenRows: 1, unpairedRecords: 1, misfiledRecords: 1 });
    expect(whole.rowExamples).toHaveLength(3);
  });
});

describe('a key twice', () => {
  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}', undefined],
    ['{"a":1,"b":{"c":2,"c":3}}', 'c'],
    ['[{"a":1},{"a":1,"\\u0061":2}]', 'a'],
    ['{"a" :1,"a"\n:2}', 'a'],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', undefined],
    ['{"a\\\\":1,"b":"a\\\\","a\\\\":2}', 'a\\'],
    ['["a","a",":"]', undefined],
    ['"a"', undefined],
    ['1', undefined],
  ])('in %s is %s', (json, key) => {
    JSON.parse(json);
    expect(repeatedKey(json)).toBe(key);
  });
});
