import { type Baseline } from '../drift';
import { type MonitoredFeature } from './capture.contract';
import { readCaptureFile } from './capture-reader';
import { type CaptureSummary, summarize } from './capture-summary';
import { EventIds } from './event-ids';

export interface CaptureProfilerOptions {
  readonly version: number;
  readonly baseline: Baseline;
  readonly features: readonly MonitoredFeature[];
  /** ISO times, start included, end not; absent = no limit. */
  readonly start?: string;
  readonly end?: string;
  /** Events that another file of the window holds as well and that count there. */
  readonly exclude?: EventIds;
}

export interface ProfiledCapture {
  readonly summary: CaptureSummary;
  /** Every event of the window that was counted. */
  readonly eventIds: EventIds;
}

/** Profiles one captured file while it is read, chunk by chunk. The same bytes give the same summary, however they are cut. */
export class CaptureProfiler {
  private readonly chunks: Uint8Array[] = [];

  public constructor(private readonly options: CaptureProfilerOptions) {}

  public write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  public end(): ProfiledCapture {
    const { version, baseline, features, start, end, exclude } = this.options;
    const file = readCaptureFile(Buffer.concat(this.chunks).toString(), { features: features.map(({ name }) => name), start, end });
    const records = file.records.filter(({ eventId }) => !exclude?.has(eventId));
    const eventIds = new EventIds();
    for (const { eventId } of records) eventIds.add(eventId);
    return { summary: summarize(version, { ...file, records, duplicates: file.duplicates + file.records.length - records.length }, baseline, features), eventIds };
  }
}
