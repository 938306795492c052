import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { importBaseline, type ImportedBaseline, type MonitorFile } from '../model-monitor/import-baseline';
import { ProblemList, problemSentence } from '../private/problem-list';
import type { CommandArguments } from './arguments';
import { parse } from './data-document';
import type { CommandLineIo } from './main';
import { write } from './profile-command';
import { formatProfile } from './profile-text';
import { hanging, json, palette, type Palette, WIDTH } from './text';
import { count, tableWidth } from './text-table';
import { UserError } from './user-error';

export async function importBaselineCommand({ values, flags }: CommandArguments, io: CommandLineIo): Promise<number> {
  if (values.statistics === undefined) throw new UserError('import-baseline needs --statistics; see cdk-ml-pipeline import-baseline --help');
  const statistics = await readJson(values.statistics, io);
  const constraints = values.constraints === undefined ? undefined : await readJson(values.constraints, io);
  const problems = new ProblemList();
  const imported = importBaseline(statistics, constraints, problems);
  const [first, ...more] = problems.all;
  if (first) throw new UserError(`${problemSentence(first)}${more.length === 0 ? '' : ` (and ${more.length} more)`}`);
  if (imported.profile.columns.length === 0) throw new UserError(`${values.statistics} has no feature to compare with: ${imported.losses[0] ?? 'it names none'}`);
  if (values.output !== undefined) await write(values.output, json(imported), io);
  if (flags.has('json')) io.stdout.write(json(imported));
  else io.stdout.write(formatImported(imported, values.statistics, values.output, tableWidth(io.stdout), palette(io)));
  return 0;
}

async function readJson(path: string, io: CommandLineIo): Promise<MonitorFile> {
  const name = basename(path);
  let text: string;
  try {
    text = await readFile(resolve(io.folder, path), 'utf8');
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (error as Error).message}`);
  }
  try {
    return { name, value: parse(text.replace(/^\uFEFF/, '')) };
  } catch {
    throw new UserError(`${path} is not JSON; give the file as Model Monitor wrote it to S3`);
  }
}

function formatImported(imported: ImportedBaseline, statistics: string, output: string | undefined, width: number, colours: Palette): string {
  const { profile, constraints, losses } = imported;
  const sentences = Math.min(width, WIDTH);
  const asked = constraints === undefined ? [] : suggestions(constraints);
  return [
    `${colours.strong(statistics)}  ${count(profile.rows)} rows, ${count(profile.columns.length)} columns\n\n`,
    formatProfile(profile, width, colours),
    ...(asked.length > 0 ? [`\n${colours.strong('Constraints, as this library states them')}\n`, ...asked.map((line) => hanging('  ', line, undefined, sentences))] : []),
    ...(losses.length > 0 ? [`\n${colours.strong('What was lost')}\n`, ...losses.map((loss) => hanging('! ', loss, colours.attention, sentences))] : []),
    ...(output === undefined ? ['\nNothing was written; --output FILE writes the baseline.\n'] : [`\n✓ written to ${output}; compare with it: cdk-ml-pipeline drift ${output} CURRENT\n`]),
  ].join('');
}

function suggestions(constraints: NonNullable<ImportedBaseline['constraints']>): string[] {
  const { features, comparisonThreshold, mode, mismatchedShare, unseenShare } = constraints;
  const columns = features.map(({ name, type, maximumNullShare, minimum, categories, weight }) => {
    const parts = [
      ...(type === undefined ? [] : [`type: ${type}`]),
      ...(maximumNullShare === undefined || maximumNullShare === 0 ? [] : [`maximumNullShare: ${maximumNullShare}`]),
      ...(minimum === undefined ? [] : [`minimum: ${minimum}`]),
      ...(categories === undefined ? [] : [`categories: [${categories.slice(0, 8).join(', ')}${categories.length > 8 ? `, … ${categories.length} in all` : ''}]`]),
    ];
    return `${name}: { ${parts.join(', ')} }${weight === 0 ? ', weight 0' : ''}`;
  });
  const shares = [
    ...(mode === undefined ? [] : [`compared as drift --mode ${mode}${comparisonThreshold === undefined ? '' : `, threshold ${comparisonThreshold}`}`]),
    ...(mismatchedShare === undefined ? [] : [`values of another type: at most ${percent(mismatchedShare)}`]),
    ...(unseenShare === undefined ? [] : [`unseen categories: at most ${percent(unseenShare)}`]),
  ];
  return [...columns, ...shares];
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
