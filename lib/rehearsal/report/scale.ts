import { round } from '../../html/numbers';

/** Geometry that the charts share: a time axis of fixed width, drawn as SVG. */
export const WIDTH = 960;
export const LEFT = 64;
export const RIGHT = 12;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTE = 60_000;
const STEPS = [15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY];

/** What requests are counted by in a rehearsal of that length: an hour of a canary would hide it. */
export function trafficGrain(span: number): number {
  return span <= 12 * HOUR ? 5 * MINUTE : HOUR;
}

export class TimeScale {
  public constructor(
    public readonly start: number,
    public readonly end: number,
  ) {}

  public x(time: number): number {
    const share = (time - this.start) / Math.max(1, this.end - this.start);
    return round(LEFT + Math.min(1, Math.max(0, share)) * (WIDTH - LEFT - RIGHT));
  }

  /** At most eleven ticks at round times. */
  public ticks(): { readonly time: number; readonly label: string }[] {
    const span = this.end - this.start;
    const step = STEPS.find((candidate) => span / candidate <= 10) ?? Math.ceil(span / 10 / DAY) * DAY;
    const ticks = [];
    for (let time = Math.ceil(this.start / step) * step; time <= this.end; time += step) ticks.push({ time, label: tickLabel(time, step) });
    return ticks;
  }
}

function tickLabel(time: number, step: number): string {
  const iso = new Date(time).toISOString();
  const day = `${iso.slice(8, 10)} ${MONTHS[Number(iso.slice(5, 7)) - 1]}`;
  return step < DAY ? `${day} ${iso.slice(11, 16)}` : day;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `1 Feb 2001, 14:05` */
export function dateTime(time: number): string {
  const iso = new Date(time).toISOString();
  return `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)}, ${iso.slice(11, 16)}`;
}

/** `2 d 4 h`, `3 h 20 min`, `45 s`: the two greatest units. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const units: [number, string][] = [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return '0 s';
  let rest = seconds;
  return units
    .slice(first, first + 2)
    .map(([size, name]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count > 0 ? `${count} ${name}` : '';
    })
    .filter((text) => text !== '')
    .join(' ');
}
