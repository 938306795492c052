import { html, Html } from '../html/html';
import { STYLE } from '../rehearsal/report/style';
import { type BacktestResult } from '../backtest/backtest';
import { backtestChart } from '../backtest/backtest-chart';

/** Features named of a window. */
const NAMED = 3;
/** Windows in the table; the chart has all of them. */
const LISTED = 400;

/** One page that needs no network. */
export function backtestPage(result: BacktestResult): string {
  const { summaries, windows, history, baseline } = result;
  const configured = result.thresholds.indexOf(result.configured);
  const listed = windows.filter(({ verdicts }) => verdicts.some(({ outcome, pages, retraining }) => outcome === 'DRIFTED' || outcome === 'DATA_QUALITY' || pages.length > 0 || retraining === 'STARTED'));
  const body = html`<main>
<h1>Back-test</h1>
<p class="soft">${history.rows} rows of ${history.files} files, ${day(history.from)} to ${day(history.to)}, in ${windows.length} windows of ${result.intervalSeconds / 3600} h; baseline: ${baseline.source}, ${baseline.rows} rows.</p>
<section><h2>Thresholds</h2><div class="scroll"><table><thead><tr><th>threshold</th><th class="number">windows</th><th class="number">drifted</th><th class="number">too few rows</th><th class="number">broken</th><th class="number">pages</th><th class="number">retrainings</th><th class="number">loop guard</th></tr></thead><tbody>
${summaries.map((summary) => html`<tr><td>${summary.threshold}${summary.threshold === result.configured ? html` <span class="tag">configured</span>` : undefined}</td>${[summary.windows, summary.driftedWindows, summary.insufficientWindows, summary.brokenWindows, summary.pages, summary.retrainings, summary.loopGuards].map((value) => html`<td class="number">${value}</td>`)}</tr>`)}
</tbody></table></div></section>
<section><h2>Windows over time</h2><div class="chart">${new Html(backtestChart(result))}</div></section>
<section><h2>Columns</h2><div class="scroll"><table><thead><tr><th>column</th><th class="number">drifted windows</th><th class="number">median index</th><th class="number">greatest index</th><th></th></tr></thead><tbody>
${result.columns.map(({ name, driftedWindows, medianPsi, maximumPsi }) => html`<tr><td><code>${name}</code></td><td class="number">${driftedWindows}</td><td class="number">${medianPsi.toFixed(3)}</td><td class="number">${maximumPsi.toFixed(3)}</td><td class="soft">${result.weights[name] === 0 ? 'reported, not counted (weight 0)' : undefined}</td></tr>`)}
</tbody></table></div></section>
${result.peers ? html`<section><h2>What other tools' defaults flag</h2><p class="soft">Evidently: at least half of the columns beyond their own threshold. SageMaker Model Monitor: any column beyond 0.1. Each window alone, without a second one before paging.</p><div class="scroll"><table><thead><tr><th>tool</th><th class="number">flagged windows</th><th>columns</th></tr></thead><tbody>${result.peers.map(({ mode, driftedWindows, columns }) => html`<tr><td>${mode}</td><td class="number">${driftedWindows} of ${windows.length}</td><td>${Object.entries(columns).map(([name, count]) => html`<code>${name}</code> ${count} `)}</td></tr>`)}</tbody></table></div></section>` : undefined}
<section><h2>Windows with something to say</h2>${listed.length > LISTED ? html`<p class="soft">The first ${LISTED} of ${listed.length}; --json has all.</p>` : undefined}<div class="scroll"><table><thead><tr><th>window</th><th class="number">rows</th>${summaries.map(({ threshold }) => html`<th>at ${threshold}</th>`)}<th>greatest index of what counts</th></tr></thead><tbody>
${listed.slice(0, LISTED).map(
  (window) => html`<tr><td class="nowrap">${minute(window.start)}</td><td class="number">${window.evaluatedRows}</td>${window.verdicts.map(
    ({ outcome, pages, retraining, breaches }, index) =>
      html`<td>${outcome === 'DRIFTED' ? html`<span class="tag ${index === configured ? 'bad' : 'warn'}">drift</span>` : outcome === 'DATA_QUALITY' ? html`<span class="tag bad">broken</span> ${breaches[0]}` : undefined}${pages.length > 0 ? html` ▲ ${pages.join(', ')}` : undefined}${retraining === 'STARTED' ? ' ◆ retrains' : retraining === 'LOOP_GUARD' ? ' loop guard' : undefined}</td>`,
  )}<td>${window.columns.filter(({ name }) => result.weights[name] !== 0).slice(0, NAMED).map(({ name, psi }) => html`<code>${name}</code> ${psi.toFixed(2)} `)}</td></tr>`,
)}
</tbody></table></div></section>
${result.remarks.length > 0 ? html`<section><h2>Not read</h2>${result.remarks.map((remark) => html`<p class="wrap">${remark}</p>`)}</section>` : undefined}
<footer>The functions of the monitor and of the retraining controller, over files of the past. The baseline stays the same throughout: what a retrained model would have been compared with is not in the history.</footer>
</main>`;
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Back-test</title><style>${STYLE}</style></head><body>${body.toString()}</body></html>\n`;
}

function day(time: string | null): string {
  return time?.slice(0, 10) ?? 'nothing';
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
