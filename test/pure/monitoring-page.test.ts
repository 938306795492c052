import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureProfiler } from '../../lib/capture/capture-profiler';
import { type Baseline, BaselineBuilder, ColumnProfileBuilder } from '../../lib/drift';
import { visibleText } from '../../lib/html/visible-text';
import { driftReport, versionReport, type WindowFacts } from '../../lib/monitoring/drift-report';
import { type Distribution, distribution } from '../../lib/monitoring/report-page/distribution';
import { percent } from '../../lib/monitoring/report-page/distribution-chart';
import { lasting, period } from '../../lib/monitoring/report-page/page-parts';
import { DRAWN_MAXIMUM } from '../../lib/monitoring/report-page/page-sections';
import { type OperationalMeasure } from '../../lib/monitoring/operational-drift';
import { reportPage } from '../../lib/monitoring/report-page/report-page';
import { capture, Model, POLICY } from './monitoring-world';

const WINDOW = { id: '20010205T100000Z', start: '2001-02-05T10:00:00Z', end: '2001-02-05T11:00:00Z' };

/** The page of a window with `rows` rows over numeric columns and one of texts, whose values are given. */
function page(names: readonly string[], categories: readonly string[], window: readonly string[], rows = 300, more: Partial<WindowFacts> = {}, trained = false): string {
  const features = [...names.map((name) => ({ name, type: 'numeric' as const })), { name: 'text', type: 'categorical' as const }];
  const builder = new BaselineBuilder([...features, { name: 'prediction', type: 'numeric' }]);
  for (let i = 0; i < 2000; i++) builder.add([...names.map(() => String(i % 500)), categories[i % categories.length]!, String(i / 2000)]);
  const tested = builder.build();
  const columns = tested.columns.map((column) => (trained && column.name !== 'prediction' ? { ...column, training: column.reference } : column));
  const baseline = { ...tested, columns };
  const profiler = new CaptureProfiler({ version: 1, baseline, features, start: WINDOW.start, end: WINDOW.end });
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  for (let i = 0; i < rows; i++) {
    const input = [...names.map(() => String(i % 300)), cell(window[i % window.length]!)].join(',');
    profiler.write(Buffer.from(`${JSON.stringify(capture({ eventId: `e${i}`, input, output: '0.5' }))}\n`));
  }
  const { summary } = profiler.end();
  const evidence = { baseline, window: summary, widened: summary, evaluatedFrom: WINDOW.start, first: true };
  const facts = { window: WINDOW, champion: { version: 1, since: '2001-01-01T00:00:00Z' }, invocations: 400, samplingPercentage: 100, freshnessSeconds: 90, revision: 1, late: 0, preceding: {} };
  return reportPage('flight-delay', driftReport({ ...facts, versions: [versionReport(evidence, POLICY)], ...more }, POLICY), [evidence], POLICY);
}

describe('report.html', () => {
  it('lies beside report.json, says the verdict first and draws every column', async () => {
    const model = new Model(1);
    model.invocations = [300];
    model.serve(1, 10, 300, (i) => 400 + (i % 100));
    const { reportKey } = await model.monitor(10);
    const text = Buffer.from(model.objects.get(reportKey.replace(/json$/, 'html'))!.body, 'latin1').toString();
    expect(text.indexOf('distance drifted')).toBeGreaterThan(text.indexOf('<h2>Verdict'));
    expect(text.indexOf('<h2>Features')).toBeGreaterThan(text.indexOf('distance drifted'));
    expect(text.match(/<svg class="distribution"/g)).toHaveLength(3);
  });

  it('tells skew from drift, and shows what endpoint and business did beside their past', () => {
    const measure = (name: 'latency p99' | 'error rate', drifted: boolean, value: number, usual: number): OperationalMeasure => ({ name, drifted, value, usual, score: 9, rank: 0 });
    const operational = { status: 'DRIFTED' as const, measures: [measure('latency p99', true, 180_000, 60_000), measure('error rate', false, 0.004, 0.003)], reasons: [] };
    const business = [{ name: 'orders', value: 80, before: 100, drop: 20, reasons: [] }];
    const text = page(['a'], ['x'], ['y'], 300, { operational, business }, true);
    expect(text).toMatch(/against the training data \d+(\.\d+)?: training-serving skew/);
    expect(text).toContain('text comes to the endpoint as it was not in training');
    expect(text).toMatch(/latency p99<\/td>.*drifted.*180 ms.*60 ms/);
    expect(text).toMatch(/orders<\/td>.*80.*100.*20/);
    expect(page(['a'], ['x'], ['x'])).not.toContain('Operation and business');
  });

  it('says that nothing is deployed', async () => {
    const model = new Model();
    const { reportKey } = await model.monitor(10);
    expect(model.objects.get(reportKey.replace(/json$/, 'html'))!.body).toContain('No model version is deployed.');
  });

  it('needs no network and no script', () => {
    const text = page(['a'], ['x'], ['x']);
    expect(text).toContain(`default-src 'none'; style-src 'unsafe-inline'`);
    expect(text).not.toMatch(/<(script|link|img|iframe)|\bsrc=|href="http|url\(|@import/i);
  });

  it('calls too little data neither drifted nor stable', () => {
    const text = page(['a'], ['x'], ['x'], 40);
    expect(text).toContain('<b>no verdict</b>');
    expect(text).not.toMatch(/class="tag (good|bad)"/);
  });

  it('draws sixty columns and lists all of them', () => {
    const names = Array.from({ length: 200 }, (_, i) => `column ${i}`);
    const text = page(names, ['x'], ['x'], 30);
    expect(text.match(/<svg class="distribution"/g)).toHaveLength(DRAWN_MAXIMUM);
    for (const name of names) expect(text).toContain(`<td class="wrap">${name}</td>`);
    expect(text.length).toBeLessThan(1_000_000);
  });

  it('shows hostile names and values as what they are', () => {
    const hostile = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onload='x", '</svg><script>', '&lt;b&gt;', '\u202eevil', 'nul\u0000', '\ud800', '{{x}}', '</style>'];
    const text = page(hostile, hostile, [...hostile, '<b>unseen</b>']);
    const plain = page(hostile.map((_, i) => `n${i}`), hostile.map((_, i) => `c${i}`), [...hostile.map((_, i) => `c${i}`), 'unseen']);
    const tags = (html: string): string[] => [...new Set(html.match(/<\/?[a-z!][a-z0-9]*/gi))].sort();
    expect(tags(text)).toEqual(tags(plain));
    expect(text).not.toMatch(/[\u0000-\u0008\u202a-\u202e\ud800-\udfff](?![\udc00-\udfff])/);
  });

  it('cannot be broken by any name or value', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 }), (values) => {
        const text = page(values.map((value, i) => `${value}${i}`), values, values, 30);
        expect(new Set(text.match(/<\/?[a-z!][a-z0-9]*/gi)).has('<script')).toBe(false);
        expect(text.match(/<section/g)!.length).toBe(text.match(/<\/section>/g)!.length);
        expect(text.match(/<h3>/g)).toHaveLength(values.length + 2);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the distributions that are drawn', () => {
  const of = (type: 'numeric' | 'categorical', reference: readonly string[], window: readonly string[], format: 1 | 2 = 2): Distribution => {
    const builder = new BaselineBuilder([{ name: 'x', type }]);
    for (const value of reference) builder.add([value]);
    const baseline = builder.build();
    let column = baseline.columns[0]!;
    if (format === 1 && column.bins.type === 'numeric') column = withoutGrid(column.bins.edges, reference);
    const profile = new ColumnProfileBuilder(column.bins);
    for (const value of window) profile.add(value);
    return distribution(column, profile.build());
  };
  const withoutGrid = (edges: readonly number[], values: readonly string[]): Baseline['columns'][number] => {
    const bins = { type: 'numeric' as const, edges };
    const reference = new ColumnProfileBuilder(bins);
    for (const value of values) reference.add(value);
    return { name: 'x', type: 'numeric', bins, reference: reference.build() };
  };
  const total = ({ parts, below, above, missing, unseen }: Distribution, side: 'baseline' | 'window'): number =>
    [...parts, ...(below ? [below] : []), ...(above ? [above] : []), missing, unseen].reduce((sum, part) => sum + part[side], 0);

  it('hold every row once, whatever the values are', () => {
    const number = fc.oneof(fc.integer({ min: -5, max: 5 }).map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.constantFrom('', 'text', 'NaN', '-0', '1e308', '-1e308', '5e-324'));
    const text = fc.constantFrom('', ...Array.from({ length: 30 }, (_, i) => `c${i}`));
    const column = (value: fc.Arbitrary<string>): fc.Arbitrary<string[]> => fc.array(value, { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(fc.oneof(fc.tuple(fc.constant('numeric' as const), column(number), column(number)), fc.tuple(fc.constant('categorical' as const), column(text), column(text))), fc.constantFrom(1 as const, 2 as const), ([type, reference, window], format) => {
        const drawn = of(type, reference, window, format);
        for (const side of ['baseline', 'window'] as const) expect(total(drawn, side)).toBeCloseTo(1, 9);
        expect(drawn.parts.length).toBeGreaterThan(0);
        if (drawn.shape === 'histogram') expect(drawn.to).toBeGreaterThanOrEqual(drawn.from!);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, 'numeric' | 'categorical', string[], string[], 1 | 2]>([
    ['nothing but missing values', 'categorical', [''], [''], 1],
    ['bins narrower than the rounding of numbers', 'numeric', ['-1', '-5e-324', '-1e-323', '-3', '1', '-2', '-1.5e-323', '0', '5e-324', '1.5e-323', '-2e-323'], ['0'], 1],
    ['the greatest numbers that there are', 'numeric', ['5e-324', '-5e-324', '-1e-323', '-1', '-2', '-1.5e-323', '1e-323', '-1e308', '2e-323', '0', '1', ''], ['0'], 1],
  ])('hold every row of %s', (_, type, reference, window, format) => {
    const drawn = of(type, reference, window, format);
    for (const side of ['baseline', 'window'] as const) expect(total(drawn, side)).toBeCloseTo(1, 9);
    expect(drawn.parts.length).toBeGreaterThan(0);
  });

  it('have a bar for each of few values, and bins of equal width for many', () => {
    expect(of('numeric', ['0', '1', '1', '1'], ['1', '7'])).toMatchObject({ shape: 'parts', parts: [{ label: '0', baseline: 0.25, window: 0 }, { label: '1', baseline: 0.75, window: 0.5 }, { label: 'above 1', window: 0.5 }] });
    const hours = Array.from({ length: 160 }, (_, i) => String(6 + (i % 16)));
    expect(of('numeric', hours, ['6', '21', '30']).parts).toHaveLength(16);
    expect(of('numeric', hours, ['6', '21', '30']).above!.window).toBeCloseTo(1 / 3);
    const many = Array.from({ length: 1000 }, (_, i) => String(i));
    const drawn = of('numeric', many, many);
    expect(drawn.parts).toHaveLength(24);
    for (const { baseline, window } of drawn.parts) {
      expect(baseline).toBeCloseTo(0.98 / 24, 2);
      expect(window).toBe(baseline);
    }
  });

  it('sum up what is beyond twelve categories', () => {
    const many = Array.from({ length: 300 }, (_, i) => `c${i % 20}`);
    const { parts } = of('categorical', many, ['c19', 'new']);
    expect(parts).toHaveLength(12);
    expect(parts[11]).toEqual({ label: '9 more', baseline: expect.closeTo(9 / 20), window: 0.5 });
  });
});

describe('words of the page', () => {
  it('are short and never wrong by rounding', () => {
    expect([0, 0.0001, 0.123, 0.9999, 1].map(percent)).toEqual(['0 %', '<0.1 %', '12.3 %', '99.9 %', '100 %']);
    expect([0, 59.6, 3600, 90_061].map(lasting)).toEqual(['0 s', '59 s', '1 h', '1 d 1 h']);
    expect(period(WINDOW.start, WINDOW.end)).toBe('2001-02-05 10:00 to 11:00 UTC');
    expect(period('2001-02-05T18:00:00Z', '2001-02-06T00:00:00Z')).toBe('2001-02-05 18:00 to 2001-02-06 00:00 UTC');
  });

  it('cut values between characters', () => {
    expect(visibleText('aé😀b', 4)).toBe('aé😀b');
    expect(visibleText('😀😀😀', 2)).toBe('😀…');
    expect(visibleText('a\u0000\u202e\ud83d', 9)).toBe('a\ufffd\ufffd\ufffd');
  });
});
