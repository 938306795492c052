import { createHash } from 'node:crypto';
import { hourAndName } from './extract-record';
import { type ExtractBatch, qualityKeys } from './model-quality.contract';

export interface SourceFile {
  readonly key: string;
  readonly size: number;
}

/** What one function reads comfortably within its time, a single file that is greater apart. */
export const BATCH_BYTES = 64 * 1024 * 1024;
const BATCH_FILES = 200;

/** Files of one source in batches of one day each, in the order of their keys; the same files give the same batches. */
export function batchesOf(model: string, source: Pick<ExtractBatch, 'source' | 'version'>, prefix: string, files: readonly SourceFile[]): ExtractBatch[] {
  const batches: ExtractBatch[] = [];
  let keys: string[] = [];
  let bytes = 0;
  let day = '';
  const close = (): void => {
    if (keys.length > 0) batches.push({ ...source, keys, extractKey: qualityKeys.extract(model, source.source, day, digest(keys)) });
    keys = [];
    bytes = 0;
  };
  for (const { key, size } of [...files].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const of = hourAndName(key, prefix)!.hour.slice(0, 10).replaceAll('/', '');
    if (of !== day || keys.length === BATCH_FILES || bytes + size > BATCH_BYTES) close();
    day = of;
    keys.push(key);
    bytes += size;
  }
  close();
  return batches;
}

function digest(keys: readonly string[]): string {
  return createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 16);
}
