import { lakeKeys } from '../data/data-lake.contract';

/**
 * Data capture of transform jobs (guide, "Capture data from batch transform job"): below the destination lie no records but manifests, which name
 * the objects of the job: `input/yyyy/mm/dd/hh/…` what was asked, `output/yyyy/mm/dd/hh/…` what was predicted. The hour is that of the job's start.
 */
export interface BatchManifest {
  /** Folder of the job's destination. */
  readonly destination: string;
  readonly side: 'input' | 'output';
  /** Start of the hour that its folder names, in milliseconds. */
  readonly hour: number;
  /** The guide does not say how manifests are called. */
  readonly name: string;
}

export interface ReadManifest extends BatchManifest {
  readonly key: string;
  readonly etag: string;
  readonly objects: readonly BatchObject[];
}

export interface BatchObject {
  /** Below the manifest's prefix. */
  readonly name: string;
  /** `s3://bucket/key` */
  readonly uri: string;
}

/** What a transform job made of one object. */
export interface BatchPair {
  readonly hour: number;
  /** Absent: the output names an input that no manifest names. */
  readonly input?: string;
  /** Absent: the job wrote nothing for it, or more than one job of the hour may have. */
  readonly output?: string;
  /** Of the manifests. */
  readonly etag: string;
}

/** Undefined when the key is no manifest of a transform job of that version. */
export function manifestAt(model: string, version: number, key: string): BatchManifest | undefined {
  const prefix = lakeKeys.batchCapture(model, version);
  const match = key.startsWith(`${prefix}/`) && /^((?:\/.*)?)\/(input|output)\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\/(.+)$/.exec(key.slice(prefix.length));
  if (!match) return undefined;
  const [, below, side, year, month, day, hour, name] = match as unknown as string[];
  return { destination: prefix + below!, side: side as BatchManifest['side'], hour: Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour)), name: name! };
}

/**
 * Objects that a manifest names: `[{"prefix": "s3://…/"}, "a.csv", …]`, as API_S3DataSource has them. The guide calls the file JSON lines and shows
 * one array of many lines, so both are read: one document, or one in each line.
 *
 * @throws with the reason when it is no manifest
 */
export function parseManifest(text: string): BatchObject[] {
  let documents: unknown[];
  try {
    documents = [JSON.parse(text)];
  } catch {
    documents = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parsed(line)]));
  }
  return documents.flatMap((document) => {
    const [head, ...names] = Array.isArray(document) ? (document as unknown[]) : [];
    const prefix = (head as { prefix?: unknown } | undefined)?.prefix;
    if (typeof prefix !== 'string' || !prefix.startsWith('s3://') || names.some((name) => typeof name !== 'string')) throw new Error('a manifest is a list of a prefix and names');
    return (names as string[]).map((name) => ({ name, uri: prefix + name }));
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('a manifest is JSON');
  }
}

/**
 * Inputs with their outputs: the job appends `.out` to the name, folders included (guide, "Capture data from batch transform job"). Of manifests with
 * the same name one belongs to the other; otherwise all of an hour and destination are one job's. Where two claim a name, neither is believed.
 */
export function pairBatch(manifests: readonly ReadManifest[]): BatchPair[] {
  const inputs = new Set(manifests.filter(({ side }) => side === 'input').map(placeOf));
  const outputs = new Set(manifests.filter(({ side }) => side === 'output').map(placeOf));
  const groups = new Map<string, ReadManifest[]>();
  for (const manifest of [...manifests].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const place = placeOf(manifest);
    const group = inputs.has(place) && outputs.has(place) ? place : `${manifest.destination}\n${manifest.hour}`;
    groups.set(group, [...(groups.get(group) ?? []), manifest]);
  }
  return [...groups.values()].flatMap(pairGroup);
}

/** Names a pair among captured files, by its hour as they are: `batch:yyyy/mm/dd/hh/<input>,<output>.jsonl`. */
export const BATCH_PREFIX = 'batch:';

export function batchKey({ hour, input, output }: Pick<BatchPair, 'hour' | 'input' | 'output'>): string {
  const folder = new Date(hour).toISOString().slice(0, 13).replace(/[-T]/g, '/');
  return `${BATCH_PREFIX}${folder}/${encodeURIComponent(input ?? '')},${encodeURIComponent(output ?? '')}.jsonl`;
}

/** Undefined for the key of a file. */
export function batchOfKey(key: string): Omit<BatchPair, 'etag'> | undefined {
  const match = key.startsWith(BATCH_PREFIX) && /^(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\/([^,]*),([^,]*)\.jsonl$/.exec(key.slice(BATCH_PREFIX.length));
  if (!match) return undefined;
  const [, year, month, day, hour, input, output] = match as unknown as string[];
  return {
    hour: Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour)),
    ...(input === '' ? {} : { input: decodeURIComponent(input!) }),
    ...(output === '' ? {} : { output: decodeURIComponent(output!) }),
  };
}

function placeOf({ destination, hour, name }: BatchManifest): string {
  return `${destination}\n${hour}\n${name}`;
}

function pairGroup(manifests: readonly ReadManifest[]): BatchPair[] {
  const { hour } = manifests[0]!;
  const etag = manifests.map((manifest) => manifest.etag).join(' ');
  const inputs = byName(manifests, 'input');
  const outputs = byName(manifests, 'output');
  const used = new Set<string>();
  const pairs = [...inputs].flatMap(([name, uris]) => {
    const answers = outputs.get(`${name}.out`);
    const output = uris.size === 1 && answers?.size === 1 ? [...answers][0] : undefined;
    if (output !== undefined) used.add(output);
    return [...uris].map((input): BatchPair => ({ hour, input, ...(output === undefined ? {} : { output }), etag }));
  });
  const alone = [...outputs.values()].flatMap((uris) => [...uris].filter((uri) => !used.has(uri)));
  return [...pairs, ...alone.map((output): BatchPair => ({ hour, output, etag }))];
}

function byName(manifests: readonly ReadManifest[], side: BatchManifest['side']): Map<string, Set<string>> {
  const uris = new Map<string, Set<string>>();
  for (const { name, uri } of manifests.filter((manifest) => manifest.side === side).flatMap(({ objects }) => objects)) {
    uris.set(name, (uris.get(name) ?? new Set()).add(uri));
  }
  return uris;
}
