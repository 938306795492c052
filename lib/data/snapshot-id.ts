import { createHash } from 'node:crypto';
import type { ContractDocument } from './data-contract.contract';
import type { SnapshotFile, SplitRule } from './raw-file.contract';

/**
 * The data version: SHA-256 over contract, split and the files' keys and contents, 16 hexadecimal digits of it. Object versions are not
 * part of it: the same bytes uploaded again are the same data.
 */
export function snapshotId(contract: ContractDocument, split: SplitRule, files: readonly SnapshotFile[]): string {
  const content = { contract, split, files: files.map(({ key, sha256 }) => [key, sha256]) };
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 16);
}

/** JSON with sorted keys, so that the order in which somebody wrote them does not make another version. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
