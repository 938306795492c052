import { open, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Baseline, FILE_PROFILE_KIND, FORMAT_VERSION, type FileProfile, type ReferenceData } from '../drift';
import { IMPORTED_BASELINE_KIND, importBaseline, type ImportedBaseline } from '../model-monitor/import-baseline';
import { ProblemList, problemSentence } from '../private/problem-list';
import type { CommandLineIo } from './main';
import type { ReadData } from './read-files';
import { UserError } from './user-error';

export interface DataDocument extends ReadData<ReferenceData> {
  /** Its numbers are not those of the file it was made from. */
  readonly rounded: boolean;
}

/** Keys that the documents begin with; anything else is rows. */
const DOCUMENT = /^\uFEFF?\s*\{\s*"(?:kind|formatVersion|version|dataset|features)"\s*:/;

/**
 * What is no file of rows: a profile that `profile` wrote, a baseline of a model, an imported one, or Model Monitor's statistics as they are.
 * @returns undefined for everything else
 * @throws UserError
 */
export async function readDocument(path: string, io: CommandLineIo): Promise<DataDocument | undefined> {
  const value = await readJson(path, io);
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, formatVersion, sampledRows, features } = value as Record<string, unknown>;
  const columns = (data: { readonly columns: readonly { readonly name: string }[] }): string[] => data.columns.map(({ name }) => name);
  if (kind === FILE_PROFILE_KIND) {
    const profile = checked<FileProfile>(value, path, 1, ['count', 'missing'], (column) => isRecord(column['numbers'] ?? column['values']));
    return { data: profile, findings: [], columns: columns(profile), rounded: profile.columns.some((column) => column.type === 'numeric' && column.numbers.droppedBits > 0) };
  }
  if (kind === IMPORTED_BASELINE_KIND) return imported(value as ImportedBaseline, path);
  if (typeof formatVersion === 'number' && sampledRows !== undefined) {
    const baseline = checked<Baseline>(value, path, FORMAT_VERSION, [], (column) => isRecord(column['bins']) && isRecord(column['reference']));
    return { data: baseline, findings: [], columns: columns(baseline), rounded: false };
  }
  if (Array.isArray(features) && features.some((feature) => isRecord(feature) && ('numerical_statistics' in feature || 'string_statistics' in feature))) {
    const problems = new ProblemList();
    const read = importBaseline({ name: basename(path), value }, undefined, problems);
    if (problems.all.length > 0) throw new UserError(problemSentence(problems.all[0]!));
    return imported(read, path);
  }
  return undefined;
}

function imported(value: ImportedBaseline, path: string): DataDocument {
  const profile = checked<FileProfile>(value.profile, path, 1, ['count', 'missing'], (column) => isRecord(column['numbers'] ?? column['values']));
  const mode = value.constraints?.mode;
  const threshold = value.constraints?.comparisonThreshold;
  const findings = (Array.isArray(value.losses) ? value.losses : []).map((loss) => `${path}: ${String(loss)}`);
  if (mode !== undefined) findings.push(`${path}: Model Monitor compared as --mode ${mode} does${threshold === undefined || threshold === 0.1 ? '' : `, with the threshold ${threshold}; here it is 0.1`}`);
  return { data: profile, findings, columns: profile.columns.map(({ name }) => name), rounded: false };
}

/** @throws UserError when the document is of another version, or was edited into something else */
function checked<T>(value: unknown, path: string, newest: number, counts: readonly string[], holds: (column: Record<string, unknown>) => boolean): T {
  const document = isRecord(value) ? value : {};
  const version = document['formatVersion'];
  if (typeof version === 'number' && version > newest) throw new UserError(`${path}: formatVersion must be at most ${newest}, got ${version}; it was written by a newer release: update cdk-ml-pipeline`);
  const { columns } = document;
  const list = Array.isArray(columns) ? columns : [];
  const wrong = list.findIndex((column) => !isRecord(column) || typeof column['name'] !== 'string' || (column['type'] !== 'numeric' && column['type'] !== 'categorical') || counts.some((key) => typeof column[key] !== 'number') || !holds(column));
  if (!Array.isArray(columns) || wrong >= 0) throw new UserError(`${path}: ${wrong >= 0 ? `columns[${wrong}]` : 'columns'} is not as cdk-ml-pipeline writes it; write the file again`);
  return value as T;
}

async function readJson(path: string, io: CommandLineIo): Promise<unknown> {
  const file = resolve(io.folder, path);
  try {
    const handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0).finally(() => handle.close());
    if (!DOCUMENT.test(buffer.toString('utf8', 0, bytesRead))) return undefined;
    return parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
  } catch {
    // It is no document: the reader of rows says what is wrong with it.
    return undefined;
  }
}

/** Model Monitor's container writes NaN as a bare word where a number is missing, which is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!BARE_NUMBER.test(text)) throw error;
    return JSON.parse(text.replace(BARE_NUMBER_OR_TEXT, (match, bare: string | undefined) => (bare === undefined ? match : 'null')));
  }
}

const BARE_NUMBER = /[:[,]\s*-?(?:NaN|Infinity)\b/;
const BARE_NUMBER_OR_TEXT = /"(?:[^"\\]|\\.)*"|(-?(?:NaN|Infinity)\b)/g;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
