import fc from 'fast-check';
import { CaptureProfiler, type CaptureProfilerOptions } from '../../lib/capture/capture-profiler';
import { type MonitoredFeature } from '../../lib/capture/capture.contract';
import { EventIds } from '../../lib/capture/event-ids';
import { type Baseline, BaselineBuilder } from '../../lib/drift';

export const FEATURES: MonitoredFeature[] = [
  { name: 'distance', type: 'numeric', minimum: 0, maximum: 50 },
  { name: 'origin', type: 'categorical', categories: ['a', 'b', 'München'] },
  { name: 'delay', type: 'numeric' },
  { name: 'month', type: 'numeric', categories: ['1', '2', '12'] },
];
export const WINDOW = { start: '2001-02-05T10:00:00Z', end: '2001-02-05T11:00:00Z' };

export const BASELINE: Baseline = (() => {
  const builder = new BaselineBuilder([
    { name: 'delay', type: 'numeric' },
    { name: 'distance', type: 'numeric' },
    { name: 'origin', type: 'categorical' },
    { name: 'month', type: 'numeric' },
    { name: 'prediction', type: 'numeric' },
  ]);
  for (let i = 0; i < 500; i++) builder.add([String((i % 90) / 7 - 3), String(i % 60), 'ab'[i % 2]!, String(1 + (i % 12)), String((i % 50) / 50)]);
  return builder.build();
})();

export const DEFAULTS: CaptureProfilerOptions = { version: 3, baseline: BASELINE, features: FEATURES, ...WINDOW };

/** Summary and ids as text: equal means byte by byte. `cuts` are lengths of the chunks, the rest comes at once. */
export function profiled(bytes: Uint8Array, options: Partial<CaptureProfilerOptions> = {}, cuts: readonly number[] = []): string {
  const profiler = new CaptureProfiler({ ...DEFAULTS, ...options });
  let from = 0;
  for (const cut of cuts) {
    // A reader may use its buffer again.
    const chunk = Uint8Array.from(bytes.subarray(from, from + cut));
    profiler.write(chunk);
    chunk.fill(0x30);
    from += cut;
  }
  profiler.write(bytes.subarray(Math.min(from, bytes.length)));
  const { summary, eventIds } = profiler.end();
  return `${JSON.stringify(summary)} ${Buffer.from(eventIds.toBytes()).toString('hex')}`;
}

/** How many ids of several files only the first of them counts. */
export function idsOf(...ids: readonly string[]): EventIds {
  const result = new EventIds();
  for (const id of ids) result.add(id);
  return result;
}

export interface Line {
  readonly input: string;
  readonly output: string;
  readonly eventId: string;
  readonly time: string;
  readonly inferenceId?: string;
  readonly contentType?: string;
}

/** A line as data capture writes it, to the byte. */
export function captured({ input, output, eventId, time, inferenceId, contentType = 'text/csv' }: Line): string {
  return (
    `{"captureData":{"endpointInput":{"observedContentType":"${contentType}","mode":"INPUT","data":${JSON.stringify(input)},"encoding":"CSV"},` +
    `"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":${JSON.stringify(output)},"encoding":"CSV"}},` +
    `"eventMetadata":{"eventId":"${eventId}",${inferenceId === undefined ? '' : `"inferenceId":"${inferenceId}",`}"inferenceTime":"${time}"},"eventVersion":"0"}`
  );
}

const odd = fc.constantFrom('', ' ', 'NaN', 'Infinity', '-Infinity', '-0', '1e400', '0x1f', '+5', '.5', '5.', '1e-7', '1_000', '١', 'München', '"a"', 'a"b', '\t7', 'null', '\\n', '1 ', '\u2028', '\r', '12345678901234567890', '9007199254740993');
export const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: 0, max: 60, noNaN: true }).map((value) => value.toFixed(4)),
);
const cell = fc.oneof({ weight: 12, arbitrary: number }, { weight: 1, arbitrary: odd }, { weight: 1, arbitrary: fc.string() });
const origin = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c') }, { weight: 1, arbitrary: odd });
const row = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(cell, origin, cell, fc.oneof(fc.constantFrom('1', '2', '12', '3'), cell)).map((cells) => cells.join(',')) },
  { weight: 1, arbitrary: fc.array(cell, { maxLength: 6 }).map((cells) => cells.join(',')) },
  { weight: 1, arbitrary: fc.constantFrom('distance,origin,delay,month', 'origin,distance,delay,month', 'distance,origin', '') },
);
const time = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 0, max: 7200 }).map((second) => `${new Date(Date.UTC(2001, 1, 5, 9, 30, second)).toISOString().slice(0, 19)}Z`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('2001-02-05T10:30:00.500Z', '2001-02-05T12:30:00+02:00', '2001-02-05T10:30:00', '2001-02-05T10:60:00Z', '2001-02-30T10:00:00Z', '2001-13-05T10:00:00Z', '2001-02-05T24:00:01Z', '2999-01-01T00:00:00Z', 'soon', '2001'),
  },
);

/** Mostly lines that the scanner understands, with all that may be wrong with them. */
export const line: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(row, { maxLength: 4 }),
    fc.constantFrom('', '\n', '\n\n'),
    fc.option(fc.array(cell, { maxLength: 4 }), { freq: 5 }),
    fc.constantFrom('\n', ','),
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 30 }).map((id) => `event-${id}`) }, { weight: 1, arbitrary: fc.constantFrom('', 'é', '\\u0041', 'a\\"b') }),
    time,
    fc.option(fc.constantFrom('c7f0', 'é', '\\n', ''), { freq: 3 }),
    fc.oneof({ weight: 9, arbitrary: fc.constant('text/csv') }, { weight: 1, arbitrary: fc.constantFrom('text/csv; charset=utf-8', '', 'é', 'a\\"b', 'a\\/b') }),
  )
  .map(([rows, end, outputs, separator, eventId, at, inferenceId, contentType]) =>
    captured({
      input: rows.join('\n') + end,
      output: (outputs ?? rows.map((_, index) => String(index / 7))).join(separator) + end,
      eventId,
      time: at,
      contentType,
      ...(inferenceId === null ? {} : { inferenceId }),
    }),
  );
