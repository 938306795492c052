import { type CaptureSummary } from '../capture/capture-summary';
import { monitoredFeatures } from '../capture/monitored-feature';
import { type ContractDocument } from '../data/data-contract.contract';
import { type Baseline, BaselineBuilder, compareColumns, PREDICTION_COLUMN } from '../drift';
import { type MonitoringWindow } from '../monitoring/monitoring.contract';
import { type BacktestResult, type BacktestSettings, type BacktestWindow, PEER_MODES, type PeerVerdict, type ThresholdSummary } from './backtest';
import { type HistoryFile, historyFiles, readHistory } from './history-files';
import { HistoryWindows } from './history-windows';
import { Replay, type ReplayedWindow } from './replay';

export interface BacktestOptions {
  readonly contract: ContractDocument;
  readonly history: string;
  readonly settings: BacktestSettings;
  readonly thresholds: readonly number[];
  readonly baseline: Baseline;
  /** Where it comes from, in words. */
  readonly baselineSource: string;
  /** Milliseconds since 1970; rows from before are not replayed. */
  readonly from: number;
  /** Rows from then on are not replayed. */
  readonly until: number;
  /** Says also what the defaults of other tools make of each window. */
  readonly peers: boolean;
}

/** Replays a history under every threshold. The same files give the same result; memory does not grow with their number. */
export async function runBacktest(options: BacktestOptions): Promise<BacktestResult> {
  const { settings, thresholds, contract, baseline } = options;
  const windows: BacktestWindow[] = [];
  let replays: Replay[] | undefined;
  const judge = async (window: MonitoringWindow, summary: CaptureSummary): Promise<void> => {
    replays ??= thresholds.map((threshold) => new Replay(settings, baseline, threshold, window.start));
    const replayed: ReplayedWindow[] = [];
    for (const replay of replays) replayed.push(await replay.judge(window, summary));
    const peers = options.peers && summary.profile.rows > 0 ? { peers: peerVerdicts(baseline, summary) } : {};
    windows.push({ ...windowOf(window, summary, replayed, thresholds.indexOf(settings.policy.psiThreshold)), ...peers });
  };
  const history = new HistoryWindows(baseline, monitoredFeatures(contract), settings.intervalSeconds, judge);
  const remarks: string[] = [];
  const files = historyFiles(options.history);
  let rows = 0;
  let last: number | undefined;
  let reading: HistoryFile | undefined;
  for await (const { file, records, badLines } of readHistory(options.history, contract, remarks)) {
    if (file !== reading) last = undefined;
    reading = file;
    const wanted = records.filter(({ time }) => time >= options.from && time < options.until);
    last = records[records.length - 1]?.time ?? last;
    rows += wanted.reduce((sum, { input, output }) => sum + (input ?? output ?? []).length, 0);
    await history.add(wanted);
    if (badLines.length === 0) continue;
    if (last === undefined) file.problems.add(`line ${badLines[0]!.line}`, badLines[0]!.reason, badLines.length);
    else if (last >= options.from && last < options.until) history.addBadLines(last, badLines);
  }
  await history.end();
  if (history.late > 0) remarks.push(`${history.late} rows came for windows long done, and are not counted: name the files so that their order is that of time`);
  const configured = thresholds.indexOf(settings.policy.psiThreshold);
  return {
    intervalSeconds: settings.intervalSeconds,
    thresholds,
    configured: settings.policy.psiThreshold,
    minimumSampleSize: settings.policy.minimumSampleSize,
    driftedShare: settings.policy.driftedShare,
    weights: settings.policy.weights,
    baseline: { source: options.baselineSource, rows: baseline.rows },
    history: { files: files.length, rows, from: windows[0]?.start ?? null, to: windows[windows.length - 1]?.end ?? null },
    summaries: thresholds.map((threshold, index) => summarizeThreshold(threshold, index, windows)),
    windows,
    ...(options.peers ? { peers: peerSummaries(windows) } : {}),
    columns: columnsOf(windows, configured, baseline),
    remarks,
  };
}

/** Adds every row of a history in a stretch of time. */
export async function baselineOf(path: string, contract: ContractDocument, from: number, until: number): Promise<Baseline> {
  const features = monitoredFeatures(contract);
  let builder: BaselineBuilder | undefined;
  let scored = false;
  for await (const { records } of readHistory(path, contract)) {
    for (const { time, input, output } of records) {
      if (time < from || time >= until) continue;
      input?.forEach((row, index) => {
        if (row.length !== features.length) return;
        if (!builder) {
          scored = output !== undefined;
          builder = new BaselineBuilder([...features, ...(scored ? [{ name: PREDICTION_COLUMN, type: 'numeric' as const }] : [])]);
        }
        builder.add(scored ? [...row, output?.[index] ?? ''] : row);
      });
    }
  }
  return (builder ?? new BaselineBuilder(features)).build();
}

/** When the history begins, milliseconds since 1970; undefined when it has no rows. */
export async function beginningOf(path: string, contract: ContractDocument): Promise<number | undefined> {
  for await (const { records } of readHistory(path, contract)) {
    if (records.length > 0) return records.reduce((first, { time }) => Math.min(first, time), Infinity);
  }
  return undefined;
}

function windowOf(window: MonitoringWindow, summary: CaptureSummary, replayed: readonly ReplayedWindow[], configured: number): BacktestWindow {
  const shown = replayed[configured]!;
  return {
    start: window.start,
    end: window.end,
    rows: summary.profile.rows,
    evaluatedFrom: shown.evaluatedFrom,
    evaluatedRows: shown.evaluatedRows,
    columns: shown.columns,
    verdicts: replayed.map(({ verdict }) => verdict),
  };
}

function peerVerdicts(baseline: Baseline, { profile }: CaptureSummary): PeerVerdict[] {
  return PEER_MODES.map((mode) => {
    const { dataset, features } = compareColumns(baseline, profile, mode);
    return { mode, drifted: dataset.verdict === 'drifted', columns: features.filter(({ verdict }) => verdict === 'drifted').map(({ name }) => name) };
  });
}

function peerSummaries(windows: readonly BacktestWindow[]): NonNullable<BacktestResult['peers']> {
  return PEER_MODES.map((mode) => {
    const own = windows.flatMap(({ peers }) => peers?.filter((peer) => peer.mode === mode) ?? []);
    const columns: Record<string, number> = {};
    for (const name of own.flatMap((peer) => peer.columns)) columns[name] = (columns[name] ?? 0) + 1;
    return { mode, driftedWindows: own.filter(({ drifted }) => drifted).length, columns };
  });
}

function summarizeThreshold(threshold: number, index: number, windows: readonly BacktestWindow[]): ThresholdSummary {
  const verdicts = windows.map((window) => window.verdicts[index]!);
  const count = (matches: (verdict: (typeof verdicts)[number]) => boolean): number => verdicts.filter(matches).length;
  return {
    threshold,
    windows: windows.length,
    driftedWindows: count(({ outcome }) => outcome === 'DRIFTED'),
    insufficientWindows: count(({ outcome }) => outcome === 'INSUFFICIENT_DATA'),
    brokenWindows: count(({ outcome }) => outcome === 'DATA_QUALITY'),
    pages: verdicts.reduce((sum, { pages }) => sum + pages.length, 0),
    retrainings: count(({ retraining }) => retraining === 'STARTED'),
    loopGuards: count(({ retraining }) => retraining === 'LOOP_GUARD'),
  };
}

function columnsOf(windows: readonly BacktestWindow[], configured: number, baseline: Baseline): BacktestResult['columns'] {
  const all = baseline.columns.map(({ name }) => {
    const psi = windows.flatMap(({ columns }) => columns.filter((column) => column.name === name).map((column) => column.psi)).sort((a, b) => a - b);
    const drifted = windows.filter(({ verdicts }) => verdicts[configured]!.drifted.includes(name)).length;
    return { name, driftedWindows: drifted, medianPsi: psi[Math.floor(psi.length / 2)] ?? 0, maximumPsi: psi[psi.length - 1] ?? 0 };
  });
  return all.filter(({ maximumPsi }) => maximumPsi > 0).sort((a, b) => b.driftedWindows - a.driftedWindows || b.medianPsi - a.medianPsi || (a.name < b.name ? -1 : 1));
}
