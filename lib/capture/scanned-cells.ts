import { scanDecimal } from './decimal-scanner';

const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const CELLS_MINIMUM = 4096;

/** Cells in the order in which they were read. A number is in `values`; where that is NaN the cell is in `texts`, `''` = missing. */
export class ScannedCells {
  public values = new Float64Array(CELLS_MINIMUM);
  public readonly texts = new Array<string>(CELLS_MINIMUM).fill('');

  /**
   * Reads the cell of CSV at `bytes[from]` and returns the position of what ends it: a comma, the quote at the end of the data, or a
   * backslash. Returns -1 for a cell that is not printable ASCII.
   */
  public read(bytes: Buffer, from: number, index: number, numeric: boolean): number {
    if (index >= this.values.length) this.grow();
    if (numeric) {
      const end = scanDecimal(bytes, from, this.values, index);
      if (end >= 0) return end;
    }
    return this.readText(bytes, from, index, numeric);
  }

  private readText(bytes: Buffer, from: number, index: number, numeric: boolean): number {
    let end = from;
    for (; ; end++) {
      const byte = bytes[end]!;
      if (byte === COMMA || byte === QUOTE || byte === BACKSLASH) break;
      if (byte < 0x20 || byte > 0x7e) return -1;
    }
    const text = end === from ? '' : bytes.toString('latin1', from, end);
    const value = numeric && text.trim() !== '' ? Number(text) : NaN;
    this.values[index] = Number.isFinite(value) ? value : NaN;
    this.texts[index] = text;
    return end;
  }

  private grow(): void {
    const larger = new Float64Array(2 * this.values.length);
    larger.set(this.values);
    for (let index = this.values.length; index < larger.length; index++) this.texts.push('');
    this.values = larger;
  }
}
