/**
 * The p-value up to which hypotheses are rejected so that the expected share of false ones among them stays below `rate`
 * (Benjamini and Hochberg 1995). When nothing is rejected it is the level the smallest p-value would have had to reach: rate / tests.
 */
export function benjaminiHochbergLevel(pValues: readonly number[], rate: number): number {
  if (pValues.length === 0) return rate;
  const ascending = [...pValues].sort((a, b) => a - b);
  let rejected = 1;
  ascending.forEach((pValue, index) => {
    if (pValue <= (rate * (index + 1)) / ascending.length) rejected = index + 1;
  });
  return (rate * rejected) / ascending.length;
}
