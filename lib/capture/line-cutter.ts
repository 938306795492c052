const LINE_FEED = 0x0a;

export interface LineSink {
  /** Whole lines: `bytes[to - 1]` is the line feed of the last one. */
  lines(bytes: Buffer, from: number, to: number): void;
  /** What follows the last line feed of the file. */
  unterminated(bytes: Buffer): void;
  /** A line that was passed over. */
  tooLong(): void;
}

/** Cuts a stream of chunks into lines. Copies only the lines that go over the end of a chunk, and never holds more than the longest line that is allowed. */
export class LineCutter {
  private carried = Buffer.alloc(0);
  private length = 0;
  private skipping = false;

  public constructor(
    private readonly maximum: number,
    private readonly sink: LineSink,
  ) {}

  public write(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    if (this.length > 0 || this.skipping) {
      const feed = bytes.indexOf(LINE_FEED);
      if (feed < 0) return this.carry(bytes);
      from = feed + 1;
      this.carry(bytes.subarray(0, from));
      const { length, skipping } = this;
      this.length = 0;
      this.skipping = false;
      if (skipping) this.sink.tooLong();
      else this.sink.lines(this.carried, 0, length);
    }
    const to = bytes.lastIndexOf(LINE_FEED) + 1;
    if (to > from) this.sink.lines(bytes, from, to);
    this.carry(bytes.subarray(Math.max(from, to)));
  }

  public end(): void {
    if (this.skipping) this.sink.tooLong();
    else if (this.length > 0) this.sink.unterminated(this.carried.subarray(0, this.length));
  }

  private carry(bytes: Buffer): void {
    const length = this.length + bytes.length;
    // The line feed does not count.
    if (this.skipping || length > this.maximum + 1) {
      this.skipping = true;
      this.length = 0;
      this.carried = Buffer.alloc(0);
      return;
    }
    if (length > this.carried.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.carried.length, this.maximum + 1)));
      larger.set(this.carried.subarray(0, this.length));
      this.carried = larger;
    }
    this.carried.set(bytes, this.length);
    this.length = length;
  }
}
