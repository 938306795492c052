const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes as whatever reads them needs them: one at a time, and four at once. */
export interface ByteSource {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function byteSource(bytes: Buffer): ByteSource {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** A text of at least four bytes that is compared four bytes at a time. */
export class ByteText {
  public readonly length: number;
  private readonly words: Int32Array;
  /** The last four bytes, which may lie over the last of the words. */
  private readonly last: number;

  public constructor(text: Uint8Array) {
    const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
    this.length = text.length;
    this.words = Int32Array.from({ length: text.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
    this.last = view.getInt32(text.length - 4, true);
  }

  public isAt(view: DataView, from: number): boolean {
    const { words, length } = this;
    if (from + length > view.byteLength) return false;
    // Without a branch for each word, and four at a time: nearly always all of them are equal.
    let difference = view.getInt32(from + length - 4, true) ^ this.last;
    let index = 0;
    let p = from;
    for (; index + 4 <= words.length; index += 4, p += 16) {
      difference |=
        (view.getInt32(p, true) ^ words[index]!) |
        (view.getInt32(p + 4, true) ^ words[index + 1]!) |
        (view.getInt32(p + 8, true) ^ words[index + 2]!) |
        (view.getInt32(p + 12, true) ^ words[index + 3]!);
    }
    for (; index < words.length; index++, p += 4) difference |= view.getInt32(p, true) ^ words[index]!;
    return difference === 0;
  }
}

/** Fixed text, a text of any content, fixed text: the part of a captured line up to some data, which is the same in nearly all lines. */
export class ByteTemplate {
  private readonly before: ByteText;
  private readonly after: ByteText;
  /** What matched last. */
  private known: ByteText | undefined;

  public constructor(before: string, after: string) {
    this.before = new ByteText(Buffer.from(before));
    this.after = new ByteText(Buffer.from(after));
  }

  /** Position behind what matches at `from`, or -1. */
  public match(source: ByteSource, from: number): number {
    if (this.known?.isAt(source.view, from)) return from + this.known.length;
    if (!this.before.isAt(source.view, from)) return -1;
    const content = endOfText(source, from + this.before.length);
    if (content < 0 || !this.after.isAt(source.view, content)) return -1;
    const end = content + this.after.length;
    this.known = new ByteText(source.bytes.subarray(from, end));
    return end;
  }
}

/** Position of the quote that ends a text of ASCII without escapes, or -1. Some control character must follow. */
export function endOfText({ bytes, view }: ByteSource, from: number): number {
  let p = from;
  for (; p + 4 <= view.byteLength; p += 4) {
    const word = view.getInt32(p, true);
    const quote = word ^ 0x22222222;
    const backslash = word ^ 0x5c5c5c5c;
    // The upper bit of a byte says that it, or one before it, may be a control character, not ASCII, a quote or a backslash.
    if (((word | (word - 0x20202020) | ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash)) & 0x80808080) !== 0) break;
  }
  for (; ; p++) {
    const byte = bytes[p]!;
    if (byte === QUOTE) return p;
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7f) return -1;
  }
}
