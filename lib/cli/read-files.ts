import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EventIds } from '../capture/event-ids';
import { type ColumnSample, FILE_PROFILE_KIND, type FileColumnBuilder, type FileProfile, FileProfileBuilder, type SampleTable } from '../drift';
import { type ColumnChoice } from '../tables/column-types';
import { openTable } from '../tables/open-table';
import { sampleSink } from '../tables/sample-sink';
import { type Table, TableError } from '../tables/table';
import { type ColumnSink, TableReader } from '../tables/table-reader';
import type { FileOptions } from './file-options';
import type { CommandLineIo } from './main';
import { count } from './text-table';
import { UserError } from './user-error';

/** Files together of at most this are compared value by value; of more, by their profiles. */
const EXACT_BYTES_MAXIMUM = 256 * 1024 * 1024;
/** Values of a Parquet file, which may be far smaller than what is in it. */
const EXACT_VALUES_MAXIMUM = 32_000_000;

export interface ReadData<T> {
  readonly data: T;
  /** What a reader of the result should know about the files: rows that could not be read, columns that are in one only. */
  readonly findings: readonly string[];
  /** In the order of the file. */
  readonly columns: readonly string[];
}

/** @throws UserError */
export async function profileFiles(paths: readonly string[], options: FileOptions, io: CommandLineIo): Promise<ReadData<FileProfile>> {
  const { reader, findings, names } = await readInto(paths, options, io, (name, type) => new FileProfileBuilder([{ name, type }]).columns[0]! as FileColumnBuilder);
  const columns = reader.columns.map(({ sink }) => sink.build());
  return { data: { kind: FILE_PROFILE_KIND, formatVersion: 1, rows: reader.rows, columns }, findings, columns: names };
}

/** Every value of a file. @throws UserError */
export async function sampleFile(path: string, options: FileOptions, io: CommandLineIo): Promise<ReadData<SampleTable>> {
  const { reader, findings, names } = await readInto([path], options, io, sampleSink);
  const columns = reader.columns.map(({ sink }): ColumnSample => sink.build());
  return { data: { rows: reader.rows, columns }, findings, columns: names };
}

/** Whether the file is small enough to be held in memory. @throws UserError */
export async function fitsMemory(path: string, options: FileOptions, io: CommandLineIo): Promise<boolean> {
  const { size } = await stat(resolve(io.folder, path)).catch(() => ({ size: 0 }));
  if (size > EXACT_BYTES_MAXIMUM) return false;
  const table = await open(path, options, io);
  await table.close?.();
  return (table.values ?? 0) <= EXACT_VALUES_MAXIMUM;
}

async function open(path: string, options: FileOptions, io: CommandLineIo, seen?: EventIds): Promise<Table> {
  return translated(path, io, () => openTable(resolve(io.folder, path), { ...options.table, seen }));
}

async function readInto<S extends ColumnSink>(paths: readonly string[], options: FileOptions, io: CommandLineIo, sink: (name: string, type: 'numeric' | 'categorical') => S) {
  const reader = new TableReader<S>(options.choice, sink);
  const findings: string[] = [];
  const names: string[] = [];
  // An event may have been delivered into several files.
  const seen = new EventIds();
  for (const path of paths) {
    const table = await open(path, options, io, seen);
    const rows = await translated(path, io, () => reader.read(table));
    for (const { name } of table.columns) if (!names.includes(name)) names.push(name);
    findings.push(...problemsOf(path, table, rows));
  }
  for (const finding of absentColumns(options.choice, names)) findings.push(finding);
  // The reader knows where a file is; the person, how it was named.
  const folder = resolve(io.folder);
  const told = reader.findings.map((finding) => finding.replace(`${folder}/`, ''));
  if (reader.columns.length === 0) throw new UserError(`${paths.join(', ')} ${paths.length === 1 ? 'has' : 'have'} no column to read${told[0] === undefined ? '' : `: ${told[0]}`}`);
  return { reader, findings: [...findings, ...told], names };
}

function problemsOf(path: string, { problems }: Table, rows: number): string[] {
  const remarks = problems.remarkable.map((remark) => `${path}: ${remark}`);
  if (problems.examples.length === 0) return remarks;
  const examples = problems.examples.map(({ place, reason }) => `${place}: ${reason}`).join('; ');
  const what = problems.rows === 0 ? 'some of it could not be read' : `${count(problems.rows)} of ${count(rows + problems.rows)} rows could not be read`;
  return [`${path}: ${what}. ${examples}`, ...remarks];
}

/** Columns that were asked for and are not there. */
function absentColumns({ columns, numeric, categorical, contract }: ColumnChoice, names: readonly string[]): string[] {
  const asked = [...(columns ?? []), ...(numeric ?? []), ...(categorical ?? [])].filter((name) => !names.includes(name));
  if (asked.length > 0) throw new UserError(`there is no column ${asked[0]}; there are ${names.join(', ')}`);
  return (contract?.columns ?? []).filter(({ name, roles }) => roles.includes('feature') && !names.includes(name)).map(({ name }) => `column ${name} is in the contract and not in the files`);
}

/** What goes wrong with a file is the user's to put right. */
async function translated<T>(path: string, io: CommandLineIo, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    throw new UserError(error.message.replaceAll(resolve(io.folder, path), path));
  }
}
