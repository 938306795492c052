import { describe, expect, it } from 'vitest';
import { html } from '../../lib/html/html';
import { renderReport } from '../../lib/rehearsal/report/report';
import type { ReportData } from '../../lib/rehearsal/report/report-data';
import { niceMaximum, short } from '../../lib/html/numbers';
import { dateTime, duration, TimeScale } from '../../lib/rehearsal/report/scale';
import { reportFixture } from './report-fixture';

const page = renderReport(reportFixture());

describe('report', () => {
  it('needs no network, no script and no other file', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\bsrc=|https?:\/\//);
    expect(page).toContain("default-src 'none'");
  });

  it('is light and dark', () => {
    expect(page).toContain('prefers-color-scheme:dark');
  });

  it('is the same for the same data', () => {
    expect(renderReport(reportFixture())).toBe(page);
  });

  it('shows text of the data as text, never as markup', () => {
    expect(page).toContain('Rehearsal of demo &#60;life&#62;');
    expect(page).not.toContain('<life>');
    expect(page).toContain('distance holds &#60;b&#62;&#34;far&#34;');
  });

  it('tells reached, failed and untried milestones apart', () => {
    expect(page.match(/>reached</g)).toHaveLength(1);
    expect(page).toContain('>not tried<');
    expect(page).toContain('Failed at “The second model”.');
  });

  it('draws every version, the canary that failed, and the time of the alarm', () => {
    for (const version of [1, 2, 3, 4]) expect(page).toContain(`>v${version}</text>`);
    expect(page).toContain('ROLLED_BACK. alarm');
    expect(page).toMatch(/failed, 20 rows/);
    expect(page).toMatch(/<rect class="alarm"[^>]*><title>Demo-DriftAlarm in ALARM/);
  });

  it('marks values beyond the threshold on the side that the alarm watches', () => {
    const over = (data: ReportData): number => (renderReport(data).match(/"dot over"/g) ?? []).length;
    const data = reportFixture();
    expect(over(data)).toBe(10);
    const low = { ...data, series: [{ ...data.series[0]!, low: true }] };
    expect(over(low)).toBe(220);
  });

  it('gives the reasons of the gates and the state of the ledger', () => {
    expect(page).toContain('auc 0.500 is below 0.6');
    expect(page).toContain('hash chain valid');
    expect(renderReport({ ...reportFixture(), ledgerProblems: ['entry 2 was altered after it was written'] })).toContain('entry 2 was altered');
  });

  it('leaves quiet monitoring windows out of the ledger, and says so', () => {
    expect(page).toContain('1 monitoring windows without drift are left out here.');
    expect(page).not.toContain('No feature drifted.');
  });

  it('says so when there is nothing to show', () => {
    const data = reportFixture();
    const empty = renderReport({ ...data, versions: [], traffic: [], series: [], executions: [], ledger: [], notifications: [], faults: [], denied: [] });
    for (const text of ['No version was registered.', 'Nothing was published.', 'Nobody was notified.']) expect(empty).toContain(text);
    expect(empty).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('has no broken numbers', () => {
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('html', () => {
  it('escapes values, joins arrays, and leaves its own output alone', () => {
    expect(html`<i>${['a', '<']}${html`<b>${'"'}</b>`}${undefined}${3}</i>`.toString()).toBe('<i>a&#60;<b>&#34;</b>3</i>');
  });
});

describe('scale', () => {
  it('never has more than eleven ticks, all within the span', () => {
    for (const hours of [1, 5, 24, 100, 700, 2000, 9000]) {
      const scale = new TimeScale(0, hours * 3_600_000);
      const ticks = scale.ticks();
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(11);
      for (const { time } of ticks) expect(time <= scale.end).toBe(true);
    }
  });

  it('writes times, durations and numbers for people', () => {
    expect(dateTime(Date.parse('2001-02-03T04:05:06Z'))).toBe('3 Feb 2001, 04:05');
    expect([duration(0), duration(61_000), duration(3_600_000), duration(6_124_430_000)]).toEqual(['0 s', '1 min 1 s', '1 h', '70 d 21 h']);
    expect([niceMaximum(0), niceMaximum(7), niceMaximum(220), niceMaximum(1)]).toEqual([1, 10, 250, 1]);
    expect([short(12_400), short(0.21345), short(523.4)]).toEqual(['12,400', '0.213', '523']);
  });
});
