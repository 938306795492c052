import { normalSurvival } from './normal';

/**
 * Mixture sequential probability ratio test (Johari, Pekelis and Walsh, "Always valid inference: continuous monitoring of A/B tests",
 * arXiv 1512.04922, equation 11): likelihood of the observed difference under differences drawn from N(0, tau²), over that under none.
 * Reaches 1 / alpha with probability at most alpha while there is no difference, however often one looks.
 *
 * @param variance of the difference of means
 */
export function mixtureLikelihoodRatio(difference: number, variance: number, tau2: number): number {
  return Math.sqrt(variance / (variance + tau2)) * Math.exp((tau2 * difference ** 2) / (2 * variance * (variance + tau2)));
}

/** p_n = min(p_(n-1), 1 / ratio): valid at every look together. */
export function alwaysValidPValue(ratio: number, before = 1): number {
  return Math.min(before, 1, 1 / ratio);
}

/** One-sided: the mixture is the upper half of the same normal distribution, so only greater values count as evidence. */
export function oneSidedMixtureLikelihoodRatio(difference: number, variance: number, tau2: number): number {
  const z = (difference * Math.sqrt(tau2)) / Math.sqrt(variance * (variance + tau2));
  return 2 * normalSurvival(-z) * mixtureLikelihoodRatio(difference, variance, tau2);
}

/** The difference at which the one-sided ratio reaches 1 / alpha; the ratio grows with the difference. */
export function halfWidthOneSidedMixture(variance: number, tau2: number, alpha: number): number {
  if (variance === 0) return 0;
  // 2 Φ ≥ 1 for positive differences, so the ratio without it is below: its root lies above, and 2 Φ ≤ 2 gives one that lies below.
  const root = (target: number): number => Math.sqrt((2 * variance * (variance + tau2) * Math.max(0, Math.log(target * Math.sqrt((variance + tau2) / variance)))) / tau2);
  let low = root(1 / (2 * alpha));
  let high = root(1 / alpha);
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (oneSidedMixtureLikelihoodRatio(middle, variance, tau2) < 1 / alpha) low = middle;
    else high = middle;
  }
}
