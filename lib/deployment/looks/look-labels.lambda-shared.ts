import { readLabelFile, readLabelLine } from '../../capture/label-reader';
import type { Label } from '../analysis/evidence';

/** The labels of one file, JSON lines. */
export function readLabelLines(text: string): { readonly labels: readonly Label[]; readonly badLines: number } {
  const { labels, badLines } = readLabelFile(text);
  return { labels, badLines: badLines.length };
}

/** Undefined when the line is no label. */
export function readLabel(line: string): Label | undefined {
  try {
    return readLabelLine(line);
  } catch {
    return undefined;
  }
}
