import { resolve } from 'node:path';
import { readContractFile } from '../data/contract-file';
import { columnLayout, type ContractDocument } from '../data/data-contract.contract';
import { problemSentence } from '../private/problem-list';
import { type ColumnChoice, headerlessNames } from '../tables/column-types';
import type { TableOptions } from '../tables/open-table';
import type { TableFormat } from '../tables/table';
import { type CommandArguments, oneOf } from './arguments';
import type { CommandLineIo } from './main';
import { UserError } from './user-error';

const FORMATS = ['csv', 'parquet', 'json-lines', 'data-capture'] as const satisfies readonly TableFormat[];
const DELIMITERS: Readonly<Record<string, string>> = { comma: ',', semicolon: ';', tab: '\t', bar: '|' };

/** What the options of `profile` and `drift` say about the files. */
export interface FileOptions {
  readonly choice: ColumnChoice;
  readonly table: TableOptions;
}

/** @throws UserError */
export function readFileOptions({ values, flags }: CommandArguments, io: CommandLineIo): FileOptions {
  const contract = values.contract === undefined ? undefined : readContract(values.contract, io);
  if (flags.has('header') && flags.has('no-header')) throw new UserError('either --header or --no-header, not both');
  const header = flags.has('header') ? true : flags.has('no-header') ? false : undefined;
  const numeric = names(values.numeric);
  const categorical = names(values.categorical);
  const both = numeric?.find((name) => categorical?.includes(name));
  if (both !== undefined) throw new UserError(`column ${both} is named by --numeric and by --categorical; leave one out`);
  return {
    choice: { contract, columns: names(values.columns), numeric, categorical },
    table: {
      format: values.format === undefined ? undefined : oneOf('--format', values.format, FORMATS),
      csv: { header, delimiter: values.delimiter === undefined ? undefined : delimiter(values.delimiter), names: contract && headerlessNames(contract) },
      features: contract && columnLayout(contract).features.map(({ name }) => name),
    },
  };
}

function readContract(path: string, io: CommandLineIo): ContractDocument {
  const { document, problems } = readContractFile(resolve(io.folder, path));
  if (document) return document;
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new UserError(`--contract ${path}: ${problemSentence(problems[0]!)}${more}`);
}

/** Names are separated by commas; one with a comma in it is written in a contract. */
function names(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function delimiter(text: string): string {
  const character = DELIMITERS[text] ?? (text === '\\t' ? '\t' : text);
  if (character.length === 1 && !/["\r\n]/.test(character)) return character;
  throw new UserError(`--delimiter must be one character, or one of ${Object.keys(DELIMITERS).join(', ')}, got ${text}`);
}
