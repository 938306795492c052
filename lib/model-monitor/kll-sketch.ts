/** As the file has it; defaults of k and c are deequ's. */
export interface KllSketch {
  readonly levels: readonly (readonly number[])[];
  readonly k: number;
  readonly c: number;
}

/**
 * The distribution that a KLL sketch stands for: an item of level i stands for 2^i values (deequ, QuantileNonSample and KLLSketch). Read
 * exactly: nothing is lost beyond what the sketch itself left out. What is no finite number is left out.
 */
export function sketchItems(sketch: KllSketch): { readonly values: number[]; readonly counts: number[]; readonly rankError: number } {
  const weights = new Map<number, number>();
  // + 0: without the sign of zero.
  sketch.levels.forEach((level, index) => {
    for (const value of level) if (Number.isFinite(value)) weights.set(value + 0, (weights.get(value + 0) ?? 0) + 2 ** index);
  });
  const values = [...weights.keys()].sort((a, b) => a - b);
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return { values, counts: values.map((value) => weights.get(value)!), rankError: rankError(sketch, total) };
}

/**
 * Two standard deviations. A compaction of level h moves a rank by 2^h, up or down with the same probability, or not at all (Karnin, Lang, Liberty
 * 2016, proof of theorem 1). How often it was done follows from what stands above: each made half of the level's capacity, k·c^(H-1-h).
 */
function rankError({ levels, k, c }: KllSketch, total: number): number {
  let variance = 0;
  let above = total;
  levels.forEach(({ length }, level) => {
    above -= length * 2 ** level;
    const promoted = above / 2 ** (level + 1);
    const capacity = Math.max(2, k * c ** (levels.length - 1 - level));
    variance += (promoted / (capacity / 2)) * 4 ** level;
  });
  return total === 0 ? 0 : (2 * Math.sqrt(Math.max(0, variance))) / total;
}
