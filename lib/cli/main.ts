import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TerminalOutput } from '../rehearsal/terminal';
import { type CommandArguments, parseArguments } from './arguments';
import type { AwsClients, Connection } from './aws-clients';
import type { CommandName } from './commands';
import { UserError } from './user-error';

export interface CommandLineIo {
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Milliseconds since 1970. @default - the machine's clock */
  readonly now?: () => number;
  /** @default - real time */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** @default - clients of the AWS SDK */
  readonly connect?: (connection: Connection) => AwsClients;
}

export type Command = (given: CommandArguments, io: CommandLineIo) => Promise<number>;

/** Loaded when it is asked for: help needs no simulator, and a rehearsal no account. */
const RUN: Readonly<Record<CommandName, () => Promise<Command>>> = {
  rehearse: async () => (await import('./rehearse-command')).rehearseCommand,
  status: async () => (await import('./status-command')).statusCommand,
  history: async () => (await import('./history-command')).historyCommand,
  deploy: async () => (await import('./deploy-command')).deployCommand,
  rollback: async () => (await import('./deploy-command')).rollbackCommand,
  freeze: async () => (await import('./freeze-command')).freezeCommand,
  backtest: async () => (await import('./backtest-command')).backtestCommand,
  unfreeze: async () => (await import('./freeze-command')).freezeCommand,
  profile: async () => (await import('./profile-command')).profileCommand,
  drift: async () => (await import('./drift-command')).driftCommand,
  'import-baseline': async () => (await import('./import-baseline-command')).importBaselineCommand,
};

/** @returns the exit code: 0 well, 1 it ended badly, 2 the user can put it right */
export async function main(argv: readonly string[], io: CommandLineIo): Promise<number> {
  try {
    const parsed = parseArguments(argv);
    if (parsed === 'version') io.stdout.write(`${version()}\n`);
    else if ('print' in parsed) io.stdout.write(parsed.print);
    else return await (await RUN[parsed.command.name]())(parsed, io);
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
