import { createHash } from 'node:crypto';
import type { LedgerEntry, OutcomeEvent } from './outcome.contract';

/** Hash before the first entry. */
export const GENESIS_HASH = '0'.repeat(64);

/** The next entry of the chain: its hash covers everything in it, the previous hash included. */
export function chainEntry(event: OutcomeEvent, modelName: string, previous: Pick<LedgerEntry, 'sequence' | 'hash'> | undefined): LedgerEntry {
  const body = { ...event, modelName, sequence: (previous?.sequence ?? 0) + 1, previousHash: previous?.hash ?? GENESIS_HASH };
  return { ...body, hash: hashOf(body) };
}

/** What is wrong with the ledger, a sentence each; empty when it is complete and unaltered. Entries in any order. */
export function verifyLedger(entries: readonly LedgerEntry[]): string[] {
  return verify(bySequence(entries), { sequence: 1, previousHash: GENESIS_HASH });
}

/** The same for consecutive entries that are not the whole ledger: the first of them is believed to follow from what came before it. */
export function verifyLedgerPart(entries: readonly LedgerEntry[]): string[] {
  const sorted = bySequence(entries);
  return sorted[0] === undefined ? [] : verify(sorted, sorted[0]);
}

function verify(entries: readonly LedgerEntry[], start: Pick<LedgerEntry, 'sequence' | 'previousHash'>): string[] {
  const problems: string[] = [];
  const seen = new Map<string, number>();
  let { previousHash } = start;
  entries.forEach((entry, index) => {
    const { hash, ...body } = entry;
    if (entry.sequence !== start.sequence + index) problems.push(`entry ${start.sequence + index} is missing or doubled: found sequence ${entry.sequence}`);
    if (entry.previousHash !== previousHash) problems.push(`entry ${entry.sequence} does not follow from the entry before it`);
    if (hash !== hashOf(body)) problems.push(`entry ${entry.sequence} was altered after it was written`);
    const twin = seen.get(entry.eventId);
    if (twin !== undefined) problems.push(`entry ${entry.sequence} records event ${entry.eventId} again, first recorded as ${twin}`);
    seen.set(entry.eventId, twin ?? entry.sequence);
    previousHash = hash;
  });
  return problems;
}

function bySequence(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return [...entries].sort((a, b) => a.sequence - b.sequence);
}

/** Name of the object that marks an event as recorded: event ids are ARNs and may be longer than a key part should be. */
export function eventKeyPart(eventId: string): string {
  return createHash('sha256').update(eventId).digest('hex');
}

function hashOf(body: object): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

/** JSON with sorted keys and without undefined members, so that the hash survives a round trip through storage. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
