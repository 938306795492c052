import { parseCsv } from '../data/csv';
import { type BadLine } from './capture-reader';

/** Ground truth of one request; several rows have several labels. */
export interface LabelRecord {
  /** The inference id, or the event id where the caller gave none. */
  readonly id: string;
  readonly values: readonly string[];
}

export interface LabelFile {
  readonly labels: readonly (LabelRecord & { readonly line: number })[];
  readonly badLines: readonly BadLine[];
}

/**
 * Reads a file of labels: JSON lines `{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"…"},"eventVersion":"0"}`
 * (guide, "Ingest ground truth labels and merge them with predictions"). A line that cannot be read is counted and described, never fatal.
 */
export function readLabelFile(text: string): LabelFile {
  const labels: (LabelRecord & { line: number })[] = [];
  const badLines: BadLine[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    try {
      labels.push({ ...readLabelLine(line), line: index + 1 });
    } catch (error) {
      badLines.push({ line: index + 1, reason: (error as Error).message });
    }
  });
  return { labels, badLines };
}

/** @throws with the reason when the line is no label */
export function readLabelLine(line: string): LabelRecord {
  let document: { groundTruthData?: { data?: unknown; encoding?: unknown } | null; eventMetadata?: { eventId?: unknown } | null } | null;
  try {
    document = JSON.parse(line) as typeof document;
  } catch {
    throw new Error('the line is not JSON');
  }
  const { groundTruthData: truth, eventMetadata: metadata } = document ?? {};
  if (typeof metadata?.eventId !== 'string' || metadata.eventId === '') throw new Error('eventMetadata.eventId is missing');
  if (typeof truth?.data !== 'string') throw new Error('groundTruthData.data is not a text');
  if (truth.encoding !== 'CSV') throw new Error(`groundTruthData.encoding ${JSON.stringify(truth.encoding)} is not CSV`);
  return { id: metadata.eventId, values: parseCsv(truth.data).flat() };
}
