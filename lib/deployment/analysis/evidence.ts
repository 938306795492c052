import { createHash } from 'node:crypto';
import { CountedFiles, type CountedFilesDocument } from './counted-files';

/**
 * What a stage has seen so far, and nothing that depends on when it was seen: the same files give the same evidence in any order, in any
 * number of looks, however often they are delivered.
 */
export interface Evidence {
  /** ISO time at which the stage was first seen serving. */
  readonly since: string;
  readonly files: Readonly<Record<Source, CountedFiles>>;
  /** By the hash of the request's id. */
  readonly requests: Map<string, Seen>;
  /** Requests are followed whose hash is in the first 2^-halvings of all. */
  halvings: number;
  /** Sums of what is no longer in `requests`. */
  settled: Counts;
  /** Scores of settled pairs with the least hashes. */
  sample: ScoredPair[];
  /** What was read, followed or not. */
  read: Counts;
}

export const SOURCES = ['champion', 'challenger', 'labels'] as const;
export type Source = (typeof SOURCES)[number];
export type Variant = Exclude<Source, 'labels'>;
export type Counts = Readonly<Record<string, number>>;
export type ScoredPair = readonly [id: string, champion: number, challenger: number];

/** What is known of one request. Short names: there are tens of thousands of them in one object. */
export interface Seen {
  readonly old?: SeenAnswer;
  readonly new?: SeenAnswer;
  readonly label?: SeenLabel;
  /** Hour of the last answer, since 1970. */
  readonly hour?: number;
  /** The caller used the id for more than one request: nobody knows what belongs together. */
  readonly ambiguous?: true;
  /** Labels after the first. */
  readonly repeated?: number;
  /** One of them said something else. */
  readonly contradicted?: true;
}

type SeenAnswer = readonly [event: string, ...predictions: string[]];
/** The place puts labels in the order of their hour, and of their files in some order. */
type SeenLabel = readonly [place: number, ...values: string[]];

/** One captured answer; a request may hold several rows, each with its prediction. */
export interface Answer {
  readonly eventId: string;
  /** As the caller gave it. */
  readonly inferenceId?: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly predictions: readonly string[];
}

/** Ground truth of one request; several rows have several labels. */
export interface Label {
  /** The inference id, or the event id where the caller gave none. */
  readonly id: string;
  readonly values: readonly string[];
}

export const HOUR = 3_600_000;
const PLACES = 2 ** 32;

export type EvidenceDocument = Omit<Evidence, 'files' | 'requests'> & {
  readonly files: Readonly<Record<Source, CountedFilesDocument>>;
  readonly requests: Readonly<Record<string, Seen>>;
};

/** @param from hour of `since` as a folder */
export function newEvidence(since: string, from: string): Evidence {
  const files = { from, counted: {} };
  return readEvidence({ since, files: { champion: files, challenger: files, labels: files }, requests: {}, halvings: 0, settled: {}, sample: [], read: {} });
}

export function readEvidence(document: EvidenceDocument): Evidence {
  const { champion, challenger, labels } = document.files;
  const files = { champion: new CountedFiles(champion), challenger: new CountedFiles(challenger), labels: new CountedFiles(labels) };
  return { ...document, files, requests: new Map(Object.entries(document.requests)), sample: [...document.sample] };
}

export function writeEvidence(evidence: Evidence): EvidenceDocument {
  const { champion, challenger, labels } = evidence.files;
  return { ...evidence, files: { champion: champion.toJSON(), challenger: challenger.toJSON(), labels: labels.toJSON() }, requests: Object.fromEntries(inOrder(evidence)) };
}

/** Sums of fractions depend on their order. */
export function inOrder({ requests }: Evidence): [string, Seen][] {
  return [...requests].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * @param shared whether one request is answered by both variants (shadow). In a test it is answered by one, and an id that both answered
 *   was used for two requests.
 */
export function addAnswer(evidence: Evidence, variant: Variant, answer: Answer, shared: boolean): void {
  const id = requestHash(answer.inferenceId ?? answer.eventId);
  if (!isFollowed(id, evidence.halvings)) return;
  const [side, other] = variant === 'champion' ? (['old', 'new'] as const) : (['new', 'old'] as const);
  const seen = evidence.requests.get(id) ?? {};
  const event = hash(answer.eventId).slice(0, 8);
  const hour = Math.max(seen.hour ?? 0, Math.floor(answer.time / HOUR));
  const isAmbiguous = seen.ambiguous ?? ((seen[side] !== undefined && seen[side][0] !== event) || (!shared && seen[other] !== undefined && seen[other][0] !== event));
  if (isAmbiguous) {
    const { old: _old, new: _new, ...rest } = seen;
    evidence.requests.set(id, { ...rest, hour, ambiguous: true });
  } else if (seen[side] === undefined) evidence.requests.set(id, { ...seen, hour, [side]: [event, ...answer.predictions] });
}

/** @param hour folder, @param name of the file */
export function labelPlace(hour: string, name: string): number {
  return Math.floor(folderTime(hour) / HOUR) * PLACES + parseInt(hash(name).slice(0, 8), 16);
}

/** The first label counts, by its place and not by its arrival: a file that was delivered late is not a later word. */
export function addLabel(evidence: Evidence, { id: name, values }: Label, place: number): void {
  const id = requestHash(name);
  if (!isFollowed(id, evidence.halvings)) return;
  const seen = evidence.requests.get(id) ?? {};
  const { label: before } = seen;
  if (before === undefined) {
    evidence.requests.set(id, { ...seen, label: [place, ...values] });
    return;
  }
  const contradicts = before.length !== values.length + 1 || values.some((value, row) => value !== before[row + 1]);
  evidence.requests.set(id, {
    ...seen,
    label: place < before[0] ? [place, ...values] : before,
    repeated: (seen.repeated ?? 0) + 1,
    ...(contradicts ? { contradicted: true } : {}),
  });
}

/** Hour of the label's collection, since 1970. */
export function labelHour([place]: SeenLabel): number {
  return Math.floor(place / PLACES);
}

/** Milliseconds since 1970 of `yyyy/mm/dd/hh/`. */
export function folderTime(hour: string): number {
  return Date.parse(`${hour.slice(0, 10).replace(/\//g, '-')}T${hour.slice(11, 13)}:00:00Z`);
}

/** Follows a share of the requests that is the same for both variants and for labels. */
export function isFollowed(id: string, halvings: number): boolean {
  return parseInt(id.slice(0, 8), 16) < 2 ** (32 - halvings);
}

export function plus(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

function requestHash(id: string): string {
  return hash(id).slice(0, 12);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
