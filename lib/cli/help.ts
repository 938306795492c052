import { COMMANDS, type CommandDescription, GLOBAL_OPTIONS } from './commands';
import { hanging } from './text';

/** Of the whole program. */
export const HELP = `Usage: cdk-ml-pipeline COMMAND [arguments] [options]

${table(COMMANDS.map(({ name, positionals, summary }) => [[name, ...positionals].join(' '), summary]))}
  cdk-ml-pipeline COMMAND --help   prints what a command takes
  cdk-ml-pipeline --version        prints the version
`;

export function commandHelp(command: CommandDescription): string {
  const options = Object.entries({ ...command.options, ...GLOBAL_OPTIONS }).map(([name, { value, short, text }]) => {
    const names = `${short === undefined ? '' : `-${short}, `}--${name}`;
    return [value === undefined ? names : `${names} ${value}`, text];
  });
  return `Usage: ${['cdk-ml-pipeline', command.name, ...command.positionals, command.usage].join(' ')}

${command.description.split('\n').map((paragraph) => hanging('', paragraph)).join('')}
${table(options)}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, right]) => hanging(`  ${left!.padEnd(width)}  `, right!)).join('');
}
