import { resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import type { CommandArguments } from './arguments';
import { readFileOptions } from './file-options';
import type { CommandLineIo } from './main';
import { formatProfile } from './profile-text';
import { profileFiles } from './read-files';
import { hanging, json, palette } from './text';
import { count, tableWidth, textWidth } from './text-table';
import { UserError } from './user-error';

export async function profileCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const { data: profile, findings } = await profileFiles(given.positionals, readFileOptions(given, io), io);
  const { output } = given.values;
  if (output !== undefined) await write(output, `${JSON.stringify(profile)}\n`, io);
  const printed = given.flags.has('json');
  if (printed) io.stdout.write(json(profile));
  else {
    const colours = palette(io);
    const files = given.positionals.length === 1 ? given.positionals[0]! : `${given.positionals.length} files`;
    io.stdout.write(`${colours.strong(files)}  ${count(profile.rows)} rows, ${count(profile.columns.length)} columns\n\n`);
    io.stdout.write(formatProfile(profile, tableWidth(io.stdout), colours));
  }
  tellFindings(findings, printed, io);
  if (output !== undefined && !printed) io.stdout.write(`\n✓ written to ${output}\n`);
  return 0;
}

/** Below the result; beside a JSON document on standard error. */
export function tellFindings(findings: readonly string[], aside: boolean, io: CommandLineIo): void {
  const colours = palette(io);
  if (findings.length > 0 && !aside) io.stdout.write('\n');
  for (const finding of findings) (aside ? io.stderr : io.stdout).write(hanging('! ', finding, colours.attention, textWidth(io.stdout)));
}

/** @throws UserError */
export async function write(path: string, text: string, io: CommandLineIo): Promise<void> {
  try {
    await writeFile(resolve(io.folder, path), text);
  } catch (error) {
    throw new UserError(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
  }
}
