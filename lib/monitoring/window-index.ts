import { type MonitoringWindow, type WindowPlan } from './monitoring.contract';
import { windowsBetween } from './monitoring-window';

/**
 * windows.json of a model: which windows are done, and on what their verdicts rest. A window is done when its verdict has been recorded and
 * told; until then it is done again, with the same bytes. Losing this object costs time and no verdict.
 */
export interface WindowIndex {
  readonly intervalSeconds: number;
  /** Start of the first window ever planned: what was captured before is nobody's. */
  readonly since: string;
  /** By id. */
  readonly windows: Readonly<Record<string, DoneWindow>>;
}

export interface DoneWindow {
  /** 0: never judged, only its late files have been counted. */
  readonly revision: number;
  /** Champion that was judged; null: nothing was deployed. */
  readonly version: number | null;
  readonly files: number;
  readonly listing: string;
  /** Windows that were looked at to widen this one, with the revision seen; 0: there was no report. */
  readonly preceding: Readonly<Record<string, number>>;
  /** Files that came after the window could be done again and have been counted as late. */
  readonly late: number;
}

/** How long after the lookback files are still noticed, and counted as late. Data capture delivers within minutes; a week is for copies and repairs. */
export const LATE_REACH_SECONDS = 7 * 86_400;

export interface WindowQuestion {
  readonly due: MonitoringWindow;
  readonly lookbackSeconds: number;
  readonly index: WindowIndex;
  readonly champion?: { readonly since: string };
  /** Windows that this execution has done or failed to do. */
  readonly settled: readonly string[];
  /** Windows that have a plan but are not done: a run died. */
  readonly begun: ReadonlySet<string>;
  /** Digest of the window's captured files as they are now. */
  readonly listing: (window: MonitoringWindow) => string;
}

/**
 * The window to be done now, oldest first: one that was missed, one whose files or whose preceding windows have changed since its verdict,
 * then the one that is complete. Nothing is remembered between two questions but what is done, so it does not matter why a window was not.
 */
export function nextWindow(question: WindowQuestion): MonitoringWindow | undefined {
  return lookback(question.due, question.lookbackSeconds).find((window) => !question.settled.includes(window.id) && needsDoing(window, question));
}

/** The windows that may be done now, oldest first; the last one is the one that is due. */
export function lookback(due: MonitoringWindow, seconds: number): MonitoringWindow[] {
  return windowsBetween(due, Date.parse(due.start) - seconds * 1000);
}

function needsDoing(window: MonitoringWindow, { due, index, champion, begun, listing }: WindowQuestion): boolean {
  const done = index.windows[window.id];
  if (!done || done.revision === 0) {
    if (window.id === due.id || begun.has(window.id)) return true;
    return champion !== undefined && window.start >= index.since && Date.parse(window.end) > Date.parse(champion.since);
  }
  // While nothing was deployed, nothing that was captured is evidence about a champion.
  if (done.version === null) return false;
  if (done.listing !== listing(window)) return true;
  return Object.entries(done.preceding).some(([id, revision]) => (index.windows[id]?.revision ?? 0) > revision);
}

/** The index that a run starts with. Windows of another length are not comparable: monitoring begins anew with the window that is due. */
export function currentIndex(stored: WindowIndex | undefined, due: MonitoringWindow, intervalSeconds: number): WindowIndex {
  return stored?.intervalSeconds === intervalSeconds ? stored : { intervalSeconds, since: due.start, windows: {} };
}

/** What the index has to know of a report. */
export interface IndexedReport {
  readonly revision?: number;
  readonly champion: { readonly version: number } | null;
  readonly preceding?: Readonly<Record<string, number>>;
}

/** The index once the window's verdict has been recorded; closing a window twice changes nothing. Forgets what is out of reach. */
export function closeWindow(index: WindowIndex, plan: WindowPlan, report: IndexedReport, oldest: string): WindowIndex {
  const windows: Record<string, DoneWindow> = { ...index.windows };
  for (const [id, late] of Object.entries(plan.late)) windows[id] = { ...(windows[id] ?? NEVER_JUDGED), late: Math.max(late, windows[id]?.late ?? 0) };
  windows[plan.window.id] = {
    revision: plan.revision,
    version: report.champion?.version ?? null,
    files: plan.files,
    listing: plan.listing,
    preceding: report.preceding ?? {},
    late: windows[plan.window.id]?.late ?? 0,
  };
  return { ...index, windows: Object.fromEntries(Object.entries(windows).filter(([id]) => id >= oldest).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const NEVER_JUDGED: DoneWindow = { revision: 0, version: null, files: 0, listing: '', preceding: {}, late: 0 };

/** Files of windows that are not done again any more and that neither a verdict nor a report has counted: in all, by window. */
export function lateFiles(windows: readonly MonitoringWindow[], index: WindowIndex, files: (window: MonitoringWindow) => number): Pick<WindowPlan, 'late' | 'newlyLate'> {
  const late: Record<string, number> = {};
  let newlyLate = 0;
  for (const window of windows) {
    const done = index.windows[window.id] ?? NEVER_JUDGED;
    if (window.start < index.since || (done.revision > 0 && done.version === null)) continue;
    const uncounted = files(window) - done.files - done.late;
    if (uncounted <= 0) continue;
    late[window.id] = done.late + uncounted;
    newlyLate += uncounted;
  }
  return { late, newlyLate };
}
