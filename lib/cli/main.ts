import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TerminalOutput } from '../rehearsal/terminal';
import { HELP, parseArguments } from './arguments';
import { rehearseCommand } from './rehearse-command';
import { UserError } from './user-error';

export interface CommandLineIo {
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** @returns the exit code: 0 well, 1 a milestone was not reached, 2 the user can put it right */
export async function main(argv: readonly string[], io: CommandLineIo): Promise<number> {
  try {
    const parsed = parseArguments(argv);
    if (parsed.command === 'rehearse') return await rehearseCommand(parsed, io);
    io.stdout.write(parsed.command === 'help' ? HELP : `${version()}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    io.stderr.write(`cdk-ml-pipeline: ${error.message}\n`);
    return 2;
  }
}

/** Version of the package that this file belongs to, in the sources and in the bundle. */
function version(): string {
  let folder = __dirname;
  for (;;) {
    try {
      const { name, version: found } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version: string };
      if (name === 'cdk-ml-pipeline') return found;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (folder === dirname(folder)) return 'unknown';
    folder = dirname(folder);
  }
}
