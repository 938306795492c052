import { COMPARISON_MODES, type ColumnKind, compareColumns, type Comparison, type ComparisonMode, type ReferenceData } from '../drift';
import { type CommandArguments, oneOf } from './arguments';
import { formatComparison } from './drift-text';
import { type FileOptions, readFileOptions } from './file-options';
import type { CommandLineIo } from './main';
import { tellFindings } from './profile-command';
import { fitsMemory, profileFiles, type ReadData, sampleFile } from './read-files';
import { type DataDocument, readDocument } from './data-document';
import { json, palette } from './text';
import { tableWidth } from './text-table';

/** What the exit code says. */
const EXIT_CODES: Readonly<Record<Comparison['dataset']['verdict'], number>> = { stable: 0, warning: 0, drifted: 1, inconclusive: 3 };

export async function driftCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const [reference, current] = given.positionals as [string, string];
  const options = readFileOptions(given, io);
  const mode: ComparisonMode = given.values.mode === undefined ? 'calibrated' : oneOf('--mode', given.values.mode, COMPARISON_MODES);
  const read = await readBoth(reference, current, options, io);
  const comparison = compareColumns(read.reference.data, read.current.data, mode);
  const printed = given.flags.has('json');
  if (printed) io.stdout.write(json(documented(comparison)));
  else io.stdout.write(formatComparison(comparison, { reference, current }, tableWidth(io.stdout), palette(io)));
  tellFindings([...new Set([...read.reference.findings, ...read.current.findings, ...orderFinding(read)])], printed, io);
  return EXIT_CODES[comparison.dataset.verdict];
}

/** With the members in the order in which they are documented. */
function documented({ features, dataset }: Comparison): Comparison {
  return {
    features: features.map(({ name, type, statistics, verdict, reason }) => {
      const { psi, jensenShannon, wassersteinNormed, kolmogorovSmirnov, chiSquare, lInfinity, hellinger } = statistics;
      return { name, type, statistics: { psi, jensenShannon, wassersteinNormed, kolmogorovSmirnov, chiSquare, lInfinity, hellinger }, verdict, reason };
    }),
    dataset,
  };
}

interface Both {
  readonly reference: ReadData<ReferenceData>;
  readonly current: ReadData<ReferenceData>;
}

/** Two files are compared value by value when they fit into memory. What only one side says about a column's type holds for both. */
async function readBoth(referencePath: string, currentPath: string, options: FileOptions, io: CommandLineIo): Promise<Both> {
  const [reference, current] = [await readDocument(referencePath, io), await readDocument(currentPath, io)];
  if (reference && current) return { reference, current };
  const exact = await isExact(reference, current, [referencePath, currentPath], options, io);
  const file = async (path: string, other: DataDocument | ReadData<ReferenceData> | undefined): Promise<ReadData<ReferenceData>> => {
    const known = new Map<string, ColumnKind>(other?.data.columns.map(({ name, type }) => [name, type]));
    const told = { ...options, choice: { ...options.choice, known } };
    return exact ? sampleFile(path, told, io) : profileFiles([path], told, io);
  };
  const first = reference ?? (await file(referencePath, current));
  return { reference: first, current: current ?? (await file(currentPath, first)) };
}

/** A file profile of rounded numbers is compared with another one, rounded alike. */
async function isExact(reference: DataDocument | undefined, current: DataDocument | undefined, paths: readonly string[], options: FileOptions, io: CommandLineIo): Promise<boolean> {
  const document = reference ?? current;
  if (document?.rounded === true) return false;
  for (const [index, path] of paths.entries()) if ([reference, current][index] === undefined && !(await fitsMemory(path, options, io))) return false;
  return true;
}

function orderFinding({ reference, current }: Both): string[] {
  const common = (mine: readonly string[], others: readonly string[]): string[] => mine.filter((name) => others.includes(name));
  const [first, second] = [common(reference.columns, current.columns), common(current.columns, reference.columns)];
  const moved = first.findIndex((name, index) => name !== second[index]);
  return moved < 0 ? [] : [`the columns come in another order, from ${first[moved]} on, where the current side has ${second[moved]}; they are compared by name`];
}
