import { closeSync, openSync, writeSync } from 'node:fs';
import type { MonitoredFeature } from '../lib/capture/capture.contract';
import { type Baseline, BaselineBuilder } from '../lib/drift';

/** 20 numeric columns: 6 whole numbers, 4 with one decimal, 6 with four, 4 as long as doubles get. */
const COLUMNS = 20;
export const HISTOGRAM_BINS = 20;

/** Pseudo-random numbers in [0, 1): the same seed gives the same data. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => next() + next() * 2 ** -32;
}

/** Sum of uniform numbers: near enough to a normal distribution, between 0 and 1. */
function bell(random: () => number): number {
  return (random() + random() + random() + random()) / 4;
}

function row(random: () => number): string[] {
  return Array.from({ length: COLUMNS }, (_, column) => {
    const value = bell(random);
    if (column < 6) return String(Math.floor(value * 10 ** (1 + (column % 5))));
    if (column < 10) return (value * 1000 - 300).toFixed(1);
    if (column < 16) return (value * 10).toFixed(4);
    return String(value * 4 - 2);
  });
}

/** The range of each column, for histograms. */
export function range(column: number): { readonly low: number; readonly high: number } {
  if (column < 6) return { low: 0, high: 10 ** (1 + (column % 5)) };
  if (column < 10) return { low: -300, high: 700 };
  return column < 16 ? { low: 0, high: 10 } : { low: -2, high: 2 };
}

export const WINDOW = { start: '2001-02-05T10:00:00Z', end: '2001-02-05T11:00:00Z' };

export interface GeneratedFile {
  readonly bytes: number;
  readonly records: number;
  readonly rows: number;
}

/** Lines as data capture writes them, until the file has `bytes` bytes. */
export function writeCapture(path: string, bytes: number, rowsPerRecord: number): GeneratedFile {
  const random = randomNumbers(20010205 + rowsPerRecord);
  const hex = (digits: number): string => Math.floor(random() * 16 ** digits).toString(16).padStart(digits, '0');
  const file = openSync(path, 'w');
  let written = 0;
  let records = 0;
  let lines: string[] = [];
  while (written < bytes) {
    const input = Array.from({ length: rowsPerRecord }, () => row(random).join(',')).join('\\n');
    const output = Array.from({ length: rowsPerRecord }, () => String(bell(random))).join('\\n');
    const time = new Date(Date.parse(WINDOW.start) + Math.floor((records / 10) % 3600) * 1000).toISOString().slice(0, 19);
    lines.push(
      `{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"${input}\\n","encoding":"CSV"},` +
        `"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"${output}","encoding":"CSV"}},` +
        `"eventMetadata":{"eventId":"${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}","inferenceTime":"${time}Z"},"eventVersion":"0"}\n`,
    );
    records += 1;
    if (lines.length === 1000 || rowsPerRecord > 1) {
      written += writeSync(file, lines.join(''));
      lines = [];
    }
  }
  closeSync(file);
  return { bytes: written, records, rows: records * rowsPerRecord };
}

export const FEATURES: readonly MonitoredFeature[] = Array.from({ length: COLUMNS }, (_, column) => ({
  name: `feature_${column}`,
  type: 'numeric',
  minimum: range(column).low,
  maximum: range(column).high,
}));

/** Of a sample with the same distributions. */
export function baseline(): Baseline {
  const random = randomNumbers(20010101);
  const builder = new BaselineBuilder([...FEATURES.map(({ name }) => name), 'prediction'].map((name) => ({ name, type: 'numeric' })));
  for (let i = 0; i < 20_000; i++) builder.add([...row(random), String(bell(random))]);
  return builder.build();
}
