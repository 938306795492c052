import { gzipSync } from 'node:zlib';
import type { VersionReport } from '../../lib/monitoring/drift-report';
import type { MonitoringOutcome } from '../../lib/monitoring/monitoring.contract';
import { csv, type Row } from './drift-model';
import { type DriftWorld, type Hour, HOUR, line, lines, ROWS, text } from './drift-world';

/** What lies in the lake, hour after hour, and what has to come of it. */
export interface BadInput {
  readonly name: string;
  /** Consecutive hours with it. */
  readonly hours: number;
  hour(world: DriftWorld, start: number): Hour;
  /** Of each of these windows. */
  readonly outcome: MonitoringOutcome;
  /** In ALARM after the last one; none after the first one. */
  readonly alarms: readonly string[];
  /** Of the champion in the last window. */
  readonly report: Partial<VersionReport>;
  /** In the reasons or the examples of the last window. */
  readonly says?: RegExp;
}

const SILENT = ['blind-monitor', 'capture-gap', 'stale-capture'];
const UNCAPTURED = ['capture-gap', 'data-quality', 'stale-capture'];

/** One file with the usual rows, as requests of another form. */
const rowsAs = (request: (row: Row, index: number) => string) => (world: DriftWorld, start: number): Hour => {
  const rows = world.rows();
  return { files: { 'a.jsonl': text(lines(start, rows, (usual, index) => ({ ...usual, input: request(rows[index]!, index) }))) }, invocations: ROWS };
};

/** One file of the usual lines and what is made of them. */
const linesAs = (change: (usual: string[], start: number) => string | Buffer) => (world: DriftWorld, start: number): Hour => ({
  files: { 'a.jsonl': change(lines(start, world.rows()), start) },
  invocations: ROWS,
});

const values = (row: Row): (string | number)[] => [row.amount, row.age, row.channel, row.city];

export const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'a file that ends within a line',
    hours: 3,
    hour: linesAs((usual) => text(usual).slice(0, -50)),
    outcome: 'STABLE',
    alarms: [],
    report: { records: ROWS - 1, windowRows: ROWS - 1, violations: 1 },
    says: /the file ends within it/,
  },
  {
    name: 'CSV, JSON and BASE64 in one file, each side its own',
    hours: 3,
    hour: (world, start) => ({
      files: {
        'a.jsonl': text(
          world.rows().map((row, index) => {
            const base64 = (data: string): string => Buffer.from(data).toString('base64');
            const common = { eventId: `event-${row.number}`, time: start + index * 1000 };
            const json = JSON.stringify([values(row), values(row)].slice(index % 2));
            if (index % 3 === 0) return line({ ...common, input: csv(row), output: base64(`${row.score}`), outputEncoding: 'BASE64' });
            if (index % 3 === 1) return line({ ...common, input: json, encoding: 'JSON', output: JSON.stringify(Array.from({ length: 2 - (index % 2) }, () => row.score)) });
            return line({ ...common, input: base64(`${csv(row)}\n`), encoding: 'BASE64', output: `${row.score}`, outputEncoding: 'CSV' });
          }),
        ),
      },
      invocations: ROWS,
    }),
    outcome: 'STABLE',
    alarms: [],
    report: { records: ROWS, windowRows: ROWS + ROWS / 6, violations: 0 },
  },
  {
    name: 'an empty file beside a good one',
    hours: 3,
    hour: (world, start) => ({ files: { 'a.jsonl': text(lines(start, world.rows())), 'b.jsonl': '' }, invocations: ROWS }),
    outcome: 'STABLE',
    alarms: [],
    report: { records: ROWS, violations: 1 },
    says: /the file is empty/,
  },
  {
    name: 'nothing but empty files',
    hours: 3,
    hour: () => ({ files: { 'a.jsonl': '', 'b.jsonl': '\n' }, invocations: ROWS }),
    outcome: 'INSUFFICIENT_DATA',
    alarms: SILENT,
    report: { records: 0, windowRows: 0 },
    says: /the file is empty/,
  },
  {
    name: 'gzip in a file that is called .jsonl',
    hours: 3,
    hour: linesAs((usual) => gzipSync(text(usual))),
    outcome: 'INSUFFICIENT_DATA',
    alarms: SILENT,
    report: { records: 0, windowRows: 0 },
    says: /compressed with gzip/,
  },
  {
    name: 'a line of 33 MB',
    hours: 1,
    hour: linesAs((usual) => `${'x'.repeat(33 * 1024 * 1024)}\n${text(usual)}`),
    outcome: 'STABLE',
    alarms: [],
    report: { records: ROWS, violations: 1 },
    says: /the line is longer than/,
  },
  {
    name: 'lines that are not JSON, or JSON of something else',
    hours: 3,
    hour: linesAs((usual) => text(usual.map((one, index) => (index % 4 === 0 ? ['{"captureData":', 'null', '[]', '"<!doctype html>"'][(index / 4) % 4]! : one)))),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: (ROWS * 3) / 4, violations: ROWS / 4 },
    says: /captured lines cannot be read/,
  },
  {
    name: 'hostile texts: HTML, SQL, NUL, quotes, ten thousand letters',
    hours: 3,
    hour: rowsAs((row, index) => {
      const city = ['<script>alert(1)</script>', "'; DROP TABLE predictions; --", '\u0000\uFFFF', '"a ""quoted"", town"', 'x'.repeat(10_000)][index];
      return csv(city === undefined ? row : { ...row, city });
    }),
    outcome: 'STABLE',
    alarms: [],
    report: { records: ROWS, windowRows: ROWS, violations: 0 },
  },
  {
    name: 'NaN, infinities and 1e999 for numbers',
    hours: 3,
    hour: rowsAs((row, index) => csv(index % 2 === 0 ? row : { ...row, amount: ['NaN', 'Infinity', '-inf', '1e999'][((index - 1) / 2) % 4]! })),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: ROWS, violations: ROWS / 2 },
    says: /values of amount break the contract/,
  },
  {
    name: 'a column that has vanished',
    hours: 3,
    hour: rowsAs((row) => values(row).slice(0, 3).join(',')),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: ROWS, windowRows: 0, violations: ROWS },
    says: /rows do not have the columns of the contract/,
  },
  {
    name: 'a field that has vanished from JSON',
    hours: 3,
    hour: (world, start) => ({
      files: { 'a.jsonl': text(world.rows().map(({ number, amount, age, channel, score }, index) => line({ input: JSON.stringify({ amount, age, channel }), output: `${score}`, outputEncoding: 'CSV', encoding: 'JSON', eventId: `event-${number}`, time: start + index }))) },
      invocations: ROWS,
    }),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: ROWS, windowRows: ROWS },
    says: /100.0 % of city is missing/,
  },
  {
    name: 'a column that has appeared',
    hours: 3,
    hour: rowsAs((row) => `${csv(row)},1`),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: ROWS, windowRows: 0, violations: ROWS },
    says: /has 5 columns, the contract has 4|rows do not have the columns/,
  },
  {
    name: 'columns in another order, without names',
    hours: 3,
    hour: rowsAs((row) => values(row).reverse().join(',')),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: ROWS, windowRows: ROWS },
    says: /values of amount break the contract/,
  },
  {
    name: 'columns in another order, with their names',
    hours: 3,
    hour: rowsAs((row) => `city,channel,age,amount\n${values(row).reverse().join(',')}`),
    outcome: 'DATA_QUALITY',
    alarms: ['data-quality'],
    report: { records: ROWS, windowRows: 0 },
    says: /rows do not have the columns of the contract/,
  },
  {
    name: 'fifty thousand categories that the baseline does not know',
    hours: 2,
    hour: (world, start) => {
      const rows = world.rows(25_000, (row) => ({ ...row, city: `town ${row.number}` }));
      return { files: { 'a.jsonl': text(lines(start, rows, (usual) => ({ ...usual, time: start + HOUR / 2 }))) }, invocations: rows.length };
    },
    outcome: 'DRIFTED',
    alarms: ['data-drift'],
    report: { records: 25_000, windowRows: 25_000, violations: 0 },
    says: /city/,
  },
  {
    name: 'clocks that are five hours slow',
    hours: 3,
    hour: (world, start) => ({ files: { 'a.jsonl': text(lines(start - 5 * HOUR, world.rows())) }, invocations: ROWS }),
    outcome: 'DATA_QUALITY',
    alarms: UNCAPTURED,
    report: { records: 0, windowRows: 0, outsideWindow: ROWS },
    says: /made at another time than their folders say/,
  },
  {
    name: 'times in the future',
    hours: 3,
    hour: (world, start) => ({ files: { 'a.jsonl': text(lines(start + 24 * 365 * HOUR, world.rows())) }, invocations: ROWS }),
    outcome: 'DATA_QUALITY',
    alarms: UNCAPTURED,
    report: { records: 0, windowRows: 0, outsideWindow: ROWS },
    says: /made at another time than their folders say/,
  },
  {
    name: 'the same events in several files, and twice in one',
    hours: 3,
    hour: (world, start) => {
      const usual = lines(start, world.rows());
      return { files: { 'a.jsonl': text(usual), 'b.jsonl': text(usual.slice(100)), 'c.jsonl': text([...usual.slice(0, 50), ...usual.slice(0, 50)]) }, invocations: ROWS };
    },
    outcome: 'STABLE',
    alarms: [],
    report: { records: ROWS, windowRows: ROWS, duplicates: 300 },
  },
  {
    name: 'requests that nobody captures any more',
    hours: 3,
    hour: () => ({ files: {}, invocations: ROWS }),
    outcome: 'INSUFFICIENT_DATA',
    alarms: SILENT,
    report: { records: 0, windowRows: 0 },
    says: /0 % of the expected invocations were captured/,
  },
  {
    name: 'a fifth of the requests captured where all should be',
    hours: 3,
    hour: (world, start) => ({ files: { 'a.jsonl': text(lines(start, world.rows())) }, invocations: 5 * ROWS }),
    outcome: 'STABLE',
    alarms: ['capture-gap'],
    report: { records: ROWS },
    says: /20 % of the expected invocations were captured/,
  },
  {
    name: 'windows in which nobody asks',
    hours: 5,
    hour: () => ({ files: {}, invocations: 0 }),
    outcome: 'INSUFFICIENT_DATA',
    alarms: [],
    report: { records: 0, windowRows: 0 },
  },
  {
    name: 'inputs that really drift',
    hours: 3,
    hour: rowsAs((row) => csv({ ...row, amount: Number(row.amount) + 250, age: Number(row.age) / 2 })),
    outcome: 'DRIFTED',
    alarms: ['data-drift'],
    report: { records: ROWS, violations: 0 },
    says: /amount/,
  },
  {
    name: 'predictions that drift while the inputs do not',
    hours: 3,
    hour: (world, start) => ({ files: { 'a.jsonl': text(lines(start, world.rows(ROWS, (row) => ({ ...row, score: row.score / 2 })))) }, invocations: ROWS }),
    outcome: 'DRIFTED',
    alarms: ['prediction-drift'],
    report: { records: ROWS, violations: 0 },
    says: /prediction/,
  },
];

/** The table of docs/rehearsal/bad-input.md. */
export function badInputTable(): string {
  const rows = BAD_INPUTS.map(({ name, hours, outcome, alarms }) => `| ${name} | ${hours} | ${outcome} | ${alarms.length === 0 ? 'none' : alarms.map((alarm) => `[${alarm}](../operator-runbook.md#${alarm})`).join(', ')} |`);
  return ['| In the captured data | Windows | Outcome | Alarms |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
