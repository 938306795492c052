import { parseCsv } from '../../data/csv';
import type { Label } from '../analysis/evidence';

/** The labels of one file, JSON lines. */
export function readLabelLines(text: string): { readonly labels: readonly Label[]; readonly badLines: number } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const labels = lines.flatMap((line) => readLabel(line) ?? []);
  return { labels, badLines: lines.length - labels.length };
}

/** `{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"…"}}` (model-monitor-model-quality-merge). */
export function readLabel(line: string): Label | undefined {
  try {
    const { groundTruthData, eventMetadata } = JSON.parse(line) as { groundTruthData?: { data?: unknown; encoding?: unknown }; eventMetadata?: { eventId?: unknown } };
    if (typeof eventMetadata?.eventId !== 'string' || typeof groundTruthData?.data !== 'string' || groundTruthData.encoding !== 'CSV') return undefined;
    return { id: eventMetadata.eventId, values: parseCsv(groundTruthData.data).flat() };
  } catch {
    return undefined;
  }
}
