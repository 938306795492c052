import { type BacktestResult, type BacktestWindow } from './backtest';

const WIDTH = 1000;
const LEFT = 150;
const RIGHT = 16;
const PANEL = 170;
const LANE = 30;
/** Features with a line of their own; as many as there are colours that can be told apart. */
export const SHOWN_FEATURES = 6;
const LOWEST = 0.01;

/**
 * One SVG that stands alone, light and dark: index of the columns that drift most (logarithmic, thresholds as lines), drifted share, and for each threshold
 * when it says drift, pages and retrains. The same result gives the same bytes.
 */
export function backtestChart(result: BacktestResult): string {
  const { windows, thresholds, columns } = result;
  const shown = columns.slice(0, SHOWN_FEATURES).map(({ name }) => name);
  const from = Date.parse(windows[0]?.start ?? '1970-01-01T00:00:00Z');
  const to = Date.parse(windows[windows.length - 1]?.end ?? '1970-01-02T00:00:00Z');
  const x = (time: number): number => round(LEFT + ((time - from) / Math.max(1, to - from)) * (WIDTH - LEFT - RIGHT));
  const highest = Math.max(1, ...columns.map(({ maximumPsi }) => maximumPsi));
  const psiTop = 34;
  const y = (psi: number): number => round(psiTop + PANEL - (Math.log10(Math.min(Math.max(psi, LOWEST), highest) / LOWEST) / Math.log10(highest / LOWEST)) * PANEL);
  const shareTop = psiTop + PANEL + 46;
  const share = (value: number): number => round(shareTop + 80 - value * 80);
  const lanesTop = shareTop + 80 + 40;
  const height = lanesTop + thresholds.length * LANE + 50;
  const configured = thresholds.indexOf(result.configured);
  const ticks = timeTicks(from, to);
  const bottom = lanesTop + thresholds.length * LANE;
  const parts: string[] = [
    ...ticks.map(({ time, label }) => `<line class="grid" x1="${x(time)}" x2="${x(time)}" y1="${psiTop}" y2="${bottom}"/><text class="soft" x="${x(time)}" y="${bottom + 16}" text-anchor="${x(time) > WIDTH - 40 ? 'end' : 'middle'}">${label}</text>`),
    title(psiTop - 12, 'Population stability index'),
    ...[0.01, 0.1, 1, 10].filter((value) => value <= highest).map((value) => `<text class="soft" x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`),
    ...thresholds.map((value) => `<line class="threshold${value === result.configured ? ' own' : ''}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>`),
    ...shown.map((name, index) => `<path class="line c${index}" d="${path(windows, (window) => window.columns.find((column) => column.name === name)?.psi, x, y)}"/>`),
    title(shareTop - 12, `Weighted share of drifted features, threshold ${result.configured}`),
    ...[0, 0.5, 1].map((value) => `<text class="soft" x="${LEFT - 8}" y="${share(value) + 4}" text-anchor="end">${value}</text>`),
    `<line class="threshold own" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${share(result.driftedShare)}" y2="${share(result.driftedShare)}"/>`,
    `<path class="line share" d="${path(windows, (window) => (window.columns.length > 0 ? window.verdicts[configured]!.driftedShare : undefined), x, share)}"/>`,
    title(lanesTop - 12, 'Drifted windows, ▲ pages, ◆ retrainings'),
    ...thresholds.flatMap((threshold, index) => lane(result, threshold, index, lanesTop + index * LANE, x)),
    ...shown.map((name, index) => `<g transform="translate(${LEFT + index * 138} ${height - 16})"><rect class="c${index} key" width="11" height="11" y="-10" rx="3"/><text class="soft" x="16">${escape(name.length > 18 ? `${name.slice(0, 17)}…` : name)}</text></g>`),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Back-test of ${windows.length} windows">\n<style>${STYLE}</style>\n<rect class="paper" width="${WIDTH}" height="${height}"/>\n${parts.join('\n')}\n</svg>\n`;
}

function lane(result: BacktestResult, threshold: number, index: number, top: number, x: (time: number) => number): string[] {
  const middle = top + LANE / 2;
  const marks = result.windows.flatMap((window) => {
    const verdict = window.verdicts[index]!;
    const at = x(Date.parse(window.start));
    const end = x(Date.parse(window.end));
    const found: string[] = [];
    if (verdict.outcome === 'DRIFTED' || verdict.outcome === 'DATA_QUALITY') {
      const what = verdict.outcome === 'DRIFTED' ? 'drift' : 'broken';
      found.push(`<rect class="${what}" x="${at}" y="${middle - 5}" width="${round(Math.max(1.2, end - at - 0.4))}" height="10"><title>${escape(`${window.start} ${verdict.outcome} ${verdict.drifted.join(', ')}`)}</title></rect>`);
    }
    if (verdict.pages.length > 0) found.push(`<path class="page" d="M${end} ${middle - 9}l5 9h-10z"><title>${escape(`${window.end} pages: ${verdict.pages.join(', ')}`)}</title></path>`);
    if (verdict.retraining === 'STARTED') found.push(`<path class="retraining" d="M${end} ${middle + 1}l5 6-5 6-5-6z"><title>${escape(`${window.end} retrains: ${verdict.retrainingReason}`)}</title></path>`);
    return found;
  });
  const own = threshold === result.configured ? ' own' : '';
  return [`<text class="name${own}" x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">threshold ${threshold}</text>`, `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${middle}" y2="${middle}"/>`, ...marks];
}

/** A line that is interrupted where a window has no verdict. */
function path(windows: readonly BacktestWindow[], value: (window: BacktestWindow) => number | undefined, x: (time: number) => number, y: (value: number) => number): string {
  let drawing = false;
  return windows
    .map((window) => {
      const found = value(window);
      if (found === undefined) {
        drawing = false;
        return '';
      }
      const step = `${drawing ? 'L' : 'M'}${x((Date.parse(window.start) + Date.parse(window.end)) / 2)} ${y(found)}`;
      drawing = true;
      return step;
    })
    .join('');
}

/** First days of months, or of weeks, or days: about ten. */
function timeTicks(from: number, to: number): { readonly time: number; readonly label: string }[] {
  const day = 86_400_000;
  const days = (to - from) / day;
  const first = Math.ceil(from / day) * day;
  const all = Array.from({ length: Math.max(0, Math.floor((to - first) / day) + 1) }, (_, index) => first + index * day);
  const stride = Math.max(1, Math.ceil(days / 12));
  const chosen = days > 60 ? all.filter((time) => new Date(time).getUTCDate() === 1).filter((_, index) => index % Math.ceil(days / 400) === 0) : all.filter((_, index) => index % stride === 0);
  return chosen.map((time) => ({ time, label: new Date(time).toISOString().slice(0, 10) }));
}

function title(y: number, text: string): string {
  return `<text class="title" x="${LEFT}" y="${y}">${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const STYLE = `
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#1b2430}
.paper{fill:#fff}.soft{fill:#5b6675;font-size:11px}.title{font-weight:600}.name{font-size:12px;fill:#5b6675}.name.own{fill:#1b2430;font-weight:600}
.grid{stroke:#e4e8ec}.threshold{stroke:#c2352b;stroke-dasharray:2 5;opacity:.55}.threshold.own{stroke-dasharray:6 4;opacity:1}
.line{fill:none;stroke-width:1.3;stroke-linejoin:round}.share{stroke:#2457c5}
.line.c0{stroke:#4477aa}.line.c1{stroke:#228833}.line.c2{stroke:#b88d00}.line.c3{stroke:#aa3377}.line.c4{stroke:#0f8b8d}.line.c5{stroke:#8a5a44}
.key.c0{fill:#4477aa}.key.c1{fill:#228833}.key.c2{fill:#b88d00}.key.c3{fill:#aa3377}.key.c4{fill:#0f8b8d}.key.c5{fill:#8a5a44}
.drift{fill:#e39a92}.broken{fill:#8c6bb1}.page{fill:#c2352b}.retraining{fill:#2457c5}
@media (prefers-color-scheme:dark){text{fill:#e6ebf2}.paper{fill:#1a212b}.soft,.name{fill:#9aa7b8}.name.own{fill:#e6ebf2}.grid{stroke:#2d3745}.threshold{stroke:#ff8a80}.share{stroke:#82aaff}
.line.c0{stroke:#77aadd}.line.c1{stroke:#5fbf6e}.line.c2{stroke:#e0bd45}.line.c3{stroke:#dd77b0}.line.c4{stroke:#4fc3c5}.line.c5{stroke:#c79a80}
.key.c0{fill:#77aadd}.key.c1{fill:#5fbf6e}.key.c2{fill:#e0bd45}.key.c3{fill:#dd77b0}.key.c4{fill:#4fc3c5}.key.c5{fill:#c79a80}
.drift{fill:#8f4a45}.broken{fill:#9f86c0}.page{fill:#ff8a80}.retraining{fill:#82aaff}}
`.trim();
