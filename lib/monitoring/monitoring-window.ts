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

/** `yyyy/mm/dd/hh/` of every hour that the window touches: SageMaker files captured data under the hour of the invocation, in UTC. */
export function hourFolders(window: MonitoringWindow): string[] {
  const folders: string[] = [];
  const end = Date.parse(window.end);
  for (let hour = Math.floor(Date.parse(window.start) / HOUR) * HOUR; hour < end; hour += HOUR) {
    const iso = new Date(hour).toISOString();
    folders.push(`${iso.slice(0, 4)}/${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(11, 13)}/`);
  }
  return folders;
}

function windowFrom(start: number, end: number): MonitoringWindow {
  return { id: iso(start).replace(/[-:]/g, ''), start: iso(start), end: iso(end) };
}

/** ISO time in whole seconds. */
function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
