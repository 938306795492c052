/** Exponents that share an accumulator, as a power of two. */
const GROUP_BITS = 3;
/** Parts of 26 bits of 2^3 exponents: this many of them have a sum of at most 53 bits. */
const ADDITIONS_MAXIMUM = 1 << 19;
/** Veltkamp's constant: splits 53 bits into two halves of 26. */
const SPLITTER = 134217729;
/** Units of a total: the least subnormal number is 2^-1074. */
export const UNIT_EXPONENT = -1074;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/**
 * Sum of doubles without any rounding, so that it does not depend on the order: each number is split into halves that are added up per
 * range of exponents, where doubles add exactly (idea: Neal 2015, "Fast exact summation using small and large superaccumulators").
 * About 5 ns per number. Numbers must be finite and at most 1e290 in magnitude.
 */
export class ExactSum {
  private readonly high = new Float64Array(2048 >> GROUP_BITS);
  private readonly low = new Float64Array(2048 >> GROUP_BITS);
  private pending = 0;
  private total = 0n;

  public add(value: number): void {
    float[0] = value;
    const group = (words[1]! & 0x7fffffff) >>> (20 + GROUP_BITS);
    if (group === 0) return this.addTiny(value);
    const scaled = value * SPLITTER;
    const high = scaled - (scaled - value);
    this.high[group]! += high;
    this.low[group]! += value - high;
    if (++this.pending >= ADDITIONS_MAXIMUM) this.flush();
  }

  /**
   * Adds `numbers[from]` up to `numbers[to - 1]` to one sum, and their squares, each with its rounding error, to another. As `add` for each,
   * but in one loop without a call, where doubles stay in registers.
   */
  public static addWithSquares(values: ExactSum, squares: ExactSum, numbers: Float64Array, from: number, to: number): void {
    // Variables of a function are nearer than those of a module.
    const bits = float;
    const halves = words;
    for (let start = from; start < to; start += ADDITIONS_MAXIMUM >> 1) {
      const stop = Math.min(to, start + (ADDITIONS_MAXIMUM >> 1));
      values.reserve(stop - start);
      squares.reserve(2 * (stop - start));
      const { high: valueHighs, low: valueLows } = values;
      const { high: squareHighs, low: squareLows } = squares;
      for (let index = start; index < stop; index++) {
        const value = numbers[index]!;
        bits[0] = value;
        const group = (halves[1]! & 0x7fffffff) >>> (20 + GROUP_BITS);
        const scaled = value * SPLITTER;
        const high = scaled - (scaled - value);
        const low = value - high;
        if (group === 0) values.addTiny(value);
        else {
          valueHighs[group]! += high;
          valueLows[group]! += low;
        }
        // The square as two doubles, rounded one and error (Dekker 1971).
        const square = value * value;
        bits[0] = square;
        const squareGroup = (halves[1]! & 0x7fffffff) >>> (20 + GROUP_BITS);
        if (squareGroup === 0) squares.addTiny(square);
        else {
          const scaledSquare = square * SPLITTER;
          const squareHigh = scaledSquare - (scaledSquare - square);
          squareHighs[squareGroup]! += squareHigh;
          squareLows[squareGroup]! += square - squareHigh;
        }
        const error = high * high - square + 2 * high * low + low * low;
        bits[0] = error;
        const errorGroup = (halves[1]! & 0x7fffffff) >>> (20 + GROUP_BITS);
        if (errorGroup === 0) squares.addTiny(error);
        else {
          const scaledError = error * SPLITTER;
          const errorHigh = scaledError - (scaledError - error);
          squareHighs[errorGroup]! += errorHigh;
          squareLows[errorGroup]! += error - errorHigh;
        }
      }
    }
  }

  /** The exact sum in units of 2^-1074. */
  public units(): bigint {
    this.flush();
    return this.total;
  }

  /** Below 2^-1014. Subnormal numbers have no leading bit, so that their halves are not of 26 bits; next to 0, they hardly occur. */
  private addTiny(value: number): void {
    if (value !== 0) this.total += toUnits(value);
  }

  private reserve(additions: number): void {
    if (this.pending + additions > ADDITIONS_MAXIMUM) this.flush();
    this.pending += additions;
  }

  private flush(): void {
    if (this.pending === 0) return;
    for (let group = 0; group < this.high.length; group++) {
      if (this.high[group] !== 0) this.total += toUnits(this.high[group]!);
      if (this.low[group] !== 0) this.total += toUnits(this.low[group]!);
    }
    this.high.fill(0);
    this.low.fill(0);
    this.pending = 0;
  }
}

export function toUnits(value: number): bigint {
  float[0] = value;
  const exponent = (words[1]! >>> 20) & 0x7ff;
  const fraction = (BigInt(words[1]! & 0xfffff) << 32n) | BigInt(words[0]!);
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return value < 0 ? -magnitude : magnitude;
}

/** The double nearest to `units` times a power of two. */
export function fromUnits(units: bigint, exponent = UNIT_EXPONENT): number {
  if (units === 0n) return 0;
  const magnitude = units < 0n ? -units : units;
  const excess = Math.max(0, magnitude.toString(16).length * 4 - 64);
  let top = magnitude >> BigInt(excess);
  // What was cut off decides ties.
  if (top << BigInt(excess) !== magnitude) top |= 1n;
  const value = Number(top) * 2 ** Math.max(-1000, excess + exponent) * 2 ** Math.min(0, excess + exponent + 1000);
  return units < 0n ? -value : value;
}

/** The sum as doubles of falling magnitude that add up to it exactly: the first is the sum rounded, the rest are what rounding lost. */
export function toParts(units: bigint): number[] {
  const parts: number[] = [];
  for (let rest = units; rest !== 0n; ) {
    const part = fromUnits(rest);
    parts.push(part);
    rest -= toUnits(part);
  }
  return parts;
}

export function fromParts(parts: readonly number[]): bigint {
  return parts.reduce((sum, part) => sum + toUnits(part), 0n);
}
