import { type BacktestResult, type BacktestWindow } from '../backtest/backtest';
import { hanging, minute, type Palette, wrap } from './text';

/** Windows listed in the terminal; the page and the JSON document have all of them. */
const LISTED = 30;
const NAMED = 3;

/** For a terminal of 80 columns. */
export function backtestText(result: BacktestResult, colours: Palette): string {
  const { history, baseline, windows } = result;
  if (windows.length === 0) return 'The history has no rows after the baseline.\n';
  const head = `${history.rows} rows in ${windows.length} windows of ${result.intervalSeconds / 3600} h, ${history.from!.slice(0, 10)} to ${history.to!.slice(0, 10)}\nbaseline: ${baseline.source}, ${baseline.rows} rows\n`;
  const cells = result.summaries.map(({ threshold, driftedWindows, insufficientWindows, brokenWindows, pages, retrainings, loopGuards }) => [
    `${threshold}${threshold === result.configured ? ' *' : '  '}`,
    ...[driftedWindows, insufficientWindows, brokenWindows, pages, retrainings, loopGuards].map(String),
  ]);
  const summary = table(['threshold', 'drifted', 'too few rows', 'broken', 'pages', 'retrainings', 'loop guard'], cells, colours);
  const columns = table(
    ['column', 'drifted', 'median', 'greatest'],
    result.columns.slice(0, 10).map(({ name, driftedWindows, medianPsi, maximumPsi }) => [
      `${name}${result.weights[name] === 0 ? ' (weight 0)' : ''}`,
      String(driftedWindows),
      medianPsi.toFixed(3),
      maximumPsi.toFixed(3),
    ]),
    colours,
  );
  const peers = result.peers ? `\n${colours.strong('What the defaults of other tools flag, each window alone')}\n${result.peers.map((peer) => peerLine(peer, windows.length)).join('')}` : '';
  const configured = result.thresholds.indexOf(result.configured);
  const events = windows.filter(({ verdicts }) => verdicts[configured]!.pages.length > 0 || verdicts[configured]!.retraining === 'STARTED');
  const listed = events.slice(0, LISTED).map((window) => eventLine(window, configured, result.weights, colours));
  const more = events.length > LISTED ? `${events.length - LISTED} more; --json and --html have all\n` : '';
  const quiet = events.length === 0 ? `At ${result.configured} nobody would have been paged and nothing retrained.\n` : `\n${colours.strong(`Pages and retrainings at ${result.configured}`)}\n`;
  const remarks = result.remarks.map((remark) => hanging('! ', remark, colours.attention)).join('');
  return `${head}\n${summary}* configured\n\n${colours.strong('Population stability index')}\n${columns}${peers}${quiet}${listed.join('')}${more}${remarks}`;
}

function eventLine(window: BacktestWindow, configured: number, weights: BacktestResult['weights'], colours: Palette): string {
  const { pages, retraining } = window.verdicts[configured]!;
  const what = [...(pages.length > 0 ? [colours.bad(`page: ${pages.join(', ')}`)] : []), ...(retraining === 'STARTED' ? [colours.attention('retraining')] : [])];
  const why = window.columns.filter(({ name }) => weights[name] !== 0).slice(0, NAMED).map(({ name, psi }) => `${name} ${psi.toFixed(2)}`);
  return `${minute(window.end)}  ${what.join(', ')}\n    ${colours.faint(why.join(', '))}\n`;
}

function peerLine({ mode, driftedWindows, columns }: NonNullable<BacktestResult['peers']>[number], windows: number): string {
  const flagged = Object.entries(columns).map(([name, count]) => `${name} ${count}`);
  const first = `${mode.padEnd(18)}${driftedWindows} of ${windows}`;
  return `${first}\n${wrap(flagged.join(', '), 74).map((line) => `    ${line}\n`).join('')}`;
}

/** The first column to the left, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], colours: Palette): string {
  const widths = head.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]): string => cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!))).join('  ');
  return [colours.faint(line(head)), ...rows.map(line)].map((one) => `${one.trimEnd()}\n`).join('');
}
