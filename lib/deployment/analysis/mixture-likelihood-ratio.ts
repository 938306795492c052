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
  const total = variance + tau2;
  const curvature = tau2 / (2 * variance * total);
  const slope = Math.sqrt(tau2 / (variance * total));
  // 2 Φ is at least 1 for a positive difference, so without it the root is greater; from there Newton's method comes down to it.
  let width = Math.sqrt(Math.max(0, Math.log(Math.sqrt(total / variance) / alpha)) / curvature);
  for (let step = 0; step < 50; step++) {
    const cumulative = normalSurvival(-slope * width);
    const excess = Math.log(2 * cumulative) + Math.log(variance / total) / 2 + curvature * width ** 2 + Math.log(alpha);
    const density = Math.exp(-((slope * width) ** 2) / 2) / Math.sqrt(2 * Math.PI);
    const next = width - excess / ((slope * density) / cumulative + 2 * curvature * width);
    if (!(next > 0) || Math.abs(next - width) <= 1e-15 * width) break;
    width = next;
  }
  return width;
}
