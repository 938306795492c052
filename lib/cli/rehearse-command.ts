import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { rehearse } from '../rehearsal/rehearsal';
import { renderReport } from '../rehearsal/report/report';
import type { ReportData } from '../rehearsal/report/report-data';
import { duration } from '../rehearsal/report/scale';
import { formatSummary } from '../rehearsal/summary';
import { TerminalTimeline } from '../rehearsal/terminal';
import { type CommandArguments, integer } from './arguments';
import { loadScenario } from './load-scenario';
import type { CommandLineIo } from './main';
import { synthesize } from './synthesize';
import { UserError } from './user-error';

interface RehearseArguments {
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

/** @throws UserError */
export async function rehearseCommand(typed: CommandArguments, io: CommandLineIo): Promise<number> {
  const given = rehearseArguments(typed);
  const outputs = [given.json, given.html, given.record].filter((file) => file !== undefined).map((file) => resolve(io.folder, file));
  if (given.assembly !== undefined) checkAssembly(resolve(io.folder, given.assembly), given.assembly);
  const scenario = await loadScenario(given.scenario, io.folder);
  outputs.forEach(prepareOutput);
  const temporary = given.assembly === undefined ? mkdtempSync(join(tmpdir(), 'cdk-ml-pipeline-')) : undefined;
  const colour = io.stdout.isTTY === true && (io.environment.NO_COLOR ?? '') === '' && io.environment.TERM !== 'dumb';
  const terminal = new TerminalTimeline({ output: io.stdout, colour });
  const record = given.record === undefined ? undefined : openSync(resolve(io.folder, given.record), 'w');
  try {
    if (temporary !== undefined) {
      if (!given.quiet) io.stdout.write(`Synthesizing: ${given.app}\n`);
      await synthesize(given.app!, io.folder, temporary);
    }
    const data = await rehearse({
      assembly: temporary ?? resolve(io.folder, given.assembly!),
      scenario,
      seed: given.seed,
      record: record === undefined ? undefined : (line) => void writeSync(record, `${JSON.stringify(line)}\n`),
      onEvent: given.quiet ? undefined : (event) => terminal.show(event),
    });
    terminal.end();
    if (given.json !== undefined) writeFileSync(resolve(io.folder, given.json), formatSummary(data.summary));
    if (given.html !== undefined) writeFileSync(resolve(io.folder, given.html), renderReport(data));
    return conclude(data, given, io);
  } finally {
    if (record !== undefined) closeSync(record);
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

function rehearseArguments({ values, flags }: CommandArguments): RehearseArguments {
  const { app, assembly, scenario, seed, json, html, record } = values;
  if (app === undefined && assembly === undefined) throw new UserError('rehearse needs --app or --assembly');
  if (app !== undefined && assembly !== undefined) throw new UserError('rehearse takes either --app or --assembly, not both');
  if (scenario === undefined) throw new UserError('rehearse needs --scenario');
  return { app, assembly, scenario, seed: integer('--seed', seed ?? '1', 0, 0xffffffff), json, html, record, quiet: flags.has('quiet') };
}

function conclude(data: ReportData, given: RehearseArguments, io: CommandLineIo): number {
  const { summary } = data;
  const reached = summary.milestones.filter(({ ok }) => ok).length;
  const failed = data.milestones.find(({ ok }) => !ok);
  if (!given.quiet) io.stdout.write('\n');
  io.stdout.write(
    `${reached} of ${summary.milestones.length} milestones reached; ${duration(summary.virtualSeconds * 1000)} of virtual time in ${summary.wallSeconds.toFixed(1)} s, ` +
      `${summary.requests.total} AWS requests, ${summary.requests.denied} denied, ${summary.requests.schemaErrors} with schema errors\n`,
  );
  for (const file of [given.html, given.json, given.record]) if (file !== undefined && !given.quiet) io.stdout.write(`wrote ${file}\n`);
  if (failed === undefined) return 0;
  io.stderr.write(`milestone ${failed.id} failed: ${failed.detail}\n`);
  return 1;
}

function checkAssembly(folder: string, given: string): void {
  if (!existsSync(folder)) throw new UserError(`the assembly ${given} does not exist; run cdk synth first`);
  if (!existsSync(join(folder, 'manifest.json'))) throw new UserError(`${given} is no cloud assembly: it has no manifest.json`);
}

function prepareOutput(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${(error as Error).message}`);
  }
  if (existsSync(file) && statSync(file).isDirectory()) throw new UserError(`cannot write ${file}: it is a folder`);
}
