import { createHash } from 'node:crypto';
import { curatedLabel, curatedValue, parseTimestamp } from './column-value';
import { formatCsvRow } from './csv';
import { columnLayout, type ContractColumn, hasRole } from './data-contract.contract';
import type { Channel, SnapshotManifest } from './raw-file.contract';

/**
 * Rows of one validated raw file as curated CSV lines of the three channels. Every row's place depends on the row and the snapshot's
 * rule alone, never on its neighbours: files may be prepared in any order, and again.
 */
export function splitRows(manifest: Pick<SnapshotManifest, 'contract' | 'split' | 'cutoff'>, rows: readonly (readonly string[])[]): Record<Channel, string[]> {
  const { contract, split, cutoff } = manifest;
  const header = rows[0]!.map((name) => name.replace(/^\uFEFF/, '').trim());
  const place = (column: ContractColumn): number => header.indexOf(column.name);
  const layout = columnLayout(contract);
  const labelPlace = place(layout.label);
  const features = layout.features.map((column) => ({ column, place: place(column) }));
  const passthrough = layout.passthrough.map((column) => ({ column, place: place(column) }));
  const timePlace = layout.time ? place(layout.time) : -1;
  const id = contract.columns.find((column) => hasRole(column, 'id'));
  const idPlace = id ? place(id) : -1;
  const parts: Record<Channel, string[]> = { train: [], validation: [], test: [] };

  for (let index = 1; index < rows.length; index++) {
    const row = rows[index]!.map((text) => text.trim());
    const hashed = idPlace >= 0 ? row[idPlace]! : row.join('\u001f');
    const isTest = cutoff !== undefined ? parseTimestamp(row[timePlace]!)! > cutoff : uniform('test', hashed) < (split.testShare ?? 0);
    const values = [curatedLabel(layout.label, row[labelPlace]!), ...features.map(({ column, place: at }) => curatedValue(column, row[at]!))];
    if (isTest) parts.test.push(formatCsvRow([...passthrough.map(({ column, place: at }) => curatedValue(column, row[at]!)), ...values]));
    else parts[uniform('validation', hashed) < split.validationShare ? 'validation' : 'train'].push(formatCsvRow(values));
  }
  return parts;
}

/** A number in [0, 1) from the text: the first 48 bits of its SHA-256. */
function uniform(salt: string, text: string): number {
  return createHash('sha256').update(`${salt}\u001f${text}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
