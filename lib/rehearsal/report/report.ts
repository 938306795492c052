import { Html, html } from '../../html/html';
import type { ReportData } from './report-data';
import { dateTime } from './scale';
import { drift, executions, gates, ledger, messages, milestones, overview, traffic, versions } from './sections';
import { STYLE } from './style';

const CONTENTS: [string, string][] = [
  ['milestones', 'Milestones'],
  ['versions', 'Model versions'],
  ['traffic', 'Traffic'],
  ['drift', 'Drift'],
  ['gates', 'Gates'],
  ['executions', 'Executions'],
  ['ledger', 'Ledger'],
  ['messages', 'Pages, faults, denials'],
];

/** The report as one self-contained page: no script, no request; opens from disk. */
export function renderReport(data: ReportData): string {
  const failed = data.milestones.find((milestone) => !milestone.ok);
  const verdict = failed === undefined ? 'All milestones were reached.' : `Failed at “${failed.title}”.`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Rehearsal of ${data.scenario}</title><style>${new Html(STYLE)}</style></head>
<body><main><header><h1>Rehearsal of ${data.scenario}</h1>
<p>${verdict} <span class="soft">${dateTime(data.start)} to ${dateTime(data.end)} (virtual), seed ${data.summary.seed}.</span></p>${overview(data)}
<nav>${CONTENTS.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav></header>
${[milestones, versions, traffic, drift, gates, executions, ledger, messages].map((part) => part(data))}
<footer>Made by cdk-ml-pipeline rehearse from the synthesized cloud assembly; AWS was simulated, the handlers, state machines and containers are the ones that ship.</footer>
</main></body></html>`;
  return `${page.toString()}\n`;
}
