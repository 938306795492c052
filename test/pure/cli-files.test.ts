import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../lib/cli/main';
import { formatCsvRow } from '../../lib/data/csv';
import { BaselineBuilder, type Comparison, type FileProfile } from '../../lib/drift';
import golden from './golden/drift.json';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'cli-files-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...argv: string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await main(argv, { stdout: { write: (text) => (stdout += text) }, stderr: { write: (text) => (stderr += text) }, environment: {}, folder });
  return { code, stdout, stderr };
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

function csv(name: string, columns: Readonly<Record<string, readonly (string | number)[]>>): string {
  const names = Object.keys(columns);
  const rows = columns[names[0]!]!.map((_, row) => formatCsvRow(names.map((column) => String(columns[column]![row]))));
  return file(name, `${formatCsvRow(names)}\n${rows.join('\n')}\n`);
}

async function compare(...argv: string[]): Promise<Comparison & { readonly code: number }> {
  const { code, stdout, stderr } = await run('drift', ...argv, '--json');
  expect(stderr).not.toMatch(/cdk-ml-pipeline:/);
  return { ...(JSON.parse(stdout) as Comparison), code };
}

async function mistake(argv: string[], message: RegExp): Promise<void> {
  const { code, stderr } = await run(...argv);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
}

/** Normal numbers without a generator: quantiles of evenly spaced probabilities in a mixed order. */
function numbers(count: number, mean: number, sd: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const p = ((index * 0.6180339887498949) % 1) * 0.998 + 0.001;
    return mean + (sd * Math.log(p / (1 - p))) / 1.7;
  });
}

const WHERE = { psi: 'psi', jensenshannon: 'jensenShannon', wasserstein: 'wassersteinNormed', hellinger: 'hellinger' } as const;

describe('drift', () => {
  const cases = golden.cases.filter(({ results }) => Object.keys(results).some((name) => name in WHERE || name === 'ks' || name === 'chisquare'));

  it.each(cases.map((one) => [one.id, one] as const))('computes what Evidently does for %s, from CSV and from Parquet', async (_, { feature_type, reference, current, results }) => {
    const type = feature_type === 'num' ? '--numeric' : '--categorical';
    const parquet = (name: string, data: readonly (string | number)[]): string => file(name, new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'x', data: [...data] }] })));
    const pairs = [
      [csv('reference.csv', { x: reference }), csv('current.csv', { x: current })],
      [parquet('reference.parquet', reference), parquet('current.parquet', current)],
    ] as const;
    for (const pair of pairs) {
      const { features, dataset } = await compare(...pair, '--mode', 'evidently', type, 'x');
      expect(dataset).toMatchObject({ mode: 'evidently', referenceRows: reference.length, currentRows: current.length });
      const { statistics } = features[0]!;
      let compared = 0;
      for (const [name, result] of Object.entries(results)) {
        const expected = (result as { score?: number }).score;
        const found = name === 'ks' ? statistics.kolmogorovSmirnov?.pValue : name === 'chisquare' ? statistics.chiSquare?.pValue : name in WHERE ? statistics[WHERE[name as keyof typeof WHERE]] : undefined;
        if (expected === undefined || found === undefined || found === null) continue;
        compared += 1;
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
      }
      expect(compared).toBeGreaterThan(0);
    }
  });

  it('prints exactly the documented members', async () => {
    const { stdout, code } = await run('drift', csv('a.csv', { x: numbers(500, 0, 1), c: numbers(500, 0, 1).map((n) => (n > 0 ? 'up' : 'down')) }), csv('b.csv', { x: numbers(500, 1, 1), c: numbers(500, 0, 1).map((n) => (n > 0 ? 'up' : 'down')) }), '--json');
    expect(code).toBe(1);
    const document = JSON.parse(stdout) as Comparison;
    expect(Object.keys(document)).toEqual(['features', 'dataset']);
    for (const feature of document.features) {
      expect(Object.keys(feature)).toEqual(['name', 'type', 'statistics', 'verdict', 'reason']);
      expect(Object.keys(feature.statistics)).toEqual(['psi', 'jensenShannon', 'wassersteinNormed', 'kolmogorovSmirnov', 'chiSquare', 'lInfinity', 'hellinger']);
    }
    expect(document.features.map(({ verdict }) => verdict)).toEqual(['drifted', 'stable']);
    expect(Object.keys(document.features[0]!.statistics.kolmogorovSmirnov!)).toEqual(['statistic', 'pValue']);
    expect(document.dataset.verdict).toBe('drifted');
  });

  it('says by its exit code whether there is drift', async () => {
    const reference = csv('reference.csv', { x: numbers(1000, 0, 1) });
    const same = csv('same.csv', { x: numbers(900, 0, 1) });
    const other = csv('other.csv', { x: numbers(900, 2, 1) });
    const few = csv('few.csv', { x: numbers(5, 2, 1) });
    for (const mode of ['calibrated', 'evidently', 'sagemaker-simple', 'sagemaker-robust']) {
      expect((await run('drift', reference, same, '--mode', mode)).code).toBe(0);
      const drifted = await run('drift', reference, other, '--mode', mode);
      expect(drifted.code).toBe(1);
      expect(drifted.stdout).toMatch(/✗ DRIFTED/);
    }
    const short = await run('drift', reference, few);
    expect(short.code).toBe(3);
    expect(short.stdout).toMatch(/INCONCLUSIVE/);
  });

  it('compares files, profiles, baselines and imported baselines in any mixture with the same verdict', async () => {
    const rows = { x: numbers(3000, 5, 2), c: numbers(3000, 0, 1).map((n) => (n > 0.3 ? 'a' : n > -1 ? 'b' : 'c')) };
    const moved = { x: numbers(2500, 6.2, 2), c: numbers(2500, 0.8, 1).map((n) => (n > 0.3 ? 'a' : n > -1 ? 'b' : 'c')) };
    const builder = new BaselineBuilder([
      { name: 'x', type: 'numeric' },
      { name: 'c', type: 'categorical' },
    ]);
    rows.x.forEach((x, row) => builder.add([String(x), rows.c[row]!]));
    const references = [csv('reference.csv', rows), 'reference.json', file('baseline.json', JSON.stringify(builder.build())), file('statistics.json', JSON.stringify(statisticsOf(rows))), 'imported.json'];
    expect((await run('profile', 'reference.csv', '--output', 'reference.json')).code).toBe(0);
    expect((await run('import-baseline', '--statistics', 'statistics.json', '--output', 'imported.json')).code).toBe(0);
    csv('current.csv', moved);
    await run('profile', 'current.csv', '--output', 'current.json');
    const currents = ['current.csv', 'current.json', file('current.parquet', new Uint8Array(parquetWriteBuffer({ columnData: Object.entries(moved).map(([name, data]) => ({ name, data })) })))];
    const exact = await compare('reference.csv', 'current.csv');
    expect(exact.features.map(({ verdict }) => verdict)).toEqual(['drifted', 'drifted']);
    for (const reference of references) {
      for (const current of currents) {
        const found = await compare(reference, current);
        expect([reference, current, found.code]).toEqual([reference, current, 1]);
        found.features.forEach(({ name, verdict, statistics }, index) => {
          expect({ name, verdict }).toEqual({ name: exact.features[index]!.name, verdict: exact.features[index]!.verdict });
          expect(statistics.psi).toBeCloseTo(exact.features[index]!.statistics.psi!, 2);
          expect(statistics.lInfinity).toBeCloseTo(exact.features[index]!.statistics.lInfinity!, 2);
        });
        expect((await compare(reference, reference)).code).toBe(0);
      }
    }
  });

  it('finds columns that are missing, new or moved, instead of failing', async () => {
    const same = numbers(400, 0, 1);
    const reference = csv('reference.csv', { a: same, b: same, gone: same });
    const current = csv('current.csv', { new: same, b: same, a: same });
    const { stdout, code } = await run('drift', reference, current);
    expect(code).toBe(0);
    expect(stdout).toMatch(/gone inconclusive: the column is not in the current sample/);
    expect(stdout).toMatch(/new inconclusive: the column is not in the reference/);
    expect(stdout).toMatch(/! the columns come in another order, from a on, where the current side has b; they are compared by\s+name/);
    const aside = await run('drift', reference, current, '--json');
    expect(JSON.parse(aside.stdout).features.map(({ name }: { name: string }) => name)).toEqual(['a', 'b', 'gone', 'new']);
    expect(aside.stderr).toMatch(/another order/);
  });

  it('takes types and names from the contract', async () => {
    file('contract.yaml', 'columns:\n  - { name: id, type: string, role: id }\n  - { name: at, type: timestamp, role: time }\n  - { name: floor, type: integer, role: feature, categories: ["1", "2"] }\n  - { name: lift, type: boolean, role: feature }\n  - { name: price, type: number, role: label }\n'.replace('categories: ["1", "2"], ', '').replace('type: integer, role: feature, categories: ["1", "2"]', 'type: string, role: feature'));
    const row = (index: number, lift: string): string => `i${index},2001-02-0${1 + (index % 9)},${1 + (index % 3)},${lift},${100 + index}`;
    const with_ = file('with.csv', `id,at,floor,lift,price\n${Array.from({ length: 300 }, (_, index) => row(index, index % 2 ? 'true' : 'FALSE')).join('\n')}`);
    const without = file('without.csv', Array.from({ length: 300 }, (_, index) => row(index, index % 2 ? '1' : '0')).join('\n'));
    const { features } = await compare(with_, without, '--contract', 'contract.yaml');
    expect(features.map(({ name, type, verdict }) => [name, type, verdict])).toEqual([
      ['floor', 'categorical', 'stable'],
      ['lift', 'categorical', 'stable'],
      ['price', 'numeric', 'stable'],
    ]);
    expect(features[1]!.statistics.psi).toBeCloseTo(0, 9);
    await mistake(['drift', with_, without, '--contract', 'none.yaml'], /--contract none\.yaml: .*must be a readable file, got "ENOENT"; check the path/);
    file('wrong.yaml', 'columns:\n  - { name: a, type: float, role: feature }\n');
    await mistake(['drift', with_, without, '--contract', 'wrong.yaml'], /wrong\.yaml:2 columns\[0\]\.type: must be one of .*, got "float"; /);
  });

  it('fails on wrong use with one line', async () => {
    const data = csv('data.csv', { x: [1, 2, 3] });
    await mistake(['drift', data], /drift needs CURRENT/);
    await mistake(['drift', data, data, data], /unexpected argument/);
    await mistake(['drift', data, data, '--mode', 'ks'], /--mode must be one of calibrated, evidently, sagemaker-simple, sagemaker-robust, got ks/);
    await mistake(['drift', data, 'none.csv'], /: none\.csv does not exist$/m);
    await mistake(['drift', data, file('empty.csv', '')], /empty\.csv is empty/);
    await mistake(['drift', data, file('cut.parquet', 'PAR1')], /cut\.parquet cannot be read as Parquet/);
    await mistake(['drift', data, data, '--columns', 'y'], /there is no column y; there are x/);
    await mistake(['drift', data, data, '--numeric', 'x', '--categorical', 'x'], /named by --numeric and by --categorical/);
    await mistake(['drift', data, data, '--delimiter', 'ab'], /--delimiter must be one character/);
    await mistake(['drift', data, data, '--header', '--no-header'], /not both/);
    await mistake(['drift', data, file('new.json', '{"kind":"file-profile","formatVersion":9,"columns":[]}')], /new\.json: formatVersion must be at most 1, got 9/);
    await mistake(['drift', data, file('edited.json', '{"kind":"file-profile","formatVersion":1,"rows":1,"columns":[{"name":"x"}]}')], /edited\.json: columns\[0\] is not as cdk-ml-pipeline writes it/);
  });
});

describe('profile', () => {
  it('shows what a file holds in lines that fit', async () => {
    const rows = 2000;
    const file_ = csv('flights.csv', {
      'a name that is rather long and goes on and on': numbers(rows, 1e9, 1e5),
      distance: numbers(rows, 800, 300).map((n, index) => (index % 50 === 0 ? '' : n)),
      delayed: numbers(rows, 0, 1).map((n, index) => (index % 100 === 0 ? 'soon' : n)),
      carrier: Array.from({ length: rows }, (_, index) => ['WN', 'DL', 'AA', 'a carrier, \u001b[31mred'][(index * 7) % 11 % 4]!),
      when: Array.from({ length: rows }, (_, index) => `2001-02-03T04:05:${String(index % 60).padStart(2, '0')}Z`),
    });
    const { stdout, code } = await run('profile', file_);
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(/flights\.csv {2}2,000 rows, 4 columns/);
    expect(stdout).toMatch(/distance +2 % +– +800\.\d+/);
    expect(stdout).toMatch(/carrier +2,000 +– +4 +AA 27 %, DL 27 %/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/! column when holds times/);
  });

  it('makes one profile of several files, whatever their formats', async () => {
    const x = numbers(300, 0, 1);
    const both = csv('both.csv', { x, c: x.map((n) => (n > 0 ? 'a' : 'b')) });
    const first = csv('first.csv', { x: x.slice(0, 100), c: x.slice(0, 100).map((n) => (n > 0 ? 'a' : 'b')) });
    const rest = x.slice(100);
    const second = file('second.jsonl.gz', gzipSync(rest.map((n) => JSON.stringify({ c: n > 0 ? 'a' : 'b', x: n })).join('\n')));
    const one = JSON.parse((await run('profile', both, '--json')).stdout) as FileProfile;
    const two = JSON.parse((await run('profile', first, second, '--json')).stdout) as FileProfile;
    expect(two).toEqual(one);
  });

  it('counts every bad row and describes the first, and reads the rest', async () => {
    const { stdout, code } = await run('profile', file('bad.csv', 'a,b\n1,2\n3\n4,5,6\n7,8\n'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/bad\.csv {2}2 rows, 2 columns/);
    expect(stdout.replace(/\s+/g, ' ')).toContain('! bad.csv: 2 of 4 rows could not be read. line 3: it has 1 value, expected 2; line 4: it has 3 values, expected 2');
  });

  it('tells missing from infinite and from text', async () => {
    const profile = JSON.parse((await run('profile', file('odd.csv', `x\n${[...Array.from({ length: 95 }, (_, n) => n), '', ' ', 'NaN', 'null', 'inf', 'Infinity', 'what'].map((cell) => `${cell},`).join('\n')}`.replace('x\n', 'x,y\n')), '--json')).stdout) as FileProfile;
    expect(profile.columns[0]).toMatchObject({ name: 'x', type: 'numeric', count: 102, missing: 4, unseen: 3 });
    expect(profile.columns[1]).toMatchObject({ name: 'y', type: 'categorical', count: 102, missing: 102 });
  });

  it('reads a million categories in bounded memory', async () => {
    const rows = Array.from({ length: 1_000_000 }, (_, index) => (index % 10 === 0 ? 'common' : `rare ${index}`));
    const { stdout } = await run('profile', file('many.csv', `c\n${rows.join('\n')}\n`), '--json');
    expect(stdout.length).toBeLessThan(2_000_000);
    const column = (JSON.parse(stdout) as FileProfile).columns[0]!;
    if (column.type !== 'categorical') throw new Error('not categorical');
    const { value, count } = column.values.values[0]!;
    expect(value).toBe('common');
    expect(100_000 - count).toBeLessThanOrEqual(column.values.error);
  });

  it('fails on wrong use with one line', async () => {
    await mistake(['profile'], /profile needs FILE; see/);
    await mistake(['profile', 'none.csv'], /none\.csv does not exist/);
    await mistake(['profile', csv('fine.csv', { x: [1] }), '--output', 'no/such/folder.json'], /no\/such\/folder\.json cannot be written: ENOENT/);
    await mistake(['profile', file('times.csv', 'at\n2001-02-03\n2001-02-04\n')], /has no column to read: column at holds times/);
  });
});

/** Statistics as Model Monitor writes them, with sketches that left nothing out. */
function statisticsOf({ x, c }: { readonly x: readonly number[]; readonly c: readonly string[] }): object {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const counts = new Map<string, number>();
  for (const category of c) counts.set(category, (counts.get(category) ?? 0) + 1);
  return {
    version: 0.0,
    dataset: { item_count: x.length },
    features: [
      {
        name: 'x',
        inferred_type: 'Fractional',
        numerical_statistics: {
          common: { num_present: x.length, num_missing: 0 },
          mean,
          sum: mean * x.length,
          std_dev: Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length),
          min: Math.min(...x),
          max: Math.max(...x),
          distribution: { kll: { buckets: [], sketch: { parameters: { c: 0.64, k: 2048.0 }, data: [x] } } },
        },
      },
      {
        name: 'c',
        inferred_type: 'String',
        string_statistics: { common: { num_present: c.length, num_missing: 0 }, distinct_count: counts.size, distribution: { categorical: { buckets: [...counts].map(([value, count]) => ({ value, count })) } } },
      },
    ],
  };
}

describe('import-baseline', () => {
  it('shows the statistics and says the constraints in the words of a contract', async () => {
    file('statistics.json', JSON.stringify(statisticsOf({ x: numbers(500, 10, 2), c: numbers(500, 0, 1).map((n) => (n > 0 ? 'up' : 'down')) })));
    file('constraints.json', JSON.stringify({ version: 0, features: [{ name: 'x', inferred_type: 'Fractional', completeness: 0.98, num_constraints: { is_non_negative: true } }], monitoring_config: { distribution_constraints: { comparison_method: 'Robust', comparison_threshold: 0.2 } } }));
    const { stdout, code } = await run('import-baseline', '--statistics', 'statistics.json', '--constraints', 'constraints.json', '--output', 'out.json');
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout).toContain('x: { type: number, maximumNullShare: 0.02, minimum: 0 }');
    expect(stdout).toContain('compared as drift --mode sagemaker-robust, threshold 0.2');
    expect(stdout).toContain('✓ written to out.json');
    const drift = await run('drift', 'out.json', 'statistics.json', '--mode', 'sagemaker-robust');
    expect(drift.code).toBe(0);
    expect(drift.stdout.replace(/\s+/g, ' ')).toContain('Model Monitor compared as --mode sagemaker-robust does, with the threshold 0.2; here it is 0.1');
    expect(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))).toMatchObject({ kind: 'imported-baseline', baseline: { formatVersion: 2 }, constraints: { mode: 'sagemaker-robust' } });
  });

  it('fails on wrong use with one line that says what to put right', async () => {
    await mistake(['import-baseline'], /needs --statistics/);
    await mistake(['import-baseline', '--statistics', 'none.json'], /none\.json cannot be read: it does not exist/);
    await mistake(['import-baseline', '--statistics', file('text.json', 'text')], /text\.json is not JSON/);
    await mistake(['import-baseline', '--statistics', file('other.json', '{"version":0}')], /other\.json features: must be a list, got nothing; is this the statistics\.json that Model Monitor wrote\?/);
    const features = [{ name: 'x', inferred_type: 'Integral', numerical_statistics: { common: { num_present: -1 }, mean: 'high' } }];
    await mistake(['import-baseline', '--statistics', file('wrong.json', JSON.stringify({ features }))], /features\[0\]\.numerical_statistics\.common\.num_present: must be a whole number from 0 on, got -1; .* \(and 1 more\)/);
  });
});
