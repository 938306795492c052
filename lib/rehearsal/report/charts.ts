import { html, type Html } from '../../html/html';
import { niceMaximum, round, short } from '../../html/numbers';
import type { MetricSeries, ReportVersion, TrafficPoint } from './report-data';
import { dateTime, LEFT, RIGHT, TimeScale, trafficGrain, WIDTH } from './scale';

/** Colours of model versions; style.ts defines --v0 to --v5 for light and dark. */
export function versionColour(version: number | undefined): string {
  return version === undefined ? 'var(--bad)' : `var(--v${(version - 1) % 6})`;
}

function frame(label: string, height: number, scale: TimeScale, content: Html[]): Html {
  const bottom = height - 22;
  return html`<div class="chart"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${scale.ticks().map(({ time, label: text }) => {
  const x = scale.x(time);
  const anchor = x > WIDTH - 50 ? 'end' : 'middle';
  return html`<line class="grid" x1="${x}" x2="${x}" y1="6" y2="${bottom}"/><text class="tick" x="${x}" y="${height - 6}" text-anchor="${anchor}">${text}</text>`;
})}${content}<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/></svg></div>`;
}

function valueAxis(maximum: number, top: number, bottom: number): Html[] {
  return [0, 0.5, 1].map((share) => {
    const y = round(bottom - share * (bottom - top));
    const line = share === 0 ? undefined : html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`;
    return html`${line}<text class="tick" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${short(maximum * share)}</text>`;
  });
}

const BAR_MAXIMUM = 160;
/** Sorts shadows behind all versions, and failed requests between them. */
const SHADOW = 1e9;

/** Stacked bars: rows answered per model version, failed ones on top. */
export function trafficChart(points: readonly TrafficPoint[], start: number, end: number): Html {
  const scale = new TimeScale(start, end);
  const height = 220;
  const top = 12;
  const bottom = height - 22;
  const grain = trafficGrain(end - start);
  // As much time per bar as keeps bars wide enough to see.
  const bucket = Math.max(1, Math.ceil((end - start) / grain / BAR_MAXIMUM)) * grain;
  const bars = new Map<number, Map<number, number>>();
  for (const { time, version, rows, shadow } of points) {
    const from = Math.floor(time / bucket) * bucket;
    const stack = bars.get(from) ?? new Map<number, number>();
    bars.set(from, stack);
    // Answers first, above them failed requests, on top what only a shadow answered.
    const key = shadow === true ? SHADOW + version! : (version ?? SHADOW);
    stack.set(key, (stack.get(key) ?? 0) + rows);
  }
  const maximum = niceMaximum(Math.max(0, ...[...bars.values()].map((stack) => [...stack.values()].reduce((sum, rows) => sum + rows, 0))));
  const width = Math.max(2, scale.x(start + bucket) - scale.x(start) - 1);
  const content = [...bars].flatMap(([from, stack]) => {
    let y = bottom;
    return [...stack]
      .sort(([a], [b]) => a - b)
      .map(([version, rows]) => {
        const tall = Math.max(1, (rows / maximum) * (bottom - top));
        y -= tall;
        const shadow = version > SHADOW;
        const known = version === SHADOW ? undefined : version % SHADOW;
        const name = known === undefined ? 'failed' : shadow ? `v${known} as shadow` : `v${known}`;
        return html`<rect x="${scale.x(from)}" y="${round(y)}" width="${round(Math.min(width, WIDTH - RIGHT - scale.x(from)))}" height="${round(tall)}" style="fill:${versionColour(known)}${shadow ? ';opacity:0.35' : ''}"><title>${dateTime(from)}: ${name}, ${short(rows)} rows</title></rect>`;
      });
  });
  return frame('Rows answered by the endpoint, by model version', height, scale, [...valueAxis(maximum, top, bottom), ...content]);
}

/** A metric over time with its threshold; the times of an alarm are shaded. */
export function metricChart(series: MetricSeries, start: number, end: number): Html {
  const scale = new TimeScale(start, end);
  const height = 150;
  const top = 12;
  const bottom = height - 22;
  const maximum = niceMaximum(Math.max(series.threshold ?? 0, ...series.points.map((point) => point.value)));
  const y = (value: number): number => round(bottom - (Math.max(0, value) / maximum) * (bottom - top));
  const alarms = series.alarms.map(({ from, to, name }) => {
    const x = scale.x(from);
    return html`<rect class="alarm" x="${x}" y="${top}" width="${round(Math.max(2, scale.x(to) - x))}" height="${bottom - top}"><title>${name} in ALARM from ${dateTime(from)} to ${dateTime(to)}</title></rect>`;
  });
  const path = series.points.map((point, i) => `${i === 0 ? 'M' : 'L'}${scale.x(point.time)} ${y(point.value)}`).join('');
  const breaches = (value: number): boolean => series.threshold !== undefined && (series.low === true ? value < series.threshold : value >= series.threshold);
  const dots = series.points.map(
    (point) => html`<circle class="${breaches(point.value) ? 'dot over' : 'dot'}" cx="${scale.x(point.time)}" cy="${y(point.value)}" r="2.5"><title>${dateTime(point.time)}: ${short(point.value)}</title></circle>`,
  );
  const threshold =
    series.threshold === undefined
      ? undefined
      : html`<line class="threshold" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(series.threshold)}" y2="${y(series.threshold)}"/><text class="tick" x="${WIDTH - RIGHT}" y="${y(series.threshold) - 4}" text-anchor="end">alarm threshold ${short(series.threshold)}</text>`;
  return frame(series.title, height, scale, [...valueAxis(maximum, top, bottom), ...alarms, html`<path class="line" d="${path}"/>${dots}${threshold}`]);
}

const LANE = 34;

/** One lane per model version: when it was registered, when it answered requests, what the deployments ended in. */
export function versionChart(versions: readonly ReportVersion[], traffic: readonly TrafficPoint[], start: number, end: number): Html {
  const scale = new TimeScale(start, end);
  const height = 10 + versions.length * LANE + 26;
  const grain = trafficGrain(end - start);
  const lanes = versions.map((version, lane) => {
    const y = 10 + lane * LANE + LANE / 2;
    const colour = versionColour(version.version);
    const serving = spans(traffic.filter((point) => point.version === version.version && point.shadow !== true).map((point) => point.time), grain);
    return html`<text class="lane" x="${LEFT - 10}" y="${y + 4}" text-anchor="end">v${version.version}</text>
<line class="lane-line" x1="${scale.x(version.created)}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${serving.map(
      ([from, to]) =>
        html`<rect x="${scale.x(from)}" y="${y - 7}" width="${round(Math.max(3, scale.x(to) - scale.x(from)))}" height="14" rx="3" style="fill:${colour}"><title>v${version.version} answers requests, ${dateTime(from)} to ${dateTime(to)}</title></rect>`,
    )}${[{ time: version.created, word: `registered, ${version.status}`, reason: '' }, ...version.events].map(({ time, word, reason }) => {
      const bad = /REJECTED|ROLLED_BACK|FAILED|REFUSED/i.test(word);
      const x = scale.x(time);
      return html`<path class="${bad ? 'mark bad' : 'mark'}" d="M${x} ${y - 11}l6 11l-6 11l-6 -11z"><title>${dateTime(time)}: ${word}. ${reason}</title></path>`;
    })}`;
  });
  return frame('Life line of model versions', height, scale, lanes);
}

/** Joins times that are at most one gap apart to spans; a span lasts to the end of its last bucket. */
function spans(times: readonly number[], gap: number): [number, number][] {
  const joined: [number, number][] = [];
  for (const time of [...times].sort((a, b) => a - b)) {
    const last = joined.at(-1);
    if (last && time <= last[1] + 6 * gap) last[1] = Math.max(last[1], time + gap);
    else joined.push([time, time + gap]);
  }
  return joined;
}
