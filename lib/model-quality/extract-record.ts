import { type CaptureRecord } from '../capture/capture-reader';
import { type LabelRecord } from '../capture/label-reader';
import { murmurHash } from '../capture/murmur-hash';
import { labelPlace } from '../deployment/analysis/evidence';
import { number } from '../deployment/analysis/outcomes';
import { type QualityVersion } from './model-quality.contract';

/** 64 bits of the id in hexadecimal; among a hundred million ids two meet once in 3,700 windows. */
type IdHash = string;

/** One captured request: what was predicted, and the values of the slice columns of each row. Short, because there are many. */
export type PredictionRecord = readonly [id: IdHash, event: IdHash, time: number, predictions: readonly (number | null)[], slices: readonly (readonly string[])[] | null];

/** One label. The place puts labels in the order of their hour of collection, and of their files in some order; the line is the one in the file. */
export type LabelledRecord = readonly [id: IdHash, place: number, line: number, values: readonly string[]];

export type ExtractRecord = PredictionRecord | LabelledRecord;

const scratch = new Int32Array(2);

export function idHash(id: string): IdHash {
  const bytes = Buffer.from(id);
  murmurHash(bytes, 0, bytes.length, scratch);
  return hexadecimal(scratch[0]!) + hexadecimal(scratch[1]!);
}

/** Undefined when the response was not captured: nothing was predicted that a label could judge. */
export function predictionRecord(record: CaptureRecord, version: QualityVersion): PredictionRecord | undefined {
  if (record.output === undefined) return undefined;
  const rows = record.input;
  const shaped = rows !== undefined && rows.length === record.output.length && rows.every((row) => row.length === version.features.length);
  return [
    idHash(record.inferenceId ?? record.eventId),
    idHash(record.eventId),
    record.inferenceTime,
    record.output.map((text) => number(text) ?? null),
    shaped && version.slices.length > 0 ? rows.map((row) => version.slices.map(({ place }) => row[place]!)) : null,
  ];
}

/** @param hour `yyyy/mm/dd/hh/` of the collection, @param name of the file below it */
export function labelRecord({ id, values }: LabelRecord, line: number, hour: string, name: string): LabelledRecord {
  return [idHash(id), labelPlace(hour, name), line, values];
}

/** `labels/<model>/yyyy/mm/dd/hh/name.jsonl` or `captured/…/AllTraffic/yyyy/mm/dd/hh/name.jsonl`: hour and name. Undefined for other keys. */
export function hourAndName(key: string, prefix: string): { readonly hour: string; readonly name: string } | undefined {
  const [, hour, name] = /^(\d{4}\/\d\d\/\d\d\/\d\d\/)(.+\.jsonl)$/.exec(key.slice(prefix.length)) ?? [];
  return hour === undefined || name === undefined ? undefined : { hour, name };
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
