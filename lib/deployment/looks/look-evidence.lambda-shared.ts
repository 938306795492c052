import { lakeKeys } from '../../data/data-lake.contract';
import { readCaptureFile } from '../../capture/capture-reader';
import { getJson, getText, putJsonIf } from '../../private/object-store.lambda-shared';
import { addAnswer, addLabel, type Evidence, type EvidenceDocument, labelPlace, newEvidence, plus, readEvidence, writeEvidence } from '../analysis/evidence';
import { type Counting, limitEvidence } from '../analysis/evidence-limits';
import { closeHours, type EvidenceFile, type EvidenceSources, hourFolder, listNew } from './look-evidence-files.lambda-shared';
import { readLabelLines } from './look-labels.lambda-shared';
import { elapsedSeconds, type LookContext } from './look-stage.lambda-shared';

/** What one look reads at most, of all sources together; the next look goes on from there. */
export const LOOK_FILES_MAXIMUM = 2000;
export const LOOK_BYTES_MAXIMUM = 128 * 1024 * 1024;
const PARALLEL_READS = 16;
/** Two looks at once make one of them read again; more often than this something else is wrong. */
const ATTEMPTS = 4;
/** When the stage's time is over, looks may go on for so long to read what they have not read yet. */
const CATCH_UP_SECONDS = 1800;

/** What a stage collects, and what it makes of it. */
export interface Collection extends EvidenceSources {
  /** Both variants answer the same requests. */
  readonly shared: boolean;
  readonly counting: Counting;
}

export interface OpenEvidence {
  readonly evidence: Evidence;
  /** Absent = nothing is stored yet. */
  readonly etag?: string;
}

export interface Collected {
  readonly evidence: Evidence;
  /** From the oldest file that was not read to this look; 0 = everything was read. */
  readonly behindSeconds: number;
}

/** A run that goes on where another died goes on with what that one saw, since when it saw it. */
export async function openEvidence({ clients, settings }: LookContext, config: string, since: string): Promise<OpenEvidence> {
  const stored = await getJson<EvidenceDocument>(clients.s3, settings.bucket, lakeKeys.stageEvidence(settings.modelName, config));
  return stored === undefined ? { evidence: newEvidence(since, hourFolder(since)) } : { evidence: readEvidence(stored.value), etag: stored.etag };
}

/**
 * Adds what was delivered since the last look, and writes it down before anybody decides on it. A look that is repeated finds its files
 * counted; of two looks at once, the slower one starts again from what the faster one wrote.
 * @param collection absent = only since when the stage is observed is written down
 */
export async function collectEvidence(context: LookContext, config: string, opened: OpenEvidence, collection?: Collection): Promise<Collected> {
  const { event, clients, settings } = context;
  const key = lakeKeys.stageEvidence(settings.modelName, config);
  let { evidence, etag } = opened;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) ({ evidence, etag } = await openEvidence(context, config, opened.evidence.since));
    const found = collection === undefined ? undefined : await readNew(context, evidence, collection);
    if (etag !== undefined && found?.changed !== true) return { evidence, behindSeconds: found?.behindSeconds ?? 0 };
    if (await putJsonIf(clients.s3, settings.bucket, key, writeEvidence(evidence), etag === undefined ? 'absent' : { etag })) {
      return { evidence, behindSeconds: found?.behindSeconds ?? 0 };
    }
  }
  throw new Error(`other looks at ${config}, on ${event.now}, wrote the evidence each time that this one would have`);
}

async function readNew({ event, clients, settings }: LookContext, evidence: Evidence, collection: Collection): Promise<{ changed: boolean; behindSeconds: number }> {
  const unread = await listNew(clients.s3, settings, evidence, collection, LOOK_FILES_MAXIMUM);
  const files = withinLimits(unread);
  for (let first = 0; first < files.length; first += PARALLEL_READS) {
    const some = files.slice(first, first + PARALLEL_READS);
    const texts = await Promise.all(some.map(({ key }) => getText(clients.s3, settings.bucket, key)));
    some.forEach((file, index) => addFile(evidence, file, texts[index]?.value ?? '', collection));
  }
  const next = unread[files.length];
  const closed = closeHours(evidence, event.now, next?.hour);
  limitEvidence(evidence, collection.counting);
  return { changed: files.length > 0 || closed, behindSeconds: next === undefined ? 0 : Math.max(1, Math.round(elapsedSeconds(next.time, event.now))) };
}

/** Oldest first over all sources, so that what was read is complete up to one time, for both variants. */
function withinLimits(unread: readonly EvidenceFile[]): readonly EvidenceFile[] {
  let bytes = 0;
  const end = unread.findIndex(({ size }, index) => index > 0 && (index >= LOOK_FILES_MAXIMUM || (bytes += size) > LOOK_BYTES_MAXIMUM));
  return end < 0 ? unread : unread.slice(0, end);
}

function addFile(evidence: Evidence, { source, hour, name }: EvidenceFile, text: string, { shared, maximumSeconds }: Collection): void {
  evidence.files[source].add(hour, name);
  if (source === 'labels') {
    const { labels, badLines } = readLabelLines(text);
    for (const label of labels) addLabel(evidence, label, labelPlace(hour, name));
    evidence.read = plus(evidence.read, { files: 1, labels: labels.length, unreadableLabels: badLines });
    return;
  }
  const end = new Date(Date.parse(evidence.since) + maximumSeconds * 1000).toISOString();
  const { records, badLines } = readCaptureFile(text, { start: evidence.since, end });
  for (const { eventId, inferenceId, inferenceTime, output } of records) {
    if (output !== undefined) addAnswer(evidence, source, { eventId, inferenceId, time: inferenceTime, predictions: output }, shared);
  }
  evidence.read = plus(evidence.read, { files: 1, badLines: badLines.length });
}

/** Whether to look again although the time is over: what is not read yet may decide. */
export function maySoonKnowMore({ event }: LookContext, { evidence, behindSeconds }: Collected, maximumSeconds: number, continuedAt: string | undefined): boolean {
  const over = new Date(Math.max(Date.parse(evidence.since) + maximumSeconds * 1000, Date.parse(continuedAt ?? evidence.since)));
  return behindSeconds > 0 && elapsedSeconds(over.toISOString(), event.now) < CATCH_UP_SECONDS;
}

/** What a reader of the verdict must know about where its numbers come from. */
export function provenance({ evidence: { halvings, settled }, behindSeconds }: Collected): string[] {
  return [
    ...(halvings === 0 ? [] : [`of the requests, one in ${2 ** halvings} is still followed, chosen by its id; ${settled['forgotten'] ?? 0} incomplete ones were given up`]),
    ...(behindSeconds === 0 ? [] : [`captured data and labels of the last ${behindSeconds} seconds are not read yet`]),
  ];
}

export function collectedNumbers({ evidence: { read, halvings }, behindSeconds }: Collected): Record<string, number> {
  return { filesRead: read['files'] ?? 0, badLines: read['badLines'] ?? 0, followedShare: 2 ** -halvings, behindSeconds };
}
