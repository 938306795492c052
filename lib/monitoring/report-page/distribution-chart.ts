import { type ColumnStatus } from '../../drift';
import { html, type Html } from '../../html/html';
import { niceMaximum, round, short } from '../../html/numbers';
import { visibleText } from '../../html/visible-text';
import { type Distribution, type Part } from './distribution';

const WIDTH = 360;
const LEFT = 44;
const RIGHT = 8;
const LABEL_MAXIMUM = 18;

/** Both distributions in one picture: the baseline in grey, the window in colour. */
export function distributionChart(name: string, drawn: Distribution): Html {
  return drawn.shape === 'histogram' ? histogramChart(name, drawn) : partsChart(name, drawn);
}

/** 12.3 %, and never 0 for what is there. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return '<0.1 %';
  return `${share > 0.9995 && share < 1 ? '99.9' : String(Number((share * 100).toFixed(1)))} %`;
}

function described({ label, baseline, window }: Part): string {
  return `${visibleText(label, 60)}: baseline ${percent(baseline)}, window ${percent(window)}`;
}

const HEIGHT = 156;
const TOP = 8;
const BOTTOM = HEIGHT - 22;
const GAP = 10;

function histogramChart(name: string, drawn: Distribution): Html {
  const outer = [drawn.missing, drawn.unseen].filter(isThere);
  const below = [drawn.below!].filter(isThere);
  const above = [drawn.above!].filter(isThere);
  const sides = below.length + above.length + outer.length;
  const sideWidth = 28;
  const binWidth = (WIDTH - RIGHT - LEFT - sides * (sideWidth + GAP)) / drawn.parts.length;
  const maximum = niceMaximum(Math.max(...[...drawn.parts, ...below, ...above, ...outer].flatMap(({ baseline, window }) => [baseline, window])));
  const y = (share: number): number => round(BOTTOM - (share / maximum) * (BOTTOM - TOP));
  const column = (part: Part, x: number, width: number): Html =>
    html`<g><title>${described(part)}</title><rect class="hit" x="${round(x)}" y="${TOP}" width="${round(width)}" height="${BOTTOM - TOP}"/><rect class="was" x="${round(x)}" y="${y(part.baseline)}" width="${round(width)}" height="${round(BOTTOM - y(part.baseline))}"/><rect class="is" x="${round(x)}" y="${y(part.window)}" width="${round(width)}" height="${round(BOTTOM - y(part.window))}"/></g>`;
  let x = LEFT;
  const side = (part: Part, label: string): Html => {
    const drawnSide = html`${column(part, x, sideWidth)}<text class="tick small" x="${round(x + sideWidth / 2)}" y="${BOTTOM + 13}" text-anchor="middle">${label}</text>`;
    x += sideWidth + GAP;
    return drawnSide;
  };
  const content: Html[] = below.map((part) => side(part, 'below'));
  const start = x;
  for (const part of drawn.parts) {
    content.push(column(part, x, binWidth));
    x += binWidth;
  }
  const end = x;
  x += GAP;
  content.push(...above.map((part) => side(part, 'above')), ...outer.map((part) => side(part, part.label === 'missing' ? 'missing' : 'unseen')));
  const ticks: [number, number, string][] = [[start, drawn.from!, 'start'], [end, drawn.to!, 'end']];
  return frame(name, HEIGHT, html`${axis(maximum, y)}${content}<line class="axis" x1="${round(start)}" x2="${round(end)}" y1="${BOTTOM}" y2="${BOTTOM}"/>
${ticks.map(([at, value, anchor]) => html`<text class="tick" x="${round(at)}" y="${BOTTOM + 13}" text-anchor="${anchor}">${short(value)}</text>`)}`);
}

function isThere({ baseline, window }: Part): boolean {
  return baseline > 0 || window > 0;
}

function axis(maximum: number, y: (share: number) => number): Html[] {
  return [0.5, 1].map((part) => {
    const at = y(maximum * part);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text class="tick" x="${LEFT - 5}" y="${at + 4}" text-anchor="end">${percent(maximum * part)}</text>`;
  });
}

const ROW = 24;
const NAMES = 112;
const VALUES = 104;

/** Values by themselves: a row for each, which has room for its name. */
function partsChart(name: string, drawn: Distribution): Html {
  const rows = [...drawn.parts, ...[drawn.missing, drawn.unseen].filter(isThere)];
  const maximum = Math.max(...rows.flatMap(({ baseline, window }) => [baseline, window]), 0.01);
  const length = (share: number): number => round((share / maximum) * (WIDTH - NAMES - VALUES));
  const lines = rows.map((part, index) => {
    const top = 4 + index * ROW;
    const special = index >= drawn.parts.length;
    return html`<g><title>${described(part)}</title><text class="${special ? 'name special' : 'name'}" x="${NAMES - 8}" y="${top + 14}" text-anchor="end">${visibleText(part.label, LABEL_MAXIMUM)}</text>
<rect class="was" x="${NAMES}" y="${top + 1}" width="${length(part.baseline)}" height="8"/><rect class="is" x="${NAMES}" y="${top + 10}" width="${length(part.window)}" height="8"/>
<text class="tick" x="${WIDTH - 4}" y="${top + 14}" text-anchor="end">${percent(part.baseline)} → ${percent(part.window)}</text></g>`;
  });
  return frame(name, 8 + rows.length * ROW, html`${lines}`);
}

function frame(name: string, height: number, content: Html): Html {
  return html`<svg class="distribution" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Distribution of ${visibleText(name, 60)} in baseline and window">${content}</svg>`;
}

export interface Measured {
  readonly status: ColumnStatus;
  readonly psi: number;
  /** What chance explains; null: anything. */
  readonly critical: number | null;
}

/** The index as a bar, with the threshold that it has to reach and what chance explains. */
export function indexBar({ status, psi, critical }: Measured, threshold: number): Html {
  const end = WIDTH - 4;
  const maximum = Math.max(psi, threshold, critical ?? 0) * 1.15;
  const x = (value: number): number => round(4 + (value / maximum) * (end - 4));
  const mark = (kind: string, value: number, label: string, y: number): Html => {
    const at = x(value);
    const anchor = at > end - 110 ? 'end' : 'start';
    return html`<line class="${kind}" x1="${at}" x2="${at}" y1="14" y2="28"/><text class="tick" x="${anchor === 'end' ? at - 3 : at + 3}" y="${y}" text-anchor="${anchor}">${label} ${short(value)}</text>`;
  };
  const tone = { DRIFTED: ' bad', WARNING: ' warn', STABLE: ' good', INSUFFICIENT_DATA: '' }[status];
  return html`<svg class="index" viewBox="0 0 ${WIDTH} 40" role="img" aria-label="Population stability index ${short(psi)}, threshold ${short(threshold)}"><rect class="track" x="4" y="17" width="${end - 4}" height="8" rx="4"/><rect class="value${tone}" x="4" y="17" width="${round(Math.max(1, x(psi) - 4))}" height="8" rx="3"/>${mark('threshold', threshold, 'threshold', 10)}${critical === null ? undefined : mark('chance', critical, 'chance explains', 38)}</svg>`;
}
