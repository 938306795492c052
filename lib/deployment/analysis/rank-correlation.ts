/**
 * Spearman's rank correlation: Pearson's of the ranks, ties at their mean rank. Undefined when both sides are constant (there is no order
 * to agree on) or fewer than two pairs are given; 0 when one side is constant.
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} values are no pairs`);
  if (a.length < 2) return undefined;
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  if (xx === 0 && yy === 0) return undefined;
  return xx === 0 || yy === 0 ? 0 : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).sort((i, j) => values[i]! - values[j]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let position = start; position < end; position++) result[order[position]!] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}
