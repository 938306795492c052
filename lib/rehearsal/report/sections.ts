import { metricChart, trafficChart, versionChart, versionColour } from './charts';
import { html, type Html } from '../../html/html';
import { short } from '../../html/numbers';
import type { ReportData, ReportExecution, ReportVersion } from './report-data';
import { dateTime, duration } from './scale';

type Tone = 'good' | 'bad' | 'warn' | '';

const GOOD = /^(SUCCEEDED|Approved|DEPLOYED|REGISTERED|STABLE|STARTED|passed|InService)$/;
const BAD = /^(FAILED|TIMED_OUT|ABORTED|Rejected|REJECTED|ROLLED_BACK|REFUSED|DATA_INVALID|DATA_QUALITY|DRIFTED|LOOP_GUARD|failed)$/;

function tag(word: string, tone: Tone = GOOD.test(word) ? 'good' : BAD.test(word) ? 'bad' : ''): Html {
  return html`<span class="tag ${tone}">${word}</span>`;
}

function section(id: string, title: string, ...content: (Html | undefined)[]): Html {
  return html`<section id="${id}"><h2>${title}</h2>${content}</section>`;
}

const note = (text: string): Html => html`<p class="soft">${text}</p>`;

export function overview(data: ReportData): Html {
  const { summary } = data;
  const reached = data.milestones.filter((milestone) => milestone.ok).length;
  const figures: [string, string][] = [
    [`${reached} of ${data.milestones.length}`, 'milestones reached'],
    [duration(summary.virtualSeconds * 1000), 'virtual time'],
    [`${summary.wallSeconds.toFixed(1)} s`, 'real time'],
    [short(summary.executions.length), 'workflow executions'],
    [short(summary.requests.total), 'AWS requests'],
    [short(summary.requests.denied), 'requests denied'],
    [summary.endpoint?.modelVersion === undefined ? 'none' : `v${summary.endpoint.modelVersion}`, 'version in service'],
  ];
  return html`<div class="figures">${figures.map(([value, name]) => html`<div class="figure"><b>${value}</b><span>${name}</span></div>`)}</div>`;
}

export function milestones(data: ReportData): Html {
  return section(
    'milestones',
    'Milestones',
    html`<ol class="milestones">${data.milestones.map(
      (milestone) =>
        html`<li><div>${milestone.ok ? tag('reached', 'good') : tag(milestone.from < 0 ? 'not tried' : 'failed', milestone.from < 0 ? 'warn' : 'bad')}</div>
<div><b>${milestone.title}</b><span class="detail wrap">${milestone.detail}</span>${
          milestone.from < 0 ? undefined : html`<br><span class="soft">${dateTime(milestone.from)} to ${dateTime(milestone.to)}</span>`
        }</div></li>`,
    )}</ol>`,
  );
}

export function versions(data: ReportData): Html {
  return section(
    'versions',
    'Model versions',
    note('A bar is the time in which the version answered requests; diamonds are registrations and deployments, red when they ended badly.'),
    data.versions.length === 0 ? note('No version was registered.') : versionChart(data.versions, data.traffic, data.start, data.end),
  );
}

export function traffic(data: ReportData): Html {
  const known = [...new Set(data.traffic.map((point) => point.version))].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  return section(
    'traffic',
    'Endpoint traffic',
    note(`Rows answered, by the model version that answered.${data.traffic.some(({ shadow }) => shadow) ? ' Pale: copies that a shadow answered, which nobody got.' : ''}`),
    trafficChart(data.traffic, data.start, data.end),
    html`<div class="legend">${known.map((version) => html`<span><i style="background:${versionColour(version)}"></i>${version === undefined ? 'failed' : `v${version}`}</span>`)}</div>`,
  );
}

export function drift(data: ReportData): Html {
  return section(
    'drift',
    'Drift and operation',
    note('What the monitor published per window. Shaded: an alarm on the metric was in ALARM.'),
    ...(data.series.length === 0 ? [note('Nothing was published.')] : data.series.map((series) => html`<h3>${series.title}</h3>${metricChart(series, data.start, data.end)}`)),
    data.summary.alarms.some((alarm) => alarm.transitions.some(({ state }) => state === 'ALARM'))
      ? html`<h3>Alarms</h3><div class="scroll"><table><tr><th>Alarm</th><th>Went into ALARM</th></tr>${data.summary.alarms
          .map((alarm) => ({ ...alarm, raised: alarm.transitions.filter(({ state }) => state === 'ALARM') }))
          .filter(({ raised }) => raised.length > 0)
          .map(({ name, raised }) => html`<tr><td class="wrap">${name}</td><td>${raised.map(({ time }) => dateTime(Date.parse(time))).join('; ')}</td></tr>`)}</table></div>`
      : undefined,
  );
}

export function gates(data: ReportData): Html {
  return section('gates', 'Gate verdicts', data.versions.length === 0 ? note('None.') : undefined, ...data.versions.map(verdict));
}

function verdict(version: ReportVersion): Html {
  const metrics = Object.entries(version.metrics)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(', ');
  return html`<h3>v${version.version} ${tag(version.status)}</h3><p class="soft">${metrics}</p><ul class="gates">${version.gates.map(
    (gate) => html`<li>${tag(gate.passed ? 'passed' : 'failed')} ${gate.gate} <span class="soft">${gate.reason}</span></li>`,
  )}</ul><details><summary>Lineage</summary><table>${Object.entries(version.facts).map(([name, value]) => html`<tr><td class="nowrap">${name}</td><td><code>${value}</code></td></tr>`)}</table></details>`;
}

export function executions(data: ReportData): Html {
  const machines = [...new Set(data.executions.map((execution) => execution.stateMachine))];
  return section(
    'executions',
    'Executions',
    ...machines.map((machine) => {
      const own = data.executions.filter((execution) => execution.stateMachine === machine);
      const outcomes = counts(own.map((execution) => execution.outcome ?? execution.status));
      return html`<h3>${machine}</h3><p>${own.length} executions: ${outcomes.map(([word, count]) => html`${tag(word)} ${count} `)}</p><details${own.length <= 12 ? ATTRIBUTE_OPEN : undefined}><summary>Show</summary><div class="scroll"><table><tr><th>Started</th><th>Took</th><th>Status</th><th>Outcome</th><th>Name</th></tr>${own.map(executionRow)}</table></div></details>`;
    }),
  );
}

const ATTRIBUTE_OPEN = html` open`;

function executionRow(execution: ReportExecution): Html {
  const took = execution.stop === undefined ? 'running' : duration(execution.stop - execution.start);
  return html`<tr><td class="nowrap">${dateTime(execution.start)}</td><td class="nowrap">${took}</td><td>${tag(execution.status)}</td><td>${
    execution.outcome === undefined ? undefined : tag(execution.outcome)
  }</td><td><code>${execution.name}</code></td></tr>`;
}

function counts(words: readonly string[]): [string, number][] {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return [...found].sort(([, a], [, b]) => b - a);
}

export function ledger(data: ReportData): Html {
  const chain =
    data.ledgerProblems.length === 0
      ? html`<p>${tag('hash chain valid', 'good')} ${data.ledger.length} entries, each names the hash of the one before it.</p>`
      : html`<p>${tag('hash chain broken', 'bad')}</p><ul>${data.ledgerProblems.map((problem) => html`<li>${problem}</li>`)}</ul>`;
  // Quiet monitoring windows would bury everything else.
  const quiet = data.ledger.filter((entry) => entry.workflow === 'monitoring' && entry.outcome === 'STABLE').length;
  const shown = data.ledger.filter((entry) => !(entry.workflow === 'monitoring' && entry.outcome === 'STABLE'));
  return section(
    'ledger',
    'Ledger',
    chain,
    quiet > 0 ? note(`${quiet} monitoring windows without drift are left out here.`) : undefined,
    html`<div class="scroll"><table><tr><th class="number">#</th><th>Time</th><th>Outcome</th><th>Reasons</th><th>Hash</th></tr>${shown.map(
      (entry) =>
        html`<tr><td class="number">${entry.sequence}</td><td class="nowrap">${dateTime(Date.parse(entry.time))}</td><td class="nowrap">${entry.workflow} ${tag(entry.outcome)}${entry.page ? html` ${tag('paged', 'warn')}` : undefined}</td><td class="wrap">${entry.reasons.map((reason) => html`<div>${reason}</div>`)}</td><td class="nowrap"><code>${entry.hash.slice(0, 8)}</code></td></tr>`,
    )}</table></div>`,
  );
}

export function messages(data: ReportData): Html {
  const rows = (items: readonly { time: number; message: string; subject?: string }[]): Html =>
    html`<div class="scroll"><table>${items.map((item) => html`<tr><td class="nowrap">${dateTime(item.time)}</td><td class="wrap">${item.subject === undefined ? undefined : html`<b>${item.subject}</b><br>`}${item.message}</td></tr>`)}</table></div>`;
  const list = (title: string, items: readonly { time: number; message: string; subject?: string }[], none: string): Html =>
    html`<h3>${title}</h3>${items.length === 0 ? note(none) : items.length > 15 ? html`<details><summary>${items.length}</summary>${rows(items)}</details>` : rows(items)}`;
  return section(
    'messages',
    'Pages, faults, denials',
    list('Notifications', data.notifications, 'Nobody was notified.'),
    list('Injected faults', data.faults, 'None.'),
    list('Requests denied', data.denied, 'None: every caller had the permissions it needed.'),
  );
}
