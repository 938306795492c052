const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Fixed text, a text of any content, fixed text: the part of a captured line up to some data, which is the same in nearly all lines. */
export class ByteTemplate {
  private readonly before: Uint8Array;
  private readonly after: Uint8Array;
  /** What matched last. */
  private known = new Uint8Array(0);

  public constructor(before: string, after: string) {
    this.before = Buffer.from(before);
    this.after = Buffer.from(after);
  }

  /** Position behind what matches at `from`, or -1. */
  public match(bytes: Uint8Array, from: number): number {
    if (this.known.length > 0 && startsWith(bytes, from, this.known)) return from + this.known.length;
    if (!startsWith(bytes, from, this.before)) return -1;
    const content = endOfText(bytes, from + this.before.length);
    if (content < 0 || !startsWith(bytes, content, this.after)) return -1;
    const end = content + this.after.length;
    // A copy: `slice` of a Buffer would be a view, and whoever reads chunks may use theirs again.
    this.known = Uint8Array.from(bytes.subarray(from, end));
    return end;
  }
}

/** Bytes behind the end are undefined and match nothing. */
export function startsWith(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false;
  return true;
}

/** Position of the quote that ends a text of printable ASCII without escapes, or -1. Some control character must follow in `bytes`. */
export function endOfText(bytes: Uint8Array, from: number): number {
  for (let p = from; ; p++) {
    const byte = bytes[p]!;
    if (byte === QUOTE) return p;
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1;
  }
}
