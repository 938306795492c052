import { parseBoolean } from '../data/column-value';
import { type TaskType } from '../data/data-contract.contract';
import { type Counts, HOUR, plus } from '../deployment/analysis/evidence';
import { number } from '../deployment/analysis/outcomes';
import { type LabelledRecord, type PredictionRecord } from './extract-record';
import { type PlannedWindow, type QualityPlan, type QualityVersion } from './model-quality.contract';
import { type SegmentedQuality, SegmentedBuilder } from './quality-segment';

/** Hours between a prediction and the collection of its label, by which labels are counted; the last bin is open. */
export const DELAY_HOURS = [1, 3, 6, 12, 24, 48, 72, 120, 168, 336, 720] as const;
const PLACES = 2 ** 32;

/** What one range of hashes says of one version in one window. */
export interface JoinedQuality {
  readonly quality: SegmentedQuality;
  /** Rows labelled, by `DELAY_HOURS`. */
  readonly delays: readonly number[];
  readonly counts: Counts;
}

export interface QualityPart {
  /** Window → version → what was joined. */
  readonly windows: Readonly<Record<string, Readonly<Record<string, JoinedQuality>>>>;
  /** Of labels and predictions that belong to no window that is judged. */
  readonly counts: Counts;
}

export interface JoinInput {
  readonly predictions: readonly { readonly version: number; readonly records: readonly PredictionRecord[] }[];
  readonly labels: readonly LabelledRecord[];
}

interface Seen {
  /** By event: the same event may have been delivered in several files. */
  readonly answers: Map<string, { readonly version: number; readonly record: PredictionRecord }>;
  readonly labels: LabelledRecord[];
}

/**
 * Joins labels with predictions by the hash of their id, window by window and version by version. The outcome depends on what is there and not
 * on its order: ids are taken in the order of their hashes, the first label counts by its place (hour of collection, file, line), an event
 * counts once, and an id that several requests share joins nothing.
 */
export function joinRecords(plan: Pick<QualityPlan, 'windows' | 'versions' | 'policy'>, input: JoinInput): QualityPart {
  const seen = collect(input);
  const joined = new Map<string, Joining>();
  const of = (window: PlannedWindow, version: QualityVersion): Joining => {
    const key = `${window.id}/${version.version}`;
    let joining = joined.get(key);
    if (!joining) joined.set(key, (joining = new Joining(version, plan.policy.decisionThreshold)));
    return joining;
  };
  const windowOf = windowFinder(plan.windows);
  const versions = new Map(plan.versions.map((version) => [version.version, version]));
  let counts: Counts = {};
  for (const id of [...seen.keys()].sort()) {
    const { answers, labels } = seen.get(id)!;
    if (answers.size === 0) counts = plus(counts, { unmatchedLabels: labels.length });
    const events = [...answers.keys()].sort();
    for (const event of events) {
      const { version, record } = answers.get(event)!;
      const window = windowOf(record[2]);
      const known = versions.get(version);
      if (!window || !known) {
        counts = plus(counts, { otherWindows: 1, labelsOfOtherWindows: labels.length });
        continue;
      }
      of(window, known).add(record, usable(labels, window), events.length > 1, labels.length);
    }
  }
  const windows: Record<string, Record<string, JoinedQuality>> = {};
  for (const key of [...joined.keys()].sort()) {
    const [windowId, version] = key.split('/');
    (windows[windowId!] ??= {})[version!] = joined.get(key)!.build();
  }
  return { windows, counts };
}

/** One version's requests of one window. */
class Joining {
  private readonly quality: SegmentedBuilder;
  private readonly delays = new Array<number>(DELAY_HOURS.length + 1).fill(0);
  private counts: Record<string, number> = {};

  public constructor(
    private readonly version: QualityVersion,
    threshold: number,
  ) {
    this.quality = new SegmentedBuilder(version.task, version.slices.map(({ column }) => column), threshold);
  }

  public add([, , time, predictions, slices]: PredictionRecord, labels: readonly LabelledRecord[], ambiguous: boolean, all: number): void {
    this.count('requests', 1);
    this.count('lateLabels', all - labels.length);
    const [first, ...others] = labels;
    if (ambiguous) this.count('ambiguousIds', 1);
    else if (first !== undefined) {
      this.count('repeatedLabels', others.length);
      if (others.some(([, , , values]) => JSON.stringify(values) !== JSON.stringify(first[3]))) this.count('contradictingLabels', 1);
    }
    const values = ambiguous ? undefined : first?.[3];
    const fits = values !== undefined && values.length === predictions.length;
    if (values !== undefined && !fits) this.count('unusableLabels', 1);
    predictions.forEach((prediction, row) => {
      if (prediction === null) {
        this.count('unusablePredictions', 1);
        return;
      }
      const label = fits ? labelValue(values[row]!, this.version.task) : undefined;
      if (fits && label === undefined) this.count('unusableLabels', 1);
      if (label !== undefined) this.delays[delayBin(labelTime(first!) - time)]! += 1;
      this.quality.add(prediction, label, slices?.[row]);
    });
  }

  public build(): JoinedQuality {
    return { quality: this.quality.build(), delays: this.delays, counts: Object.fromEntries(Object.entries(this.counts).filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1))) };
  }

  private count(name: string, by: number): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }
}

function collect({ predictions, labels }: JoinInput): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  const of = (id: string): Seen => {
    let entry = seen.get(id);
    if (!entry) seen.set(id, (entry = { answers: new Map(), labels: [] }));
    return entry;
  };
  for (const { version, records } of predictions) {
    for (const record of records) {
      const { answers } = of(record[0]);
      const before = answers.get(record[1]);
      // Two deliveries of one event are equal; should they not be, the same one counts whatever came first.
      if (!before || JSON.stringify([version, record]) < JSON.stringify([before.version, before.record])) answers.set(record[1], { version, record });
    }
  }
  const lines = new Set<string>();
  for (const record of labels) {
    // A file that two extracts hold is one file.
    const line = `${record[0]}/${record[1]}/${record[2]}/${record[3].join()}`;
    if (lines.has(line)) continue;
    lines.add(line);
    of(record[0]).labels.push(record);
  }
  return seen;
}

/** Labels that were collected in time, the one that counts first. */
function usable(labels: readonly LabelledRecord[], window: PlannedWindow): LabelledRecord[] {
  const closes = Date.parse(window.closes);
  const order = (a: LabelledRecord, b: LabelledRecord): number => a[1] - b[1] || a[2] - b[2] || (a[3].join() < b[3].join() ? -1 : 1);
  return labels.filter((label) => labelTime(label) < closes).sort(order);
}

/** Beginning of the hour of collection, in milliseconds since 1970. */
function labelTime([, place]: LabelledRecord): number {
  return Math.floor(place / PLACES) * HOUR;
}

/** Classes as numbers, as the training data has them; `true` and `false` are 1 and 0. */
export function labelValue(text: string, task: TaskType): number | undefined {
  const value = number(text);
  if (task === 'regression') return value;
  if (task === 'multiclass-classification') return value !== undefined && Number.isInteger(value) ? value : undefined;
  if (value !== undefined) return value === 0 || value === 1 ? value : undefined;
  const truth = parseBoolean(text.trim());
  return truth === undefined ? undefined : Number(truth);
}

/** A label of the hour of its prediction, or of a clock that is behind, is in the first bin. */
function delayBin(milliseconds: number): number {
  const bin = DELAY_HOURS.findIndex((hours) => milliseconds < hours * HOUR);
  return bin < 0 ? DELAY_HOURS.length : bin;
}

function windowFinder(windows: readonly PlannedWindow[]): (time: number) => PlannedWindow | undefined {
  const [first] = windows;
  if (!first) return () => undefined;
  const length = Date.parse(first.end) - Date.parse(first.start);
  const byStart = new Map(windows.map((window) => [Date.parse(window.start), window]));
  return (time) => byStart.get(Math.floor(time / length) * length);
}
