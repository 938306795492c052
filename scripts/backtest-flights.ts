/**
 * The back-test of docs/backtest.md: a tenth of the flights of 2001, January as baseline, February to June as history.
 *   npx tsx scripts/backtest-flights.ts          writes the charts, and the tables into the text
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main } from '../lib/cli/main';
import { writeFlightHistory } from './flight-history';

const root = resolve(__dirname, '..');
export const DOCUMENT = join(root, 'docs', 'backtest.md');
export const chartFile = (name: string): string => join(root, 'docs', 'backtest', `${name}.svg`);

/** Model files: what they say of monitoring is all that differs. */
const RUNS = [
  { name: 'as-written', model: 'monitoring: { interval: 6h, featureWeights: { month: 0 } }\n', peers: false },
  { name: 'six-hours', model: 'monitoring: { interval: 6h, featureWeights: { month: 0, weekday: 0, hour: 0 } }\n', peers: true },
  { name: 'a-day', model: 'monitoring: { interval: 24h, featureWeights: { month: 0, weekday: 0 } }\n', peers: true },
];

export interface FlightBacktest {
  readonly name: string;
  readonly text: string;
  readonly chart: string;
}

export async function flightBacktests(): Promise<FlightBacktest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'backtest-flights-'));
  try {
    await writeFlightHistory(join(folder, 'history'));
    const done: FlightBacktest[] = [];
    for (const { name, model, peers } of RUNS) {
      const [modelFile, chart] = [join(folder, `${name}.yaml`), join(folder, `${name}.svg`)];
      writeFileSync(modelFile, model);
      let text = '';
      const argv = ['backtest', '--contract', join(root, 'examples/flight-delay/contract.yaml'), '--history', join(folder, 'history'), '--baseline-window', '2001-01-01/2001-02-01'];
      const code = await main([...argv, '--thresholds', '0.05,0.1,0.2', '--model-file', modelFile, '--html', chart, ...(peers ? ['--peers'] : [])], {
        stdout: { write: (part: string) => ((text += part), true) },
        stderr: process.stderr,
        environment: {},
        folder,
      });
      if (code !== 0) throw new Error(`the back-test ${name} ended with exit code ${code}`);
      done.push({ name, text, chart: readFileSync(chart, 'utf8') });
    }
    return done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The document with the tables in their places. */
export function withTables(document: string, backtests: readonly FlightBacktest[]): string {
  return backtests.reduce((text, { name, text: table }) => text.replace(new RegExp(`(<!-- ${name} -->\n\`\`\`text\n)[^]*?(\`\`\`\n)`), (_, before: string, after: string) => before + table + after), document);
}

if (require.main === module) {
  void flightBacktests().then((backtests) => {
    for (const { name, chart } of backtests) if (name !== 'as-written') writeFileSync(chartFile(name), chart);
    writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8'), backtests));
  });
}
