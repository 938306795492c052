import { type PlannedWindow, type QualitySettings } from './model-quality.contract';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface WindowReach {
  /** ISO time: files from before belong to no window that is still judged. */
  readonly from: string;
  /** Windows whose end and watermark have passed, oldest first. */
  readonly windows: readonly PlannedWindow[];
}

/** Windows that may still be judged at `scheduledTime`: those whose labels still come, and for some days more those that nobody judged in time. */
export function windowsInReach(scheduledTime: string, settings: QualitySettings, watermarkSeconds: number): WindowReach {
  const due = Date.parse(scheduledTime);
  if (Number.isNaN(due)) throw new Error(`scheduledTime must be an ISO time, got ${JSON.stringify(scheduledTime)}`);
  const interval = settings.intervalSeconds * 1000;
  const [delay, watermark] = [settings.maximumDelaySeconds * 1000, watermarkSeconds * 1000];
  const first = Math.floor((due - watermark - delay - settings.catchUpSeconds * 1000) / interval) * interval;
  const windows: PlannedWindow[] = [];
  for (let start = first; start + interval + watermark <= due; start += interval) {
    const closes = start + interval + delay;
    windows.push({ id: stamp(iso(start)), start: iso(start), end: iso(start + interval), closes: iso(closes), final: closes + watermark <= due });
  }
  // Clocks differ, and a label may be filed under the hour before its prediction.
  return { from: iso(first - DAY), windows };
}

/** Id of the window that the hour folder `yyyy/mm/dd/hh/` is in. */
export function windowIdOfHour(hour: string, intervalSeconds: number): string {
  const time = Date.parse(`${hour.slice(0, 10).replace(/\//g, '-')}T${hour.slice(11, 13)}:00:00Z`);
  const interval = intervalSeconds * 1000;
  return stamp(iso(Math.floor(time / interval) * interval));
}

/** ISO time as `20010205T101500Z`: sorts by time, and fits into keys. */
export function stamp(time: string): string {
  return iso(Date.parse(time)).replace(/[-:]/g, '');
}

/** ISO time in whole seconds. */
function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
