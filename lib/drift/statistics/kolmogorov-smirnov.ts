import { kolmogorovLimitSurvival, kolmogorovSurvival } from './kolmogorov-distribution';

/** scipy's limit for `method='auto'`: the greater sample has at most this many values. */
export const EXACT_SIZE_MAXIMUM = 10_000;

/**
 * How often two samples of n and m from one continuous distribution differ by at least `statistic` (two-sided two-sample test of Kolmogorov and
 * Smirnov). Exact, from the number of lattice paths: closed form for n = m, else a recursion over n·m cells of which only those near the
 * diagonal cost time. Every term is positive, so small p-values keep their digits. With ties it is conservative. No minimum sample: it is exact.
 * scipy: `ks_2samp(method='exact')`.
 */
export function kolmogorovSmirnovExact(statistic: number, n: number, m: number): number {
  requireSizes(n, m);
  const divisor = greatestCommonDivisor(n, m);
  // Differences of the distribution functions are multiples of 1 / least common multiple.
  const steps = Math.round(statistic * (n / divisor) * m);
  if (steps <= 0) return 1;
  return n === m ? equalSizes(n, steps) : Math.min(1, otherSizes(n, m, divisor, steps));
}

/** The finite-n asymptotic: the distribution of one sample of round(nm / (n + m)). scipy: `ks_2samp(method='asymp')`. */
export function kolmogorovSmirnovAsymptotic(statistic: number, n: number, m: number): number {
  requireSizes(n, m);
  return kolmogorovSurvival(statistic, Math.max(1, roundHalfEven((n * m) / (n + m))));
}

/** Kolmogorov's limiting distribution, of use for very large samples and for comparison with tools that know nothing else. */
export function kolmogorovSmirnovLimit(statistic: number, n: number, m: number): number {
  requireSizes(n, m);
  return kolmogorovLimitSurvival(statistic * Math.sqrt((n * m) / (n + m)));
}

/** Σ ± C(2n, n - k·steps) / C(2n, n), twice, by Horner's scheme. */
function equalSizes(n: number, steps: number): number {
  let probability = 0;
  for (let k = Math.floor(n / steps); k >= 1; k--) {
    let ratio = 1;
    for (let j = 0; j < steps; j++) ratio *= (n - (k - 1) * steps - j) / (n + (k - 1) * steps + j + 1);
    probability = ratio * (1 - probability);
  }
  return Math.min(1, 2 * probability);
}

/** Share of the paths from (0, 0) to (n, m) that leave the band, by the last step into each cell. */
function otherSizes(n: number, m: number, divisor: number, steps: number): number {
  const rise = m / divisor;
  const run = n / divisor;
  // share[j]: of the paths to (i, j); cells outside of the band have 1.
  const share = new Float64Array(m + 1);
  for (let j = 0; j <= m; j++) share[j] = j * run >= steps ? 1 : 0;
  for (let i = 1; i <= n; i++) {
    const from = Math.max(0, Math.floor((i * rise - steps) / run) + 1);
    const to = Math.min(m, Math.ceil((i * rise + steps) / run) - 1);
    if (from > 0) share[from - 1] = 1;
    for (let j = from; j <= to; j++) share[j] = j === 0 ? share[0]! : (i * share[j]! + j * share[j - 1]!) / (i + j);
    if (to < m) share[to + 1] = 1;
  }
  return share[m]!;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** As numpy rounds. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function requireSizes(n: number, m: number): void {
  if (!(n >= 1 && m >= 1)) throw new Error(`samples of ${n} and ${m} values cannot be tested`);
}
