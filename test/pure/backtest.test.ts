import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlarmReplay } from '../../lib/backtest/alarm-replay';
import { type BacktestResult } from '../../lib/backtest/backtest';
import { timeOf } from '../../lib/backtest/history-files';
import { main } from '../../lib/cli/main';

const HOUR = 3_600_000;
const START = Date.parse('2001-02-05T00:00:00Z');
const iso = (hour: number, minute = 0): string => new Date(START + hour * HOUR + minute * 60_000).toISOString().slice(0, 19) + 'Z';
const CONTRACT = `task: binary-classification
columns:
  - { name: at, type: timestamp, role: time }
  - { name: distance, type: number, role: feature }
  - { name: origin, type: string, role: feature }
  - { name: late, type: integer, role: label }
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-'));
  writeFileSync(join(folder, 'contract.yaml'), CONTRACT);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One row each few seconds; from `drift` on distances are ten times as great. */
function rows(hour: number, count: number, drifted: boolean): [time: string, distance: number, origin: string][] {
  return Array.from({ length: count }, (_, i) => [iso(hour, (i * 60) / count), ((i * 37) % 500) * (drifted ? 10 : 1), 'ab'[i % 2]!]);
}

function writeCsv(name: string, hours: number, perHour: number, drift: (hour: number) => boolean): string {
  mkdirSync(join(folder, name), { recursive: true });
  for (let day = 0; day * 24 < hours; day++) {
    const lines = Array.from({ length: Math.min(24, hours - day * 24) }, (_, i) => rows(day * 24 + i, perHour, drift(day * 24 + i))).flat();
    writeFileSync(join(folder, name, `${iso(day * 24).slice(0, 10)}.csv`), ['at,distance,origin,late', ...lines.map((line) => `${line.join(',')},0`)].join('\n'));
  }
  return name;
}

function writeCapture(name: string, hours: number, perHour: number, drift: (hour: number) => boolean): string {
  for (let hour = 0; hour < hours; hour++) {
    const below = join(folder, name, 'flights', 'AllTraffic', iso(hour).slice(0, 13).replaceAll('-', '/').replace('T', '/'));
    mkdirSync(below, { recursive: true });
    const lines = rows(hour, perHour, drift(hour)).map(([inferenceTime, distance, origin], i) =>
      JSON.stringify({
        captureData: { endpointInput: { observedContentType: 'text/csv', mode: 'INPUT', data: `${distance},${origin}`, encoding: 'CSV' } },
        eventMetadata: { eventId: `${hour}-${i}`, inferenceTime },
        eventVersion: '0',
      }),
    );
    // Each event twice, in two files: at least once is what is promised.
    for (const file of ['00-00-000-a.jsonl', '00-00-000-b.jsonl']) writeFileSync(join(below, file), lines.join('\n'));
  }
  return name;
}

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const code = await main(['backtest', ...argv], { stdout: { write: (text: string) => ((stdout += text), true) }, stderr: { write: (text: string) => ((stderr += text), true) }, environment: {}, folder });
  return { code, stdout, stderr };
}

async function backtest(history: string, ...more: string[]): Promise<BacktestResult> {
  const { code, stdout, stderr } = await run('--contract', 'contract.yaml', '--history', history, '--baseline-window', `${iso(0)}/${iso(24)}`, '--json', ...more);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as BacktestResult;
}

describe('a back-test', () => {
  it('pages in the second drifted window and retrains in the third, as the account would', async () => {
    const result = await backtest(writeCsv('steps', 72, 300, (hour) => hour >= 48));
    expect(result.history).toMatchObject({ files: 3, rows: 48 * 300, from: iso(24), to: iso(72) });
    const of = (index: number) => result.windows.filter((window) => window.verdicts[index]!.outcome === 'DRIFTED').map(({ start }) => start);
    const configured = result.thresholds.indexOf(0.2);
    expect(of(configured)).toEqual(Array.from({ length: 24 }, (_, i) => iso(48 + i)));
    const paged = result.windows.filter(({ verdicts }) => verdicts[configured]!.pages.length > 0);
    expect(paged.map(({ start, verdicts }) => [start, verdicts[configured]!.pages])).toEqual([[iso(49), ['data drift']]]);
    expect(result.windows.filter(({ verdicts }) => verdicts[configured]!.retraining === 'STARTED').map(({ start }) => start)).toEqual([iso(50)]);
    expect(result.columns[0]).toMatchObject({ name: 'distance', driftedWindows: 24 });
  });

  it('says the same of captured files as of a table, each event counted once', async () => {
    const drift = (hour: number): boolean => hour >= 30;
    const [table, captured] = [await backtest(writeCsv('table', 36, 250, drift)), await backtest(writeCapture('captured', 36, 250, drift))];
    expect(captured.windows).toEqual(table.windows);
    expect(captured.summaries).toEqual(table.summaries);
    expect(captured.history.rows).toBe(2 * table.history.rows);
  });

  it('widens windows with too few rows, and gives them no verdict until then', async () => {
    const result = await backtest(writeCsv('thin', 36, 60, () => false));
    expect(result.windows.map(({ verdicts, evaluatedRows }) => [verdicts[0]!.outcome, evaluatedRows]).slice(0, 5)).toEqual([
      ['INSUFFICIENT_DATA', 60],
      ['INSUFFICIENT_DATA', 120],
      ['INSUFFICIENT_DATA', 180],
      ['STABLE', 240],
      ['INSUFFICIENT_DATA', 60],
    ]);
  });

  it('gives the windows without any row between others too', async () => {
    const name = writeCsv('gap', 60, 300, () => false);
    rmSync(join(folder, name, `${iso(24).slice(0, 10)}.csv`));
    const result = await backtest(name, '--baseline-window', `${iso(0)}/${iso(20)}`);
    expect(result.windows).toHaveLength(40);
    expect(result.windows.filter(({ rows: count }) => count === 0)).toHaveLength(24);
  });

  it('never pages less at a lower threshold for the same windows, and compares with other tools when asked', async () => {
    const result = await backtest(writeCsv('peers', 40, 300, (hour) => hour >= 32), '--thresholds', '0.4,0.1', '--peers');
    expect(result.thresholds).toEqual([0.1, 0.2, 0.4]);
    expect(result.summaries.map(({ driftedWindows }) => driftedWindows)).toEqual([8, 8, 8]);
    expect(result.peers!.map(({ mode }) => mode)).toEqual(['evidently', 'sagemaker-simple', 'sagemaker-robust']);
    expect(result.peers![1]!.columns.distance).toBeGreaterThanOrEqual(8);
  });

  it('takes its settings from the model file, fits 80 columns, and writes a page and a chart that need no network', async () => {
    const history = writeCsv('pages', 60, 300, (hour) => hour >= 48);
    writeFileSync(join(folder, 'model.yaml'), 'monitoring: { interval: 2h, psiThreshold: 0.3, featureWeights: { distance: 0 } }\n');
    const given = ['--contract', 'contract.yaml', '--history', history, '--baseline-window', `${iso(0)}/${iso(24)}`, '--model-file', 'model.yaml'];
    const { code, stdout } = await run(...given, '--html', 'page.html', '--peers');
    expect(code).toBe(0);
    expect(stdout).toContain('in 18 windows of 2 h');
    expect(stdout).toContain('distance (weight 0)');
    expect(stdout).toContain('At 0.3 nobody would have been paged');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).not.toMatch(/(src|href)="|url\(|<script/);
    await run(...given, '--html', 'chart.svg');
    expect(readFileSync(join(folder, 'chart.svg'), 'utf8')).toMatch(/^<svg [^]*<\/svg>\n$/);
  });

  it('reports what it could not read, and reads the rest', async () => {
    const name = writeCapture('broken', 26, 250, () => false);
    const file = join(folder, name, 'flights', 'AllTraffic', '2001/02/06/00/00-00-000-c.jsonl');
    writeFileSync(file, '{"captureData":{"endpointInput":{}}}\n'.repeat(400));
    writeFileSync(join(folder, name, 'notes.csv'), 'a note\nanother\n');
    const table = writeCsv('times', 26, 250, () => false);
    writeFileSync(join(folder, table, 'z.csv'), 'at,distance,origin,late\nyesterday,1,a,0\n');
    expect((await backtest(table)).remarks).toEqual([expect.stringMatching(/z\.csv: 1 row was not read, .*at is not a time: "yesterday"/)]);
    const { remarks } = await backtest(name);
    expect(remarks).toEqual([expect.stringMatching(/00-00-000-c\.jsonl: 400 rows were not read, the first at line 1: /), expect.stringMatching(/notes\.csv lacks columns at, distance, origin of the contract/)]);
  });

  it('fails on wrong use in one line that says what to write instead', async () => {
    const history = writeCsv('wrong', 30, 250, () => false);
    const mistakes: [argv: string[], message: RegExp][] = [
      [[], /needs --contract/],
      [['--contract', 'nowhere.yaml'], /--contract nowhere\.yaml cannot be used:\n.*must be a readable file.*\[ContractFileUnreadable\]/],
      [['--contract', 'contract.yaml'], /needs --history/],
      [['--contract', 'contract.yaml', '--history', 'nowhere'], /--history nowhere does not exist/],
      [['--contract', 'contract.yaml', '--history', history, '--interval', '5h'], /--interval must be one of 1h, .*got 5h/],
      [['--contract', 'contract.yaml', '--history', history, '--thresholds', '0.1,x'], /--thresholds must be numbers greater than 0/],
      [['--contract', 'contract.yaml', '--history', history, '--baseline-window', '2001-02-06'], /--baseline-window must be START\/END/],
      [['--contract', 'contract.yaml', '--history', history, '--baseline-window', '1999-01-01/1999-02-01'], /the baseline has no rows/],
      [['--contract', 'contract.yaml', '--history', history, '--baseline', 'a', '--baseline-window', 'b'], /exclude each other/],
    ];
    for (const [argv, message] of mistakes) {
      const { code, stderr } = await run(...argv);
      expect([argv, code]).toEqual([argv, 2]);
      expect(stderr).toMatch(message);
    }
    writeFileSync(join(folder, 'lacks.csv'), 'at,distance,late\n2001-02-05,1,0\n');
    expect((await run('--contract', 'contract.yaml', '--history', 'lacks.csv')).stderr).toMatch(/lacks column origin of the contract; it has at, distance, late/);
    writeFileSync(join(folder, 'other.yaml'), 'monitoring: { featureWeights: { orign: 0 } }\n');
    expect((await run('--contract', 'contract.yaml', '--history', history, '--model-file', 'other.yaml')).stderr).toMatch(/names the feature orign, which the contract does not have/);
  });
});

describe('times', () => {
  it('are UTC unless they say otherwise, whatever the machine thinks', () => {
    for (const cell of ['2001-02-05T10:00:00Z', '2001-02-05 10:00:00', '2001-02-05T11:00:00+01:00', 981_367_200, 981_367_200_000, '981367200']) expect([cell, timeOf(cell)]).toEqual([cell, 981_367_200_000]);
    expect([timeOf(null), timeOf('soon'), timeOf(NaN)]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a replayed alarm', () => {
  const points = (text: string): (boolean | null)[] => [...text].map((letter) => (letter === '-' ? null : letter === 'x'));
  const pages = (text: string): string => {
    const alarm = new AlarmReplay(2, 3);
    return points(text).map((point) => (alarm.next(point) ? 'P' : '.')).join('');
  };

  it('goes off once per episode', () => {
    expect(pages('.xx.xx....xx')).toBe('..P........P');
  });

  it('takes windows without a verdict for no evidence', () => {
    expect(pages('x--x')).toBe('...P');
    expect(pages('xx---')).toBe('.P...');
  });

  it('never goes off with fewer breaching windows than needed among all that came', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, false, null)), (all) => {
        const alarm = new AlarmReplay(2, 3);
        const rang = all.map((point) => alarm.next(point));
        if (rang.includes(true)) expect(all.filter(Boolean).length).toBeGreaterThanOrEqual(2);
      }),
    );
  });
});
