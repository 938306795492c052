import { html, type Html } from '../../html/html';
import { visibleText } from '../../html/visible-text';
import { type ColumnStatus } from '../../drift';
import { type MonitoringOutcome } from '../monitoring.contract';

type Tone = 'good' | 'bad' | 'warn' | '';

const OUTCOME_WORDS: Readonly<Record<MonitoringOutcome, readonly [string, Tone]>> = {
  STABLE: ['stable', 'good'],
  DRIFTED: ['drifted', 'bad'],
  DATA_QUALITY: ['broken data', 'bad'],
  INSUFFICIENT_DATA: ['too little data', 'warn'],
  NOT_DEPLOYED: ['not deployed', ''],
};

const STATUS_WORDS: Readonly<Record<ColumnStatus, readonly [string, Tone]>> = {
  DRIFTED: ['drifted', 'bad'],
  WARNING: ['warning', 'warn'],
  STABLE: ['stable', 'good'],
  INSUFFICIENT_DATA: ['too little data', 'warn'],
};

export function outcomeTag(outcome: MonitoringOutcome): Html {
  return tag(...OUTCOME_WORDS[outcome]);
}

export function statusTag(status: ColumnStatus): Html {
  return tag(...STATUS_WORDS[status]);
}

function tag(word: string, tone: Tone): Html {
  return html`<span class="tag ${tone}">${word}</span>`;
}

/** Names of columns come from contracts, and sentences name values from data. */
export function shown(text: string, maximum = 500): string {
  return visibleText(text, maximum);
}

export function section(id: string, title: string, ...content: (Html | undefined)[]): Html {
  return html`<section id="${id}"><h2>${title}</h2>${content}</section>`;
}

export interface Column {
  readonly title: string;
  readonly number?: boolean;
}

export function table(columns: readonly Column[], rows: readonly (readonly (Html | string)[])[]): Html {
  const kind = (index: number): string => (columns[index]!.number === true ? 'number' : 'wrap');
  return html`<div class="scroll"><table><thead><tr>${columns.map(({ title }, index) => html`<th class="${kind(index)}">${title}</th>`)}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, index) => html`<td class="${kind(index)}">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** `1 h 5 min`: the two greatest units. */
export function lasting(seconds: number): string {
  const parts = [['d', Math.floor(seconds / 86_400)], ['h', Math.floor(seconds / 3600) % 24], ['min', Math.floor(seconds / 60) % 60], ['s', Math.floor(seconds) % 60]] as const;
  const first = parts.findIndex(([, count]) => count > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([, count]) => count > 0).map(([unit, count]) => `${count} ${unit}`).join(' ');
}

/** `2001-02-05 10:00` */
export function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** `10:00 to 11:00`, with the day again where it is another one. */
export function period(from: string, to: string): string {
  return `${minute(from)} to ${to.slice(0, 10) === from.slice(0, 10) ? minute(to).slice(11) : minute(to)} UTC`;
}
