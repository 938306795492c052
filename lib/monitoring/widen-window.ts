import { type CaptureSummary, mergeSummaries } from '../capture/capture-summary';
import { type MonitoringOutcome, type MonitoringPolicy, type MonitoringWindow } from './monitoring.contract';
import { precedingWindow } from './monitoring-window';

/** What is known of a window that precedes the one to be judged. */
export interface JudgedWindow {
  readonly outcome: MonitoringOutcome;
  summary(): CaptureSummary | Promise<CaptureSummary>;
}

export interface WidenedWindow {
  readonly widened: CaptureSummary;
  readonly evaluatedFrom: string;
}

/**
 * Too few rows: adds the preceding windows that had no verdict of their own either, so that no row is ever judged twice. Pure, for the monitor
 * and the back-test alike.
 *
 * @param look gives a preceding window; undefined when nobody judged it
 */
export async function widenWindow(
  window: MonitoringWindow,
  summary: CaptureSummary,
  intervalSeconds: number,
  policy: Pick<MonitoringPolicy, 'maximumLookbackSeconds' | 'minimumSampleSize'>,
  look: (before: MonitoringWindow) => JudgedWindow | undefined | Promise<JudgedWindow | undefined>,
): Promise<WidenedWindow> {
  let widened = summary;
  let evaluatedFrom = window.start;
  const steps = Math.floor(policy.maximumLookbackSeconds / intervalSeconds);
  for (let step = 0; step < steps && widened.profile.rows < policy.minimumSampleSize; step++) {
    const before = precedingWindow(window, step);
    const judged = await look(before);
    if (!judged) continue;
    if (judged.outcome !== 'INSUFFICIENT_DATA') break;
    widened = mergeSummaries(await judged.summary(), widened);
    evaluatedFrom = before.start;
  }
  return { widened, evaluatedFrom };
}
