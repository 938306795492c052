/** Moments of the finite numbers of a column; two of them merge into the moments of both (Chan, Golub, LeVeque 1979). */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly squares: number;
  /** Null while there is no value: JSON has no infinity. */
  readonly minimum: number | null;
  readonly maximum: number | null;
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
  const delta = b.mean - a.mean;
  return {
    count,
    mean: (a.count * a.mean + b.count * b.mean) / count,
    squares: a.squares + b.squares + delta * delta * ((a.count * b.count) / count),
    minimum: Math.min(a.minimum!, b.minimum!),
    maximum: Math.max(a.maximum!, b.maximum!),
  };
}

/** Running moments (Welford 1962). */
export class MomentsBuilder {
  private count = 0;
  private mean = 0;
  private squares = 0;
  private minimum = Infinity;
  private maximum = -Infinity;

  public add(value: number): void {
    this.count += 1;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.squares += delta * (value - this.mean);
    if (value < this.minimum) this.minimum = value;
    if (value > this.maximum) this.maximum = value;
  }

  public build(): Moments {
    if (this.count === 0) return NO_MOMENTS;
    return { count: this.count, mean: this.mean, squares: this.squares, minimum: this.minimum, maximum: this.maximum };
  }
}
