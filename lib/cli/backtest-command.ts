import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BacktestSettings } from '../backtest/backtest';
import { type ModelFileSettings, seconds, settingsOf } from '../backtest/default-settings';
import { timeOf } from '../backtest/history-files';
import { backtestPage } from './backtest-page';
import { backtestChart } from '../backtest/backtest-chart';
import { baselineOf, beginningOf, runBacktest } from '../backtest/run-backtest';
import { readContractFile } from '../data/contract-file';
import { columnLayout, type ContractDocument } from '../data/data-contract.contract';
import { type Baseline } from '../drift';
import { parseYamlOrJson } from '../private/bundled';
import { TableError } from '../tables/table';
import type { Command } from './main';
import { backtestText } from './backtest-text';
import { json, palette } from './text';
import { UserError } from './user-error';

const DAY = 86_400_000;
/** Four of every weekday. */
const BASELINE_DAYS = 28;
const INTERVALS = [1, 2, 3, 4, 6, 8, 12, 24];
const THRESHOLDS_MAXIMUM = 8;

/** Replays past files through the monitor and the controller. */
export const backtestCommand: Command = async ({ values, flags }, io) => {
  const path = (name: string): string | undefined => values[name] && resolve(io.folder, values[name]);
  const contract = contractOf(path('contract'), values.contract);
  const history = path('history');
  if (history === undefined) throw new UserError('backtest needs --history: a folder of captured files or tables of past requests');
  if (!existsSync(history)) throw new UserError(`--history ${values.history} does not exist`);
  const settings = withInterval(settingsOf(modelFile(path('model-file'), values['model-file'])), values.interval);
  checkFeatures(settings, contract);
  const thresholds = thresholdsOf(values.thresholds, settings.policy.psiThreshold);
  try {
    const baseline = await findBaseline(contract, history, path('baseline'), values);
    const result = await runBacktest({ contract, history, settings, thresholds, baseline: baseline.baseline, baselineSource: baseline.source, from: baseline.replayFrom, until: Infinity, peers: flags.has('peers') });
    const page = path('html');
    if (page !== undefined) writeFileSync(page, page.endsWith('.svg') ? backtestChart(result) : backtestPage(result));
    io.stdout.write(flags.has('json') ? json(result) : backtestText(result, palette(io)));
    return 0;
  } catch (error) {
    if (error instanceof TableError) throw new UserError(error.message);
    throw error;
  }
};

function contractOf(path: string | undefined, given: string | undefined): ContractDocument {
  if (path === undefined) throw new UserError('backtest needs --contract: the data contract of the model, which names its features and the time');
  const { document, problems } = readContractFile(path);
  if (!document) throw new UserError(`--contract ${given} cannot be used:\n${problems.map(({ code, path: at, value, rule, fix }) => `  ${at}: ${rule}, got ${JSON.stringify(value)}; ${fix} [${code}]`).join('\n')}`);
  return document;
}

function modelFile(path: string | undefined, given: string | undefined): ModelFileSettings {
  if (path === undefined) return {};
  if (!existsSync(path)) throw new UserError(`--model-file ${given} does not exist`);
  const parsed = parseYamlOrJson(readFileSync(path, 'utf8'), given!);
  if (parsed.errors.length > 0) throw new UserError(`--model-file ${parsed.errors.map(({ message }) => message).join('\n')}`);
  if (typeof parsed.value !== 'object' || parsed.value === null) throw new UserError(`--model-file ${given} must be a model file, a mapping with the key modelName`);
  const file = parsed.value as ModelFileSettings;
  for (const [name, value] of [['monitoring.interval', file.monitoring?.interval], ['monitoring.watermark', file.monitoring?.watermark], ['retraining.onDrift.cooldown', file.retraining?.onDrift?.cooldown]] as const) {
    if (value !== undefined && seconds(value) === undefined) throw new UserError(`--model-file ${given}: ${name} must be a duration such as 6h, got ${JSON.stringify(value)}`);
  }
  return file;
}

function withInterval(settings: BacktestSettings, given: string | undefined): BacktestSettings {
  const intervalSeconds = given === undefined ? settings.intervalSeconds : (seconds(given) ?? NaN);
  if (!INTERVALS.includes(intervalSeconds / 3600)) throw new UserError(`--interval must be one of ${INTERVALS.map((hours) => `${hours}h`).join(', ')}, as the monitor's windows are, got ${given ?? `${intervalSeconds}s`}`);
  return { ...settings, intervalSeconds };
}

function thresholdsOf(given: string | undefined, configured: number): number[] {
  const listed = given === undefined ? [configured / 2, configured, configured * 2] : given.split(',').map((text) => Number(text.trim() === '' ? NaN : text));
  const wrong = listed.find((value) => !(value > 0) || !Number.isFinite(value));
  if (wrong !== undefined) throw new UserError(`--thresholds must be numbers greater than 0 with commas between them, such as 0.1,0.2,0.4, got ${given}`);
  const all = [...new Set([...listed, configured].map((value) => Number(value.toPrecision(12))))].sort((a, b) => a - b);
  if (all.length > THRESHOLDS_MAXIMUM) throw new UserError(`--thresholds takes at most ${THRESHOLDS_MAXIMUM} values with the configured one, got ${all.length}`);
  return all;
}

function checkFeatures(settings: BacktestSettings, contract: ContractDocument): void {
  const names = columnLayout(contract).features.map(({ name }) => name);
  const unknown = [...Object.keys(settings.policy.weights), ...settings.policy.criticalFeatures].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UserError(`--model-file names the feature ${unknown}, which the contract does not have; its features are ${names.join(', ')}`);
}

interface FoundBaseline {
  readonly baseline: Baseline;
  readonly source: string;
  readonly replayFrom: number;
}

async function findBaseline(contract: ContractDocument, history: string, path: string | undefined, values: Readonly<Record<string, string | undefined>>): Promise<FoundBaseline> {
  const stretch = values['baseline-window'];
  if (path !== undefined && stretch !== undefined) throw new UserError('--baseline and --baseline-window exclude each other: the baseline comes from one place');
  if (path !== undefined) {
    if (!existsSync(path)) throw new UserError(`--baseline ${values.baseline} does not exist`);
    const saved = savedBaseline(path);
    if (saved) return { baseline: checked(saved, contract, values.baseline!), source: values.baseline!, replayFrom: -Infinity };
    return { baseline: filled(await baselineOf(path, contract, -Infinity, Infinity), values.baseline!), source: values.baseline!, replayFrom: -Infinity };
  }
  const [from, until] = stretch === undefined ? await firstDays(history, contract) : stretchOf(stretch);
  const source = `${day(from)} to ${day(until)}`;
  return { baseline: filled(await baselineOf(history, contract, from, until), source), source, replayFrom: until };
}

/** `baseline.json` as the training workflow writes it. */
function savedBaseline(path: string): Baseline | undefined {
  if (!path.endsWith('.json')) return undefined;
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Baseline> | null;
    return Array.isArray(value?.columns) && value.formatVersion !== undefined ? (value as Baseline) : undefined;
  } catch {
    return undefined;
  }
}

function checked(baseline: Baseline, contract: ContractDocument, given: string): Baseline {
  const missing = columnLayout(contract).features.find(({ name }) => !baseline.columns.some((column) => column.name === name));
  if (missing) throw new UserError(`--baseline ${given} lacks the feature ${missing.name} of the contract: it belongs to another model, or the contract has changed`);
  return baseline;
}

function filled(baseline: Baseline, source: string): Baseline {
  if (baseline.rows === 0) throw new UserError(`the baseline has no rows (${source}): name a stretch that the history covers, such as --baseline-window 2001-01-01/2001-02-01`);
  return baseline;
}

/** The default: four weeks from the first row on. */
async function firstDays(history: string, contract: ContractDocument): Promise<[number, number]> {
  const first = await beginningOf(history, contract);
  if (first === undefined) throw new UserError('--history has no rows that could be read');
  const from = Math.floor(first / DAY) * DAY;
  return [from, from + BASELINE_DAYS * DAY];
}

/** `2001-01-01/2001-02-01` (ISO 8601, the end not included). */
function stretchOf(text: string): [number, number] {
  const [from, until] = text.split('/').map((part) => timeOf(part) ?? NaN);
  if (from === undefined || until === undefined || Number.isNaN(from) || Number.isNaN(until) || until <= from || text.split('/').length !== 2) {
    throw new UserError(`--baseline-window must be START/END in ISO 8601, the end not included, such as 2001-01-01/2001-02-01, got ${text}`);
  }
  return [from, until];
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T00:00', '');
}
