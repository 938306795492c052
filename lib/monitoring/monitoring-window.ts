import { type MonitoringWindow } from './monitoring.contract';

const HOUR = 3_600_000;

/**
 * The tumbling window that is complete at `scheduledTime`: windows are aligned to multiples of the interval since 1970-01-01T00:00Z, and
 * a window is complete when the watermark (the time that captured data may be late) has passed since its end.
 */
export function completedWindow(scheduledTime: string, intervalSeconds: number, watermarkSeconds: number): MonitoringWindow {
  const due = Date.parse(scheduledTime);
  if (Number.isNaN(due)) throw new Error(`scheduledTime must be an ISO time, got ${JSON.stringify(scheduledTime)}`);
  const interval = intervalSeconds * 1000;
  const end = Math.floor((due - watermarkSeconds * 1000) / interval) * interval;
  return windowFrom(end - interval, end);
}

/** The window before, skipping `skipped` others. */
export function precedingWindow(window: MonitoringWindow, skipped: number): MonitoringWindow {
  const start = Date.parse(window.start);
  const interval = Date.parse(window.end) - start;
  return windowFrom(start - interval * (skipped + 1), start - interval * skipped);
}

/** The windows of the same length from the first that starts at or after `from` to `last`, oldest first. */
export function windowsBetween(last: MonitoringWindow, from: number): MonitoringWindow[] {
  const interval = Date.parse(last.end) - Date.parse(last.start);
  const windows: MonitoringWindow[] = [];
  for (let start = Date.parse(last.start); start >= from; start -= interval) windows.unshift(windowFrom(start, start + interval));
  return windows;
}

/** Id of the window that an instant lies in. */
export function windowIdAt(time: number, intervalSeconds: number): string {
  const interval = intervalSeconds * 1000;
  const start = Math.floor(time / interval) * interval;
  return windowFrom(start, start + interval).id;
}

/** `yyyy/mm/dd/hh/`: SageMaker files captured data under the hour of the invocation, in UTC. */
export function hourFolder(time: number): string {
  const hour = new Date(time).toISOString();
  return `${hour.slice(0, 4)}/${hour.slice(5, 7)}/${hour.slice(8, 10)}/${hour.slice(11, 13)}/`;
}

/** The folders of every hour that the window touches. */
export function hourFolders(window: MonitoringWindow): string[] {
  const folders: string[] = [];
  const end = Date.parse(window.end);
  for (let hour = Math.floor(Date.parse(window.start) / HOUR) * HOUR; hour < end; hour += HOUR) folders.push(hourFolder(hour));
  return folders;
}

function windowFrom(start: number, end: number): MonitoringWindow {
  return { id: isoSeconds(start).replace(/[-:]/g, ''), start: isoSeconds(start), end: isoSeconds(end) };
}

/** ISO time in whole seconds. */
export function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
