import { ExactSum, fromParts, fromUnits, toParts, UNIT_EXPONENT } from './exact-sum';

/** Numbers count as at most this in the sums, so that squares of any number of them stay finite. */
const MAGNITUDE_MAXIMUM = 1e140;
/** Veltkamp's constant. */
const SPLITTER = 134217729;

/** Moments of the finite numbers of a column; two of them merge into the moments of both, bit for bit, in any order. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly squares: number;
  /** Null while there is no value: JSON has no infinity. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** What mean and squares follow from, exactly: doubles that add up to the sum of the values and of their squares. Absent in old files. */
  readonly sums?: { readonly values: readonly number[]; readonly squares: readonly number[] };
}

export const NO_MOMENTS: Moments = { count: 0, mean: 0, squares: 0, minimum: null, maximum: null };

/** Population standard deviation; 0 below two values. */
export function standardDeviation(moments: Moments): number {
  return moments.count < 2 ? 0 : Math.sqrt(moments.squares / moments.count);
}

export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const minimum = Math.min(a.minimum!, b.minimum!);
  const maximum = Math.max(a.maximum!, b.maximum!);
  if (a.sums && b.sums) {
    const values = fromParts(a.sums.values) + fromParts(b.sums.values);
    return momentsOf(count, values, fromParts(a.sums.squares) + fromParts(b.sums.squares), minimum, maximum);
  }
  // Files without exact sums: Chan, Golub, LeVeque 1979; the last bits then depend on the order.
  const delta = b.mean - a.mean;
  return {
    count,
    mean: (a.count * a.mean + b.count * b.mean) / count,
    squares: a.squares + b.squares + delta * delta * ((a.count * b.count) / count),
    minimum,
    maximum,
  };
}

/** Moments from the exact sums of values and squares, in units of 2^-1074. */
function momentsOf(count: number, values: bigint, squares: bigint, minimum: number, maximum: number): Moments {
  const deviations = ((BigInt(count) * squares) << BigInt(-UNIT_EXPONENT)) - values * values;
  return {
    count,
    mean: fromUnits(values) / count,
    squares: Math.max(0, fromUnits(deviations, 2 * UNIT_EXPONENT) / count),
    minimum,
    maximum,
    sums: { values: toParts(values), squares: toParts(squares) },
  };
}

/** Moments without rounding on the way: neither their order nor their size costs a digit. */
export class MomentsBuilder {
  private count = 0;
  private readonly values = new ExactSum();
  private readonly squares = new ExactSum();
  private minimum = Infinity;
  private maximum = -Infinity;

  /** A finite number. */
  public add(value: number): void {
    this.count += 1;
    if (value < this.minimum) this.minimum = value;
    if (value > this.maximum) this.maximum = value;
    const bounded = value > MAGNITUDE_MAXIMUM ? MAGNITUDE_MAXIMUM : value < -MAGNITUDE_MAXIMUM ? -MAGNITUDE_MAXIMUM : value;
    this.values.add(bounded);
    // The square as two doubles, rounded one and error (Dekker 1971).
    const scaled = bounded * SPLITTER;
    const high = scaled - (scaled - bounded);
    const low = bounded - high;
    const square = bounded * bounded;
    this.squares.add(square);
    const error = high * high - square + 2 * high * low + low * low;
    if (error !== 0) this.squares.add(error);
  }

  /** Finite numbers: `numbers[from]` up to `numbers[to - 1]`. */
  public addAll(numbers: Float64Array, from: number, to: number): void {
    let minimum = this.minimum;
    let maximum = this.maximum;
    for (let index = from; index < to; index++) {
      const value = numbers[index]!;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    if (maximum > MAGNITUDE_MAXIMUM || minimum < -MAGNITUDE_MAXIMUM) {
      for (let index = from; index < to; index++) this.add(numbers[index]!);
      return;
    }
    this.minimum = minimum;
    this.maximum = maximum;
    this.count += to - from;
    ExactSum.addWithSquares(this.values, this.squares, numbers, from, to);
  }

  public build(): Moments {
    if (this.count === 0) return NO_MOMENTS;
    return momentsOf(this.count, this.values.units(), this.squares.units(), this.minimum + 0, this.maximum + 0);
  }
}
