import type { LedgerEntry, WorkflowName } from '../governance/outcome.contract';
import { type CommandArguments, integer, oneOf } from './arguments';
import { type LedgerPart, readLedger } from './ledger-reader';
import type { CommandLineIo } from './main';
import { OperatedModel } from './operated-model';
import { hanging, json, minute, outcomeColour, palette, type Palette } from './text';

const WORKFLOWS: readonly WorkflowName[] = ['training', 'deployment', 'monitoring', 'model-quality', 'retraining', 'operations'];
/** Of one entry; `--json` has all. */
const REASONS_SHOWN = 3;

/** @returns 1 when the ledger is not what was written */
export async function historyCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const limit = integer('--limit', given.values.limit ?? '20', 1, 100_000);
  const workflow = given.values.workflow === undefined ? undefined : oneOf('--workflow', given.values.workflow, WORKFLOWS);
  const model = await OperatedModel.open(given, io);
  const wanted = (entry: LedgerEntry): boolean => workflow === undefined || entry.workflow === workflow;
  const part = await readLedger(model, limit, wanted, given.flags.has('all'));
  const entries = part.entries.filter(wanted).slice(0, limit);
  const { newest, oldest, problems } = part;
  if (given.flags.has('json')) {
    io.stdout.write(json({ modelName: model.name, entries, verified: { from: oldest, to: newest, intact: problems.length === 0, problems } }));
  } else {
    const colours = palette(io);
    if (entries.length > 0) io.stdout.write(`${colours.strong(model.name)}  newest first, times in UTC\n\n`);
    else io.stdout.write(`Nothing has happened to ${model.name}${workflow === undefined ? '' : ` in ${workflow}`} yet.\n`);
    for (const entry of entries) io.stdout.write(formatEntry(entry, newest, colours));
    io.stdout.write(formatVerification(part, colours));
  }
  return problems.length === 0 ? 0 : 1;
}

function formatEntry(entry: LedgerEntry, newest: number, colours: Palette): string {
  const { sequence, time, workflow, outcome, reasons, page } = entry;
  const number = String(sequence).padStart(String(newest).length);
  const head = `${number}  ${minute(time)}  ${workflow.padEnd(10)}  ${outcomeColour(colours, outcome)(outcome)}${page ? colours.faint('  paged') : ''}\n`;
  const indent = ' '.repeat(number.length + 2);
  const shown = reasons.slice(0, REASONS_SHOWN).map((reason) => hanging(`${indent}- `, reason, colours.faint));
  const rest = reasons.length > REASONS_SHOWN ? `${indent}${colours.faint(`- ${reasons.length - REASONS_SHOWN} more reasons, see --json`)}\n` : '';
  return `${head}${shown.join('')}${rest}`;
}

function formatVerification({ newest, oldest, problems }: LedgerPart, colours: Palette): string {
  if (newest === 0) return '';
  if (problems.length === 0) {
    const what = oldest === 1 ? `The whole ledger, ${newest === 1 ? 'one entry' : `${newest} entries`},` : `The ledger from entry ${oldest} to ${newest}`;
    return `\n${colours.good('✓')} ${what} is as it was written.${oldest === 1 ? '' : ' --all verifies it from the first.'}\n`;
  }
  return `\n${colours.bad('✗ The ledger is not as it was written:')}\n${problems.map((problem) => hanging('  - ', problem, colours.bad)).join('')}`;
}
