/** Area under the ROC curve by ranks; ties count half. NaN when one of the classes is missing. */
export function areaUnderCurve(scores: readonly number[], labels: readonly number[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let rankSum = 0;
  let positives = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let i = from; i < to; i++) {
      if (labels[order[i]!] !== 1) continue;
      rankSum += (from + 1 + to) / 2;
      positives++;
    }
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (scores.length - positives));
}
