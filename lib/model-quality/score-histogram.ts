/** Scores from 0 to 1 are counted in this many bins of equal width, so that a threshold of at most four decimals is an edge. */
export const SCORE_BINS = 10_000;

/**
 * Labelled scores by bin: `bin, negatives, positives` one after the other, bins ascending, only those that occurred. Two of them add up.
 */
export type ScoreHistogram = readonly number[];

/** Right-open bins, exact at their edges as decimals: a score of 0.29 is in the bin that begins at 0.29. Scores beyond 0 and 1 are in the last bins. */
export function scoreBin(score: number): number {
  let bin = Math.min(SCORE_BINS - 1, Math.max(0, Math.floor(score * SCORE_BINS)));
  // The product is rounded, the quotient is the double that is nearest to the decimal.
  if (bin + 1 < SCORE_BINS && score >= (bin + 1) / SCORE_BINS) bin += 1;
  else if (bin > 0 && score < bin / SCORE_BINS) bin -= 1;
  return bin;
}

export class ScoreHistogramBuilder {
  private readonly bins = new Map<number, [negatives: number, positives: number]>();

  public add(score: number, positive: boolean): void {
    const bin = scoreBin(score);
    let counts = this.bins.get(bin);
    if (!counts) this.bins.set(bin, (counts = [0, 0]));
    counts[positive ? 1 : 0] += 1;
  }

  public build(): ScoreHistogram {
    return [...this.bins].sort(([a], [b]) => a - b).flatMap(([bin, [negatives, positives]]) => [bin, negatives, positives]);
  }
}

export function mergeHistograms(a: ScoreHistogram, b: ScoreHistogram): ScoreHistogram {
  const merged: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const left = i < a.length ? a[i]! : Infinity;
    const right = j < b.length ? b[j]! : Infinity;
    merged.push(Math.min(left, right), (left <= right ? a[i + 1]! : 0) + (right <= left ? b[j + 1]! : 0), (left <= right ? a[i + 2]! : 0) + (right <= left ? b[j + 2]! : 0));
    if (left <= right) i += 3;
    if (right <= left) j += 3;
  }
  return merged;
}

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Exact for thresholds with at most four decimals. */
export function confusionAt(histogram: ScoreHistogram, threshold: number): Confusion {
  const first = scoreBin(threshold);
  let [truePositives, falsePositives, trueNegatives, falseNegatives] = [0, 0, 0, 0];
  for (let place = 0; place < histogram.length; place += 3) {
    const [bin, negatives, positives] = [histogram[place]!, histogram[place + 1]!, histogram[place + 2]!];
    if (bin >= first) {
      falsePositives += negatives;
      truePositives += positives;
    } else {
      trueNegatives += negatives;
      falseNegatives += positives;
    }
  }
  return { truePositives, falsePositives, trueNegatives, falseNegatives };
}

export interface HistogramRanking {
  readonly auc: number;
  /** DeLong's, of the binned scores; undefined with a single row of a class. */
  readonly variance?: number;
  /** By how much the scores' own order within the bins may move the area, at most. */
  readonly aucError: number;
  readonly averagePrecision: number;
  readonly averagePrecisionError: number;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Area under the ROC curve with the variance of DeLong et al. (1988), and average precision, of binned scores: rows of one bin are ties. Of
 * the P N pairs those within a bin count half, so the area is off by at most half of their share. Undefined unless both classes occur.
 */
export function rankHistogram(histogram: ScoreHistogram): HistogramRanking | undefined {
  let [positives, negatives] = [0, 0];
  for (let place = 0; place < histogram.length; place += 3) {
    negatives += histogram[place + 1]!;
    positives += histogram[place + 2]!;
  }
  if (positives === 0 || negatives === 0) return undefined;
  let [below, belowPositives, auc, within] = [0, 0, 0, 0];
  let [squares10, squares01] = [0, 0];
  for (let place = 0; place < histogram.length; place += 3) {
    const [n, p] = [histogram[place + 1]!, histogram[place + 2]!];
    const v10 = (below + n / 2) / negatives;
    const v01 = (positives - belowPositives - p / 2) / positives;
    auc += (p * v10) / positives;
    squares10 += p * v10 * v10;
    squares01 += n * v01 * v01;
    within += n * p;
    below += n;
    belowPositives += p;
  }
  const variance = (squares: number, rows: number): number => Math.max(0, squares - rows * auc * auc) / (rows - 1) / rows;
  const pairs = positives * negatives;
  return {
    auc,
    ...(positives > 1 && negatives > 1 ? { variance: variance(squares10, positives) + variance(squares01, negatives) } : {}),
    aucError: within / (2 * pairs),
    ...precisionOf(histogram, positives),
    positives,
    negatives,
  };
}

/** Ties together; the error is what the best and the worst order within the bins would give. */
function precisionOf(histogram: ScoreHistogram, positives: number): { averagePrecision: number; averagePrecisionError: number } {
  let [hits, rows, average, best, worst] = [0, 0, 0, 0, 0];
  for (let place = histogram.length - 3; place >= 0; place -= 3) {
    const [n, p] = [histogram[place + 1]!, histogram[place + 2]!];
    if (p > 0) {
      average += (p / positives) * ((hits + p) / (rows + n + p));
      for (let gained = 1; gained <= p; gained++) {
        best += (hits + gained) / (rows + gained);
        worst += (hits + gained) / (rows + n + gained);
      }
    }
    hits += p;
    rows += n + p;
  }
  return { averagePrecision: average, averagePrecisionError: Math.max(best / positives - average, average - worst / positives, 0) };
}
