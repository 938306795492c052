import { parseArgs } from 'node:util';
import { closest } from '../rehearsal/aws/closest';
import { COMMANDS, type CommandDescription, GLOBAL_OPTIONS, type OptionDescription } from './commands';
import { commandHelp, HELP } from './help';
import { UserError } from './user-error';

/** What was typed, checked against the description of its command: option names are known, values are there. */
export interface CommandArguments {
  readonly command: CommandDescription;
  /** As many as the command has positionals; of a repeated one, one or more. */
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly flags: ReadonlySet<string>;
}

export type Arguments = CommandArguments | { readonly print: string } | 'version';

/** @throws UserError */
export function parseArguments(argv: readonly string[]): Arguments {
  const [first, ...rest] = argv;
  if (first === undefined) throw new UserError('no command given; see cdk-ml-pipeline --help');
  if (first === '--help' || first === '-h') return { print: HELP };
  if (first === '--version' || first === '-v') return 'version';
  if (first.startsWith('-')) throw new UserError(`the command comes first, got ${first}; see cdk-ml-pipeline --help`);
  const command = COMMANDS.find(({ name }) => name === first);
  if (!command) throw new UserError(`unknown command ${first}${hint(first, COMMANDS.map(({ name }) => name), '', 'cdk-ml-pipeline --help')}`);
  return parseCommand(command, rest);
}

function parseCommand(command: CommandDescription, argv: readonly string[]): Arguments {
  const options: Readonly<Record<string, OptionDescription>> = { ...command.options, ...GLOBAL_OPTIONS };
  const known = Object.fromEntries(Object.entries(options).map(([name, { value, short }]) => [name, { type: value === undefined ? 'boolean' : 'string', ...(short ? { short } : {}) } as const]));
  const { positionals, tokens } = parseArgs({ args: [...argv], options: known, allowPositionals: true, strict: false, tokens: true });
  const see = `cdk-ml-pipeline ${command.name} --help`;
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const option = options[name];
    if (!option) throw new UserError(`unknown option ${rawName}${hint(name, Object.keys(options), '--', see)}`);
    if (option.value === undefined) {
      if (value !== undefined) throw new UserError(`option ${rawName} takes no value`);
      flags.add(name);
      continue;
    }
    if (value === undefined || value === '' || (!token.inlineValue && value.startsWith('--'))) throw new UserError(`option ${rawName} needs a value`);
    values[name] = value;
  }
  if (flags.has('help')) return { print: commandHelp(command) };
  const repeated = command.positionals[command.positionals.length - 1]?.endsWith('...') === true;
  const surplus = repeated ? undefined : positionals[command.positionals.length];
  if (surplus !== undefined) throw new UserError(`unexpected argument ${surplus}; see ${see}`);
  const missing = command.positionals[positionals.length];
  if (missing !== undefined) throw new UserError(`${command.name} needs ${missing.replace('...', '')}; see ${see}`);
  return { command, positionals, values, flags };
}

/** @throws UserError unless the text is an integer in the range */
export function integer(what: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) throw new UserError(`${what} must be an integer from ${minimum} to ${maximum}, got ${text}`);
  return value;
}

/** @throws UserError unless the text is one of the known words */
export function oneOf<T extends string>(what: string, text: string, known: readonly T[]): T {
  const found = known.find((word) => word === text);
  if (found === undefined) throw new UserError(`${what} must be one of ${known.join(', ')}, got ${text}`);
  return found;
}

function hint(word: string, known: readonly string[], prefix: string, see: string): string {
  const near = closest(word, known);
  return near === undefined ? `; see ${see}` : `; did you mean ${prefix}${near}?`;
}
