import { parseArgs } from 'node:util';
import { closest } from '../rehearsal/aws/closest';
import { UserError } from './user-error';

export interface RehearseArguments {
  readonly command: 'rehearse';
  /** Shell command that synthesizes. Either this or `assembly`. */
  readonly app?: string;
  readonly assembly?: string;
  readonly scenario: string;
  readonly seed: number;
  readonly json?: string;
  readonly html?: string;
  readonly record?: string;
  readonly quiet: boolean;
}

export type Arguments = RehearseArguments | { readonly command: 'help' | 'version' };

const COMMANDS = ['rehearse'];
const OPTIONS = {
  app: { type: 'string' },
  assembly: { type: 'string' },
  scenario: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
  html: { type: 'string' },
  record: { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

export const HELP = `Usage: cdk-ml-pipeline rehearse (--app COMMAND | --assembly FOLDER) --scenario FILE [options]

Runs a scenario against the synthesized cloud assembly: the real state machines, handlers and containers
on a simulated AWS with a virtual clock. Exit code 0 when every milestone was reached, 1 when one was not.

  --app COMMAND      command that synthesizes, e.g. "npx tsx app.ts"; context is taken from cdk.json
  --assembly FOLDER  cloud assembly that exists already, e.g. cdk.out
  --scenario FILE    module whose default export is the scenario
  --seed N           seed of all random numbers, 0 to 4294967295 (default 1)
  --json FILE        writes the summary
  --html FILE        writes the report, one page that needs no network
  --record FILE      writes every AWS request, one JSON line each
  --quiet            prints problems and the result only
  -h, --help         prints this
  -v, --version      prints the version
`;

/** @throws UserError */
export function parseArguments(argv: readonly string[]): Arguments {
  const { values, positionals, tokens } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const definition = (OPTIONS as Record<string, { type: string } | undefined>)[token.name];
    if (!definition) throw new UserError(`unknown option ${token.rawName}${hint(token.name, Object.keys(OPTIONS), '--')}`);
    if (definition.type === 'boolean' && token.value !== undefined) throw new UserError(`option ${token.rawName} takes no value`);
    if (definition.type === 'string' && (token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('--')))) {
      throw new UserError(`option ${token.rawName} needs a value`);
    }
  }
  if (values.help === true) return { command: 'help' };
  if (values.version === true) return { command: 'version' };
  const [command, ...rest] = positionals;
  if (command === undefined) throw new UserError('no command given; see cdk-ml-pipeline --help');
  if (!COMMANDS.includes(command)) throw new UserError(`unknown command ${command}${hint(command, COMMANDS, '')}`);
  if (rest.length > 0) throw new UserError(`unexpected argument ${rest[0]}`);
  return rehearseArguments(values as Record<string, string | undefined>, values.quiet === true);
}

function rehearseArguments(values: Record<string, string | undefined>, quiet: boolean): RehearseArguments {
  const { app, assembly, scenario, seed, json, html, record } = values;
  if (app === undefined && assembly === undefined) throw new UserError('rehearse needs --app or --assembly');
  if (app !== undefined && assembly !== undefined) throw new UserError('rehearse takes either --app or --assembly, not both');
  if (scenario === undefined) throw new UserError('rehearse needs --scenario');
  return { command: 'rehearse', app, assembly, scenario, seed: parseSeed(seed ?? '1'), json, html, record, quiet };
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) throw new UserError(`--seed must be an integer from 0 to 4294967295, got ${text}`);
  return seed;
}

function hint(word: string, known: readonly string[], prefix: string): string {
  const near = closest(word, known);
  return near === undefined ? '; see cdk-ml-pipeline --help' : `; did you mean ${prefix}${near}?`;
}
