import { type CaptureRecord } from '../capture/capture-reader';
import { type CaptureSummary, emptySummary, mergeSummaries, summarize } from '../capture/capture-summary';
import { type MonitoredFeature } from '../capture/capture.contract';
import { EventIds } from '../capture/event-ids';
import { type Baseline } from '../drift';
import { type MonitoringWindow } from '../monitoring/monitoring.contract';
import { completedWindow } from '../monitoring/monitoring-window';
import { VERSION } from './replay';

/** Windows held at a time; 20 columns of one take about 50 kB. Files that are in the order of time need a few. */
const OPEN_WINDOWS = 1000;

export interface HistoryRecord {
  /** Absent in files that have no ids: every row counts. */
  readonly eventId?: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly input: readonly (readonly string[])[] | undefined;
  readonly output: readonly string[] | undefined;
}

interface OpenWindow {
  summary: CaptureSummary;
  readonly seen: EventIds;
}

/**
 * Puts the records of a history into windows, and gives the windows out in order, the empty ones between them too. Memory is bounded: when more
 * windows are open than can be held, the oldest are done, and records that come for them later are counted as late.
 */
export class HistoryWindows {
  public late = 0;
  private readonly open = new Map<number, OpenWindow>();
  private next: number | undefined;
  private readonly interval: number;

  public constructor(
    private readonly baseline: Baseline,
    private readonly features: readonly MonitoredFeature[],
    intervalSeconds: number,
    private readonly judge: (window: MonitoringWindow, summary: CaptureSummary) => Promise<void>,
  ) {
    this.interval = intervalSeconds * 1000;
  }

  public async add(records: readonly HistoryRecord[]): Promise<void> {
    const byWindow = new Map<number, HistoryRecord[]>();
    for (const record of records) {
      const start = Math.floor(record.time / this.interval) * this.interval;
      const own = byWindow.get(start);
      if (own) own.push(record);
      else byWindow.set(start, [record]);
    }
    for (const [start, own] of byWindow) this.count(start, own);
    while (this.open.size > OPEN_WINDOWS) await this.finish(Math.min(...this.open.keys()));
  }

  /** Lines that could not be read, of the window that they stand in. */
  public addBadLines(time: number, badLines: readonly { readonly line: number; readonly reason: string }[]): void {
    const start = Math.floor(time / this.interval) * this.interval;
    if (this.isDone(start)) return;
    const window = this.at(start);
    window.summary = mergeSummaries(window.summary, summarize(VERSION, { records: [], duplicates: 0, outsideWindow: 0, badLines }, this.baseline, this.features));
  }

  public async end(): Promise<void> {
    while (this.open.size > 0) await this.finish(Math.min(...this.open.keys()));
  }

  private count(start: number, records: readonly HistoryRecord[]): void {
    if (this.isDone(start)) {
      this.late += records.length;
      return;
    }
    const window = this.at(start);
    const counted: CaptureRecord[] = [];
    let duplicates = 0;
    for (const { eventId, time, input, output } of records) {
      if (eventId !== undefined && !window.seen.add(eventId)) duplicates += 1;
      else counted.push({ eventId: eventId ?? '', inferenceTime: time, ...(input ? { input } : {}), ...(output ? { output } : {}) });
    }
    window.summary = mergeSummaries(window.summary, summarize(VERSION, { records: counted, duplicates, outsideWindow: 0, badLines: [] }, this.baseline, this.features));
  }

  private isDone(start: number): boolean {
    return this.next !== undefined && start < this.next;
  }

  private at(start: number): OpenWindow {
    let window = this.open.get(start);
    if (!window) this.open.set(start, (window = { summary: this.empty(), seen: new EventIds() }));
    return window;
  }

  /** The window and the empty ones before it. */
  private async finish(start: number): Promise<void> {
    for (let time = this.next ?? start; time < start; time += this.interval) await this.judge(this.windowAt(time), this.empty());
    const { summary } = this.open.get(start)!;
    this.open.delete(start);
    this.next = start + this.interval;
    await this.judge(this.windowAt(start), summary);
  }

  private empty(): CaptureSummary {
    return emptySummary(VERSION, this.baseline, this.features);
  }

  private windowAt(start: number): MonitoringWindow {
    return completedWindow(new Date(start + this.interval).toISOString(), this.interval / 1000, 0);
  }
}

