import { type ColumnBaseline, type ColumnVerdict, PREDICTION_COLUMN } from '../../drift';
import { html, type Html } from '../../html/html';
import { short } from '../../html/numbers';
import { type DriftReport, type VersionEvidence, type VersionReport } from '../drift-report';
import { type MonitoringPolicy } from '../monitoring.contract';
import { distribution } from './distribution';
import { distributionChart, indexBar, percent } from './distribution-chart';
import { lasting, minute, outcomeTag, section, shown, statusTag, table } from './page-parts';

/** Columns that are drawn: the page of a model with two thousand features would not open. */
export const DRAWN_MAXIMUM = 60;
/** Unseen values that are named. */
const UNSEEN_NAMED = 3;

/** The champion's part of the report with what it rests on. */
export interface Judged {
  readonly version: VersionReport;
  readonly evidence: VersionEvidence;
  readonly policy: MonitoringPolicy;
}

/** What drifted and counts comes first, then by how much it changed. */
function ranked(verdicts: readonly ColumnVerdict[]): ColumnVerdict[] {
  const order = ['DRIFTED', 'WARNING', 'STABLE', 'INSUFFICIENT_DATA'];
  const rank = (one: ColumnVerdict): number => order.indexOf(one.status) + (isIgnored(one) ? order.length : 0);
  return [...verdicts].sort((a, b) => rank(a) - rank(b) || b.psi - a.psi || (a.name < b.name ? -1 : 1));
}

function isIgnored({ name, weight }: ColumnVerdict): boolean {
  return weight === 0 && name !== PREDICTION_COLUMN;
}

export function columnSection(judged: Judged): Html {
  const columns = ranked(judged.version.verdict.columns);
  const left = columns.length - DRAWN_MAXIMUM;
  return section(
    'columns',
    'Features and prediction',
    html`<p class="legend"><span><i class="was"></i>baseline of version ${judged.version.version}</span><span><i class="is"></i>window</span></p>`,
    html`<div class="columns">${columns.slice(0, DRAWN_MAXIMUM).map((one) => card(one, judged))}</div>`,
    left > 0 ? html`<p class="soft">${short(left)} more columns are in the table only.</p>` : undefined,
    numbers(columns),
  );
}

function card(verdict: ColumnVerdict, { version, evidence, policy }: Judged): Html {
  const position = evidence.baseline.columns.findIndex(({ name }) => name === verdict.name);
  const column = evidence.baseline.columns[position]!;
  const current = evidence.widened.profile.columns[position]!;
  const { values = [] } = current.unseenValues ?? {};
  const named = values.slice(0, UNSEEN_NAMED).map(({ value, count }) => html`<code>${shown(value, 24)}</code> ${short(count)}`);
  const unseen = named.length === 0 ? undefined : html`<p class="soft">Not in the baseline: ${named.map((one, index) => html`${index > 0 ? ', ' : ''}${one}`)}${values.length > UNSEEN_NAMED ? ' and others' : ''}.</p>`;
  const training = version.skew?.features.find(({ name }) => name === verdict.name);
  const skewed = version.skew?.judged === true && training?.skewed === true ? ': training-serving skew' : '';
  return html`<article><h3><span class="wrap">${shown(verdict.name, 80)}</span> ${statusTag(verdict.status)}</h3>
<p class="soft">Index <b>${short(verdict.psi)}</b>${shift(verdict, column)}${training ? `, against the training data ${short(training.trainingPsi)}${skewed}` : ''}${isIgnored(verdict) ? ', weight 0: never a reason' : ''}</p>
${indexBar(verdict, policy.psiThreshold)}${distributionChart(verdict.name, distribution(column, current))}${unseen}</article>`;
}

function shift({ meanShift }: ColumnVerdict, { type }: ColumnBaseline): string {
  if (type !== 'numeric' || meanShift === null) return '';
  if (Math.abs(meanShift) < 0.005) return ', mean unchanged';
  return `, mean ${meanShift < 0 ? '−' : '+'}${short(Math.abs(Number(meanShift.toFixed(2))))} standard deviations`;
}

function numbers(verdicts: readonly ColumnVerdict[]): Html {
  const right = (title: string): { title: string; number: true } => ({ title, number: true });
  return html`<details><summary>All numbers</summary>${table(
    [{ title: 'Column' }, { title: 'Status' }, right('Index'), right('Chance explains'), right('p-value'), right('Mean shift'), right('Missing'), right('Unseen'), right('Weight')],
    verdicts.map((one) => [
      shown(one.name, 80),
      statusTag(one.status),
      short(one.psi),
      one.critical === null ? 'any' : short(one.critical),
      one.pValue < 1e-6 ? '<0.000001' : short(one.pValue),
      one.meanShift === null ? '–' : one.meanShift.toFixed(2),
      percent(one.missingShare),
      percent(one.unseenShare),
      String(one.weight),
    ]),
  )}</details>`;
}

export function qualitySection({ version, evidence }: Judged): Html {
  const { window } = evidence;
  const violations = Object.entries(window.violations).filter(([, count]) => count > 0);
  const counts: [string, number][] = [
    ['Records counted', window.records],
    ['Records counted before, in this or another file', window.duplicates],
    ['Records of another time than the window', window.outsideWindow],
    ['Lines that cannot be read', window.badLines],
    ['Rows without the columns of the contract', window.misshapenRows],
    ['Records without one prediction per row', window.unpairedRecords],
    ...violations.map(([feature, count]): [string, number] => [`Values of ${shown(feature, 80)} that break the contract`, count]),
  ];
  const examples = [...window.badLineExamples, ...(window.rowExamples ?? [])];
  return section(
    'quality',
    'Data quality',
    version.breaches.length === 0 ? html`<p>No limit is exceeded.</p>` : html`<ul>${version.breaches.map((breach) => html`<li class="wrap">${shown(breach)}</li>`)}</ul>`,
    table([{ title: 'In the window' }, { title: 'Number', number: true }], counts.map(([what, count]) => [what, short(count)])),
    examples.length === 0 ? undefined : html`<details><summary>Examples</summary>${table([{ title: 'Line', number: true }, { title: 'Why' }], examples.map(({ line, reason }) => [short(line), shown(reason, 300)]))}</details>`,
  );
}

export function captureSection(report: DriftReport): Html {
  const rows: [string, string][] = [
    ['Invocations that SageMaker counted', report.invocations === null ? 'none' : short(report.invocations)],
    ['Captured share of the expected ones', report.captureRatio === null ? 'nothing was expected' : percent(report.captureRatio)],
    ['Age of the newest captured prediction at the end of the window', report.freshnessSeconds === null ? 'nothing was expected' : lasting(report.freshnessSeconds)],
    ['Captured files that came too late for any window', short(report.late)],
    ['Predictions were made that could not be judged', report.blind ? 'yes' : 'no'],
  ];
  return section('capture', 'Capture', table([{ title: 'What' }, { title: 'Value', number: true }], rows));
}

/** What the endpoint and the business did, beside their own past; undefined when neither was asked for or known. */
export function operationSection({ operational, business = [] }: DriftReport): Html | undefined {
  const measures = operational?.measures ?? [];
  if (measures.length === 0 && business.length === 0) return undefined;
  const number = (value: number | null): string => (value === null ? '–' : short(value));
  const unit = (name: string, value: number): string => (name === 'error rate' ? percent(value) : `${short(value / 1000)} ms`);
  return section(
    'operation',
    'Operation and business',
    measures.length === 0
      ? undefined
      : table(
          [{ title: 'Endpoint' }, { title: 'Status' }, { title: 'In the window', number: true }, { title: 'Usually', number: true }],
          measures.map(({ name, drifted, value, usual }) => [name, statusTag(drifted ? 'DRIFTED' : 'STABLE'), unit(name, value), unit(name, usual)]),
        ),
    business.length === 0
      ? undefined
      : table(
          [{ title: 'Business metric' }, { title: 'In the window', number: true }, { title: 'Before', number: true }, { title: 'Drop', number: true }],
          business.map(({ name, value, before, drop }) => [shown(name, 80), number(value), number(before), drop === null ? '–' : percent(drop / 100)]),
        ),
  );
}

export function versionSection(report: DriftReport): Html {
  return section(
    'versions',
    'Versions',
    html`<p class="soft">Each version is compared with its own baseline. The champion decides.</p>`,
    table(
      [{ title: 'Version' }, { title: 'Outcome' }, { title: 'Rows of the window', number: true }, { title: 'Rows judged', number: true }, { title: 'Since' }, { title: 'Drifted share', number: true }],
      report.versions.map(({ version, outcome, windowRows, evaluatedFrom, verdict }) => [
        `${version}${version === report.champion?.version ? ', the champion' : ''}`,
        outcomeTag(outcome),
        short(windowRows),
        short(verdict.rows),
        `${minute(evaluatedFrom)} UTC`,
        percent(verdict.driftedShare),
      ]),
    ),
  );
}
