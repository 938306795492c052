import { createHash } from 'node:crypto';

/** What is remembered of the files of one source, as JSON. */
export interface CountedFilesDocument {
  /** First hour (`yyyy/mm/dd/hh/`) in which files are still looked for. */
  readonly from: string;
  /** Fingerprints of the files that were counted, by their hour, one after the other. */
  readonly counted: Readonly<Record<string, string>>;
}

/** 36 bits: two of ten thousand files of an hour meet once in a thousand such hours. */
const FINGERPRINT_LENGTH = 6;

/**
 * Which files were counted already. Files are delivered late and not in the order of their names, so a name alone cannot be the cursor: the
 * hours in which files may still come remember each of theirs, and those before remember nothing because they are never listed again.
 */
export class CountedFiles {
  private readonly hours = new Map<string, Set<string>>();
  private first: string;

  public constructor({ from, counted }: CountedFilesDocument) {
    this.first = from;
    for (const [hour, text] of Object.entries(counted)) {
      const fingerprints = new Set<string>();
      for (let start = 0; start < text.length; start += FINGERPRINT_LENGTH) fingerprints.add(text.slice(start, start + FINGERPRINT_LENGTH));
      this.hours.set(hour, fingerprints);
    }
  }

  public get from(): string {
    return this.first;
  }

  public has(hour: string, name: string): boolean {
    return hour < this.first || this.hours.get(hour)?.has(fingerprint(name)) === true;
  }

  public add(hour: string, name: string): void {
    if (hour < this.first) return;
    const fingerprints = this.hours.get(hour) ?? new Set();
    this.hours.set(hour, fingerprints.add(fingerprint(name)));
  }

  /** Hours before this one are over. @returns whether that says anything new */
  public close(before: string): boolean {
    if (before <= this.first) return false;
    this.first = before;
    for (const hour of this.hours.keys()) if (hour < before) this.hours.delete(hour);
    return true;
  }

  public toJSON(): CountedFilesDocument {
    const counted = Object.fromEntries([...this.hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([hour, fingerprints]) => [hour, [...fingerprints].sort().join('')]));
    return { from: this.first, counted };
  }
}

function fingerprint(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}
