import { lakeKeys } from '../data/data-lake.contract';
import { verifyLedger, verifyLedgerPart } from '../governance/ledger';
import type { LedgerEntry } from '../governance/outcome.contract';
import type { OperatedModel } from './operated-model';

/** Requests at once. */
const AT_ONCE = 25;

/** What was read, newest first, and whether it is what was written. */
export interface LedgerPart {
  readonly entries: readonly LedgerEntry[];
  /** Sequence of the newest entry; 0 without any. */
  readonly newest: number;
  /** Sequence of the oldest entry that was read; 1: the whole ledger was verified. */
  readonly oldest: number;
  /** Sentences; empty when nothing is wrong. */
  readonly problems: readonly string[];
}

/**
 * Reads backwards from the newest entry until `enough` of them were `wanted`; `all`: to the first. Entries are found by their number, as
 * the head is only a hint: a run that died may have written beyond it.
 */
export async function readLedger(model: OperatedModel, enough: number, wanted: (entry: LedgerEntry) => boolean, all = false): Promise<LedgerPart> {
  const read = (sequence: number): Promise<LedgerEntry | undefined> => model.read<LedgerEntry>(lakeKeys.ledgerEntry(model.name, sequence));
  const head = (await model.read<{ sequence: number }>(lakeKeys.ledgerHead(model.name)))?.sequence ?? 0;
  const entries: LedgerEntry[] = [];
  let newest = head;
  for (let next = await read(newest + 1); next !== undefined; next = await read(newest + 1)) {
    newest++;
    entries.unshift(next);
  }
  const missing: string[] = [];
  let oldest = head + 1;
  let found = entries.filter(wanted).length;
  while (oldest > 1 && (all || found < enough)) {
    const sequences = Array.from({ length: Math.min(AT_ONCE, oldest - 1) }, (_, index) => oldest - 1 - index);
    const batch = await Promise.all(sequences.map(read));
    batch.forEach((entry, index) => {
      if (entry === undefined) missing.push(`entry ${sequences[index]} is missing`);
      else entries.push(entry);
    });
    oldest = sequences[sequences.length - 1]!;
    found = entries.filter(wanted).length;
  }
  const problems = missing.length > 0 ? missing : oldest === 1 ? verifyLedger(entries) : verifyLedgerPart(entries);
  return { entries, newest, oldest: Math.min(oldest, newest), problems };
}
