import { Html, html } from '../../html/html';
import { short } from '../../html/numbers';
import { PAGE_STYLE } from '../../html/page-style';
import { type DriftReport, type VersionEvidence } from '../drift-report';
import { type MonitoringPolicy } from '../monitoring.contract';
import { percent } from './distribution-chart';
import { minute, outcomeTag, period, section, shown } from './page-parts';
import { captureSection, columnSection, type Judged, operationSection, qualitySection, versionSection } from './page-sections';

const STYLE = `${PAGE_STYLE}
:root{--was:#8a95a3;--is:#2457c5}@media (prefers-color-scheme:dark){:root{--was:#768394;--is:#82aaff}}
h1 .tag{font-size:14px;vertical-align:4px}h3{display:flex;gap:8px;align-items:baseline;font-size:15px;margin:0 0 2px}ul{margin:6px 0 12px;padding-left:20px}
.columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:26px 32px;margin:14px 0 6px}article{min-width:0}article p{margin:0 0 2px;font-size:13px}
svg{display:block;width:100%;max-width:480px;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}text{unicode-bidi:isolate}
.was{fill:var(--was);opacity:.5}.is{fill:var(--is);opacity:.62}i.was{background:var(--was);opacity:.5}i.is{background:var(--is);opacity:.62}.hit{fill:transparent}
.grid{stroke:var(--line)}.axis{stroke:var(--soft)}.tick{fill:var(--soft)}.small{font-size:10px}.name{fill:var(--ink)}.name.special{fill:var(--soft);font-style:italic}
.track{fill:var(--line)}.value{fill:var(--soft)}.value.good{fill:var(--good)}.value.bad{fill:var(--bad)}.value.warn{fill:var(--warn)}.threshold{stroke:var(--ink);stroke-width:1.5}.chance{stroke:var(--soft);stroke-dasharray:3 2}
ol.reasons{margin:6px 0 0;padding:0;list-style:none}ol.reasons li{padding:3px 0}
@media (max-width:640px){h1{font-size:22px}}`;

/** report.html: what report.json says, with the distributions drawn. One self-contained page: no script, no request. */
export function reportPage(model: string, report: DriftReport, evidence: readonly VersionEvidence[], policy: MonitoringPolicy): string {
  const version = report.versions.find((one) => one.version === report.champion?.version);
  const own = evidence.find(({ window }) => window.version === version?.version);
  const judged: Judged | undefined = version && own && { version, evidence: own, policy };
  const title = `${shown(model, 80)}, ${period(report.window.start, report.window.end)}`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><main><header><h1>${shown(model, 80)} ${outcomeTag(report.outcome)}</h1>
<p class="soft">Window ${period(report.window.start, report.window.end)}${report.revision > 1 ? `, revision ${report.revision}: judged again with data that came late` : ''}</p>${judged && figures(report, judged)}</header>
${section('verdict', 'Verdict', html`<ol class="reasons">${report.reasons.map((reason) => html`<li class="wrap">${shown(reason)}</li>`)}</ol>`)}
${judged ? [columnSection(judged), qualitySection(judged), captureSection(report), operationSection(report), versionSection(report)] : captureSection(report)}
<footer>The index is the population stability index over ten bins of the baseline. A column has drifted when the index reaches the threshold and exceeds what chance explains for so many rows, corrected for the number of columns. Rows are counted by the time of the inference, each event once.</footer>
</main></body></html>`;
  return `${page.toString()}\n`;
}

function figures(report: DriftReport, { version, policy }: Judged): Html {
  const { verdict } = version;
  const figure = (value: string, what: string): Html => html`<div class="figure"><b>${value}</b><span>${what}</span></div>`;
  const since = version.evaluatedFrom === report.window.start ? 'rows' : `rows since ${minute(version.evaluatedFrom)}, as the window alone has ${short(version.windowRows)}`;
  return html`<div class="figures">${[
    figure(`version ${version.version}`, 'the champion'),
    figure(short(verdict.rows), since),
    ...(verdict.status === 'INSUFFICIENT_DATA'
      ? [figure('no verdict', `which needs ${short(policy.minimumSampleSize)} rows`)]
      : [figure(percent(verdict.driftedShare), `of the features drifted, by weight; limit ${percent(policy.driftedShare)}`)]),
    ...(verdict.predictionPsi === null || verdict.status === 'INSUFFICIENT_DATA' ? [] : [figure(short(verdict.predictionPsi), `index of the prediction; limit ${short(policy.psiThreshold)}`)]),
    ...(report.captureRatio === null ? [] : [figure(percent(report.captureRatio), 'of the invocations captured')]),
  ]}</div>`;
}
